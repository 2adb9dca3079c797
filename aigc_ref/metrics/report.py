"""Precision, recall and F1 of several classes, and their averages.

A row is a class, such as a label or a type of entity. Its support is the number of cases there are, predicted is the
number of cases that a model gave, and true positives are those that are both.

    precision   true positives / predicted
    recall      true positives / support
    F1          2 · precision · recall / (precision + recall) = 2 · true positives / (predicted + support)

    micro       the figures of the counts added up: every case counts alike
    macro       the mean of the rows' figures: every row counts alike
    weighted    the mean of the rows' figures, weighted by their support
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import add, mul
from typing import Any, NamedTuple

HEAD = f"{'':12} {'precision':>10}{'recall':>10}{'f1-score':>10}{'support':>10}"
"""Over the columns of `Report.lines` and `Report.averages`."""


class Counts(NamedTuple):
    """What the figures of a row are made of. The counts of two parts of a corpus add up to those of the whole.

    Examples:
        >>> Counts(1, predicted=2, support=3) + Counts(3, predicted=3, support=3)
        Counts(true_positives=4, predicted=5, support=6)
    """

    true_positives: int = 0
    predicted: int = 0
    support: int = 0

    def __add__(self, other: "Counts") -> "Counts":  # type: ignore[override]  # other tuples are joined
        return Counts(*map(add, self, other))

    @property
    def precision(self) -> float:
        """0 where nothing was predicted."""
        return self.true_positives / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """0 where there is nothing to find."""
        return self.true_positives / self.support if self.support else 0.0

    @property
    def f1(self) -> float:
        """0 where nothing is right."""
        return 2 * self.true_positives / (self.predicted + self.support) if self.true_positives else 0.0


class Mean(NamedTuple):
    """The mean of the figures of several rows; its F1 is the mean F1, not the F1 of the other two."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Report:
    """A row for each class. Reports of the parts of a corpus add up to that of the whole; `Report()` is that of none.

    Examples:
        >>> report = Report({"LOC": Counts(1, predicted=1, support=2), "PER": Counts(3, predicted=4, support=3)})
        >>> report.micro
        Counts(true_positives=4, predicted=5, support=5)
        >>> report.micro.f1, report.macro.recall, report.weighted.recall
        (0.8, 0.75, 0.8)
    """

    rows: Mapping[str, Counts] = field(default_factory=dict)

    def __add__(self, other: "Report") -> "Report":
        names = sorted({*self.rows, *other.rows})
        return Report({name: self.rows.get(name, Counts()) + other.rows.get(name, Counts()) for name in names})

    @property
    def micro(self) -> Counts:
        return sum(self.rows.values(), Counts())

    @property
    def macro(self) -> Mean:
        return self._mean([1] * len(self.rows))

    @property
    def weighted(self) -> Mean:
        return self._mean([row.support for row in self.rows.values()])

    def without(self, name: str) -> "Report":
        """The same without a row."""
        return Report({other: row for other, row in self.rows.items() if other != name})

    def _mean(self, weights: Sequence[int]) -> Mean:
        total = max(sum(weights), 1)
        shares = [weight / total for weight in weights]
        figures = zip(Mean(0, 0, 0), *((row.precision, row.recall, row.f1) for row in self.rows.values()), strict=True)
        return Mean(*(sum(map(mul, shares, column)) for _, *column in figures))

    def data(self) -> dict[str, dict[str, Any]]:
        """As JSON has it: for each row and for micro the counts as well."""
        return {
            "rows": {name: _figures(row) for name, row in self.rows.items()},
            "micro": _figures(self.micro),
            "macro": _figures(self.macro),
            "weighted": _figures(self.weighted),
        }

    def lines(self) -> list[str]:
        """A line of a table for each row."""
        return [_line(name, row, row.support) for name, row in self.rows.items()]

    def averages(self, remark: str) -> list[str]:
        """A line for each average, with a remark on the first."""
        support = self.micro.support
        return [
            f"{_line('micro avg', self.micro, support)}   {remark}",
            _line("macro avg", self.macro, support),
            _line("weighted avg", self.weighted, support),
        ]


def _figures(row: Counts | Mean) -> dict[str, float]:
    figures = {"precision": row.precision, "recall": row.recall, "f1": row.f1}
    return figures | row._asdict() if isinstance(row, Counts) else figures


def _line(name: str, row: Counts | Mean, support: int) -> str:
    return f"{name:>12} {row.precision:10.3f}{row.recall:10.3f}{row.f1:10.3f}{support:10}"
