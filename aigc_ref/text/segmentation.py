"""Cutting a text of any language into tokens: Han characters one by one, the rest into words.

n-gram metrics were made for languages with spaces. Chinese without a tokenizer is one token a sentence, so that BLEU
gives 0 for a single wrong character; and rouge-score's default tokenizer throws away whatever is not a Latin letter
or digit, so that it gives 0 to two identical Chinese texts.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import chain

Tokenize = Callable[[str], list[str]]

HAN = r"\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""Han characters and kana, to stand between the brackets of a regular expression."""

_LETTER = rf"[^\W_{HAN}]"
_JOINERS = "\u200c\u200d"  # Persian and the scripts of India write them within a word
# Vowel signs, points and tones, which `\w` leaves out; none lies elsewhere.
_PLACES = chain(range(0x300, 0x1F000), range(0xE0100, 0xE01F0))
_MARKS = "".join(mark for mark in map(chr, _PLACES) if unicodedata.category(mark)[0] == "M")
# Most marks are looked for in vain, and a look at their range is four times as fast as one at each of them.
_TOKEN = re.compile(
    rf"[{HAN}]"  # a Han character or a kana
    rf"|{_LETTER}(?:{_LETTER}|(?=[\u0300-\U000e01ef])[{_MARKS}{_JOINERS}])*+"  # a word or a number
    r"|[^\w\s]|_"  # a punctuation mark or a symbol
)
_ENGLISH_WORD = re.compile(r"[a-z0-9]+")


def tokenize(text: str) -> list[str]:
    """The tokens of a text in any language, punctuation included, as BLEU counts them.

    Examples:
        >>> tokenize("GPT-4 写了 2 首诗。")
        ['GPT', '-', '4', '写', '了', '2', '首', '诗', '。']
        >>> tokenize("हिन्दी।")
        ['हिन्दी', '।']
    """
    return _TOKEN.findall(unicodedata.normalize("NFC", text))


def words(text: str) -> list[str]:
    """Lower-case tokens without punctuation, as ROUGE compares them.

    Examples:
        >>> words("The cat's 3 toys, 好！")
        ['the', 'cat', 's', '3', 'toys', '好']
    """
    if text.isascii():
        return english_words(text)  # the same, in half the time
    return [token for token in tokenize(text.lower()) if token[0].isalnum()]


def english_words(text: str) -> list[str]:
    """What rouge-score compares without its stemmer: runs of a to z and 0 to 9, in lower case, and nothing else.

    Examples:
        >>> english_words("The cat's 3 toys, 好！")
        ['the', 'cat', 's', '3', 'toys']
    """
    return _ENGLISH_WORD.findall(text.lower())
