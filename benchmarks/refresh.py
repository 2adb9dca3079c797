"""A refresh against stand-ins that take as long as the services do: `make bench-refresh`.

    arXiv     0.5 s a request and 4 ms an entry; one request every three seconds
    GraphQL   0.3 s a request and 20 ms a repository
    REST      0.15 s a request

Ours is a process of its own, from start to end, at the services' full pace. Beside it, in the same run, the `arxiv`
package with its defaults (ten searches of a hundred identifiers: a thousand in one are too long an address) and one
REST request for each repository, both in this process.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qs

import arxiv  # type: ignore[import-untyped]  # it ships no types
import httpx

from tests.catalogue.conftest import TOPICS, papers
from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository, schema
from tests.standins.server import Request
from tools.catalogue.load import load

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).with_name("refresh.json")
THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """What one way of doing it took."""

    name: str
    requests: int
    seconds: float
    megabytes: float | None = None
    """The most memory that the process held."""
    goal: str = ""
    met: bool = True


def arxiv_latency(request: Request) -> float:
    text = request.body.decode() if request.method == "POST" else request.path.partition("?")[2]
    return 0.5 + 0.004 * len(parse_qs(text).get("id_list", [""])[0].split(","))


def github_latency(request: Request) -> float:
    return 0.3 + 0.02 * request.body.count(b": repository(") if request.path == "/graphql" else 0.15


def agreeing(arxiv_id: str) -> Paper:
    """ArXiv's record of a paper as it is curated: a report of a thousand differences is nobody's day."""
    return Paper(
        arxiv_id,
        title="Generative Adversarial Networks",
        authors=("Ian J. Goodfellow",),
        published="2014-06-10T00:00:00Z",
    )


def main() -> int:
    schema()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        for path, count in ((small, THOUSAND), (large, 5 * THOUSAND)):
            path.mkdir()
            (path / "topics.yaml").write_text(TOPICS, encoding="utf-8")
            (path / "papers.yaml").write_text(papers(count, code=True), encoding="utf-8")

        cold = _ours("ours, cold: 1,000 papers and 1,000 repositories", small, "≤ 25 requests, ≤ 30 s, ≤ 150 MB")
        rows.append(_judged(cold, cold.requests <= 25 and cold.seconds <= 30 and (cold.megabytes or 0) <= 150))
        warm = _ours("ours again at once: nothing is due", small, "no request, ≤ 1 s")
        rows.append(_judged(warm, warm.requests == 0 and warm.seconds <= 1))
        peers = [
            _timed("the arxiv package with its defaults: 1,000 papers", _arxiv_defaults),
            _timed("one REST request each: 1,000 repositories", _one_request_each),
        ]
        rows += peers
        five = _ours("ours, cold: 5,000 papers and 5,000 repositories", large, "≤ 5.5 times the 1,000")
        rows.append(_judged(five, five.seconds <= 5.5 * cold.seconds))

        start = time.process_time()
        entries = len(load(large).resources)
        seconds = time.process_time() - start
        checked = Row(f"reading and checking {entries:,} entries (CPU)", 0, seconds, goal="≤ 1.5 s")
        rows.append(_judged(checked, seconds <= 1.5))

    faster, fewer = sum(row.seconds for row in peers) / cold.seconds, sum(row.requests for row in peers) / cold.requests
    print(
        f"\nours is {faster:.1f} times as fast as both peers one after the other, with {fewer:.0f} times fewer requests"
    )
    RESULTS.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.met for row in rows) else 1


def _judged(row: Row, met: bool) -> Row:
    row = Row(row.name, row.requests, row.seconds, row.megabytes, row.goal, met)
    memory = f"  {row.megabytes:4.0f} MB" if row.megabytes else ""
    goal = f"  goal {row.goal}{'' if row.met else '  MISSED'}" if row.goal else ""
    print(f"{row.requests:5} requests {row.seconds:7.2f} s{memory}  {row.name}{goal}", flush=True)
    return row


def _ours(name: str, folder: Path, goal: str) -> Row:
    with ArxivStandIn(make=agreeing) as papers_of, GitHubStandIn(make=Repository) as repositories_of:
        papers_of.latency, repositories_of.latency = arxiv_latency, github_latency
        environment = os.environ | {
            "AIGC_ARXIV_URL": papers_of.url,
            "AIGC_GITHUB_URL": repositories_of.url,
            "GITHUB_TOKEN": repositories_of.token,
        }
        command = [sys.executable, str(ROOT / "tools/refresh_resources.py"), "--resources", str(folder), "--full-pace"]
        start = time.perf_counter()
        run = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(run.pid, 0)
        seconds = time.perf_counter() - start
        run.returncode = os.waitstatus_to_exitcode(status)
        if run.returncode:
            raise SystemExit(f"{name}: exit code {run.returncode}")
        asked = len(papers_of.requests) + len(repositories_of.requests)
    scale = 2**20 if sys.platform == "darwin" else 2**10  # ru_maxrss counts bytes there, kilobytes here
    return Row(name, asked, seconds, usage.ru_maxrss / scale, goal)


def _timed(name: str, work: Callable[[], int]) -> Row:
    start = time.perf_counter()
    asked = work()
    return _judged(Row(name, asked, time.perf_counter() - start), True)


def _arxiv_defaults() -> int:
    with ArxivStandIn(make=Paper) as stand_in:
        stand_in.latency = arxiv_latency
        client = arxiv.Client()
        client.query_url_format = f"{stand_in.url}?{{}}"
        keys = [f"2301.{number:05}" for number in range(THOUSAND)]
        found = [
            result
            for start in range(0, THOUSAND, 100)
            for result in client.results(arxiv.Search(id_list=keys[start : start + 100]))
        ]
        assert len(found) == THOUSAND
        return len(stand_in.requests)


def _one_request_each() -> int:
    with GitHubStandIn(make=Repository) as stand_in, httpx.Client() as client:
        stand_in.latency, stand_in.remaining = github_latency, 5 * THOUSAND
        for number in range(THOUSAND):
            client.get(f"{stand_in.url}/repos/owner/repository-{number}").raise_for_status()
        return len(stand_in.requests)


if __name__ == "__main__":
    raise SystemExit(main())
