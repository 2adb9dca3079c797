"""Runs of n tokens, and how many of them two texts share: what BLEU, chrF, ROUGE and distinct-n count."""

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import chain


def ngrams(tokens: Sequence[str], n: int) -> Sequence[Hashable]:
    """Every run of n tokens, from left to right: tuples, or for n = 1 the tokens themselves.

    Examples:
        >>> ngrams(["好", "雨", "好"], 2)
        [('好', '雨'), ('雨', '好')]
    """
    return tokens if n == 1 else list(zip(*(tokens[start:] for start in range(n)), strict=False))


def in_common(grams: Sequence[Hashable], *others: Sequence[Hashable]) -> int:
    """How many n-grams occur elsewhere, each at most as often as it does in one of the others.

    Examples:
        >>> in_common(["a", "a", "a", "b"], ["a", "a"], ["b", "a"])
        3
    """
    distinct = set(grams)
    common = distinct.intersection(chain(*others))
    matches = len(common)
    if len(distinct) < len(grams):  # seldom so for longer n-grams, and counting takes longer than intersecting
        most = [Counter(other) for other in others]
        for gram, times in Counter(grams).items():
            if times > 1 and gram in common:
                matches += min(times, max([counts[gram] for counts in most])) - 1
    return matches
