"""What a person should look at: named with its place, and with a patch that applies and says what it should."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.catalogue.conftest import PAPER, Write
from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository
from tools.catalogue import cli
from tools.catalogue.drift import replacement
from tools.catalogue.load import load
from tools.language import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]

TOOL = """\
- id: tool-x
  title: X
  url: https://github.com/owner/x
  code: owner/x
  license: MIT
  topics: [gan]
  level: beginner
  languages: [en]
  why: {zh: 好。, en: Good.}
  added: "2026-11-23"
"""
OURS = Paper(
    "1406.2661",
    title="Generative Adversarial  Networks",
    authors=("Ian J. Goodfellow",),
    published="2014-06-10T00:00:00Z",
)


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ArxivStandIn, GitHubStandIn]]:
    with ArxivStandIn([OURS]) as arxiv, GitHubStandIn(make=Repository) as github:
        monkeypatch.setenv("AIGC_ARXIV_URL", arxiv.url)
        monkeypatch.setenv("AIGC_GITHUB_URL", github.url)
        monkeypatch.setenv("GITHUB_TOKEN", github.token)
        yield arxiv, github


def to_do(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, str]]:
    capsys.readouterr()
    assert cli.main(["--resources", str(folder), "--json", *options]) == cli.OK
    rows: list[dict[str, str]] = json.loads(capsys.readouterr().out)["to_do"]
    return rows


def test_what_agrees_is_not_mentioned(
    catalogue: Write, services: tuple[ArxivStandIn, GitHubStandIn], capsys: pytest.CaptureFixture[str]
) -> None:
    assert to_do(catalogue(), capsys) == []


def test_title_authors_year_and_licence_that_differ_are_named_with_their_place(
    catalogue: Write, services: tuple[ArxivStandIn, GitHubStandIn], capsys: pytest.CaptureFixture[str]
) -> None:
    arxiv, github = services
    arxiv.papers["1406.2661"] = replace(OURS, title="GANs: new", authors=("A", "B"), published="2014-06-11T00:00:00Z")
    github.repositories["owner/x"] = Repository("owner/x", license_spdx="Apache-2.0")
    folder = catalogue(tools=TOOL)
    rows = to_do(folder, capsys)
    assert [(row["where"].removeprefix(f"{folder}/"), row["message"]) for row in rows] == [
        ("papers.yaml:2:10", "arXiv's title is 'GANs: new'"),
        ("papers.yaml:5:12", "arXiv's authors are A, B"),
        ("papers.yaml:6:14", "arXiv's first version is of 2014-06-11, not of 2014-06-10"),
        ("tools.yaml:5:12", "GitHub reads the licence as Apache-2.0, not MIT"),
    ]
    assert [bool(row["patch"]) for row in rows] == [True, False, True, True]


def test_all_patches_together_apply_and_leave_a_valid_catalogue(
    catalogue: Write,
    services: tuple[ArxivStandIn, GitHubStandIn],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arxiv, github = services
    arxiv.papers["1406.2661"] = replace(OURS, title='GANs: a "view" #1', published="2014-06-11T00:00:00Z")
    github.repositories["owner/x"] = Repository("owner/y", license_spdx="Apache-2.0")
    folder = catalogue(tools=TOOL.replace("\n", "\r\n"))
    monkeypatch.chdir(folder)
    assert cli.main(["--resources", str(folder)]) == cli.OK
    capsys.readouterr()
    assert cli.main(["--resources", str(folder), "--offline", "--format", "patch"]) == cli.OK
    patch = capsys.readouterr().out
    subprocess.run(["git", "apply", "--unsafe-paths", "-"], cwd=folder, input=patch.encode(), check=True)
    paper, tool = load(folder).resources
    assert (paper.title, paper.published) == ('GANs: a "view" #1', "2014-06-11")  # type: ignore[union-attr]  # a paper
    assert (tool.code, tool.license) == ("owner/y", "Apache-2.0")  # type: ignore[union-attr]  # a tool
    assert b"\r\n" in (folder / "tools.yaml").read_bytes()


def test_another_repository_under_the_old_name_does_not_pass_for_ours(
    catalogue: Write, services: tuple[ArxivStandIn, GitHubStandIn], capsys: pytest.CaptureFixture[str]
) -> None:
    _, github = services
    folder = catalogue()
    name = "goodfeli/adversarial"
    github.repositories[name] = Repository(name, stars=100, number=1)
    to_do(folder, capsys)
    github.repositories[name] = Repository(name, stars=3, number=2)
    for _ in range(2):  # it does not get used to it
        (row,) = to_do(folder, capsys, "--force")
        assert "another repository answers under this name" in row["message"]
        assert f"--forget {name}" in row["message"]
    assert '"stars":100' in (folder / "lock/repositories.json").read_text()
    assert cli.main(["--resources", str(folder), "--forget", name]) == cli.OK
    assert to_do(folder, capsys) == []
    assert '"stars":3' in (folder / "lock/repositories.json").read_text()


def test_offline_reports_on_what_is_known_and_asks_nothing(
    catalogue: Write, services: tuple[ArxivStandIn, GitHubStandIn], capsys: pytest.CaptureFixture[str]
) -> None:
    arxiv, github = services
    github.repositories["goodfeli/adversarial"] = Repository("goodfeli/gan", number=1)
    folder = catalogue()
    online = to_do(folder, capsys)
    asked = len(arxiv.requests) + len(github.requests)
    assert to_do(folder, capsys, "--offline") == online
    assert len(arxiv.requests) + len(github.requests) == asked


def test_a_report_cannot_command_whoever_reads_it(
    catalogue: Write, services: tuple[ArxivStandIn, GitHubStandIn], capsys: pytest.CaptureFixture[str]
) -> None:
    arxiv, _ = services
    title = "::error::x\n::add-mask::y @everyone <img src=x onerror=1> [a](javascript:1) #12 `code` %0A::warning::"
    arxiv.papers["1406.2661"] = replace(OURS, title=title)
    folder = catalogue()
    assert cli.main(["--resources", str(folder), "--format", "github"]) == cli.OK
    annotations = capsys.readouterr().out.strip().split("\n")
    assert len(annotations) == 1
    assert annotations[0].startswith("::warning file=")
    assert "%250A" in annotations[0]
    assert cli.main(["--resources", str(folder), "--offline", "--format", "markdown"]) == cli.OK
    markdown = capsys.readouterr().out
    listed = next(line for line in markdown.split("\n") if line.startswith("- "))
    prose = listed.partition("` ")[2]
    assert not set(prose) & set("<>[]@`*_!|\\\"'")


@pytest.mark.parametrize(
    ("line", "old", "new", "after"),
    [
        ("  code: a/b\n", "a/b", "c/d", "  code: c/d\n"),
        ("  code: a/b  # here\n", "a/b", "c/d", "  code: c/d  # here\n"),
        ('  code: "a/b"\n', "a/b", "c/d", '  code: "c/d"\n'),
        ("  code: 'a/b'\n", "a/b", "c: d", '  code: "c: d"\n'),
        ("  code: a/b\n", "a/b", "- x", '  code: "- x"\n'),
        ("  code: a/b\n", "a/b", "no", "  code: no\n"),  # the loader reads every scalar as text
    ],
)
def test_a_replacement_is_yaml_again(tmp_path: Path, line: str, old: str, new: str, after: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(line)
    edit = replacement(path, 1, line.index("a/b") - (line[8] in "\"'") + 1, old, new)
    assert edit
    assert edit.after == after


def test_what_is_folded_over_lines_is_left_to_a_person(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("  title: >\n    A title\n")
    assert replacement(path, 1, 10, "A title", "B") is None


def test_papers_of_a_copy_are_not_compared(catalogue: Write, capsys: pytest.CaptureFixture[str]) -> None:
    folder = catalogue(papers=PAPER)
    (folder / "lock").mkdir()
    record = '{"state":"ok","checked":"2026-11-01T00:00:00Z","source":"arxiv-copies","data":{"title":"Another"}}'
    (folder / "lock/papers.json").write_text('{"version": 1, "records": {"1406.2661": ' + record + "}}")
    assert to_do(folder, capsys, "--offline") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guides_pipe_holds_where_there_is_nothing_to_patch(tmp_path: Path, language: str) -> None:
    guide = (ROOT / f"docs/{language}/upkeep.md").read_text(encoding="utf-8")
    (pipe,) = (line for line in guide.splitlines() if "| git apply" in line)
    subprocess.run(shlex.split(pipe.partition("|")[2]), cwd=tmp_path, input=b"", check=True)
