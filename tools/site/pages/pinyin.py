"""Initials of Chinese titles: who looks for 动手学深度学习 types dsxsdxx.

Computed when the site is built, so that a page needs no dictionary.
"""

import re

from pypinyin import Style, lazy_pinyin

HAN = re.compile(r"[㐀-鿿]+")


def initials(text: str) -> str:
    """The title's letters as one word, each Chinese character by its initial; empty where there is no Chinese.

    The reading follows the word that a character stands in, so 长 is c in 长度 and z in 成长.

    >>> initials("动手学深度学习"), initials("李宏毅《机器学习》2025"), initials("长度与成长"), initials("GAN")
    ('dsxsdxx', 'lhyjqxx2025', 'cdycz', '')
    """
    if not HAN.search(text):
        return ""
    letters = "".join(lazy_pinyin(text, style=Style.FIRST_LETTER))
    return re.sub(r"[\W_]", "", letters).lower()
