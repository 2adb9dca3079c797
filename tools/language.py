"""The languages of the project, and what else depends on which one is read."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MAIN = LANGUAGES[0]
"""The one whose site is at the root, with the others below it."""
BCP47: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
"""As HTML names it. The kind of Chinese decides which glyphs a font shows."""


class Both(BaseModel):
    """The same said in each language."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str

    def __getitem__(self, language: Language) -> str:
        text: str = getattr(self, language)
        return text


def root(language: Language) -> str:
    """Where a language's site begins, below the whole site's address or folder.

    >>> root("zh"), root("en")
    ('', 'en/')
    """
    return "" if language == MAIN else f"{language}/"
