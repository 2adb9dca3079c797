"""The lock: whole at every moment, one record a line, never mistaken for empty."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools.catalogue.facts import PaperFacts, PaperRecord, State
from tools.catalogue.lock import Lock, LockError, read, write

RECORD = PaperRecord(
    state=State.OK, checked=datetime(2026, 11, 23, tzinfo=UTC), source="arxiv", data=PaperFacts(title="A \u2028 title")
)


def test_reads_what_it_wrote_one_record_a_line(tmp_path: Path) -> None:
    lock = Lock({"papers": {"2301.00010": RECORD, "1406.2661": RECORD}})
    write(tmp_path, lock)
    assert read(tmp_path) == lock
    lines = (tmp_path / "lock/papers.json").read_text(encoding="utf-8").split("\n")
    assert [line[:12] for line in lines[1:3]] == ['"1406.2661":', '"2301.00010"']


def test_a_file_that_would_not_change_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, Lock({"papers": {"1406.2661": RECORD}}))
    path = tmp_path / "lock/papers.json"
    os.utime(path, (1, 1))
    write(tmp_path, Lock({"papers": {"1406.2661": RECORD}}))
    assert path.stat().st_mtime == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 1}', '{"version": 1, "records": {"x": {"state": "lost", "data": {}}}}']
)
def test_a_damaged_file_is_an_error_and_not_empty(tmp_path: Path, content: str) -> None:
    (tmp_path / "lock").mkdir()
    (tmp_path / "lock/papers.json").write_text(content)
    with pytest.raises(LockError, match=r"papers\.json"):
        read(tmp_path)


def test_a_file_that_may_not_be_read_need_not_be_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, Lock({"papers": {"1406.2661": RECORD}}))

    def refused(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "read_bytes", refused)  # root may read what has no permission
    with pytest.raises(LockError, match=r"papers\.json: cannot be read \(Permission denied\)$"):
        read(tmp_path)


def test_a_newer_version_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    (tmp_path / "lock/papers.json").write_text('{"version": 2, "records": {}}')
    with pytest.raises(LockError, match="update the tool"):
        read(tmp_path)
