"""Named-entity recognition: how many entities were found, and how many tokens were labelled rightly.

An *entity* is right where its type, its start and its end are; that is what is reported, as micro F1 (see `report`).
A *token* is right where its tag is.

O is the tag of most tokens and the easiest. With O among the rows, micro P = R = F1 = the share of tokens labelled
rightly, and a model that finds nothing scores as much as there is O: 0.825 on CoNLL-2003. The rows of tokens are
therefore averaged without O; a report has both figures and says which is which.

How tags are read, leniently or strictly, is told in `aigc_ref.text.tags`.

Paper: paper-conll2003 (entities and conlleval).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from aigc_ref.metrics.pairs import paired
from aigc_ref.metrics.report import HEAD, Counts, Report
from aigc_ref.text.tags import OUTSIDE, SpanReader


def entity_report(gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], *, strict: bool = False) -> Report:
    """How many entities of each type are right; `entity_report(…).micro.f1` is the F1 of the literature.

    Args:
        gold: the right tags of each sentence; it may be a stream.
        predicted: the tags that a model gave it.
        strict: whether to read both as IOB2 to the letter, and not as conlleval does.

    Raises:
        ValueError: there are not as many sentences of one as of the other, or tags in a sentence, or there are none; a
            tag has an unknown form, or, where strict, a prefix that IOB2 has not.

    Examples:
        >>> report = entity_report([["B-PER", "I-PER", "O", "B-LOC"]], [["B-PER", "O", "O", "B-LOC"]])
        >>> report.rows["PER"], report.micro.f1
        (Counts(true_positives=0, predicted=1, support=1), 0.5)
    """
    counts = _EntityCounts(strict)
    for there, found in _sentences(gold, predicted):
        counts.add(there, found)
    return counts.report()


def token_report(gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], *, outside: bool = False) -> Report:
    """How many tokens of each tag are right.

    Args:
        gold: the right tags of each sentence; it may be a stream.
        predicted: the tags that a model gave it.
        outside: whether O has a row too, and its share in the averages.

    Raises:
        ValueError: there are not as many sentences of one as of the other, or tags in a sentence, or there are none.

    Examples:
        >>> gold, predicted = [["B-PER", "O", "O", "O"]], [["O", "O", "O", "O"]]
        >>> token_report(gold, predicted).micro.f1, token_report(gold, predicted, outside=True).micro.f1
        (0.0, 0.75)
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for there, found in _sentences(gold, predicted):
        pairs.update(zip(there, found, strict=True))
    return _token_report(pairs) if outside else _token_report(pairs).without(OUTSIDE)


@dataclass(frozen=True, slots=True)
class NerReport:
    """Both figures that one finds in print; `str` makes a table that says which is which.

    The reports of two parts of a corpus add up to that of the whole; `NerReport()` is that of none.
    """

    entities: Report = field(default_factory=Report)
    """What to report."""
    tokens: Report = field(default_factory=Report)
    """Every tag, O among them; `tokens.without(OUTSIDE)` has the averages that mean something."""
    strict: bool = False

    def __add__(self, other: "NerReport") -> "NerReport":
        if self.strict != other.strict:
            raise ValueError("one report read its tags strictly and the other did not; they cannot be added")
        return NerReport(self.entities + other.entities, self.tokens + other.tokens, self.strict)

    def data(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "strict": self.strict,
            "entities": self.entities.data(),
            "tokens": self.tokens.without(OUTSIDE).data(),
            "tokens_with_outside": self.tokens.data(),
        }

    def __str__(self) -> str:
        rule = "IOB2 to the letter" if self.strict else "the rules of conlleval"
        outside = self.tokens.rows.get(OUTSIDE, Counts()).support / max(self.tokens.micro.support, 1)
        lines = [
            f"Entities, by {rule}: type, start and end must be right",
            "",
            HEAD,
            *self.entities.lines(),
            "",
            *self.entities.averages("what to report"),
            "",
            "Tokens: the tag must be right",
            "",
            HEAD,
            *self.tokens.lines(),
            "",
            "without O",
            *self.tokens.without(OUTSIDE).averages("tokens, not entities"),
            "",
            "with O",
            *self.tokens.averages(
                f"the share of tokens labelled rightly, often printed as the F1; who finds nothing has {outside:.3f}"
            ),
        ]
        return "\n".join(lines)


def ner_report(gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], *, strict: bool = False) -> NerReport:
    """Entities and tokens in one pass, for streams, and for a table of both.

    Args:
        gold: the right tags of each sentence.
        predicted: the tags that a model gave it.
        strict: as in `entity_report`.

    Raises:
        ValueError: as `entity_report`.

    Examples:
        >>> report = ner_report([["B-PER", "O", "O", "O"]], [["O", "O", "O", "O"]])
        >>> report.entities.micro.f1, report.tokens.micro.f1
        (0.0, 0.75)
    """
    counts, pairs = _EntityCounts(strict), Counter[tuple[str, str]]()
    for there, found in _sentences(gold, predicted):
        counts.add(there, found)
        pairs.update(zip(there, found, strict=True))
    return NerReport(counts.report(), _token_report(pairs), strict)


class _EntityCounts:
    def __init__(self, strict: bool) -> None:
        self._reader = SpanReader(strict)
        self._true_positives, self._predicted, self._support = Counter[str](), Counter[str](), Counter[str]()

    def add(self, gold: Sequence[str], predicted: Sequence[str]) -> None:
        there, found = set(self._reader.spans(gold)), set(self._reader.spans(predicted))
        sides = (self._support, there), (self._predicted, found), (self._true_positives, there & found)
        for counts, spans in sides:
            for _, letter in spans:
                counts[letter] += 1

    def report(self) -> Report:
        return Report(
            {
                kind: Counts(self._true_positives[letter], self._predicted[letter], self._support[letter])
                for kind, letter in sorted(self._reader.letters.items())
                if self._predicted[letter] or self._support[letter]
            }
        )


def _sentences(
    gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]
) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    for number, (there, found) in enumerate(paired(gold, predicted, "gold sentences", "predicted ones"), start=1):
        if len(there) != len(found):
            raise ValueError(
                f"sentence {number} has {len(there)} gold tags and {len(found)} predicted ones; give one for each token"
            )
        yield there, found


def _token_report(pairs: Counter[tuple[str, str]]) -> Report:
    true_positives, predicted, support = Counter[str](), Counter[str](), Counter[str]()
    for (gold, guess), count in pairs.items():
        support[gold] += count
        predicted[guess] += count
        true_positives[gold] += count * (gold == guess)
    tags = sorted(support | predicted)
    return Report({tag: Counts(true_positives[tag], predicted[tag], support[tag]) for tag in tags})
