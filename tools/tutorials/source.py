"""A tutorial's source: a Python file in percent format; its header, its cells, and the key that its results depend on.

    # ---
    # title: {zh: 生成对抗网络, en: Generative adversarial networks}
    # ...                                the rest of `Header`, as YAML
    # ---
    # %% [markdown] tags=["zh"]          prose for one language; its twin in the other language stands beside it
    # %% [markdown]                      prose for both (a formula, a link)
    # %%                                 code, once
    # %% caption={"zh": "…", "en": "…"}  code that draws a figure, and what the figure shows
    # %% tags=["fold"]                   code that pages show folded, its output open
    # %% tags=["answer"]                 code and output folded: the answer to an exercise
    # %% tags=["numbers"]                code that prints a JSON object; prose quotes it: {{ name }}, {{ name:.2f }}
    # %% tags=["parameters"] smoke={"steps": 5}   sizes of the run, and what they are in a smoke test

The key is a hash of the code cells, of the definitions in aigc_ref that they reach (see `key`), and of the checkpoints
that the header says are needed: explaining better never reruns a training, changing what is computed always does.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import jupytext
import yaml
from nbformat import NotebookNode
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.language import LANGUAGES, Both, Language
from tools.tutorials.key import code_key

TAGS = frozenset({*LANGUAGES, "fold", "answer", "numbers", "parameters"})


class TutorialError(Exception):
    """A tutorial's source is not what it should be; the message says where and how to mend it."""


class Header(BaseModel):
    """What the index of tutorials and the page's head need."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Both
    summary: Both = Field(description="One sentence: what one can do after it.")
    minutes: Annotated[int, Field(ge=1, le=60)] = Field(description="Wall time of a run on 2 cores, rounded up.")
    data: Both = Field(description="What it runs on, and how to get it.")
    resources: list[str] = Field(description="Catalogue ids of its sources.")
    order: int
    prerequisites: list[str] = Field([], description="Names of the tutorials to have read before.")
    needs: list[str] = Field([], description="Checkpoints that it starts from; its results depend on them.")


@dataclass(frozen=True)
class Cell:
    kind: Literal["markdown", "code"]
    source: str
    tags: frozenset[str]
    smoke: dict[str, object]
    caption: Both | None
    line: int

    @property
    def language(self) -> Language | None:
        """The one language whose readers see it; None where both do."""
        return next((language for language in LANGUAGES if language in self.tags), None)


@dataclass(frozen=True)
class Tutorial:
    path: Path
    header: Header
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def root(self) -> Path:
        """The folder that holds the package and the documentation."""
        return self.path.resolve().parents[2]

    @property
    def code(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.kind == "code")

    @cached_property
    def key(self) -> str:
        """Hash of all that the results depend on in this repository."""
        digest = hashlib.sha256(code_key([cell.source for cell in self.code], self.root).encode())
        for name in self.header.needs:
            for file in sorted((self.path.parent / "checkpoints" / name).glob("*")):
                if file.name != "README.md":
                    digest.update(file.read_bytes())
        return digest.hexdigest()


def read_tutorials(folder: Path) -> list[Tutorial]:
    """Every tutorial of the folder, in the order of the index."""
    tutorials = [read_tutorial(path) for path in folder.glob("*.py")]
    return sorted(tutorials, key=lambda tutorial: (tutorial.header.order, tutorial.name))


def read_tutorial(path: Path) -> Tutorial:
    """Reads and checks one source.

    Raises:
        TutorialError: the header or a cell is not of the form above; the message says `file:line: what`.
    """
    text = path.read_text(encoding="utf-8")
    raw, *cells = jupytext.reads(text, fmt="py:percent").cells
    if raw.cell_type != "raw":
        raise TutorialError(f"{path}:1: starts without a header; begin with '# ---' and the fields of Header as YAML")
    try:
        header = Header.model_validate(yaml.safe_load(raw.source.strip().strip("-")))
    except (yaml.YAMLError, ValidationError) as error:
        raise TutorialError(f"{path}:1: the header is not right: {error}") from None
    return Tutorial(path, header, tuple(_cells(path, cells, _marker_lines(text))))


def _marker_lines(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]


def _cells(path: Path, nodes: list[NotebookNode], lines: list[int]) -> Iterator[Cell]:
    for node, line in zip(nodes, lines, strict=True):
        tags = frozenset(node.metadata.get("tags", []))
        if unknown := tags - TAGS:
            raise TutorialError(f"{path}:{line}: unknown tag {min(unknown)!r}; there are {', '.join(sorted(TAGS))}")
        if node.cell_type == "code" and tags & set(LANGUAGES):
            raise TutorialError(f"{path}:{line}: code stands once, for both languages; take the language tag off")
        caption = Both.model_validate(node.metadata["caption"]) if "caption" in node.metadata else None
        yield Cell(node.cell_type, node.source, tags, dict(node.metadata.get("smoke", {})), caption, line)


def results(executed: NotebookNode) -> dict[str, object]:
    """What the cells tagged `numbers` printed, as one mapping from name to value."""
    found: dict[str, object] = {}
    for cell in executed.cells:
        if "numbers" in cell.metadata.get("tags", []):
            printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
            found |= json.loads(printed)
    return found


QUOTED = re.compile(
    r"\{\{ (?P<name>[a-z][a-z0-9_]*) ?(?::(?P<format>[^{}]*))? ?\}\}"
)  # LaTeX writes {{x}} without spaces


def quote(prose: str, numbers: dict[str, object]) -> str:
    """Prose with each {{ name }} replaced by what the run printed under that name.

    >>> quote("$d = {{ distance:.1f }}$", {"distance": 2.345})
    '$d = 2.3$'

    Raises:
        KeyError: the run printed no such name.
    """
    return QUOTED.sub(lambda found: format(numbers[found["name"]], (found["format"] or "").strip()), prose)
