"""Prosody of quatrains: whether the tones of 律绝, regulated quatrains, are in place, and whether the lines rhyme.

Middle Chinese has two classes of tones, level (平) and oblique (仄: 上, 去 and 入). In a line of five characters the
second and fourth matter, in one of seven also the sixth: places p = 1, 2, (3). t(l, p) is the class there in line l.

    alternation     t(l, p) ≠ t(l, p + 1)     within a line
    opposition, 对  t(1, p) ≠ t(2, p), t(3, p) ≠ t(4, p)     between the lines of a couplet
    adhesion, 粘    t(2, p) = t(3, p)         between the couplets
    regular         all of these at once: what t(1, 1) is decides the rest, so that there are two patterns
    rhyme           lines 2 and 4 end in different characters of one level rhyme

A character may have several readings. It fits where any of them does, in each comparison anew; for `regular` a place
must have a reading that fits one and the same pattern. What the rhyme book lacks fits nowhere. The other characters
of a line are free here, and so are the licensed exceptions (拗救), which count as faults: good poems score below 1.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import NamedTuple


class Reading(NamedTuple):
    """One pronunciation of a character, as far as verse asks for it."""

    rhyme: str
    level: bool


Book = Mapping[str, frozenset[Reading]]
"""A rhyme book: each character's readings."""


@dataclass(frozen=True, slots=True)
class Prosody:
    """Of one quatrain, or the mean of many: shares from 0 to 1; the last two are 0 or 1 for a single one."""

    alternation: float
    opposition: float
    adhesion: float
    regular: float
    rhyme: float


def prosody(lines: Sequence[str], book: Book) -> Prosody:
    """Measures one quatrain.

    Args:
        lines: four, all of five or all of seven characters, without punctuation.
        book: the characters' readings, such as those of `aigc_ref.datasets.rhyme_books`.

    Raises:
        ValueError: the lines are no quatrain.

    Examples:
        >>> level, oblique = frozenset({Reading("东", True)}), frozenset({Reading("屋", False)})
        >>> book = {"平": level, "东": level, "仄": oblique}
        >>> prosody(["平平平仄仄", "仄仄仄平东", "仄仄平平仄", "平平仄仄平"], book)
        Prosody(alternation=1.0, opposition=1.0, adhesion=1.0, regular=1.0, rhyme=1.0)
        >>> prosody(["平平平仄仄", "仄仄仄平东", "平平平仄仄", "仄仄仄平平"], book)
        Prosody(alternation=1.0, opposition=1.0, adhesion=0.0, regular=0.0, rhyme=1.0)
    """
    if len(lines) != 4 or {len(line) for line in lines} not in ({5}, {7}):
        raise ValueError(f"a quatrain has four lines of five or seven characters each, not {list(lines)}")
    places = [[tones(line[place], book) for place in range(1, len(line), 2)] for line in lines]
    first, second, third, fourth = places
    return Prosody(
        alternation=_share(_differ(*pair) for line in places for pair in pairwise(line)),
        opposition=_share(
            _differ(*pair) for pair in [*zip(first, second, strict=True), *zip(third, fourth, strict=True)]
        ),
        adhesion=_share(bool(upper & lower) for upper, lower in zip(second, third, strict=True)),
        regular=float(any(_fits(places, opening) for opening in (True, False))),
        rhyme=float(rhyme([lines[1][-1], lines[3][-1]], book)),
    )


def tones(character: str, book: Book) -> frozenset[bool]:
    """The classes that a character can have, True for level; none where the book lacks it."""
    return frozenset(reading.level for reading in book.get(character, ()))


def rhyme(characters: Sequence[str], book: Book) -> bool:
    """Whether all of the characters, no two of them the same, have a reading in one level rhyme.

    Examples:
        >>> east, fish = Reading("东", True), Reading("鱼", True)
        >>> book = {"风": frozenset({east}), "中": frozenset({east}), "居": frozenset({fish})}
        >>> rhyme("风中", book), rhyme("风居", book), rhyme("风风", book)
        (True, False, False)
    """
    level = [{reading.rhyme for reading in book.get(character, ()) if reading.level} for character in characters]
    return len(set(characters)) == len(characters) and bool(set.intersection(*level))


def mean(measured: Sequence[Prosody]) -> Prosody:
    """The mean of each measure.

    Raises:
        ValueError: there is nothing to take it of.

    Examples:
        >>> mean([Prosody(1, 1, 1, 1, 1), Prosody(0.5, 0.5, 0, 0, 0)])
        Prosody(alternation=0.75, opposition=0.75, adhesion=0.5, regular=0.5, rhyme=0.5)
    """
    if not measured:
        raise ValueError("there is no quatrain to take the mean of")
    columns = zip(*map(astuple, measured), strict=True)
    return Prosody(*(sum(column) / len(measured) for column in columns))


def _fits(lines: Sequence[Sequence[frozenset[bool]]], opening: bool) -> bool:
    """Whether the tones fit the pattern whose first place is level (or not): lines 1 and 4 alike, 2 and 3 opposite."""
    return all(
        (opening ^ (number in (1, 2)) ^ bool(place % 2)) in classes
        for number, line in enumerate(lines)
        for place, classes in enumerate(line)
    )


def _differ(one: frozenset[bool], other: frozenset[bool]) -> bool:
    """Whether some reading of the one is of another class than some reading of the other."""
    return any(a != b for a in one for b in other)


def _share(met: Iterable[bool]) -> float:
    rules = list(met)
    return sum(rules) / len(rules)
