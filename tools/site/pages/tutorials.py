"""Tutorial pages: prose from the source, results from the committed run, one page and two downloads a language.

Pure: sources and notebooks in, `{path below the language's root: content}` out. Figures are SVG in the colours of
aigc_ref.figures; each is given out twice, as drawn for light pages and recoloured for dark ones.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import indent

import jupytext
import nbformat
from nbformat import NotebookNode

from tools.language import Language, root
from tools.site.pages.templates import front_matter, plain
from tools.site.words import WORDS
from tools.tutorials.source import Cell, Tutorial, TutorialError, quote, results

WIDE = 600  # in CSS pixels: shrunk to the width of a phone, a figure above is illegible; its box scrolls instead

# The colours of aigc_ref.figures, and what they become on a dark page.
DARK = {
    "#1d2129": "#e8e5dd",  # ink
    "#5a5f6a": "#a3a5aa",  # soft ink: axes, labels
    "#e2ded4": "#2c3038",  # lines
    "#b8322a": "#ff8a78",  # vermilion
    "#2f5d8a": "#8ab8e6",  # indigo
    "#4b7a4e": "#93c795",  # moss
    "#8a5f14": "#e0b05c",  # ochre
}


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a catalogue id leads: to our page of it, or from a download to the resource itself."""

    title: str
    page: str
    url: str


def tutorial_pages(
    tutorial: Tutorial,
    executed: NotebookNode,
    references: Mapping[str, Reference],
    titles: Mapping[str, str],
    language: Language,
    repository: str | None,
) -> dict[str, str | bytes]:
    """The page, its figures and its downloads.

    Args:
        tutorial: the source.
        executed: its committed result.
        references: every catalogue id that prose may link to.
        titles: of every tutorial, by name.
        language: whose page.
        repository: `owner/name` on GitHub where the project is published, for Colab.

    Raises:
        TutorialError: the result has other cells than the source, or prose names a number that the run did not print
            or an id that the catalogue does not have.
    """
    if len(executed.cells) != len(tutorial.code):
        raise TutorialError(f"{tutorial.path}: its results are of another version; run `make tutorials`")
    name = tutorial.name
    folder = f"tutorials/{name}"
    pages = _Page(tutorial, executed, references, language)
    body = "\n\n".join(part for part in pages.parts() if part)
    notebook = _notebook(tutorial, executed, references, language, repository)
    head = _head(tutorial, titles, language, repository)
    return {
        f"{folder}.md": f"{head}\n\n{body}\n\n{_sources(tutorial, references, language)}\n",
        f"{folder}/{name}.ipynb": nbformat.writes(notebook) + "\n",
        f"{folder}/{name}.py": jupytext.writes(notebook, fmt="py:percent"),
        **{f"{folder}/{file}": content for file, content in pages.figures.items()},
    }


def _head(tutorial: Tutorial, titles: Mapping[str, str], language: Language, repository: str | None) -> str:
    header, words, name = tutorial.header, WORDS[language], tutorial.name
    links = [words.tutorials.downloads.format(py=f"{name}/{name}.py", ipynb=f"{name}/{name}.ipynb")]
    if repository:
        path = f"{repository}/blob/gh-pages/{root(language)}tutorials/{name}/{name}.ipynb"
        links.append(words.tutorials.colab.format(url=f"https://colab.research.google.com/github/{path}"))
    facts = words.tutorials.facts.format(minutes=header.minutes, data=header.data[language])
    if unknown := set(header.prerequisites) - set(titles):
        raise TutorialError(f"{tutorial.path}: names {min(unknown)!r} as a prerequisite, and there is no such tutorial")
    if header.prerequisites:
        before = [f"[{titles[name]}]({name}.md)" for name in header.prerequisites]
        facts += f"  \n{words.tutorials.prerequisites.format(words.names.between_names.join(before))}"
    return (
        f"{front_matter(header.title[language], header.summary[language], boost=2)}\n"
        f"# {header.title[language]}\n\n"
        f"{header.summary[language]}\n{{ .lead }}\n\n{facts}  \n{' · '.join(links)}\n{{ .tutorial-facts }}"
    )


