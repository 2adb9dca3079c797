"""Politeness: the pace of a service outlives the process, and a run keeps to what it may spend."""

import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.catalogue.conftest import Write, papers
from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository
from tests.standins.server import Response
from tools.catalogue import cli, pace, policy
from tools.catalogue import lock as lock_files
from tools.catalogue.pace import CooldownStore, Pace
from tools.catalogue.parts import PAPERS
from tools.catalogue.policy import LONGEST_COOL_DOWN, Policy


@pytest.fixture
def arxiv(monkeypatch: pytest.MonkeyPatch) -> ArxivStandIn:
    stand_in = ArxivStandIn(make=Paper)
    monkeypatch.setenv("AIGC_ARXIV_URL", stand_in.url)
    return stand_in


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> GitHubStandIn:
    stand_in = GitHubStandIn(make=Repository)
    monkeypatch.setenv("AIGC_GITHUB_URL", stand_in.url)
    monkeypatch.setenv("GITHUB_TOKEN", stand_in.token)
    return stand_in


def a_pace(path: Path | None, gap: float = 0.2) -> Pace:
    return Pace(Policy(gap, 1.0, 60.0), threading.Event(), "arxiv", CooldownStore(path))


@pytest.fixture
def _no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "time", SimpleNamespace(time=lambda: 1e9, monotonic=lambda: 0.0))


@pytest.mark.usefixtures("_no_time_passes")
def test_the_gap_holds_across_processes(tmp_path: Path) -> None:
    first = a_pace(tmp_path / "pace.json", gap=3.0)
    first.wait()  # and is killed before the request ends
    assert a_pace(tmp_path / "pace.json", gap=3.0).remaining == 3.0


@pytest.mark.usefixtures("_no_time_passes")
def test_a_cool_down_holds_across_processes(tmp_path: Path) -> None:
    first = a_pace(tmp_path / "pace.json")
    assert not first.hold(3600.0, limited=True)
    assert a_pace(tmp_path / "pace.json").remaining == 3600


def test_a_wait_of_ages_is_taken_for_a_mistake(tmp_path: Path) -> None:
    first = a_pace(tmp_path / "pace.json")
    first.hold(1e9, limited=True)
    assert a_pace(tmp_path / "pace.json").remaining <= LONGEST_COOL_DOWN
    (tmp_path / "pace.json").write_text(json.dumps({"arxiv": time.time() + 1e12}))  # a clock that was wrong
    assert a_pace(tmp_path / "pace.json").remaining <= LONGEST_COOL_DOWN


@pytest.mark.parametrize("content", ["", "[1]", '{"arxiv": "soon"}', "[" * 100_000, "\x00"])
def test_a_store_that_cannot_be_read_counts_as_empty(tmp_path: Path, content: str) -> None:
    (tmp_path / "pace.json").write_text(content)
    assert a_pace(tmp_path / "pace.json").remaining == 0


@pytest.mark.usefixtures("_no_time_passes")
def test_a_real_service_is_never_asked_faster_than_it_allows() -> None:
    real = Pace(policy.policy_of("arxiv"), threading.Event(), "arxiv")
    real.done()
    assert real.remaining == 3.0


def test_a_run_obeys_what_the_last_one_was_told(
    catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue()
    arxiv.prepared = [Response(429, headers={"Retry-After": "3600"})]
    command = ["--resources", str(folder), "--only", "papers", "--full-pace", "--json"]
    with arxiv, github:
        assert cli.main(command) == cli.NOT_ANSWERED
        assert len(arxiv.requests) == 1
        capsys.readouterr()
        assert cli.main(command) == cli.NOT_ANSWERED
    (service,) = [row for row in json.loads(capsys.readouterr().out)["services"] if row["asked"]]
    assert service["not_answered"] == {"cooling down": 1}
    assert "asked to be left alone until" in service["detail"]
    assert len(arxiv.requests) == 1


def test_a_second_refresh_is_kept_out(
    catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue()
    with arxiv, github, lock_files.held(folder, 0):
        assert cli.main(["--resources", str(folder)]) == cli.BUSY
        assert "--wait" in capsys.readouterr().err
        assert cli.main(["--resources", str(folder), "--check"]) == cli.OK
        assert cli.main(["--resources", str(folder), "--dry-run"]) == cli.OK
    assert not arxiv.requests


def test_a_second_refresh_may_wait(catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn) -> None:
    folder = catalogue()
    held, release = threading.Event(), threading.Event()

    def first() -> None:
        with lock_files.held(folder, 0):
            held.set()
            release.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    held.wait(10)
    threading.Timer(0.3, release.set).start()
    with arxiv, github:
        assert cli.main(["--resources", str(folder), "--wait", "20"]) == cli.OK
    thread.join()


def test_a_budget_takes_the_stalest_and_leaves_the_rest(
    catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue(papers=papers(450, code=True))
    command = ["--resources", str(folder), "--only", "papers", "--budget", "2"]
    with arxiv, github:
        assert cli.main(command) == cli.OK
        assert len(arxiv.requests) == 2
        assert len(lock_files.read(folder)[PAPERS]) == 400
        assert "50 not answered: over budget" in capsys.readouterr().out
        assert cli.main(command) == cli.OK
    assert len(arxiv.requests) == 3
    assert len(lock_files.read(folder)[PAPERS]) == 450


def test_a_deadline_begins_nothing_after_it(catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn) -> None:
    with arxiv, github:
        assert cli.main(["--resources", str(catalogue()), "--deadline", "0"]) == cli.OK
    assert not arxiv.requests


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--budget", "-1"), ("--budget", "many"), ("--deadline", "nan"), ("--max-age", "-1"), ("--max-age", "x")),
        ("--contact", "x\r\ny: z"),
    ],
)
def test_a_number_that_is_none_is_wrong_usage(
    catalogue: Write, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--resources", str(catalogue()), option, value])
    assert ended.value.code == cli.USAGE
    assert f"error: argument {option}: {value!r} is n" in capsys.readouterr().err


def test_who_asks_and_whom_to_write_to_is_said(catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn) -> None:
    with arxiv, github:
        assert cli.main(["--resources", str(catalogue()), "--contact", "curator@example.org"]) == cli.OK
    for request in (*arxiv.requests, *github.requests):
        assert request.headers["user-agent"].startswith("aigc-ref-catalogue/")
        assert "curator@example.org" in request.headers["user-agent"]


def test_max_age_and_ids_and_force_choose(catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn) -> None:
    folder = catalogue(papers=papers(3))
    with arxiv, github:
        assert cli.main(["--resources", str(folder), "--ids", "paper-1"]) == cli.OK
        assert list(lock_files.read(folder)[PAPERS]) == ["2301.00001"]
        assert cli.main(["--resources", str(folder), "--ids", "2301.00001", "--max-age", "0"]) == cli.OK
        assert cli.main(["--resources", str(folder), "--ids", "2301.00001"]) == cli.OK  # fresh
        assert cli.main(["--resources", str(folder), "--ids", "2301.00001", "--force"]) == cli.OK
        with pytest.raises(SystemExit):
            cli.main(["--resources", str(folder), "--ids", "paper-9"])
    assert len(arxiv.requests) == 3


def test_no_wait_of_ours_is_longer_than_a_minute() -> None:
    assert policy.LONGEST_WAIT == 60
