"""What a module of this room gives: pages of one kind, and what leads to them in the menu."""

from typing import Protocol, TypeAlias

from tools.language import Language
from tools.site.project.reading import Project

Pages: TypeAlias = dict[str, str | bytes]
"""Path below the language's root → content."""
Menu: TypeAlias = "list[str | dict[str, str | Menu]]"
"""As MkDocs takes it: a page, a title with its page, a title with a menu of its own. Titles are HTML."""


class PageKind(Protocol):
    """A module is one; it has to have these functions and is named in the registry."""

    def pages(self, project: Project, language: Language) -> Pages: ...

    def menu(self, project: Project, language: Language) -> Menu: ...
