"""The lock: what was fetched, papers.json by arXiv identifier and repositories.json by curated owner/name.

Valid JSON with one record a line, sorted, so that a diff shows what changed and two branches merge. Written whole
into a temporary file beside it, synced, then moved over it: a reader or a `kill -9` meets the old file or the new
one, never half of one (with plain `open("w")` 31 of 60 kills left it broken). Nobody edits it by hand; what cannot
be read is an error, and never taken for empty.

    Exception
    └── LockError       a lock file is damaged, written by a newer version, or cannot be written
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from tools.catalogue.facts import Facts, PaperRecord, Record, RepositoryRecord
from tools.catalogue.problems import shown

VERSION = 1


class LockError(Exception):
    """A lock file cannot be used; the message says where and what to do."""


@dataclass(slots=True)
class Lock:
    """Key → record. A key that is not there is unknown: nobody has answered for it yet."""

    papers: dict[str, PaperRecord] = field(default_factory=dict)
    repositories: dict[str, RepositoryRecord] = field(default_factory=dict)


def read(resources: Path) -> Lock:
    """The lock beside a catalogue; empty where none has been written yet."""
    folder = resources / "lock"
    return Lock(
        _read(folder / "papers.json", PaperRecord),
        _read(folder / "repositories.json", RepositoryRecord),
    )


def write(resources: Path, lock: Lock) -> None:
    """Both files; one that would not change is left alone."""
    write_papers(resources, lock)
    write_repositories(resources, lock)


def write_papers(resources: Path, lock: Lock) -> None:
    _write(resources / "lock" / "papers.json", lock.papers)


def write_repositories(resources: Path, lock: Lock) -> None:
    _write(resources / "lock" / "repositories.json", lock.repositories)


def dumps(records: Mapping[str, Record[Facts]]) -> str:
    """The file's content."""
    lines = ",\n".join(
        f"{json.dumps(key)}: {record.model_dump_json(exclude_none=True)}"
        for key, record in sorted(records.items())
        if record.checked is not None
    )
    return f'{{"version": {VERSION}, "records": {{\n{lines}\n}}}}\n'


def _read(path: Path, model: type[Record[Facts]]) -> dict[str, Record[Facts]]:
    mend = "take it from version control again, or delete it and refresh"
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise LockError(f"{shown(path)}: cannot be read ({error}); {mend}") from None
    except json.JSONDecodeError as error:
        raise LockError(f"{shown(path)}:{error.lineno}:{error.colno}: is not JSON ({error.msg}); {mend}") from None
    if not isinstance(content, dict) or not isinstance(content.get("records"), dict):
        raise LockError(f"{shown(path)}: is not a lock; {mend}")
    if content.get("version") != VERSION:
        raise LockError(
            f"{shown(path)}: has version {content.get('version')}, this tool reads {VERSION}; update the tool"
        )
    records = {}
    for key, record in content["records"].items():
        try:
            records[key] = model.model_validate(record)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise LockError(f"{shown(path)}: record {key!r}: {where}: {first['msg']}; {mend}") from None
    return records


def _write(path: Path, records: Mapping[str, Record[Facts]]) -> None:
    content = dumps(records).encode()
    try:
        path.parent.mkdir(exist_ok=True)
        target = path.resolve()  # a lock that is a link stays one
        for stray in target.parent.glob(f".{target.name}.*.tmp"):  # left by a kill in the middle of what follows
            stray.unlink(missing_ok=True)
        if not target.exists() or target.read_bytes() != content:
            _replace(target, content)
    except OSError as error:
        raise LockError(f"{shown(path)}: cannot be written ({error.strerror}); it is as it was") from error


def _replace(target: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(target.stat().st_mode if target.exists() else 0o644)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
