"""Where what people wrote and what services say differ: remarks for a person, with a ready patch where one can be.

Curated files are never rewritten by a machine. A patch is a unified diff that `git apply` takes, if a person agrees.
"""

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tools.catalogue.facts import State
from tools.catalogue.load import Catalogue
from tools.catalogue.models import Resource
from tools.catalogue.problems import shown

Steps = tuple[str | int, ...]
"""To a field of an entry: ("url",), ("feeds", 0)."""

ADVICE = {
    State.WITHDRAWN: "say so in a note, or remove the entry",
    State.YANKED: "say so in a note, or name another package",
    State.REPLACED: "look at both, and say so in a note or change the entry",
    State.NOT_FOUND: "correct or remove it",
    State.GONE: "correct or remove it",
    State.BLOCKED: "say so in a note, or remove it",
    State.DISABLED: "say so in a note, or remove it",
    State.ARCHIVED: "say in a note what takes its place, if anything does",
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One line of a curated file, as it is and as it should be."""

    path: Path
    line: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one entry: what changed, or what a person should do."""

    where: str
    """file:line:column of the field that it is about."""
    key: str
    message: str
    edit: Edit | None = None
    """The change that the message asks for, where it is ready to be taken."""


def same_licence(ours: str, theirs: str) -> bool:
    def plain(name: str) -> str:
        return re.sub(r"-(only|or-later)$", "", name.lower())

    return plain(ours) == plain(theirs)


def folded(text: str) -> str:
    """What two ways of writing one title or name share: letters and digits, without case, accents and markup.

    >>> folded("{GAN}s: Schrödinger's  view") == folded("GANs – Schrodinger’s View")
    True
    """
    plain = unicodedata.normalize("NFKD", text)
    return "".join(character for character in plain.casefold() if character.isalnum())


def remark(
    catalogue: Catalogue,
    resource: Resource,
    steps: Steps,
    key: str,
    message: str,
    value: str | None = None,
) -> Remark:
    """A remark on a field; with a patch that puts `value` there, where one can be made."""
    place = catalogue.where(resource, *steps)
    edit = None
    if value is not None:
        known = getattr(resource, str(steps[0])) if len(steps) == 1 else getattr(resource, str(steps[0]))[steps[1]]
        edit = replacement(place.path, place.line, place.column, str(known), value)
    return Remark(f"{place}:{place.column}", key, message, edit)


def replacement(path: Path, line: int, column: int, old: str, new: str) -> Edit | None:
    """The edit that puts `new` where `old` stands; None where it is written in a form that a person had better edit."""
    text = _lines(path)[line - 1]
    for written in (json.dumps(old, ensure_ascii=False), f"'{old}'", old):
        if text.startswith(written, column - 1):
            end = text[column - 1 + len(written) :]
            break
    else:
        return None
    plain = written == old and re.fullmatch(r"[A-Za-z][\w./@-]*( [\w./@-]+)*|https?://[\w./~?=&%-]+", new, re.ASCII)
    quoted = new if plain else json.dumps(new, ensure_ascii=False)
    return Edit(path, line, text, text[: column - 1] + quoted + end)


def patch(edits: Iterable[Edit]) -> str:
    """A unified diff of all of them, a file at a time; of two edits of one line the first counts."""
    by_file: dict[Path, dict[int, Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.path, {}).setdefault(edit.line, edit)
    parts: list[str] = []
    for path, changed in by_file.items():
        old, name = _lines(path), shown(path)
        new = [changed[line].after if line in changed else text for line, text in enumerate(old, start=1)]
        parts += difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(parts)


def _lines(path: Path) -> list[str]:
    return _lines_of(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)  # a report has many edits of few files
def _lines_of(path: Path, changed: int) -> list[str]:  # noqa: ARG001  # a part of the cache's key
    # newline="" keeps a file's own line ends; U+2028 and its like end no line for git or YAML.
    with path.open(encoding="utf-8", newline="") as file:
        return file.readlines()
