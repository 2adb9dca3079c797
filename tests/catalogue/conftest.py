"""Small catalogues in a temporary folder."""

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
