"""The lock: whole at every moment, one record a line, never mistaken for empty."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools.catalogue.facts import PaperFacts, PaperRecord, State
from tools.catalogue.lock import Lock, LockError, read, write

RECORD = PaperRecord(
    state=State.OK, checked=datetime(2026, 11, 23, tzinfo=UTC), source="arxiv", data=PaperFacts(title="A \u2028 title")
)


def test_reads_what_it_wrote_one_record_a_line(tmp_path: Path) -> None:
    lock = Lock(papers={"2301.00010": RECORD, "1406.2661": RECORD})
    write(tmp_path, lock)
    assert read(tmp_path) == lock
    lines = (tmp_path / "lock/papers.json").read_text(encoding="utf-8").split("\n")
    assert [line[:12] for line in lines[1:3]] == ['"1406.2661":', '"2301.00010"']


def test_a_file_that_would_not_change_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, Lock(papers={"1406.2661": RECORD}))
    path = tmp_path / "lock/papers.json"
    os.utime(path, (1, 1))
    write(tmp_path, Lock(papers={"1406.2661": RECORD}))
    assert path.stat().st_mtime == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 1}', '{"version": 1, "records": {"x": {"state": "lost", "data": {}}}}']
)
def test_a_damaged_file_is_an_error_and_not_empty(tmp_path: Path, content: str) -> None:
    (tmp_path / "lock").mkdir()
    (tmp_path / "lock/papers.json").write_text(content)
    with pytest.raises(LockError, match=r"papers\.json"):
        read(tmp_path)


def test_a_newer_version_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    (tmp_path / "lock/papers.json").write_text('{"version": 2, "records": {}}')
    with pytest.raises(LockError, match="update the tool"):
        read(tmp_path)


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tools.catalogue.facts import PaperFacts, PaperRecord, State
from tools.catalogue.lock import Lock, write

for version in range(1, 100_000):
    record = PaperRecord(
        state=State.OK, checked=datetime(2026, 1, 1, tzinfo=UTC), data=PaperFacts(latest_version=version)
    )
    write(Path(sys.argv[1]), Lock(papers={f"2301.{number:05}": record for number in range(300)}))
    print(version, flush=True)
"""


def test_a_kill_in_the_middle_of_a_write_leaves_a_whole_lock(tmp_path: Path) -> None:
    for number in range(8):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(0.003 * number)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        versions = {record.data.latest_version for record in read(tmp_path).papers.values()}
        assert len(versions) == 1  # of one moment, not of two
    write(tmp_path, Lock())
    assert [path.name for path in sorted((tmp_path / "lock").iterdir())] == ["papers.json", "repositories.json"]
