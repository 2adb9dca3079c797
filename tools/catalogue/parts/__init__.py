"""The parts: every kind of facts that a refresh fetches, one file and one class each. A new one is a line in PARTS."""

from typing import Any

from tools.catalogue.part import Part
from tools.catalogue.parts.links import Links
from tools.catalogue.parts.new_papers import NewPapers
from tools.catalogue.parts.new_repositories import NewRepositories
from tools.catalogue.parts.papers import Papers
from tools.catalogue.parts.repositories import Repositories

PAPERS, REPOSITORIES, LINKS, NEW_PAPERS, NEW_REPOSITORIES = (
    Papers(),
    Repositories(),
    Links(),
    NewPapers(),
    NewRepositories(),
)
"""Those that pages and reports know by name; of the others they show what `Part.shown` says."""

PARTS: tuple[Part[Any], ...] = (
    PAPERS,
    REPOSITORIES,
    LINKS,
    NEW_PAPERS,
    NEW_REPOSITORIES,
)
