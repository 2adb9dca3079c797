"""How metrics cut a text into tokens: Han characters one by one, the rest into words.

n-gram metrics were made for languages with spaces. Chinese without a tokenizer is one token a sentence, so that BLEU
gives 0 for a single wrong character; and rouge-score's default tokenizer throws away whatever is not a Latin letter
or digit, so that it gives 0 to two identical Chinese texts.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_HAN = r"[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_TOKEN = re.compile(
    rf"{_HAN}"  # a Han character or a kana
    rf"|(?:(?!{_HAN})[^\W_])+"  # a word or a number
    r"|[^\w\s]|_"  # a punctuation mark or a symbol
)


def tokenize(text: str) -> list[str]:
    """The tokens of a text in any language, punctuation included, as BLEU counts them.

    Examples:
        >>> tokenize("GPT-4 写了 2 首诗。")
        ['GPT', '-', '4', '写', '了', '2', '首', '诗', '。']
    """
    return _TOKEN.findall(unicodedata.normalize("NFC", text))


def words(text: str) -> list[str]:
    """Lower-case tokens without punctuation, as ROUGE compares them.

    Examples:
        >>> words("The cat's 3 toys, 好！")
        ['the', 'cat', 's', '3', 'toys', '好']
    """
    return [token for token in tokenize(text.lower()) if token[0].isalnum()]


def ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """Every run of n tokens, and how often it occurs.

    Examples:
        >>> ngrams(["好", "好", "好"], 2)
        Counter({('好', '好'): 2})
    """
    return Counter(zip(*(tokens[start:] for start in range(n)), strict=False))
