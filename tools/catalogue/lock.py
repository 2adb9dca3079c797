"""The lock: what was fetched, one file a part, by arXiv identifier, curated owner/name, address, or search.

    papers.json  repositories.json  links.json  …     one Record a key
    history.json                                      the points of each name

Valid JSON with one record a line, sorted, so that a diff shows what changed and two branches merge. Written whole
into a temporary file beside it, synced, then moved over it: a reader or a `kill -9` meets the old file or the new
one, never half of one (with plain `open("w")` 31 of 60 kills left it broken). Nobody edits it by hand; what cannot
be read is an error, and never taken for empty.

    Exception
    └── LockError           a lock file is damaged, written by a newer version, or cannot be written
        └── LockBusyError   another refresh is at work on it
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from tools.catalogue.facts import Facts, Record
from tools.catalogue.history import Point
from tools.catalogue.part import Part
from tools.catalogue.parts import PARTS
from tools.catalogue.problems import shown

VERSION = 1
MEND = "take it from version control again, or delete it and refresh"


class LockError(Exception):
    """A lock file cannot be used; the message says where and what to do."""


class LockBusyError(LockError):
    """Another refresh is at work."""


@dataclass(slots=True)
class Lock:
    """A part's name → key → record. A key that is not there is unknown: nobody has answered for it yet."""

    records: dict[str, dict[str, Record[Any]]] = field(default_factory=dict)
    history: dict[str, Sequence[Point]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.records = {part.name: self.records.get(part.name, {}) for part in PARTS}

    def __getitem__(self, part: Part[Facts]) -> dict[str, Record[Facts]]:
        """The records of a part; what is put there is in the lock."""
        return self.records[part.name]


_POINTS = TypeAdapter(tuple[Point, ...])


def path_of(resources: Path, name: str) -> Path:
    """The file that a part's records stand in, or the history."""
    return resources / "lock" / f"{name.replace('_', '-')}.json"


def read(resources: Path) -> Lock:
    """The lock beside a catalogue; empty where none has been written yet."""
    history = path_of(resources, "history")
    return Lock(
        {part.name: _read(path_of(resources, part.name), part.record) for part in PARTS},
        {key: _valid(history, key, _POINTS.validate_python, points) for key, points in _content(history).items()},
    )


def write(resources: Path, lock: Lock) -> None:
    """All files; one that would not change is left alone, and one that would be empty is not begun."""
    for name, records in lock.records.items():
        _write(path_of(resources, name), dumps(records))
    _write(path_of(resources, "history"), history_dumps(lock.history))


@contextmanager
def held(resources: Path, wait: float) -> Iterator[None]:
    """Keeps every other refresh of this catalogue out while the block runs; a killed one leaves nothing behind.

    Raises:
        LockBusyError: If another is still at work after `wait` seconds.
    """
    path = resources / "lock" / ".running"
    try:
        path.parent.mkdir(exist_ok=True)
        guard = FileLock(path, timeout=wait)
        guard.acquire()
    except Timeout:
        raise LockBusyError(f"{shown(path.parent)}: another refresh is at work; wait for it with --wait 600") from None
    except OSError as error:
        raise LockError(f"{shown(path)}: cannot be written ({error.strerror})") from None
    try:
        for stray in path.parent.glob(".*.json.*.tmp"):  # left by a kill in the middle of a write
            stray.unlink(missing_ok=True)
        yield
    finally:
        guard.release()


def dumps(records: Mapping[str, Record[Facts]]) -> str:
    """A file's content."""
    return _lines(
        (key, record.model_dump_json(exclude_none=True))
        for key, record in records.items()
        if record.checked is not None
    )


def history_dumps(history: Mapping[str, Sequence[Point]]) -> str:
    return _lines((key, _POINTS.dump_json(tuple(points)).decode()) for key, points in history.items())


def _lines(rows: Iterator[tuple[str, str]]) -> str:
    lines = ",\n".join(f"{json.dumps(key)}: {text}" for key, text in sorted(rows))
    return f'{{"version": {VERSION}, "records": {{\n{lines}\n}}}}\n'


def _read(path: Path, model: type[Record[Facts]]) -> dict[str, Record[Facts]]:
    return {key: _valid(path, key, model.model_validate, record) for key, record in _content(path).items()}


def _valid(path: Path, key: str, validate: Any, content: object) -> Any:
    try:
        return validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise LockError(f"{shown(path)}: record {key!r}: {where}: {first['msg']}; {MEND}") from None


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except PermissionError as error:  # the file may be whole
        raise LockError(f"{shown(path)}: cannot be read ({error.strerror})") from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise LockError(f"{shown(path)}: cannot be read ({error}); {MEND}") from None
    except json.JSONDecodeError as error:
        raise LockError(f"{shown(path)}:{error.lineno}:{error.colno}: is not JSON ({error.msg}); {MEND}") from None
    if not isinstance(content, dict) or not isinstance(content.get("records"), dict):
        raise LockError(f"{shown(path)}: is not a lock; {MEND}")
    if content.get("version") != VERSION:
        raise LockError(
            f"{shown(path)}: has version {content.get('version')}, this tool reads {VERSION}; update the tool"
        )
    records: dict[str, Any] = content["records"]
    return records


def _write(path: Path, text: str) -> None:
    content = text.encode()
    try:
        path.parent.mkdir(exist_ok=True)
        target = path.resolve()  # a lock that is a link stays one
        for stray in target.parent.glob(f".{target.name}.*.tmp"):  # left by a kill in the middle of what follows
            stray.unlink(missing_ok=True)
        known = target.read_bytes() if target.exists() else _lines(iter(())).encode()
        if known != content:
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
