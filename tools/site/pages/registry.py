"""Every file of the site in one language, and the menu. Pure: reads and writes nothing.

A kind of pages is a module of this room and its line in SITE.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tools.language import Language
from tools.site.exports.downloads import downloads
from tools.site.pages import (
    catalogue_lists,
    errata,
    faults,
    glossary,
    home,
    news,
    oracles,
    paths,
    reference,
    speed,
    timeline,
    tutorial_index,
)
from tools.site.pages.page_kind import Menu, PageKind, Pages
from tools.site.project.reading import Project
from tools.site.words import WORDS, Words

Title = Callable[[Words], str]


@dataclass(frozen=True, slots=True)
class Written:
    """A page that people write, in docs/LANGUAGE/: nothing is to be made but its line of the menu."""

    title: Title
    path: str

    def pages(self, project: Project, language: Language) -> Pages:
        return {}

    def menu(self, project: Project, language: Language) -> Menu:
        return [{self.title(WORDS[language]): self.path}]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the site, with a menu of its own."""

    title: Title
    members: tuple[PageKind, ...]
    index: str | None = None
    """The page that its title leads to."""

    def pages(self, project: Project, language: Language) -> Pages:
        return {path: content for kind in self.members for path, content in kind.pages(project, language).items()}

    def menu(self, project: Project, language: Language) -> Menu:
        rows: Menu = [self.index] if self.index else []
        for kind in self.members:
            rows += kind.menu(project, language)
        return [{self.title(WORDS[language]): rows}]


SITE: tuple[PageKind, ...] = (
    home,
    paths,
    Section(lambda words: words.tutorials.title, (tutorial_index,), tutorial_index.INDEX),
    Section(lambda words: words.catalogue.title, (timeline, news, catalogue_lists), catalogue_lists.OVERVIEW),
    Section(lambda words: words.reference.title, (reference,), reference.INDEX),
    errata,
    Section(
        lambda words: words.site.contributing,
        (
            Written(lambda words: words.site.contribute, "contributing.md"),
            Written(lambda words: words.site.upkeep, "upkeep.md"),
            Written(lambda words: words.site.publishing, "publishing.md"),
            faults,
            oracles,
            speed,
            glossary,
        ),
    ),
)
"""In the order of the menu."""


def site_pages(project: Project, language: Language) -> Pages:
    """Every page and every download.

    Not among them: prose that people write as pages (contributing), and the pages of single entries (`entry_pages`).
    """
    made = {path: content for kind in SITE for path, content in kind.pages(project, language).items()}
    return made | downloads(project, language)


def navigation(project: Project, language: Language) -> Menu:
    """The menu: made from the same data as the pages, so that none is forgotten."""
    return [row for kind in SITE for row in kind.menu(project, language)]
