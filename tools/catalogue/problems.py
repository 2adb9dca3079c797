"""What is wrong with a catalogue, and where: the loader's only way to fail.

    Exception
    └── CatalogueError      the catalogue cannot be used; holds every Problem, not the first

A Problem reads `resources/papers.yaml:41:3: unknown field 'arxive' (did you mean 'arxiv'?)`: where, what, how to mend.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file, counted from 1 as editors do."""

    path: Path
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """`path:line`, the path as one would type it here."""
        return f"{shown(self.path)}:{self.line}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    place: Place
    message: str

    def __str__(self) -> str:
        """`path:line:column: message`."""
        return f"{self.place}:{self.place.column}: {self.message}"


class CatalogueError(Exception):
    """The catalogue is not valid. `problems` holds all of what was found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def shown(path: Path) -> str:
    """The path relative to the current directory where it lies below it, else absolute."""
    path = path.absolute()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def suggestion(word: str, known: Sequence[str]) -> str:
    """` (did you mean 'arxiv'?)`, or nothing where nothing is near.

    >>> suggestion("arxive", ["arxiv", "doi"])
    " (did you mean 'arxiv'?)"
    """
    near = difflib.get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
