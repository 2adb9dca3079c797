"""How long the site takes to build and to show an edit, beside a plain MkDocs build: `make bench-site`.

By the clock, on a machine with nothing else to do: both languages are built at once, one a process. Written to
benchmarks/site.json; exit code 1 where a goal was missed.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.explorer import Row, copied, grow
from tests.site.sites import ENVIRONMENT, MKDOCS, build

RESULTS = Path(__file__).with_name("site.json")
PATIENCE = 120
EDITS = 3


def main() -> int:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        project, site = copied(Path(folder) / "project"), Path(folder) / "site"
        rows.append(_judged("building the site in both languages: the catalogue as it is", _built(project, site), 20))
        pages = sum(1 for _ in site.rglob("*.html"))
        plain = _plain(Path(folder) / "plain", pages)
        rows.append(_judged("building as many pages of one paragraph with MkDocs alone", _built(plain, site), None))
        with _served(project) as address:
            for language, root in (("Chinese", ""), ("English", "en/")):
                path = project / f"docs/{root.rstrip('/') or 'zh'}/contributing.md"
                seconds = max(_edited(path, f"{address}{root}contributing/", number) for number in range(EDITS))
                rows.append(
                    _judged(f"mkdocs serve, from an edit of {language} prose to the page that shows it", seconds, 5)
                )
        grow(project / "resources", 5000)
        rows.append(_judged("building the site in both languages: 5,000 entries", _built(project, site), 35))
    RESULTS.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.met for row in rows) else 1


def _judged(name: str, seconds: float, goal: float | None) -> Row:
    row = Row(name, None, round(1000 * seconds, 1), f"≤ {goal} s" if goal else "", goal is None or seconds <= goal)
    print(f"{seconds:6.1f} s  {row.name}  {row.goal}{'' if row.met else '  MISSED'}", flush=True)
    return row


def _built(project: Path, site: Path) -> float:
    start = time.perf_counter()
    build(project, site)
    return time.perf_counter() - start


def _plain(folder: Path, pages: int) -> Path:
    """A project of so many pages that needs nothing but MkDocs."""
    (folder / "docs").mkdir(parents=True)
    (folder / "mkdocs.yml").write_text("site_name: Plain\n", encoding="utf-8")
    paragraph = "A page with a [link](index.md), some *words* and `code`. " * 20
    for name in ["index", *(f"page-{number}" for number in range(1, pages))]:
        (folder / f"docs/{name}.md").write_text(f"# {name}\n\n{paragraph}\n", encoding="utf-8")
    return folder


@contextmanager
def _served(project: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [*MKDOCS, "serve", "--dev-addr", address]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=project, env=ENVIRONMENT, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        _until(f"http://{address}/en/contributing/", "</html>")
        time.sleep(2)  # the files have been watched for a while
        yield f"http://{address}/"
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait()


def _edited(path: Path, address: str, number: int) -> float:
    """Seconds from the end of a write until the page shows it."""
    text = f"edit-{number}-{time.time_ns()}"
    path.write_text(path.read_text(encoding="utf-8") + f"\n{text}\n", encoding="utf-8")
    return _until(address, text)


def _until(address: str, text: str) -> float:
    start = time.perf_counter()
    while time.perf_counter() - start < PATIENCE:
        try:
            with urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310  # our own; it waits for a build
                if text in answer.read().decode():
                    return time.perf_counter() - start
        except (URLError, ConnectionError):
            pass
        time.sleep(0.05)
    raise SystemExit(f"{address} never shows {text}")


if __name__ == "__main__":
    sys.exit(main())
