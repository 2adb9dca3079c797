"""Where what people wrote and what services say differ: remarks for a person, with a ready patch where one can be.

Curated files are never rewritten by a machine. A patch is a unified diff that `git apply` takes, if a person agrees.
"""

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tools.catalogue.facts import LinkFacts, PaperFacts, Record, RepositoryFacts, State
from tools.catalogue.load import Catalogue, entries_by
from tools.catalogue.lock import Lock
from tools.catalogue.models import Paper, Resource
from tools.catalogue.plan import address_fields
from tools.catalogue.problems import shown

ADVICE = {
    State.WITHDRAWN: "say so in a note, or remove the entry",
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
    """What does that which the message asks for."""


def remarks(catalogue: Catalogue, lock: Lock) -> Iterator[Remark]:
    """Everything for a person to look at, by the lock as it stands; in the order of files and lines within a kind."""
    for key, resources in entries_by(catalogue.resources, "arxiv").items():
        if record := lock.papers.get(key):
            yield from _of_paper(catalogue, resources, key, record)
    for key, resources in entries_by(catalogue.resources, "code").items():
        if repository := lock.repositories.get(key):
            yield from _of_repository(catalogue, resources, key, repository)
    for resource in catalogue.resources:
        for steps, address in address_fields(resource):
            if link := lock.links.get(address):
                if link.data.moved_to and link.state is State.RENAMED:
                    yield _remark(
                        catalogue, resource, steps, address, f"moved to {link.data.moved_to}", link.data.moved_to
                    )
                elif link.data.leads_to:
                    yield _remark(catalogue, resource, steps, address, f"leads to {link.data.leads_to}; look at it")
                elif (
                    link.state in ADVICE and link.state is not State.BLOCKED
                ):  # a wall against bots is no reader's wall
                    yield _remark(catalogue, resource, steps, address, f"{link.reason}; {ADVICE[link.state]}")


def _of_paper(
    catalogue: Catalogue, resources: Sequence[Resource], key: str, record: Record[PaperFacts]
) -> Iterator[Remark]:
    for resource in resources:
        if record.state in ADVICE:
            yield _remark(
                catalogue, resource, ("arxiv",), key, f"{record.reason or record.state}; {ADVICE[record.state]}"
            )
    if record.source != "arxiv":
        return  # a copy of arXiv's record is where the curated fields came from
    data = record.data
    for paper in resources:
        if not isinstance(paper, Paper):
            continue  # a book or data set has a title and a year of its own
        if data.title and _folded(data.title) not in {_folded(t) for t in (paper.title, paper.title_en) if t}:
            yield _remark(catalogue, paper, ("title",), key, f"arXiv's title is {data.title!r}", data.title)
        if data.authors:
            ours, theirs = [_folded(name) for name in paper.authors], [_folded(name) for name in data.authors]
            if ours != theirs[: len(ours)] or (len(theirs) > len(ours)) != paper.et_al:
                first = ", ".join(data.authors[:12]) + (" …" if len(data.authors) > 12 else "")
                yield _remark(catalogue, paper, ("authors",), key, f"arXiv's authors are {first}")
        if data.published and not str(data.published).startswith(paper.published):
            message = f"arXiv's first version is of {data.published}, not of {paper.published}"
            yield _remark(catalogue, paper, ("published",), key, message, str(data.published))


def _of_link(
    catalogue: Catalogue, resource: Resource, steps: tuple[str | int, ...], address: str, record: Record[LinkFacts]
) -> Iterator[Remark]:
    data = record.data
    if record.state is State.RENAMED and data.moved_to:
        yield _remark(catalogue, resource, steps, address, f"moved to {data.moved_to}", data.moved_to)
    elif data.leads_to:
        yield _remark(catalogue, resource, steps, address, f"leads to {data.leads_to}; look at it")
    elif record.state in ADVICE and record.state is not State.BLOCKED:  # a wall against bots is no reader's wall
        yield _remark(catalogue, resource, steps, address, f"{record.reason}; {ADVICE[record.state]}")


def _of_repository(
    catalogue: Catalogue, resources: Sequence[Resource], key: str, record: Record[RepositoryFacts]
) -> Iterator[Remark]:
    data = record.data
    for resource in resources:
        if data.name and data.name.lower() != key.lower() and record.state is not State.REPLACED:
            yield _remark(catalogue, resource, ("code",), key, f"now {data.name}; write the new name", data.name)
        if record.state in ADVICE:
            message = f"{record.reason or record.state}; {ADVICE[record.state]}"
            if record.state is State.REPLACED:
                message += f", then run with --forget {key}"
            yield _remark(catalogue, resource, ("code",), key, message)
        licence = getattr(resource, "license", None)
        # Ours may say more ("Apache-2.0 (code); weights …"): only a plain identifier is compared.
        if (
            record.source == "github"
            and resource.kind == "tool"
            and data.license_spdx
            and licence
            and re.fullmatch(r"[A-Za-z0-9.+-]+", licence)
            and not _same_licence(licence, data.license_spdx)
        ):
            message = f"GitHub reads the licence as {data.license_spdx}, not {licence}"
            yield _remark(catalogue, resource, ("license",), key, message, data.license_spdx)


def _same_licence(ours: str, theirs: str) -> bool:
    def plain(name: str) -> str:
        return re.sub(r"-(only|or-later)$", "", name.lower())

    return plain(ours) == plain(theirs)


def _folded(text: str) -> str:
    """What two ways of writing one title or name share: letters and digits, without case, accents and markup.

    >>> _folded("{GAN}s: Schrödinger's  view") == _folded("GANs – Schrodinger’s View")
    True
    """
    plain = unicodedata.normalize("NFKD", text)
    return "".join(character for character in plain.casefold() if character.isalnum())


def _remark(
    catalogue: Catalogue,
    resource: Resource,
    steps: tuple[str | int, ...],
    key: str,
    message: str,
    value: str | None = None,
) -> Remark:
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