def _sources(tutorial: Tutorial, references: Mapping[str, Reference], language: Language) -> str:
    lines = [f"- {_link(tutorial, key, references)}" for key in tutorial.header.resources]
    return f"## {WORDS[language].tutorials.resources} {{ #resources }}\n\n" + "\n".join(lines)


def _link(tutorial: Tutorial, key: str, references: Mapping[str, Reference], text: str | None = None) -> str:
    if key not in references:
        raise TutorialError(f"{tutorial.path}: links to {key!r}, which the catalogue does not have")
    return f"[{text or plain(references[key].title)}](../{references[key].page})"


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing of a tutorial, as another page shows it; addresses below the language's root."""

    light: str
    dark: str
    caption: str
    width: int
    height: int


def first_figure(tutorial: Tutorial, executed: NotebookNode, language: Language) -> Figure | None:
    """The first drawing of a tutorial."""
    for cell, result in zip(tutorial.code, executed.cells, strict=True):
        for output in result.outputs:
            svg = output.get("data", {}).get("image/svg+xml")
            if svg and cell.caption:
                path = f"tutorials/{tutorial.name}/figure-1"
                caption = _alternative(_quoted(tutorial, cell, cell.caption[language], results(executed)))
                return Figure(f"{path}.svg", f"{path}-dark.svg", caption, *svg_size(svg))
    return None


NAMED_LINK = re.compile(r"\[(?P<text>[^\[\]]+)\]\[(?P<key>[A-Za-z0-9_.-]+)\]")


class _Page:
    """One page in the making: its Markdown parts in order, and the figures met on the way."""

    def __init__(
        self, tutorial: Tutorial, executed: NotebookNode, references: Mapping[str, Reference], language: Language
    ) -> None:
        self.figures: dict[str, str | bytes] = {}
        self._tutorial = tutorial
        self._outputs = iter(executed.cells)
        self._numbers = results(executed)
        self._references = references
        self._language = language

    def parts(self) -> Iterator[str]:
        for cell in self._tutorial.cells:
            if cell.kind == "code":
                yield self._code(cell, next(self._outputs))
            elif cell.language in {None, self._language}:
                yield self._prose(cell)

    def _prose(self, cell: Cell) -> str:
        def link(found: re.Match[str]) -> str:
            if found["key"].startswith("aigc_ref"):
                return found[0]  # the reference's own cross-references resolve it
            return _link(self._tutorial, found["key"], self._references, found["text"])

        return NAMED_LINK.sub(link, _quoted(self._tutorial, cell, cell.source, self._numbers))

    def _code(self, cell: Cell, executed: NotebookNode) -> str:
        if "numbers" in cell.tags:
            return ""
        code = f"```python\n{cell.source}\n```"
        outputs = "\n\n".join(self._output(cell, output) for output in executed.outputs)
        words = WORDS[self._language]
        if "answer" in cell.tags:
            return f'??? success "{words.tutorials.answer}"\n\n' + indent(f"{code}\n\n{outputs}", "    ")
        if "fold" in cell.tags:
            return f"{outputs}\n\n" + f'??? example "{words.tutorials.figure_code}"\n\n' + indent(code, "    ")
        return f"{code}\n\n{outputs}"

    def _output(self, cell: Cell, output: NotebookNode) -> str:
        if output.output_type == "stream":
            return _text(output.text)
        if "image/svg+xml" in output.data:
            return self._figure(cell, output.data["image/svg+xml"])
        if "text/markdown" in output.data:
            return str(output.data["text/markdown"])
        return _text(output.data["text/plain"])

    def _figure(self, cell: Cell, svg: str) -> str:
        if cell.caption is None:
            raise TutorialError(f"{self._tutorial.path}:{cell.line}: draws a figure; give the cell a caption")
        name = f"figure-{len(self.figures) // 2 + 1}"
        self.figures[f"{name}.svg"] = svg
        self.figures[f"{name}-dark.svg"] = recolour(svg)
        caption = _quoted(self._tutorial, cell, cell.caption[self._language], self._numbers)
        if tag := re.search(r"<\w+", re.sub(r"\$[^$]*\$", "", caption)):
            where = f"{self._tutorial.path}:{cell.line}"
            raise TutorialError(f"{where}: HTML swallows {tag[0]!r} of the caption, in backticks too; say it in words")
        width, height = svg_size(svg)
        size = f"width={width} height={height} loading=lazy" + (" .wide" if width > WIDE else "")
        alt = _alternative(caption)
        images = [
            f"![{alt}]({self._tutorial.name}/{name}.svg#only-light){{ {size} }}",
            f"![{alt}]({self._tutorial.name}/{name}-dark.svg#only-dark){{ {size} }}",
        ]
        picture = '<span class="picture">' + "\n".join(images) + "</span>"
        return f'<figure markdown="span">\n{picture}\n<figcaption>{caption}</figcaption>\n</figure>'


