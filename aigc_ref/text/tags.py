"""Tags that mark entities, one for each token: what they mean, and from one scheme to another.

A tag is O, or a prefix, a hyphen and a type. There are five schemes:

    IOB2    B- begins an entity, I- goes on with it
    IOB1    I- does both; B- begins an entity only where one of the same type ends right before it
    IOBES   S- is an entity of one token; else B- begins, I- goes on, E- ends it
    BILOU   the same with U- for S- and L- for E-
    BMES    the same with M- for I-

Tags are read by one of two rules, where p is a type:

    lenient   what conlleval does: B-p and S-p begin an entity, and so do I-p and E-p where none of type p goes on.
              Every valid sequence of IOB1, IOB2, IOBES, BILOU and BMES means what its scheme says.
    strict    IOB2 to the letter: only B-p begins an entity. An I-p that follows nothing is no entity.

Paper: paper-conll2003 (entities and conlleval).
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

OUTSIDE = "O"
Scheme = Literal["IOB1", "IOB2", "IOBES", "BILOU", "BMES"]

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
    reader = SpanReader(strict)
    spans = reader.spans(tags)
    kinds = {letter: kind for kind, letter in reader.letters.items()}
    return [Entity(kinds[letter], start // 2, end // 2) for (start, end), letter in spans]


class SpanReader:
    """Finds the entities of many sentences; `entities` for one sentence says what they are.

    Read tag by tag: an entity of type p is open or none is. B-p and S-p close it and open one; I-p and E-p go on with
    it where it is of type p, else they close it and, leniently, open one; S-p and E-p then close their own; O closes.
    In Python that loop takes most of the time of an evaluation, so it is left to a regular expression: each tag
    becomes two letters, one for its type and one for its prefix, a sentence becomes a string of them, and an entity
    is a match.

    Args:
        strict: whether to read tags as IOB2 to the letter, and not as conlleval does.
    """

    def __init__(self, strict: bool) -> None:
        self.letters: dict[str, str] = {}
        """Type → its letter; a type takes the next one when it first occurs."""
        self._codes = _Codes(strict, self.letters)
        self._pattern = _STRICT if strict else _LENIENT

    def spans(self, tags: Sequence[str]) -> list[tuple[tuple[int, int], str]]:
        """Each entity's span in the string, two letters a tag, and the letter of its type."""
        text = "".join(map(self._codes.__getitem__, tags))
        return [(match.span(), match[1]) for match in self._pattern.finditer(text)]


class _Codes(dict[str, str]):
    """Tag → its two letters."""

    def __init__(self, strict: bool, letters: dict[str, str]) -> None:
        super().__init__({OUTSIDE: OUTSIDE * 2})
        self._strict = strict
        self._letters = letters

    def __missing__(self, tag: str) -> str:
        prefix, kind = split_tag(tag)
        if self._strict and prefix not in "BI":
            raise ValueError(f"{tag} is not of IOB2; make the tags IOB2 with `to_iob2`, or read them leniently")
        letter = self._letters.setdefault(kind, chr(0x100 + len(self._letters)))
        self[tag] = code = letter + _PREFIXES[prefix]
        return code


def to_iob2(tags: Sequence[str]) -> list[str]:
    """The tags of a sentence under IOB2, from whatever scheme; where they fit none, by the rules of conlleval.

    Raises:
        ValueError: a tag has an unknown form.

    Examples:
        >>> to_iob2(["I-PER", "I-PER", "B-PER", "O", "S-LOC"])
        ['B-PER', 'I-PER', 'B-PER', 'O', 'B-LOC']
    """
    result = [OUTSIDE] * len(tags)
    for kind, start, end in entities(tags):
        result[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return result


def to_iobes(tags: Sequence[str]) -> list[str]:
    """The tags of a sentence under IOBES, from whatever scheme; where they fit none, by the rules of conlleval.

    Raises:
        ValueError: a tag has an unknown form.

    Examples:
        >>> to_iobes(["I-PER", "I-PER", "B-PER", "O", "U-LOC"])
        ['B-PER', 'E-PER', 'S-PER', 'O', 'S-LOC']
    """
    result = [OUTSIDE] * len(tags)
    for kind, start, end in entities(tags):
        between = [f"I-{kind}"] * (end - start - 2)
        result[start:end] = [f"S-{kind}"] if end == start + 1 else [f"B-{kind}", *between, f"E-{kind}"]
    return result
