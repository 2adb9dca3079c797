"""A refresh from end to end, by its command line, against the stand-ins."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.catalogue.conftest import Write, papers
from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository
from tests.standins.server import Response
from tools.catalogue import cli
from tools.catalogue import lock as lock_files
from tools.catalogue.facts import State
from tools.catalogue.load import load
from tools.catalogue.parts import PAPERS, REPOSITORIES

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "ghp_secret"


@pytest.fixture
def arxiv() -> Iterator[ArxivStandIn]:
    with ArxivStandIn(make=Paper) as stand_in:
        yield stand_in


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    with GitHubStandIn(make=Repository, token=TOKEN) as stand_in:
        yield stand_in


@pytest.fixture(autouse=True)
def _environment(arxiv: ArxivStandIn, github: GitHubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_ARXIV_URL", arxiv.url)
    monkeypatch.setenv("AIGC_GITHUB_URL", github.url)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)


def test_the_whole_catalogue_is_filled_and_a_second_run_asks_nothing(
    tmp_path: Path, arxiv: ArxivStandIn, github: GitHubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "resources", tmp_path / "resources")
    folder = tmp_path / "resources"
    assert cli.main(["--resources", str(folder)]) == cli.OK
    catalogue, lock = load(folder), lock_files.read(folder)
    for key in PAPERS.keys(catalogue):
        assert lock[PAPERS][key].source == "arxiv"
    for key in REPOSITORIES.keys(catalogue):
        assert lock[REPOSITORIES][key].data.stars == 100
    asked = len(arxiv.requests) + len(github.requests)
    assert cli.main(["--resources", str(folder)]) == cli.OK
    assert len(arxiv.requests) + len(github.requests) == asked
    assert "arXiv: nothing is due" in capsys.readouterr().out


def test_facts_that_no_service_tells_survive(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "resources", tmp_path / "resources")
    before = lock_files.read(tmp_path / "resources")[REPOSITORIES]["wandb/wandb"]
    assert cli.main(["--resources", str(tmp_path / "resources")]) == cli.OK
    after = lock_files.read(tmp_path / "resources")[REPOSITORIES]["wandb/wandb"]
    assert before.data.commits_in_year
    assert after.data.commits_in_year == before.data.commits_in_year


def test_a_thousand_papers_and_repositories_take_thirty_requests(
    catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn
) -> None:
    folder = catalogue(papers=papers(1000, code=True))
    assert cli.main(["--resources", str(folder)]) == cli.OK
    assert len(lock_files.read(folder)[PAPERS]) == len(lock_files.read(folder)[REPOSITORIES]) == 1000
    assert len(arxiv.requests) + len(github.requests) <= 30


def test_without_a_token_rest_is_asked(
    catalogue: Write, github: GitHubStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    folder = catalogue()
    assert cli.main(["--resources", str(folder)]) == cli.OK
    assert [request.path for request in github.requests] == ["/repos/goodfeli/adversarial"]
    assert "authorization" not in github.requests[0].headers


def test_no_network_is_said_in_a_sentence_and_loses_nothing(
    catalogue: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue()
    assert cli.main(["--resources", str(folder)]) == cli.OK
    lock = folder / "lock/repositories.json"
    known = lock.read_text().replace('"source":"github"', '"source":"git-history"')  # due again
    lock.write_text(known)
    monkeypatch.setenv("AIGC_ARXIV_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("AIGC_GITHUB_URL", "http://127.0.0.1:1/")
    capsys.readouterr()
    assert cli.main(["--resources", str(folder)]) == cli.NOT_ANSWERED
    assert "could not be reached" in capsys.readouterr().out
    assert lock.read_text() == known


def test_an_outage_of_one_service_keeps_what_the_other_said(
    catalogue: Write, github: GitHubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    github.prepared = [Response(500)] * 10
    folder = catalogue()
    assert cli.main(["--resources", str(folder), "--json"]) == cli.NOT_ANSWERED
    report = json.loads(capsys.readouterr().out)
    assert report["states"] == {"papers": {"ok": 1}, "repositories": {"unknown": 1}}
    answered = {service["title"]: service["answered"] for service in report["services"] if service["asked"]}
    assert answered == {"arXiv": 1, "GitHub": 0}


def test_the_report_names_what_changed_and_what_a_person_should_do(
    catalogue: Write, github: GitHubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue()
    github.repositories["goodfeli/adversarial"] = Repository("goodfeli/adversarial", number=7)
    assert cli.main(["--resources", str(folder)]) == cli.OK
    github.repositories["goodfeli/adversarial"] = Repository("goodfellow/adversarial", release="v2", number=7)
    capsys.readouterr()
    assert cli.main(["--resources", str(folder), "--only", "repositories", "--force", "--json"]) == cli.OK
    report = json.loads(capsys.readouterr().out)
    where = f"{folder}/papers.yaml:7:9"
    assert [change["message"] for change in report["changes"]] == [
        "ok → renamed: now goodfellow/adversarial",
        "latest release none → v2",
    ]
    (to_do,) = [row for row in report["to_do"] if row["where"] == where]
    assert to_do["message"] == "now goodfellow/adversarial; write the new name"
    assert "\n-  code: goodfeli/adversarial\n+  code: goodfellow/adversarial\n" in to_do["patch"]
    assert sum(sum(states.values()) for states in report["states"].values()) == 2


def test_the_token_is_nowhere(catalogue: Write, github: GitHubStandIn, capfd: pytest.CaptureFixture[str]) -> None:
    folder = catalogue()
    for prepared in ([], [Response(401)], [Response(301, headers={"Location": "http://127.0.0.2/"})]):
        github.prepared = list(prepared)
        cli.main(["--resources", str(folder)])
    captured = capfd.readouterr()
    assert TOKEN not in captured.out + captured.err
    assert all(TOKEN not in path.read_text() for path in (folder / "lock").iterdir())


def test_check_counts_and_fetches_nothing(
    catalogue: Write, arxiv: ArxivStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--check", "--resources", str(catalogue())]) == cli.OK
    assert "1 in all" in capsys.readouterr().out
    assert not arxiv.requests


def test_an_invalid_catalogue_is_refused_before_anything_is_asked(
    catalogue: Write, arxiv: ArxivStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue(papers=papers(1).replace("authors", "writers"))
    assert cli.main(["--resources", str(folder)]) == cli.INVALID
    assert f"{folder}/papers.yaml:5:3: unknown field 'writers'" in capsys.readouterr().err
    assert not arxiv.requests


@pytest.mark.parametrize("url", ["http://example.org/api", "ftp://127.0.0.1/", "https://user:pass@example.org/"])
def test_an_address_that_cannot_be_trusted_is_refused(
    catalogue: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    monkeypatch.setenv("AIGC_GITHUB_URL", url)
    assert cli.main(["--resources", str(catalogue())]) == cli.USAGE
    error = capsys.readouterr().err
    assert "AIGC_GITHUB_URL" in error
    assert "pass@" not in error


def test_dry_run_says_the_cost_and_asks_nothing(
    catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--dry-run", "--resources", str(catalogue(papers=papers(450, code=True)))]) == cli.OK
    out = capsys.readouterr().out
    assert "arXiv: 450 papers are due, 3 requests" in out
    assert "GitHub: 450 repositories are due, 9 requests" in out
    assert not arxiv.requests
    assert not github.requests


@pytest.mark.parametrize("missing", ["rich", "httpx"])
def test_a_missing_package_is_named_with_what_brings_it(catalogue: Write, missing: str) -> None:
    script = ROOT / "tools/refresh_resources.py"
    code = f"import runpy, sys; sys.modules[{missing!r}] = None; runpy.run_path({str(script)!r}, run_name='__main__')"
    command = [sys.executable, "-c", code, "--resources", str(catalogue())]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == cli.USAGE
    assert run.stderr == f"needs {missing}: run `make refresh`, or pip install --group refresh\n"


def test_it_finds_the_catalogue_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["--check"]) == cli.OK
    assert "valid" in capsys.readouterr().out


def test_an_interrupted_run_keeps_what_it_had_and_goes_on(
    catalogue: Write, github: GitHubStandIn, arxiv: ArxivStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = catalogue(papers=papers(200, code=True))
    slow = github.respond
    monkeypatch.setattr(github, "respond", lambda request: time.sleep(0.5) or slow(request))  # type: ignore[func-returns-value]  # sleep gives None
    script = [sys.executable, str(ROOT / "tools/refresh_resources.py"), "--resources", str(folder)]
    run = subprocess.Popen(script, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stderr
    while "GitHub: 50 of 200" not in (line := run.stderr.readline()):
        assert line, run.stderr.read()
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=600)
    assert run.returncode == cli.INTERRUPTED
    kept = len(lock_files.read(folder)[REPOSITORIES])
    assert 50 <= kept < 200
    asked = len(arxiv.requests)
    assert cli.main(["--resources", str(folder)]) == cli.OK
    assert len(lock_files.read(folder)[REPOSITORIES]) == 200
    assert len(arxiv.requests) == asked  # its papers were kept as well


def test_a_full_disk_is_said_and_leaves_the_lock_as_it_was(
    catalogue: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue()
    assert cli.main(["--resources", str(folder)]) == cli.OK
    before = {path.name: path.read_bytes() for path in (folder / "lock").glob("*.json")}
    (folder / "papers.yaml").write_text(papers(3, code=True), encoding="utf-8")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert cli.main(["--resources", str(folder)]) == cli.LOCK
    assert "No space left on device" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (folder / "lock").glob("*.json")} == before
    assert not list((folder / "lock").glob(".*.tmp"))
    monkeypatch.undo()


def test_a_damaged_lock_is_named_and_not_taken_for_empty(
    catalogue: Write, arxiv: ArxivStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue()
    assert cli.main(["--resources", str(folder)]) == cli.OK
    asked = len(arxiv.requests)
    lock = folder / "lock/papers.json"
    lock.write_text("<<<<<<< ours\n" + lock.read_text())  # a merge that was not finished
    assert cli.main(["--resources", str(folder)]) == cli.LOCK
    assert f"{lock}:1:1: is not JSON" in capsys.readouterr().err
    assert len(arxiv.requests) == asked


def test_an_entry_that_left_the_catalogue_leaves_the_lock_and_is_reported(
    catalogue: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue(papers=papers(3))
    assert cli.main(["--resources", str(folder)]) == cli.OK
    (folder / "papers.yaml").write_text(papers(2), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["--resources", str(folder)]) == cli.OK
    assert "2301.00002: no longer in the catalogue" in capsys.readouterr().out
    assert list(lock_files.read(folder)[PAPERS]) == ["2301.00000", "2301.00001"]


def test_what_vanishes_at_once_is_an_outage(
    catalogue: Write, arxiv: ArxivStandIn, github: GitHubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue(papers=papers(60, code=True))
    assert cli.main(["--resources", str(folder)]) == cli.OK
    before = lock_files.read(folder)
    arxiv.make = lambda key: None if int(key[-2:]) < 30 else Paper(key)
    github.make = lambda name: None if int(name.rpartition("-")[2]) < 30 else Repository(name)
    capsys.readouterr()
    assert cli.main(["--resources", str(folder), "--force", "--json"]) == cli.NOT_ANSWERED
    report = json.loads(capsys.readouterr().out)
    assert [row["not_answered"] for row in report["services"] if row["asked"]] == [{"implausible answer": 30}] * 2
    after = lock_files.read(folder)
    assert {key: record.state for key, record in after[PAPERS].items()} == dict.fromkeys(before[PAPERS], State.OK)
    assert not any(record.missing_since for record in after[REPOSITORIES].values())


def test_a_few_that_vanish_are_struck_and_then_not_found(
    catalogue: Write, github: GitHubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = catalogue(papers=papers(60, code=True))
    assert cli.main(["--resources", str(folder)]) == cli.OK
    gone = "owner/repository-7"
    github.make = lambda name: None if name == gone else Repository(name)
    assert cli.main(["--resources", str(folder), "--only", "repositories", "--force"]) == cli.OK
    record = lock_files.read(folder)[REPOSITORIES][gone]
    assert record.state is State.OK
    assert record.missing_since
    lock = lock_files.read(folder)
    yesterday = record.model_copy(update={"missing_since": record.missing_since - timedelta(days=1)})
    lock[REPOSITORIES][gone] = yesterday
    lock_files.write(folder, lock)
    capsys.readouterr()
    assert cli.main(["--resources", str(folder), "--ids", gone, "--force", "--json"]) == cli.OK
    assert lock_files.read(folder)[REPOSITORIES][gone].state is State.NOT_FOUND
    assert lock_files.read(folder)[REPOSITORIES][gone].data.stars == 100
    (row,) = [row for row in json.loads(capsys.readouterr().out)["to_do"] if row["key"] == gone]
    assert "correct or remove it" in row["message"]