def _alternative(caption: str) -> str:
    """A caption without its Markdown, for those who do not see the picture."""
    return re.sub(r"[\[\]*_`$]", "", caption)


def _quoted(tutorial: Tutorial, cell: Cell, text: str, numbers: dict[str, object]) -> str:
    try:
        return quote(text, numbers)
    except (KeyError, ValueError) as error:
        where = f"{tutorial.path}:{cell.line}"
        raise TutorialError(f"{where}: quotes a number that the run did not print: {error}") from None


def _text(printed: str) -> str:
    fence = "````" if "```" in printed else "```"
    return f"{fence}{{ .text .output }}\n{printed.rstrip()}\n{fence}"


def recolour(svg: str) -> str:
    """The same drawing for a dark page."""
    return re.sub(r"#[0-9a-f]{6}\b", lambda colour: DARK.get(colour[0], colour[0]), svg)


def svg_size(svg: str) -> tuple[int, int]:
    """Width and height in CSS pixels; matplotlib writes points, 72 to the inch where CSS has 96."""
    width, height = (re.search(rf'<svg\b[^>]*? {side}="([\d.]+)pt"', svg) for side in ("width", "height"))
    if not width or not height:
        raise ValueError("the SVG does not say its size in points")
    return round(float(width[1]) * 96 / 72), round(float(height[1]) * 96 / 72)


def _notebook(
    tutorial: Tutorial,
    executed: NotebookNode,
    references: Mapping[str, Reference],
    language: Language,
    repository: str | None,
) -> NotebookNode:
    """What a reader downloads: the prose of one language with links that work anywhere, the code, and its outputs."""

    def link(found: re.Match[str]) -> str:
        reference = references.get(found["key"])
        return f"[{found['text']}]({reference.url})" if reference else found["text"]

    numbers, outputs = results(executed), iter(executed.cells)
    title = f"# {tutorial.header.title[language]}\n\n{tutorial.header.summary[language]}"
    cells = [nbformat.v4.new_markdown_cell(title)]
    if repository:
        install = f'%pip install -q "aigc-ref[tutorials] @ git+https://github.com/{repository}"'
        if tutorial.header.needs:  # checkpoints are in the repository and not in the package
            install = (
                f"!git clone -q --depth 1 https://github.com/{repository} project\n"
                '%pip install -q "./project[tutorials]"\n%env AIGC_CHECKPOINTS=project/docs/tutorials/checkpoints'
            )
        cells.append(nbformat.v4.new_code_cell(f"# {WORDS[language].tutorials.install}\n{install}"))
    for cell in tutorial.cells:
        if cell.kind == "code":
            node = nbformat.v4.new_code_cell(cell.source, outputs=next(outputs).outputs)
            if "numbers" not in cell.tags:
                cells.append(node)
        elif cell.language in {None, language}:
            prose = NAMED_LINK.sub(link, _quoted(tutorial, cell, cell.source, numbers))
            cells.append(nbformat.v4.new_markdown_cell(prose))
    for number, node in enumerate(cells):
        node.id = f"cell-{number:02}"
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = nbformat.from_dict({key: executed.metadata[key] for key in ("kernelspec", "language_info")})
    return notebook
