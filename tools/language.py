"""The languages of the project, and what else depends on which one is read.

A new one is begun here: its code in `Language`, a field of that name in `ForEach` and in `Both`. What lacks it after
that, the type checker and the validators name; docs/en/contributing.md leads through the rest.
"""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MAIN = LANGUAGES[0]
"""The one whose site is at the root, with the others below it."""
T = TypeVar("T")


@dataclass(frozen=True)
class ForEach(Generic[T]):
    """One thing for each language. No mapping, in which the type checker would not miss a key."""

    zh: T
    en: T

    def __getitem__(self, language: Language) -> T:
        thing: T = getattr(self, language)
        return thing


class Both(BaseModel):
    """The same said in each language."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str

    def __getitem__(self, language: Language) -> str:
        text: str = getattr(self, language)
        return text


NAMES = ForEach(zh="中文", en="English")
"""As its readers call it."""
BCP47 = ForEach(zh="zh-CN", en="en")
"""As HTML names it. The kind of Chinese decides which glyphs a font shows."""


def root(language: Language) -> str:
    """Where a language's site begins, below the whole site's address or folder.

    >>> root("zh"), root("en")
    ('', 'en/')
    """
    return "" if language == MAIN else f"{language}/"


def configuration(language: Language) -> str:
    """The file that tells a generator of its site.

    >>> configuration("zh"), configuration("en")
    ('mkdocs.yml', 'mkdocs.en.yml')
    """
    return "mkdocs.yml" if language == MAIN else f"mkdocs.{language}.yml"


def translations(language: Language) -> list[dict[str, str]]:
    """What a page in one language says of the others, for overrides/partials/alternate.html.

    >>> translations("en")
    [{'tag': 'zh-CN', 'name': '中文', 'root': '../'}]
    """
    up = "" if language == MAIN else "../"
    others = (other for other in LANGUAGES if other != language)
    return [{"tag": BCP47[other], "name": NAMES[other], "root": up + root(other)} for other in others]
