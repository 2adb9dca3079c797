"""Words that pages are made of: docstrings that Markdown reads as they are meant, a name for every state."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.site.sites import ROOT
from tools.catalogue.facts import State
from tools.language import LANGUAGES
from tools.site.words import WORDS

LINK = re.compile(r"\]\s?\[(?!aigc_ref\.)[^\]\n]+\]")  # `t[i][j]` reads as a link from i to what is called j


def _taken_for_links(docstring: str) -> Iterator[str]:
    """Such pairs of brackets outside code, which is indented, a doctest, or between backticks."""
    prose = [line for line in docstring.splitlines() if not re.match(r"\s*(>>>|\.\.\.)|    ", line)]
    yield from LINK.findall(re.sub(r"`[^`]*`", "", "\n".join(prose)))


def _docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module) or (isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name[0] != "_"):
            yield ast.get_docstring(node) or ""


def test_no_docstring_holds_an_index_that_reads_as_a_link() -> None:
    wrong = "t[i][j] is `t[k][l]`; see [`fit`][aigc_ref.train.loop.fit]\n\n    t[m][n]"
    assert list(_taken_for_links(wrong)) == ["][j]"]
    found = {
        path.relative_to(ROOT).as_posix(): links
        for path in sorted((ROOT / "aigc_ref").rglob("*.py"))
        if (links := [link for docstring in _docstrings(path) for link in _taken_for_links(docstring)])
    }
    assert not found  # put them between backticks, or the strict build of the site fails


def test_every_state_has_a_word_in_each_language() -> None:
    for language in LANGUAGES:
        assert set(WORDS[language].names.states) == set(State)
