"""The parts: every kind of facts that a refresh fetches, one file and one class each. A new one is a line in PARTS."""

from typing import Any

from tools.catalogue.part import Part
from tools.catalogue.parts.huggingface import HuggingFace
from tools.catalogue.parts.links import Links
from tools.catalogue.parts.new_papers import NewPapers
from tools.catalogue.parts.new_repositories import NewRepositories
from tools.catalogue.parts.papers import Papers
from tools.catalogue.parts.pypi import Packages
from tools.catalogue.parts.repositories import Repositories

PAPERS, REPOSITORIES, LINKS = Papers(), Repositories(), Links()
NEW_PAPERS, NEW_REPOSITORIES = NewPapers(), NewRepositories()

PARTS: tuple[Part[Any], ...] = (
    PAPERS,
    REPOSITORIES,
    LINKS,
    NEW_PAPERS,
    NEW_REPOSITORIES,
    HuggingFace(),
    Packages(),
)

SHOWN = tuple(part for part in PARTS if type(part).shown is not Part.shown)
"""Parts that say themselves what readers see of them. For the others pages have words of their own."""
