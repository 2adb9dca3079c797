"""ROUGE: how much of a reference a hypothesis recalls, by n-grams or by their longest common subsequence.

    ROUGE-N      matches = n-grams in common, each as often as it occurs in both
    ROUGE-L      matches = length of the longest sequence of words that both hold in the same order
    ROUGE-Lsum   matches = Σ over the reference's sentences of |union of its common subsequences with each sentence of
                 the hypothesis|; sentences stand on lines of their own
    P = matches / hypothesis' n-grams,   R = matches / reference's n-grams,   F1 = 2PR / (P + R)

Words are compared in lower case and without punctuation; Han characters count as words, so that Chinese is measured
and not thrown away (rouge-score gives 0 to identical Chinese texts). Words are not stemmed: the Porter stemmer that
some papers turn on knows English alone.

The formula leaves two things open in ROUGE-Lsum, and both change scores. A word counts at most as often as both whole
texts have it, as in ROUGE-1.5.5; its paper counts it again for every sentence. And where several common subsequences
are the longest, the one is taken that rouge-score finds: it reads the table `t[reference][hypothesis]` backwards, to
the left where `t[i][j-1] > t[i-1][j]`, else up. Left where they are equal is another number in many cases.

Paper: paper-rouge.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import add
from typing import NamedTuple

from aigc_ref.metrics.ngrams import in_common, ngrams
from aigc_ref.metrics.pairs import paired
from aigc_ref.text.segmentation import Tokenize, words

_UNITS = 2**128  # a figure, at least 1 / words, is a whole number of such parts in texts of fewer than 2⁷⁰ words


class Rouge(NamedTuple):
    """Precision, recall and their harmonic mean, from 0 to 1; in a corpus each is the mean over its pairs."""

    precision: float
    recall: float
    f1: float
    """0 where nothing is in common."""


class RougeScores(NamedTuple):
    """The four that papers report."""

    rouge_1: Rouge
    rouge_2: Rouge
    rouge_l: Rouge
    rouge_lsum: Rouge


def rouge_n(hypothesis: str, reference: str, n: int = 1, *, tokenize: Tokenize = words) -> Rouge:
    """ROUGE by n-grams.

    Raises:
        ValueError: n is less than 1.

    Examples:
        >>> rouge_n("今天天气很好", "今天天气真好", n=2).f1
        0.6
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
    return _rouge_n(tokenize(hypothesis), tokenize(reference), n)


def rouge_l(hypothesis: str, reference: str, *, tokenize: Tokenize = words) -> Rouge:
    """ROUGE by the longest common subsequence.

    Examples:
        >>> round(rouge_l("今天天气很好", "今天天气真好").f1, 4)
        0.8333
    """
    return _rouge_l(tokenize(hypothesis), tokenize(reference))


def rouge_lsum(hypothesis: str, reference: str, *, tokenize: Tokenize = words) -> Rouge:
    r"""ROUGE by the longest common subsequences of lines, for summaries of several sentences.

    Examples:
        >>> rouge_lsum("天气很好\n出门", "出门\n天气很好").f1, rouge_l("天气很好\n出门", "出门\n天气很好").f1
        (1.0, 0.6666666666666666)
    """
    ours = [tokenize(line) for line in hypothesis.split("\n")]
    theirs = [tokenize(line) for line in reference.split("\n")]
    left = Counter(word for line in ours for word in line) & Counter(word for line in theirs for word in line)
    matches = 0
    for line in theirs:
        for place in sorted(set().union(*(_common_places(line, other) for other in ours))):
            if left[line[place]]:
                left[line[place]] -= 1
                matches += 1
    return _rouge(matches, sum(map(len, ours)), sum(map(len, theirs)))


def rouge(hypothesis: str, reference: str, *, tokenize: Tokenize = words) -> RougeScores:
    """ROUGE-1, ROUGE-2, ROUGE-L and ROUGE-Lsum of a pair.

    Examples:
        >>> rouge("今天天气很好", "今天天气真好").rouge_2.f1
        0.6
    """
    one, other = tokenize(hypothesis), tokenize(reference)
    longest = _rouge_l(one, other)
    # Where both are one line, ROUGE-L and ROUGE-Lsum are the same.
    lsum = rouge_lsum(hypothesis, reference, tokenize=tokenize) if "\n" in hypothesis + reference else longest
    return RougeScores(_rouge_n(one, other, 1), _rouge_n(one, other, 2), longest, lsum)


