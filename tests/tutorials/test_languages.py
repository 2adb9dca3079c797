"""All languages say the same of the same code: as many cells, the same headings, links and numbers."""

import re
from collections.abc import Iterator
from itertools import groupby

import pytest

from tests.tutorials.test_smoke import TUTORIALS
from tools.language import LANGUAGES, MAIN, Language
from tools.tutorials.source import QUOTED, Cell, Tutorial

ANCHOR = re.compile(r"^#+ .*?\{ (#[a-z0-9-]+) \}$", re.MULTILINE)
HEADING = re.compile(r"^#+ ", re.MULTILINE)
NOT_PROSE = re.compile(
    r"""\$\$.*?\$\$ | \$[^$]*\$ | `[^`]*` | \{\{\ .*?\}\} | \]\([^)]*\)  # formulas, code, numbers of the run, addresses
    | [Ss]ections?\ [\d.]+ | [\d.]+\ ?节                                # 5.2 of a paper
    """,
    re.VERBOSE | re.DOTALL,
)
TYPED = re.compile(r"\d\s?[%％]|(?<![A-Za-z\d.-])\d+\.\d+(?![\d.]*\w)")
TARGET = re.compile(r"\]\(([^)\s]+)\)|\]\[([^\]]+)\]")


def _prose(tutorial: Tutorial) -> list[dict[Language, list[Cell]]]:
    """The prose cells between two cells of code, as readers of each language see them."""
    runs = [list(cells) for kind, cells in groupby(tutorial.cells, lambda cell: cell.kind) if kind == "markdown"]
    return [
        {language: [cell for cell in run if cell.language in {language, None}] for language in LANGUAGES}
        for run in runs
    ]


@pytest.mark.parametrize("tutorial", TUTORIALS)
def test_each_prose_cell_has_a_twin_with_the_same_headings_links_and_numbers(tutorial: Tutorial) -> None:
    for run in _prose(tutorial):
        for language, (one, other) in _beside_the_main(run, tutorial):
            where = f"{tutorial.path}:{one.line} ({language})"
            assert ANCHOR.findall(one.source) == ANCHOR.findall(other.source), where
            assert len(ANCHOR.findall(one.source)) == len(HEADING.findall(one.source)), f"{where}: no anchor"
            assert sorted(TARGET.findall(one.source)) == sorted(TARGET.findall(other.source)), where
            assert {found["name"] for found in QUOTED.finditer(one.source)} == {
                found["name"] for found in QUOTED.finditer(other.source)
            }, where


def _beside_the_main(
    run: dict[Language, list[Cell]], tutorial: Tutorial
) -> Iterator[tuple[Language, tuple[Cell, Cell]]]:
    """Each cell of the main language with its twin in another."""
    line = min(cell.line for cells in run.values() for cell in cells)
    for language, cells in run.items():
        assert len(run[MAIN]) == len(cells), f"{tutorial.path}:{line}: a cell has no twin in {language!r}"
        yield from ((language, twins) for twins in zip(run[MAIN], cells, strict=True))


@pytest.mark.parametrize("tutorial", TUTORIALS)
def test_every_figure_has_a_caption_in_each_language(tutorial: Tutorial) -> None:
    drawing = [cell for cell in tutorial.code if "plt.show()" in cell.source]
    assert drawing
    for cell in drawing:
        assert cell.caption, f"{tutorial.path}:{cell.line}"
        assert all(cell.caption[language] for language in LANGUAGES)


@pytest.mark.parametrize("tutorial", TUTORIALS)
def test_no_measured_figure_is_typed_by_hand(tutorial: Tutorial) -> None:
    """Percentages and decimals are quoted from the run; only formulas, code and section numbers hold others."""
    for cell in tutorial.cells:
        if cell.kind == "markdown":
            prose = NOT_PROSE.sub("", cell.source)
            assert not TYPED.findall(prose), f"{tutorial.path}:{cell.line}: {prose}"
