"""Dividing a corpus into training, validation and test set."""

import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def split(items: Sequence[Item], shares: Sequence[float], seed: int = 0) -> Iterator[list[Item]]:
    """Parts of the items, shuffled; what occurs twice must be removed before, or one part leaks into another.

    Args:
        items: to divide.
        shares: of each part but the last, which takes the rest.
        seed: of the order.

    Raises:
        ValueError: a share is negative, or they sum to more than 1: parts would overlap, or be shorter than they say.

    Examples:
        >>> [len(part) for part in split([str(n) for n in range(10)], [0.8, 0.1])]
        [8, 1, 1]
    """
    # 0.8 + 0.05 + 0.05 + 0.1 is a bit more than 1.
    if not (all(share >= 0 for share in shares) and sum(shares) <= 1 + 1e-9):
        raise ValueError(f"shares are at least 0 and 1 together at most, not {list(shares)}")
    order = list(items)
    random.Random(seed).shuffle(order)
    start = 0
    for share in shares:
        end = start + round(share * len(order))
        yield order[start:end]
        start = end
    yield order[start:]
