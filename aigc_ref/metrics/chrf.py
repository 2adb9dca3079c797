"""chrF: how many n-grams of characters a hypothesis and its reference have in common.

    P_n, R_n   = Σ matches of n-grams / Σ n-grams of the hypotheses, of the references     (sums over the corpus)
    P, R       = their means over n = 1..6 characters; for chrF++ over n = 1, 2 words as well
    chrF       = (1 + β²) P R / (β² P + R),   β = 2: recall counts twice as much as precision

White space is no character. An order for which either side has no n-gram is left out of the means (effective
order). Of several references the one counts under which the hypothesis scores best. Values are from 0 to 1;
sacrebleu prints a hundred times as much.

chrF needs no tokenizer and is therefore right for Chinese as it is. chrF++ needs words: they are sacrebleu's, except
that Han characters are words of their own. sacrebleu takes a Chinese sentence for one word, right or wrong as a whole.

Papers: paper-chrf, paper-sacrebleu.
"""

import math
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from aigc_ref.metrics.ngrams import in_common, ngrams
from aigc_ref.metrics.pairs import with_references
from aigc_ref.text.segmentation import HAN, Tokenize

Grams = tuple[tuple[int, int, int], ...]
"""For each order: n-grams of the hypothesis, of the reference, and in common."""

_HAN = re.compile(f"[{HAN}]")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def spaced_words(text: str) -> list[str]:
    """The words of chrF++: parted by white space, with one mark split off the end or else the beginning of each.

    Examples:
        >>> spaced_words('He said "hi" (twice).')
        ['He', 'said', '"hi', '"', '(twice)', '.']
        >>> spaced_words("写了诗。")
        ['写', '了', '诗', '。']
    """
    words: list[str] = []
    for word in _HAN.sub(r" \g<0> ", text).split():
        if len(word) > 1 and word[-1] in _PUNCTUATION:
            words += word[:-1], word[-1]
        elif len(word) > 1 and word[0] in _PUNCTUATION:
            words += word[0], word[1:]
        else:
            words.append(word)
    return words


@dataclass(frozen=True, slots=True)
class ChrfCounts:
    """What the chrF of a corpus is made of. The counts of its parts add up to those of the whole.

    Examples:
        >>> ChrfCounts(((4, 4, 4), (3, 3, 0)), beta=1.0).score
        0.5
    """

    grams: Grams
    beta: float
    """How many times as much as precision recall counts; by it one of several references was chosen."""

    @classmethod
    def empty(cls, order: int = 6, word_order: int = 0, beta: float = 2.0) -> "ChrfCounts":
        """The counts of no text, to begin a sum with."""
        return cls(((0, 0, 0),) * (order + word_order), beta)

    def __add__(self, other: "ChrfCounts") -> "ChrfCounts":
        if len(self.grams) != len(other.grams) or self.beta != other.beta:
            raise ValueError("counts of other orders or of another beta cannot be added")
        return ChrfCounts(_added(self.grams, other.grams), self.beta)

    @property
    def score(self) -> float:
        return _score(self.grams, self.beta)


def chrf_counts(
    hypotheses: Iterable[str],
    references: Iterable[Sequence[str]],
    *,
    order: int = 6,
    word_order: int = 0,
    beta: float = 2.0,
    tokenize: Tokenize = spaced_words,
) -> ChrfCounts:
    """The counts of a corpus, or of the part of one that a process has; the arguments are those of `corpus_chrf`.

    Raises:
        ValueError: as `corpus_chrf`. A part without a text has `ChrfCounts.empty`.

    Examples:
        >>> one, other = chrf_counts(["春眠不觉晓"], [["春眠不觉晓"]]), chrf_counts(["白日依山尽"], [["白日依山近"]])
        >>> whole = corpus_chrf(["春眠不觉晓", "白日依山尽"], [["春眠不觉晓"], ["白日依山近"]])
        >>> (one + other).score == whole
        True
    """
    if order < 1 or word_order < 0:
        raise ValueError(f"order must be at least 1 and word_order at least 0, not {order} and {word_order}")
    if not math.isfinite(beta):
        raise ValueError(f"beta is a finite number, not {beta}")
    sums = ChrfCounts.empty(order, word_order).grams
    for hypothesis, texts in with_references(hypotheses, references):
        candidates = (_counts(hypothesis, text, order, word_order, tokenize) for text in texts)
        sums = _added(sums, max(candidates, key=lambda grams: _score(grams, beta)))
    return ChrfCounts(sums, beta)


def corpus_chrf(
    hypotheses: Iterable[str],
    references: Iterable[Sequence[str]],
    *,
    order: int = 6,
    word_order: int = 0,
    beta: float = 2.0,
    tokenize: Tokenize = spaced_words,
) -> float:
    """The chrF of a corpus, which may be a stream: only counts are kept.

    Args:
        hypotheses: what was generated.
        references: for each hypothesis, one or more texts that it is compared with.
        order: the longest n-gram of characters.
        word_order: the longest n-gram of words; 2 for chrF++.
        beta: how many times as much as precision recall counts.
        tokenize: text → words, where there is a word order.

    Raises:
        ValueError: there is no hypothesis, there are not as many lists of references as hypotheses, one is empty, or
            an order is too small, or beta is no finite number.

    Examples:
        >>> round(corpus_chrf(["白日依山尽"], [["白日依山近"]]), 4)
        0.5433
    """
    return chrf_counts(hypotheses, references, order=order, word_order=word_order, beta=beta, tokenize=tokenize).score


def sentence_chrf(
    hypothesis: str,
    references: Sequence[str],
    *,
    order: int = 6,
    word_order: int = 0,
    beta: float = 2.0,
    tokenize: Tokenize = spaced_words,
) -> float:
    """The chrF of one sentence.

    Examples:
        >>> sentence_chrf("明月", ["明月"])
        1.0
    """
    return corpus_chrf([hypothesis], [references], order=order, word_order=word_order, beta=beta, tokenize=tokenize)


def _counts(hypothesis: str, reference: str, order: int, word_order: int, tokenize: Tokenize) -> Grams:
    one, other = "".join(hypothesis.split()), "".join(reference.split())
    grams = [(_pieces(one, n), _pieces(other, n)) for n in range(1, order + 1)]
    if word_order:
        words, others = tokenize(hypothesis), tokenize(reference)
        grams += [(ngrams(words, n), ngrams(others, n)) for n in range(1, word_order + 1)]
    # As in sacrebleu, what cannot match because the reference is too short does not count against precision.
    return tuple((len(ours) if theirs else 0, len(theirs), in_common(ours, theirs)) for ours, theirs in grams)


def _pieces(text: str, n: int) -> Sequence[Hashable]:
    return [text[start : start + n] for start in range(len(text) - n + 1)]


def _added(one: Grams, other: Grams) -> Grams:
    return tuple((a + d, b + e, c + f) for (a, b, c), (d, e, f) in zip(one, other, strict=True))


def _score(grams: Grams, beta: float) -> float:
    effective = [(ours, theirs, matches) for ours, theirs, matches in grams if ours and theirs]
    if not any(matches for _, _, matches in effective):
        return 0.0
    precision = sum(matches / ours for ours, _, matches in effective) / len(effective)
    recall = sum(matches / theirs for _, theirs, matches in effective) / len(effective)
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)
