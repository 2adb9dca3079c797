"""Named-entity recognition: how many entities were found, and how many tokens were labelled rightly.

An *entity* is right where its type, its start and its end are; that is what is reported, as micro F1 (see `report`).
A *token* is right where its tag is.

O is the tag of most tokens and the easiest. With O among the rows, micro P = R = F1 = the share of tokens labelled
rightly, and a model that finds nothing scores as much as there is O: 0.825 on CoNLL-2003. The rows of tokens are
therefore averaged without O; a report has both figures and says which is which.

Tags are read by one of two rules, where p is a type:

    lenient   what conlleval does: B-p and S-p begin an entity, and so do I-p and E-p where none of type p goes on.
              Every valid sequence of IOB1, IOB2, IOBES, BILOU and BMES means what its scheme says.
    strict    IOB2 to the letter: only B-p begins an entity. An I-p that follows nothing is no entity.

Paper: paper-conll2003 (entities and conlleval).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aigc_ref.metrics.pairs import paired
from aigc_ref.metrics.report import HEAD, Counts, Report

OUTSIDE = "O"

_PREFIXES = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S"}  # M of BMES; L and U of BILOU
# A sentence is read as two letters a tag, first the type and then the prefix; O is OO.
_LENIENT = re.compile(r"([^O])(?:[BI](?:\1I)*(?:\1E)?|[ES])")
_STRICT = re.compile(r"([^O])B(?:\1I)*")


def split_tag(tag: str) -> tuple[str, str]:
    """The prefix and the type of a tag that is not O.

    Raises:
        ValueError: it has another form than PREFIX-TYPE.

    Examples:
        >>> split_tag("B-PER")
        ('B', 'PER')
    """
    prefix, _, kind = tag.partition("-")
    if prefix not in _PREFIXES or not kind:
        raise ValueError(
            f"unknown form of tag {tag!r}; write O, or one of B- I- E- S- M- L- U- and a type, as in B-PER"
        )
    return prefix, kind


class Entity(NamedTuple):
    """A run of tokens that is called something: tokens[start:end]."""

    type: str
    start: int
    end: int
    """The first token behind it, as in a slice."""


def entities(tags: Sequence[str], *, strict: bool = False) -> list[Entity]:
    """The entities of a sentence, from left to right.

    Args:
        tags: one for each token.
        strict: whether to read them as IOB2 to the letter, and not as conlleval does.

    Raises:
        ValueError: a tag has an unknown form, or, where strict, a prefix that IOB2 has not.

    Examples:
        >>> entities(["B-PER", "I-PER", "O", "I-LOC"])
        [Entity(type='PER', start=0, end=2), Entity(type='LOC', start=3, end=4)]
        >>> entities(["B-PER", "I-PER", "O", "I-LOC"], strict=True)
        [Entity(type='PER', start=0, end=2)]
    """
    codes = _Codes(strict)
    spans = codes.spans(tags)
    kinds = {letter: kind for kind, letter in codes.letters.items()}
    return [Entity(kinds[letter], start // 2, end // 2) for (start, end), letter in spans]


class _Codes(dict[str, str]):
    """Tag → its two letters. A type takes the next letter when it first occurs."""

    def __init__(self, strict: bool) -> None:
        super().__init__({OUTSIDE: OUTSIDE * 2})
        self.strict = strict
        self.letters: dict[str, str] = {}

    def __missing__(self, tag: str) -> str:
        prefix, kind = split_tag(tag)
        if self.strict and prefix not in "BI":
            raise ValueError(f"{tag} is not of IOB2; make the tags IOB2 with `to_iob2`, or read them leniently")
        letter = self.letters.setdefault(kind, chr(0x100 + len(self.letters)))
        self[tag] = code = letter + _PREFIXES[prefix]
        return code

    def spans(self, tags: Sequence[str]) -> list[tuple[tuple[int, int], str]]:
        text = "".join(map(self.__getitem__, tags))
        return [(match.span(), match[1]) for match in (_STRICT if self.strict else _LENIENT).finditer(text)]


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
        (Counts(right=0, found=1, there=1), 0.5)
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
    """Both figures that one finds in print; `str` makes a table that says which is which."""

    entities: Report
    """What to report."""
    tokens: Report
    """Every tag, O among them; `tokens.without(OUTSIDE)` has the averages that mean something."""
    strict: bool

    def __str__(self) -> str:
        rule = "IOB2 to the letter" if self.strict else "the rules of conlleval"
        outside = self.tokens.rows.get(OUTSIDE, Counts(0, 0, 0)).there / max(self.tokens.micro.there, 1)
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
        self._codes = _Codes(strict)
        self._right, self._found, self._there = Counter[str](), Counter[str](), Counter[str]()

    def add(self, gold: Sequence[str], predicted: Sequence[str]) -> None:
        there, found = set(self._codes.spans(gold)), set(self._codes.spans(predicted))
        for counts, spans in ((self._there, there), (self._found, found), (self._right, there & found)):
            for _, letter in spans:
                counts[letter] += 1

    def report(self) -> Report:
        return Report(
            {
                kind: Counts(self._right[letter], self._found[letter], self._there[letter])
                for kind, letter in sorted(self._codes.letters.items())
                if self._found[letter] or self._there[letter]
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
    right, found, there = Counter[str](), Counter[str](), Counter[str]()
    for (one, other), count in pairs.items():
        there[one] += count
        found[other] += count
        right[one] += count * (one == other)
    return Report({tag: Counts(right[tag], found[tag], there[tag]) for tag in sorted(there | found)})
