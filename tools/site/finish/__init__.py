"""What a built page gets before readers see it, whichever generator built it: pure functions on its HTML.

    formulas       typeset by KaTeX               citations     of papers in the reference, by title and with a link
    sections       of long lessons, in boxes      material      markup that the theme gets wrong
    social_tags    what messengers show           policy        the page's Content-Security-Policy

`finish` does it all to one page. MkDocs' hook calls it while it serves and builds; after any other generator
`python -m tools.site.finish DIR` finishes a whole folder, with a sitemap. To finish a finished page changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.catalogue.models import Resource
from tools.language import Language
from tools.site.finish.citations import cite
from tools.site.finish.formulas import fill_formulas
from tools.site.finish.material import patch_markup
from tools.site.finish.policy import add_csp
from tools.site.finish.sections import wrap_sections
from tools.site.finish.social_cards import SocialCard
from tools.site.finish.social_tags import add_social_tags, card_of, read_head


@dataclass(frozen=True, slots=True)
class Facts:
    """What finishing needs to know, and no page says of itself."""

    language: Language
    resources: Mapping[str, Resource]
    """By catalogue id."""
    formulas: Mapping[str, str]
    """What KaTeX makes of each formula: `formulas.typeset`."""
    pictures: bool = False
    """Whether cards are drawn for the pages; see `picture`."""
    published: bool = True
    """Otherwise a server shows the pages to who edits them: its live reload is a script that no policy knows."""


def finish(page: str, path: str, facts: Facts) -> str:
    """The page as readers get it; `path` is that of its file below the language's root."""
    page = fill_formulas(page, facts.formulas)
    page = cite(page, path, facts.resources)
    page = wrap_sections(page, path)
    page = patch_markup(page)
    if not facts.published:
        return page
    return add_csp(add_social_tags(page, path, facts.language, picture(page, path, facts)))


def picture(page: str, path: str, facts: Facts) -> SocialCard | None:
    """The card that a page's tags name, to be drawn beside it at assets/cards/; None where they name none."""
    if not (facts.published and facts.pictures and (head := read_head(page, facts.language))):
        return None
    return card_of(head, path, facts.language, facts.resources)
