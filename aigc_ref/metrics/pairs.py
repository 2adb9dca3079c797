"""Two streams side by side: what was generated, and what it is compared with."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


def paired(ones: Iterable[One], others: Iterable[Other], one: str, other: str) -> Iterator[tuple[One, Other]]:
    """What `zip` gives, and an error with their names where one of the two ends first, or both are empty.

    Args:
        ones: the first stream.
        others: the second.
        one: what the first holds, for the message: "hypotheses".
        other: the same for the second.

    Raises:
        ValueError: one ends before the other, there is nothing, or one is a text, whose letters it would go through.

    Examples:
        >>> list(paired(["a", "b"], ["c"], "hypotheses", "references"))
        Traceback (most recent call last):
        ValueError: there are 1 references and more hypotheses; give one of each for the other
    """
    if isinstance(ones, str) or isinstance(others, str):
        raise ValueError(f"a single text where {one} and {other} are expected; write [text]")  # noqa: TRY004  as all bad input of the metrics
    number = 0
    iterator = iter(others)
    for number, first in enumerate(ones, start=1):
        try:
            second = next(iterator)
        except StopIteration:
            raise ValueError(f"there are {number - 1} {other} and more {one}; give one of each for the other") from None
        yield first, second
    if next(iterator, None) is not None:
        raise ValueError(f"there are {number} {one} and more {other}; give one of each for the other")
    if not number:
        raise ValueError(f"no {one} and no {other}: there is nothing to compare")


def with_references(
    hypotheses: Iterable[str], references: Iterable[Sequence[str]]
) -> Iterator[tuple[str, Sequence[str]]]:
    """Each hypothesis with its references.

    Raises:
        ValueError: they are not equally many, there is none, or a hypothesis has no list of references.
    """
    for number, (hypothesis, texts) in enumerate(
        paired(hypotheses, references, "hypotheses", "lists of references"), start=1
    ):
        if isinstance(texts, str) or not texts:
            raise ValueError(f"hypothesis {number} needs a list of references, not {texts!r}; write [reference]")
        yield hypothesis, texts
