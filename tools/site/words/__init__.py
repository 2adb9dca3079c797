"""The words of the interface in both languages."""

from tools.language import Language
from tools.site.words.en import EN
from tools.site.words.shape import Words
from tools.site.words.zh import ZH

__all__ = ["WORDS", "Words"]

WORDS: dict[Language, Words] = {"zh": ZH, "en": EN}
