"""Diversity: whether a model says different things, or one thing again and again.

    distinct-n    different n-grams / all n-grams, of all texts together; 1 where none comes twice
    self-BLEU     mean over the texts of BLEU(text | all the others as its references); 1 where each has a twin

The more diverse, the *higher* distinct-n and the *lower* self-BLEU. Both compare only samples of one size: more text
repeats more, and more references match more. Neither says whether a text is any good: random characters are diverse.

Papers: paper-distinct-n, paper-texygen (self-BLEU).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from aigc_ref.metrics.bleu import BleuCounts, Smoothing
from aigc_ref.metrics.ngrams import ngrams
from aigc_ref.text.segmentation import Tokenize
from aigc_ref.text.segmentation import tokenize as default_tokenize


def distinct(texts: Iterable[str], order: int = 2, *, tokenize: Tokenize = default_tokenize) -> tuple[float, ...]:
    """The texts' distinct-1, distinct-2, and so on up to `order`.

    Args:
        texts: what was generated; it may be a stream, of which every different n-gram is kept once.
        order: the longest n-gram.
        tokenize: text → tokens.

    Returns:
        Each from 0 to 1; 0 where no text has n tokens.

    Raises:
        ValueError: the order is less than 1, or there is one text and no list of them.

    Examples:
        >>> distinct(["春眠不觉晓", "春江花月夜"])
        (0.9, 1.0)
    """
    _refuse_one_text(texts)
    if order < 1:
        raise ValueError(f"order must be at least 1, not {order}")
    different: list[set[Hashable]] = [set() for _ in range(order)]
    totals = [0] * order
    for text in texts:
        tokens = tokenize(text)
        for n, seen in enumerate(different, start=1):
            grams = ngrams(tokens, n)
            seen.update(grams)
            totals[n - 1] += len(grams)
    return tuple(len(seen) / max(total, 1) for seen, total in zip(different, totals, strict=True))


def self_bleu(
    texts: Sequence[str],
    *,
    order: int = 4,
    smoothing: Smoothing = "floor",
    tokenize: Tokenize = default_tokenize,
) -> float:
    """The mean BLEU of each text against all the others, over the n-grams that are short enough to occur in it.

    Comparing each with each would take n² comparisons. What clips an n-gram is the most that another text has of it,
    and that is the most that any has, or the second most where the first is the text itself: two passes are enough.

    Args:
        texts: what was generated. All of their n-grams are kept, so that memory grows with them.
        order: the longest n-gram.
        smoothing: as in `aigc_ref.metrics.bleu`; "floor" as in Texygen.
        tokenize: text → tokens.

    Raises:
        ValueError: there are fewer than two texts, the order is less than 1, or the smoothing is none of BLEU's.

    Examples:
        >>> self_bleu(["春眠不觉晓", "春眠不觉晓", "白日依山尽"])
        0.6666666666666666
    """
    _refuse_one_text(texts)
    if len(texts) < 2 or order < 1:
        raise ValueError(f"self-BLEU needs two texts and an order of 1 at least, not {len(texts)} and {order}")
    cut = [tokenize(text) for text in texts]
    # For each order: n-gram → the most that a text has of it, which text that is, the second most.
    most: list[dict[Hashable, tuple[int, int, int]]] = [{} for _ in range(order)]
    for index, tokens in enumerate(cut):
        for n, table in enumerate(most, start=1):
            for gram, count in Counter(ngrams(tokens, n)).items():
                first, owner, second = table.get(gram, (0, -1, 0))
                table[gram] = (count, index, first) if count > first else (first, owner, max(second, count))

    lengths = Counter(map(len, cut))
    total = 0.0
    for index, tokens in enumerate(cut):
        longest = min(order, len(tokens))
        matches, totals = [0] * longest, [len(tokens) - n for n in range(longest)]
        for n in range(longest):
            for gram, count in Counter(ngrams(tokens, n + 1)).items():
                first, owner, second = most[n][gram]
                matches[n] += min(count, second if owner == index else first)
        if longest:
            nearest = _nearest(lengths, len(tokens))
            total += BleuCounts(tuple(matches), tuple(totals), len(tokens), nearest).bleu(smoothing).score
    return total / len(texts)


def _refuse_one_text(texts: Iterable[str]) -> None:
    if isinstance(texts, str):  # else its letters would be the texts
        raise ValueError("a single text where several are expected; give a list of texts")  # noqa: TRY004  as all bad input of the metrics


def _nearest(lengths: Counter[int], length: int) -> int:
    """The length of another text that is nearest; the shorter of two as near."""
    if lengths[length] > 1:
        return length
    others = sorted(other for other in lengths if other != length)
    place = bisect_left(others, length)
    return min(others[max(place - 1, 0) : place + 1], key=lambda other: (abs(other - length), other))
