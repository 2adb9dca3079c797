"""The words of the interface in each language."""

from tools.language import ForEach
from tools.site.words.en import EN
from tools.site.words.shape import Words
from tools.site.words.zh import ZH

__all__ = ["WORDS", "Words"]

WORDS = ForEach[Words](zh=ZH, en=EN)
