"""BLEU: how many n-grams of the hypotheses occur in their references.

    p_n   = Σ clipped matches of n-grams / Σ n-grams of the hypotheses      (sums over the whole corpus)
    BP    = 1 where the hypotheses are longer than their references, else exp(1 - r/c)
    BLEU  = BP · exp(Σ_{n=1..4} ¼ log p_n)

An n-gram counts at most as often as it occurs in one reference; r adds up the reference lengths nearest to each
hypothesis' length, c the lengths of the hypotheses. It is a corpus measure: where some p_n is 0, as is common for a
single sentence, BLEU is 0 unless it is smoothed. Values are from 0 to 1; sacrebleu prints a hundred times as much.

Papers: paper-bleu, paper-sacrebleu.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import add
from typing import Literal, get_args

from aigc_ref.metrics.ngrams import in_common, ngrams
from aigc_ref.metrics.pairs import with_references
from aigc_ref.text.segmentation import Tokenize
from aigc_ref.text.segmentation import tokenize as default_tokenize

Smoothing = Literal["none", "exp", "floor"]
FLOOR = 0.1  # of a match, as in sacrebleu


@dataclass(frozen=True, slots=True)
class Bleu:
    """The score and what it is made of."""

    score: float
    precisions: tuple[float, ...]
    brevity_penalty: float
    hypothesis_length: int
    reference_length: int


@dataclass(frozen=True, slots=True)
class BleuCounts:
    """What the BLEU of a corpus is made of. The counts of its parts add up to those of the whole.

    Examples:
        >>> counts = BleuCounts(matches=(4, 3), totals=(4, 3), hypothesis_length=4, reference_length=8)
        >>> counts.bleu().brevity_penalty
        0.36787944117144233
        >>> counts + BleuCounts.empty(order=2) == counts
        True
    """

    matches: tuple[int, ...]
    """Of the n-grams of each order."""
    totals: tuple[int, ...]
    """The hypotheses' n-grams of each order."""
    hypothesis_length: int
    reference_length: int

    @classmethod
    def empty(cls, order: int = 4) -> "BleuCounts":
        """The counts of no text, to begin a sum with."""
        return cls((0,) * order, (0,) * order, 0, 0)

    def __add__(self, other: "BleuCounts") -> "BleuCounts":
        if len(self.matches) != len(other.matches):
            raise ValueError(f"counts of orders {len(self.matches)} and {len(other.matches)} cannot be added")
        return BleuCounts(
            tuple(map(add, self.matches, other.matches)),
            tuple(map(add, self.totals, other.totals)),
            self.hypothesis_length + other.hypothesis_length,
            self.reference_length + other.reference_length,
        )

    def bleu(self, smoothing: Smoothing = "none") -> Bleu:
        """The score.

        Raises:
            ValueError: the smoothing has another name.
        """
        if smoothing not in get_args(Smoothing):
            raise ValueError(f"smoothing is one of {', '.join(get_args(Smoothing))}; not {smoothing!r}")
        matched = any(self.matches)
        precisions = tuple(_precisions(self.matches, self.totals, smoothing)) if matched else (0.0,) * len(self.matches)
        penalty = _brevity_penalty(self.hypothesis_length, self.reference_length)
        score = penalty * math.exp(sum(map(math.log, precisions)) / len(precisions)) if all(precisions) else 0.0
        return Bleu(score, precisions, penalty, self.hypothesis_length, self.reference_length)


def bleu_counts(
    hypotheses: Iterable[str],
    references: Iterable[Sequence[str]],
    *,
    order: int = 4,
    tokenize: Tokenize = default_tokenize,
) -> BleuCounts:
    """The counts of a corpus, or of the part of one that a process has.

    Args:
        hypotheses: as in `corpus_bleu`.
        references: as in `corpus_bleu`.
        order: the longest n-gram.
        tokenize: text → tokens.

    Raises:
        ValueError: as `corpus_bleu`. A part without a text has `BleuCounts.empty`.

    Examples:
        >>> one, other = bleu_counts(["春眠不觉晓"], [["春眠不觉晓"]]), bleu_counts(["白日依山尽"], [["白日依山近"]])
        >>> whole = corpus_bleu(["春眠不觉晓", "白日依山尽"], [["春眠不觉晓"], ["白日依山近"]])
        >>> (one + other).bleu() == whole
        True
    """
    if order < 1:
        raise ValueError(f"order must be at least 1, not {order}")
    matches, totals = [0] * order, [0] * order
    hypothesis_length = reference_length = 0
    for hypothesis, texts in with_references(hypotheses, references):
        tokens, others = tokenize(hypothesis), [tokenize(text) for text in texts]
        hypothesis_length += len(tokens)
        reference_length += min((abs(len(other) - len(tokens)), len(other)) for other in others)[1]
        for n in range(1, order + 1):
            grams = ngrams(tokens, n)
            matches[n - 1] += in_common(grams, *[ngrams(other, n) for other in others])
            totals[n - 1] += len(grams)
    return BleuCounts(tuple(matches), tuple(totals), hypothesis_length, reference_length)


def corpus_bleu(
    hypotheses: Iterable[str],
    references: Iterable[Sequence[str]],
    *,
    order: int = 4,
    smoothing: Smoothing = "none",
    tokenize: Tokenize = default_tokenize,
) -> Bleu:
    """BLEU of a corpus, which may be a stream: only counts are kept.

    Args:
        hypotheses: what was generated.
        references: for each hypothesis, one or more texts that it is compared with.
        order: the longest n-gram.
        smoothing: what a p_n without a match becomes, where another has one: "none" leaves it 0; "exp" halves a
            made-up match for each order that fails; "floor" takes a tenth of a match.
        tokenize: text → tokens; the default takes Han characters one by one.

    Raises:
        ValueError: there is no hypothesis, there are not as many lists of references as hypotheses, one is empty, the
            order is less than 1, or the smoothing is none of these.

    Examples:
        >>> round(corpus_bleu(["白日依山尽"], [["白日依山近"]]).score, 4)
        0.6687
    """
    return bleu_counts(hypotheses, references, order=order, tokenize=tokenize).bleu(smoothing)


def sentence_bleu(
    hypothesis: str,
    references: Sequence[str],
    *,
    order: int = 4,
    smoothing: Smoothing = "exp",
    tokenize: Tokenize = default_tokenize,
) -> float:
    """BLEU of one sentence, smoothed, over the n-grams that are short enough to occur in it.

    Raises:
        ValueError: as in `corpus_bleu`.

    Examples:
        >>> sentence_bleu("明月", ["明月"])
        1.0
    """
    longest = min(order, max(1, len(tokenize(hypothesis))))  # of an empty one there are no n-grams, and BLEU is 0
    return corpus_bleu([hypothesis], [references], order=longest, smoothing=smoothing, tokenize=tokenize).score


def _precisions(matches: Sequence[int], totals: Sequence[int], smoothing: Smoothing) -> Iterator[float]:
    made_up = 1.0
    for matched, total in zip(matches, totals, strict=True):
        if not total:
            yield 0.0
        elif matched:
            yield matched / total
        elif smoothing == "exp":
            made_up /= 2
            yield made_up / total
        else:
            yield FLOOR / total if smoothing == "floor" else 0.0


def _brevity_penalty(hypothesis_length: int, reference_length: int) -> float:
    if not hypothesis_length:
        return 0.0
    return min(1.0, math.exp(1 - reference_length / hypothesis_length))