@dataclass(frozen=True, slots=True)
class RougeSums:
    """What the ROUGE of a corpus is made of. The sums of its parts add up to those of the whole, to the last digit.

    Floating-point sums depend on the order of what is added. These are exact: whole multiples of 2⁻¹²⁸.
    """

    pairs: int = 0
    sums: tuple[int, ...] = (0,) * 12
    """Of precision, recall and F1, for each of the four."""

    def __add__(self, other: "RougeSums") -> "RougeSums":
        return RougeSums(self.pairs + other.pairs, tuple(map(add, self.sums, other.sums)))

    @property
    def means(self) -> RougeScores:
        """Each figure's mean over the pairs.

        Raises:
            ValueError: there is no pair.
        """
        if not self.pairs:
            raise ValueError("no pair of texts: there is nothing to average")
        means = [value / (self.pairs * _UNITS) for value in self.sums]
        return RougeScores(*(Rouge(*means[start : start + 3]) for start in range(0, 12, 3)))


def rouge_sums(hypotheses: Iterable[str], references: Iterable[str], *, tokenize: Tokenize = words) -> RougeSums:
    """The sums of a corpus, or of the part of one that a process has; the arguments are those of `corpus_rouge`.

    Raises:
        ValueError: as `corpus_rouge`. A part without a text has `RougeSums()`.

    Examples:
        >>> one, other = rouge_sums(["春眠不觉晓"], ["春眠不觉晓"]), rouge_sums(["夜来风雨声"], ["夜来风雨生"])
        >>> (one + other).means == corpus_rouge(["春眠不觉晓", "夜来风雨声"], ["春眠不觉晓", "夜来风雨生"])
        True
    """
    sums, number, units = [0] * 12, 0, float(_UNITS)  # to multiply by a power of two is exact
    for hypothesis, reference in paired(hypotheses, references, "hypotheses", "references"):
        number += 1
        figures = chain(*rouge(hypothesis, reference, tokenize=tokenize))
        sums = list(map(add, sums, [int(figure * units) for figure in figures]))
    return RougeSums(number, tuple(sums))


def corpus_rouge(hypotheses: Iterable[str], references: Iterable[str], *, tokenize: Tokenize = words) -> RougeScores:
    """Means over the pairs of a corpus, which may be a stream.

    The mean F1 is not the F1 of the mean precision and recall.

    Args:
        hypotheses: what was generated, for ROUGE-Lsum a sentence on each line.
        references: for each hypothesis, the text that it is compared with.
        tokenize: text → words.

    Raises:
        ValueError: there is none, or there are not as many of the one as of the other.

    Examples:
        >>> corpus_rouge(["春眠不觉晓", "夜"], ["春眠不觉晓", "昼"]).rouge_1
        Rouge(precision=0.5, recall=0.5, f1=0.5)
    """
    return rouge_sums(hypotheses, references, tokenize=tokenize).means


def longest_common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Its length.

    Examples:
        >>> longest_common_subsequence("ABCBDAB", "BDCABA")
        4
    """
    *_, last = _rows(one, other)
    return len(other) - last.bit_count()


def _rows(one: Sequence[str], other: Sequence[str]) -> Iterator[int]:
    """The rows of the table t, where t[i][j] is the length for the first i tokens of one and the first j of the other.

    Neighbours in a row differ by 0 or 1, so that a row is an integer: its bit j is 0 where t[i][j + 1] = t[i][j] + 1.
    One addition then does for a row what dynamic programming does for each cell (Hyyrö 2004, after Crochemore).
    """
    places: dict[str, int] = {}
    for index, token in enumerate(other):
        places[token] = places.get(token, 0) | 1 << index
    full = row = (1 << len(other)) - 1
    yield row
    for token in one:
        shared = row & places.get(token, 0)
        row = ((row + shared) | (row - shared)) & full
        yield row


def _common_places(one: Sequence[str], other: Sequence[str]) -> Iterator[int]:
    """Where in `one` a longest common subsequence lies: of several, the one that rouge-score finds."""
    rows = list(_rows(one, other))
    i, j = len(one), len(other)
    while i and j:
        if one[i - 1] == other[j - 1]:
            i, j = i - 1, j - 1
            yield i
        else:
            below = (1 << j) - 1  # t[i][j] = j - ones below bit j; t[i][j-1] > t[i-1][j] says t[i][j] > t[i-1][j]
            if (rows[i] & below).bit_count() < (rows[i - 1] & below).bit_count():
                j -= 1
            else:
                i -= 1


def _rouge_n(hypothesis: Sequence[str], reference: Sequence[str], n: int) -> Rouge:
    ours, theirs = ngrams(hypothesis, n), ngrams(reference, n)
    return _rouge(in_common(ours, theirs), len(ours), len(theirs))


def _rouge_l(hypothesis: Sequence[str], reference: Sequence[str]) -> Rouge:
    return _rouge(longest_common_subsequence(hypothesis, reference), len(hypothesis), len(reference))


def _rouge(matches: int, in_hypothesis: int, in_reference: int) -> Rouge:
    if not matches:
        return Rouge(0.0, 0.0, 0.0)
    precision, recall = matches / in_hypothesis, matches / in_reference
    return Rouge(precision, recall, 2 * precision * recall / (precision + recall))
