"""Bounds of numbers on a command line, said before anything is read."""

import math
from argparse import ArgumentTypeError
from collections.abc import Callable

LARGEST = 2**31 - 1  # torch counts threads in an int of C, and the loop makes 64 bits of a thousand times the seed


def bounded(kind: type[int] | type[float], least: int, most: float | None = None) -> Callable[[str], float]:
    """A type of an argument: a finite number within bounds, both included.

    Args:
        kind: int, which goes to 2³¹ - 1 at most, or float.
        least: the lower bound.
        most: the upper one.

    Examples:
        >>> bounded(int, 1)("16"), bounded(float, 0, most=1)("0.1")
        (16, 0.1)
    """
    end = LARGEST if kind is int and most is None else most

    def parsed(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and least <= value <= (math.inf if end is None else end)):
            bounds = f"of {least} or more" if end is None else f"from {least} to {end}"
            raise ArgumentTypeError(f"expected a {'whole ' * (kind is int)}number {bounds}, not {text}")
        return value

    return parsed
