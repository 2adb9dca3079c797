"""ROUGE: how much of a reference a hypothesis recalls, by n-grams or by their longest common subsequence.

    ROUGE-N   matches = n-grams in common, each as often as it occurs in both
    ROUGE-L   matches = length of the longest sequence of words that both hold in the same order
    P = matches / hypothesis' n-grams,   R = matches / reference's n-grams,   F1 = 2PR / (P + R)

Words are compared in lower case and without punctuation; Han characters count as words, so that Chinese is measured
and not thrown away (rouge-score gives 0 to identical Chinese texts).

Paper: paper-rouge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aigc_ref.metrics.tokenize import ngrams, words


@dataclass(frozen=True, slots=True)
class Rouge:
    """Precision, recall and their harmonic mean, from 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """0 where nothing is in common."""
        together = self.precision + self.recall
        return 2 * self.precision * self.recall / together if together else 0.0


def rouge_n(hypothesis: str, reference: str, n: int = 1) -> Rouge:
    """ROUGE by n-grams.

    Raises:
        ValueError: n is less than 1.

    Examples:
        >>> rouge_n("今天天气很好", "今天天气真好", n=2).f1
        0.6
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
    one, other = ngrams(words(hypothesis), n), ngrams(words(reference), n)
    return _rouge((one & other).total(), one.total(), other.total())


def rouge_l(hypothesis: str, reference: str) -> Rouge:
    """ROUGE by the longest common subsequence.

    Examples:
        >>> round(rouge_l("今天天气很好", "今天天气真好").f1, 4)
        0.8333
    """
    one, other = words(hypothesis), words(reference)
    return _rouge(longest_common_subsequence(one, other), len(one), len(other))


def longest_common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Its length, by dynamic programming over one row.

    Examples:
        >>> longest_common_subsequence("ABCBDAB", "BDCABA")
        4
    """
    row = [0] * (len(other) + 1)
    for left in one:
        diagonal = 0
        for column, right in enumerate(other, start=1):
            above = row[column]
            row[column] = diagonal + 1 if left == right else max(above, row[column - 1])
            diagonal = above
    return row[-1]


def _rouge(matches: int, in_hypothesis: int, in_reference: int) -> Rouge:
    return Rouge(matches / max(in_hypothesis, 1), matches / max(in_reference, 1))
