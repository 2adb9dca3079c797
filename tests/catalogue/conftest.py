"""Small catalogues in a temporary folder, and the table of faults, collected from the tests that tried them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

TOPICS = """\
- id: gan
  title: {zh: 生成对抗网络, en: GANs}
  about: {zh: 较量。, en: A contest.}
- id: llm
  title: {zh: 大语言模型, en: Language models}
  about: {zh: 文本。, en: Text.}
"""

PAPER = """\
- id: paper-gan
  title: Generative Adversarial Networks
  url: https://arxiv.org/abs/1406.2661
  arxiv: "1406.2661"
  authors: [Ian J. Goodfellow]
  published: "2014-06-10"
  code: goodfeli/adversarial
  topics: [gan]
  level: beginner
  languages: [en]
  why: {zh: 一页讲完。, en: One page.}
  added: "2026-11-23"
"""

Write = Callable[..., Path]


@pytest.fixture
def catalogue(tmp_path: Path) -> Write:
    """Writes a catalogue of the files that are given, by stem; papers.yaml holds one paper unless it is given."""

    def write(**files: str) -> Path:
        for stem, text in {"topics": TOPICS, "papers": PAPER, **files}.items():
            (tmp_path / f"{stem}.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def papers(count: int, *, code: bool = False) -> str:
    """YAML of so many papers, each with a repository of its own if `code`."""
    entries = []
    for number in range(count):
        arxiv = f"2301.{number:05}"
        entry = PAPER.replace("paper-gan", f"paper-{number}").replace("1406.2661", arxiv)
        entry = entry.replace("一页", f"第 {number} 页").replace("One page", f"Page {number}")
        name = f"owner/repository-{number}"
        entries.append(
            entry.replace("goodfeli/adversarial", name) if code else entry.replace("  code: goodfeli/adversarial\n", "")
        )
    return "\n".join(entries)


def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.getoption("--write-faults") and not hasattr(session.config, "workerinput"):
        shutil.rmtree(session.config.cache.mkdir("faults"))  # rows of an earlier run


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With --write-faults: writes docs/faults.json of the rows that the tests left, if none is missing."""
    if not session.config.getoption("--write-faults") or hasattr(session.config, "workerinput"):
        return  # a process of pytest-xdist tried some; the first process collects them all
    from tests.catalogue.test_faults import TABLE, TRIED, row_file

    folder = session.config.cache.mkdir("faults")
    files = [row_file(folder, fault.name, service) for fault, service in TRIED]
    if missing := [file.stem for file in files if not file.exists()]:
        raise pytest.UsageError(f"{TABLE.name} is as it was; not tried, or failed: {', '.join(missing)}")
    rows = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    TABLE.write_text(f"[\n{text}\n]\n", encoding="utf-8")
