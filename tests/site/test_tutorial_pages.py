"""Tutorial pages: prose of one language, results of the run, figures for both modes, downloads that stand alone."""

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from aigc_ref import figures
from tests.tutorials.test_source import HEADER
from tools.site.pages.tutorials import Reference, recolour, tutorial_pages
from tools.tutorials.source import Tutorial, TutorialError, read_tutorial

SVG = '<?xml version="1.0"?><svg width="360pt" height="180pt" viewBox="0 0 360 180"><path style="fill: #b8322a"/></svg>'

SOURCE = (
    HEADER
    + """\
# %% [markdown] tags=["zh"]
# 掷出 {{ share:.0%}} 正面，见[论文][paper-gan]与 [`toss`][aigc_ref.coin.toss]。

# %% [markdown] tags=["en"]
# Heads in {{ share:.0%}}, see [the paper][paper-gan] and [`toss`][aigc_ref.coin.toss].

# %% caption={"zh": "正面 {{ share:.2f }}", "en": "Heads {{ share:.2f }}"} tags=["fold"]
plot()

# %% tags=["answer"]
print("```")

# %% tags=["numbers"]
print('{"share": 0.5}')
"""
)

REFERENCES = {
    "paper-gan": Reference("Generative *Nets*", "catalogue/papers.md#paper-gan", "https://arxiv.org/abs/1406.2661")
}


@pytest.fixture
def tutorial(tmp_path: Path) -> Tutorial:
    path = tmp_path / "docs" / "tutorials" / "coin.py"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE, encoding="utf-8")
    return read_tutorial(path)


@pytest.fixture
def executed(tutorial: Tutorial) -> NotebookNode:
    outputs = [
        nbformat.v4.new_output("display_data", {"image/svg+xml": SVG, "text/plain": "<Figure>"}),
        nbformat.v4.new_output("stream", text="```\n"),
        nbformat.v4.new_output("stream", text='{"share": 0.5}\n'),
    ]
    cells = [
        nbformat.v4.new_code_cell(cell.source, metadata={"tags": sorted(cell.tags)}, outputs=[output])
        for cell, output in zip(tutorial.code, outputs, strict=True)
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    return notebook


def test_a_page_has_its_languages_prose_with_numbers_and_links(tutorial: Tutorial, executed: NotebookNode) -> None:
    page = str(tutorial_pages(tutorial, executed, REFERENCES, {}, "zh", None)["tutorials/coin.md"])
    assert "掷出 50% 正面，见[论文](../catalogue/papers.md#paper-gan)与 [`toss`][aigc_ref.coin.toss]。" in page
    assert "Heads" not in page
    assert "share" not in page  # the cell of numbers itself is not shown
    assert "colab" not in page


def test_a_figure_is_given_for_light_and_dark_pages(tutorial: Tutorial, executed: NotebookNode) -> None:
    pages = tutorial_pages(tutorial, executed, REFERENCES, {}, "en", None)
    assert pages["tutorials/coin/figure-1.svg"] == SVG
    assert "#ff8a78" in str(pages["tutorials/coin/figure-1-dark.svg"])
    assert "![Heads 0.50](coin/figure-1.svg#only-light){ width=480 height=240 loading=lazy }" in str(
        pages["tutorials/coin.md"]
    )


def test_a_figure_too_wide_for_a_phone_is_marked(tutorial: Tutorial, executed: NotebookNode) -> None:
    for cell in executed.cells:
        for output in cell.outputs:
            if "image/svg+xml" in output.get("data", {}):
                output.data["image/svg+xml"] = SVG.replace('width="360pt"', 'width="540pt"')
    page = str(tutorial_pages(tutorial, executed, REFERENCES, {}, "en", None)["tutorials/coin.md"])
    assert "coin/figure-1.svg#only-light){ width=720 height=240 loading=lazy .wide }" in page


def test_printed_fences_do_not_end_their_block(tutorial: Tutorial, executed: NotebookNode) -> None:
    page = str(tutorial_pages(tutorial, executed, REFERENCES, {}, "en", None)["tutorials/coin.md"])
    assert "    ````{ .text .output }\n    ```\n    ````" in page


def test_downloads_stand_alone(tutorial: Tutorial, executed: NotebookNode) -> None:
    pages = tutorial_pages(tutorial, executed, REFERENCES, {}, "en", "owner/name")
    notebook = nbformat.reads(str(pages["tutorials/coin/coin.ipynb"]), as_version=4)
    nbformat.validate(notebook)
    assert "https://arxiv.org/abs/1406.2661" in notebook.cells[2].source
    assert "aigc_ref.coin" not in notebook.cells[2].source
    assert "git+https://github.com/owner/name" in notebook.cells[1].source
    script = str(pages["tutorials/coin/coin.py"])
    assert "plot()" in script
    assert "正面" not in script
    assert "blob/gh-pages/en/tutorials/coin/coin.ipynb" in str(pages["tutorials/coin.md"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "{{ share:.0%}} 正面",
            "{{ shares }} 正面",
            r"coin\.py:\d+: quotes a number that the run did not print: 'shares'",
        ),
        ("[论文][paper-gan]", "[论文][paper-gam]", "links to 'paper-gam', which the catalogue does not have"),
        ('caption={"zh": "正面 {{ share:.2f }}", "en": "Heads {{ share:.2f }}"} ', "", "give the cell a caption"),
    ],
    ids=["number", "link", "caption"],
)
def test_says_what_a_page_cannot_be_made_of(
    tutorial: Tutorial, executed: NotebookNode, old: str, new: str, message: str
) -> None:
    tutorial.path.write_text(SOURCE.replace(old, new), encoding="utf-8")
    with pytest.raises(TutorialError, match=message):
        tutorial_pages(read_tutorial(tutorial.path), executed, REFERENCES, {}, "zh", None)


def test_every_colour_of_our_figures_has_a_dark_twin() -> None:
    colours = [value for value in vars(figures).values() if isinstance(value, str) and value.startswith("#")]
    assert len(colours) == 7
    assert all(recolour(colour) != colour for colour in colours)


def test_names_what_to_read_before_and_clones_what_it_starts_from(tutorial: Tutorial, executed: NotebookNode) -> None:
    more = "# order: 1\n# prerequisites: [dice]\n# needs: [tiny]\n"
    tutorial.path.write_text(SOURCE.replace("# order: 1\n", more), encoding="utf-8")
    source = read_tutorial(tutorial.path)
    pages = tutorial_pages(source, executed, REFERENCES, {"dice": "Dice"}, "en", "owner/name")
    assert "Read before: [Dice](dice.md)" in str(pages["tutorials/coin.md"])
    assert "git clone -q --depth 1 https://github.com/owner/name" in str(pages["tutorials/coin/coin.ipynb"])
    with pytest.raises(TutorialError, match="'dice' as a prerequisite"):
        tutorial_pages(source, executed, REFERENCES, {}, "en", None)
