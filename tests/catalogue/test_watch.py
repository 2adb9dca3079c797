"""What is new: searches, first-seen days, growth, and candidates that are ready to be copied."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalogue.conftest import TOPICS, Write
from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository
from tests.standins.server import Response
from tools.catalogue import cli
from tools.catalogue import lock as lock_files
from tools.catalogue.answers import Found
from tools.catalogue.facts import PaperHit, PaperHits, PaperHitsRecord
from tools.catalogue.history import Point, appended, risen
from tools.catalogue.load import load
from tools.catalogue.merge import merge
from tools.catalogue.parts import NEW_PAPERS, NEW_REPOSITORIES
from tools.catalogue.search import HITS_KEPT

WATCH = """\
- id: adversarial
  topics: [gan]
  arxiv: ti:adversarial
  github: topic:gan
"""
HOSTILE = 'A "title": - # [x](javascript:1) {{ 7*7 }}\n| `a` | \u202e <b>&amp;</b>'


@pytest.fixture(params=["with a token", "without"])
def services(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ArxivStandIn, GitHubStandIn]]:
    arxiv, github = ArxivStandIn(make=Paper), GitHubStandIn(make=Repository)
    arxiv.found = [
        Paper("2611.00001", title=HOSTILE, published="2026-11-20T00:00:00Z"),
        Paper("2611.00002", title="Newer", published="2026-11-22T00:00:00Z"),
        Paper("1406.2661", title="Known already", published="2014-06-10T00:00:00Z"),
    ]
    github.found = [Repository("owner/rising", stars=300), Repository("goodfeli/adversarial")]
    with arxiv, github:
        monkeypatch.setenv("AIGC_ARXIV_URL", arxiv.url)
        monkeypatch.setenv("AIGC_GITHUB_URL", github.url)
        if request.param == "with a token":
            monkeypatch.setenv("GITHUB_TOKEN", github.token)
        yield arxiv, github


def test_what_is_found_is_kept_with_the_day_on_which_it_was_first_seen(
    catalogue: Write, services: tuple[ArxivStandIn, GitHubStandIn]
) -> None:
    folder = catalogue(watch=WATCH)
    command = ["--resources", str(folder), "--only", "watch"]
    assert cli.main(command) == cli.OK
    lock = lock_files.read(folder)
    papers = lock[NEW_PAPERS]["adversarial"].data.hits
    assert [hit.arxiv for hit in papers] == ["2611.00002", "2611.00001", "1406.2661"]
    assert {hit.first_seen for hit in papers} == {datetime.now(UTC).date()}
    assert [hit.name for hit in lock[NEW_REPOSITORIES]["adversarial"].data.hits] == [
        "owner/rising",
        "goodfeli/adversarial",
    ]
    assert lock.history["owner/rising"][-1].stars == 300
    arxiv, github = services
    asked = len(arxiv.requests) + len(github.requests)
    assert cli.main(command) == cli.OK  # fresh
    assert len(arxiv.requests) + len(github.requests) == asked == 2


def test_candidates_are_ready_yaml_that_lacks_only_the_reason(
    catalogue: Write, services: tuple[ArxivStandIn, GitHubStandIn], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue(watch=WATCH)
    assert cli.main(["--resources", str(folder), "--only", "watch", "--format", "candidates"]) == cli.OK
    text = capsys.readouterr().out
    papers, tools = text[: text.index("- id: tool-")], text[text.index("- id: tool-") :]
    assert "2611.00001" in papers
    assert "1406.2661" not in papers  # it is in the catalogue
    assert "goodfeli" not in tools
    reasons = iter(("{zh: 新。, en: New.}", "{zh: 好。, en: Good.}", "{zh: 快。, en: Fast.}"))
    reasoned = [re.sub(re.escape('{zh: "", en: ""}'), lambda _: next(reasons), part) for part in (papers, tools)]
    copied = load(catalogue(watch=WATCH, papers=reasoned[0], tools=reasoned[1], topics=TOPICS))
    titles = [resource.title for resource in copied.resources]
    assert titles == ["Newer", 'A "title": - # [x](javascript:1) {{ 7*7 }} | `a` | <b>&amp;</b>', "rising"]


def test_a_search_that_fails_says_so_and_loses_nothing(
    catalogue: Write, services: tuple[ArxivStandIn, GitHubStandIn], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue(watch=WATCH)
    assert cli.main(["--resources", str(folder), "--only", "watch"]) == cli.OK
    before = lock_files.read(folder)
    arxiv, github = services
    arxiv.prepared, github.prepared = [Response(503)] * 9, [Response(200, b"{}")] * 9
    capsys.readouterr()
    code = cli.main(["--resources", str(folder), "--only", "watch", "--force", "--json"])
    assert code == cli.NOT_ANSWERED
    assert lock_files.read(folder) == before
    report = json.loads(capsys.readouterr().out)
    assert all(sum(row["not_answered"].values()) == row["asked"] for row in report["services"])


def test_hits_are_kept_up_to_a_number_and_never_seen_first_twice() -> None:
    def hits(numbers: range) -> Found[PaperHits]:
        papers = [PaperHit(arxiv=f"2611.{n:05}", published=date(2026, 11, 1) + timedelta(days=n % 20)) for n in numbers]
        return Found("x", PaperHits(hits=tuple(papers)))

    now = datetime(2026, 11, 25, tzinfo=UTC)
    record = merge(NEW_PAPERS, "x", PaperHitsRecord(data=PaperHits()), hits(range(25)), now)
    record = merge(NEW_PAPERS, "x", record, hits(range(20, 45)), now + timedelta(days=1))
    kept = {hit.arxiv: hit.first_seen for hit in record.data.hits}
    assert len(kept) == HITS_KEPT
    assert kept["2611.00012"] == date(2026, 11, 25)
    assert kept["2611.00044"] == date(2026, 11, 26)


points = st.lists(
    st.tuples(st.integers(0, 900), st.none() | st.integers(0, 50), st.sampled_from([None, "v1", "v2"])), max_size=40
)


@given(points)
def test_history_is_in_order_a_point_a_day_and_ends_with_what_was_said_last(
    rows: list[tuple[int, int | None, str | None]],
) -> None:
    history: tuple[Point, ...] = ()
    for offset, stars, version in sorted(rows, key=lambda row: row[0]):
        history = appended(history, Point(date(2024, 1, 1) + timedelta(days=offset), stars, version))
    days = [point.day for point in history]
    assert days == sorted(set(days))
    said = [stars for _, stars, _ in sorted(rows, key=lambda row: row[0]) if stars is not None]
    if said and history:
        assert history[-1].stars == said[-1] or len({row[0] for row in rows}) < len(rows)


def test_old_points_thin_out_and_new_versions_stay() -> None:
    history: tuple[Point, ...] = ()
    for day in range(1500):
        version = "v2" if day >= 200 else "v1"
        history = appended(history, Point(date(2022, 1, 1) + timedelta(days=day), day, version))
    assert len(history) < 93 + 52
    assert date(2022, 1, 1) + timedelta(days=200) in {point.day for point in history}
    assert risen(history, history[-1].day - timedelta(days=30)) == 30


def test_curated_and_watched_history_survives_and_the_rest_is_dropped(
    catalogue: Write, services: tuple[ArxivStandIn, GitHubStandIn], tmp_path: Path
) -> None:
    folder = catalogue(watch=WATCH)
    assert cli.main(["--resources", str(folder)]) == cli.OK
    assert set(lock_files.read(folder).history) == {"owner/rising", "goodfeli/adversarial", "1406.2661"}
    (folder / "watch.yaml").unlink()
    assert cli.main(["--resources", str(folder)]) == cli.OK
    lock = lock_files.read(folder)
    assert set(lock.history) == {"goodfeli/adversarial", "1406.2661"}
    assert not lock[NEW_PAPERS]
