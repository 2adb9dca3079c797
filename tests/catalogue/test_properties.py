"""No input makes the loader fail otherwise than by its own error, and no killed run leaves a broken lock."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalogue.conftest import PAPER, TOPICS, Write, papers
from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository
from tools.catalogue import cli
from tools.catalogue import lock as lock_files
from tools.catalogue.load import load
from tools.catalogue.parts import PAPERS, REPOSITORIES
from tools.catalogue.problems import CatalogueError, Problem

FIELDS = [line.strip().removeprefix("- ").partition(":")[0] for line in PAPER.strip().split("\n")]
NOTORIOUS = (
    """~ null NO 1.10 2301.00010 12:30:45 2024-02-30 = << &a *a !!python/object:x [a,b] [[[[ {a:b} {zh:好} " ' @ ` %"""
)
VALUES = st.one_of(
    st.text(max_size=20), st.sampled_from([*NOTORIOUS.split(), "|\n    x", ">\n    x\n", "\t", "\u2028"])
)
entries = st.lists(st.tuples(st.sampled_from([*FIELDS, "arxive", "", "?", "kind"]), VALUES), max_size=14).map(
    lambda rows: "- " + "\n  ".join(f"{name}: {value}" for name, value in rows) + "\n"
)
mutations = st.tuples(st.integers(0, len(PAPER)), st.integers(0, 30), st.text(max_size=8)).map(
    lambda cut: PAPER[: cut[0]] + cut[2] + PAPER[cut[0] + cut[1] :]
)
often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _loads_or_says_why(folder: Path) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        load(folder)
    except CatalogueError as error:
        problems = error.problems or pytest.fail("an error without a problem")
    for problem in problems:
        assert problem.message
        assert problem.place.line >= 1
        assert problem.place.column >= 1
        str(problem).encode()  # a lone surrogate in a message could not be printed


@often
@given(st.binary(max_size=300))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "topics.yaml").write_text(TOPICS, encoding="utf-8")
    (tmp_path / "papers.yaml").write_bytes(content)
    _loads_or_says_why(tmp_path)


@often
@given(st.one_of(entries, mutations))
def test_any_entry(tmp_path: Path, content: str) -> None:
    (tmp_path / "topics.yaml").write_text(TOPICS, encoding="utf-8")
    (tmp_path / "papers.yaml").write_text(content, encoding="utf-8", errors="surrogatepass")
    _loads_or_says_why(tmp_path)


@often
@given(entries)
def test_any_vocabulary_and_any_watch(tmp_path: Path, content: str) -> None:
    for name in ("topics", "watch"):
        (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8", errors="surrogatepass")
    _loads_or_says_why(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "- &a [x]\n- *a\n",
        "- id: x\n  id: y\n",
        "[" * 50_000,
        "- " * 5_000 + "x",
        "a: b: c\n",
        "\ufeff" + PAPER.replace("\n", "\r\n"),
        PAPER.replace("  title", "\ttitle"),
        "- id: !!python/object/apply:os.system [ls]\n",
        "---\n- id: x\n---\n- id: y\n",
        "- {<<: {id: x}}\n",
        "x" * 10_000_000,
    ],
    ids=["alias", "duplicate", "deep", "deeper", "colons", "bom-crlf", "tab", "tag", "documents", "merge", "huge"],
)
def test_what_yaml_is_notorious_for(tmp_path: Path, content: str) -> None:
    (tmp_path / "topics.yaml").write_text(TOPICS, encoding="utf-8")
    (tmp_path / "papers.yaml").write_text(content, encoding="utf-8")
    start = time.process_time()
    _loads_or_says_why(tmp_path)
    assert time.process_time() - start < 10  # a bomb would take for ever


def _refresh(folder: Path) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os._exit(cli.main(["--resources", str(folder), "--force"]))


@pytest.mark.slow
def test_a_hundred_kills_at_random_moments_leave_a_whole_lock(
    catalogue: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = catalogue(papers=papers(120, code=True))
    chance = random.Random(0)
    fork = multiprocessing.get_context("fork")
    with ArxivStandIn(make=Paper) as arxiv, GitHubStandIn(make=Repository) as github:
        monkeypatch.setenv("AIGC_ARXIV_URL", arxiv.url)
        monkeypatch.setenv("AIGC_GITHUB_URL", github.url)
        monkeypatch.setenv("GITHUB_TOKEN", github.token)
        monkeypatch.setattr("tools.catalogue.refresh.WRITE_EVERY", 0.0)  # a write for every batch
        known, killed = 0, 0
        for _ in range(100):
            run = fork.Process(target=_refresh, args=(folder,))
            run.start()
            assert run.pid
            time.sleep(chance.uniform(0.0, 0.35))
            os.kill(run.pid, signal.SIGKILL)
            run.join(30)
            killed += run.exitcode == -signal.SIGKILL
            lock = lock_files.read(folder)  # whole, or LockError
            found = len(lock[PAPERS]) + len(lock[REPOSITORIES])
            assert found >= known  # and nothing that was there is gone
            known = found
        assert killed >= 50
        assert cli.main(["--resources", str(folder)]) == cli.OK
        lock = lock_files.read(folder)
        assert len(lock[PAPERS]) == len(lock[REPOSITORIES]) == 120
        strays = [path.name for path in (folder / "lock").iterdir() if path.suffix == ".tmp"]
        assert not strays
