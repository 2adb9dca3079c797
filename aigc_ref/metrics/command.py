"""What a command of `python -m aigc_ref.metrics` is: its options, what it finds, and how that is shown."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Answer(NamedTuple):
    """What a command found: for programs, and for people."""

    data: Mapping[str, object]
    table: str


Run = Callable[[Namespace], Answer]
Command = Callable[[ArgumentParser], Run]
"""Adds its options to its own parser and gives what runs with them; its docstring is its help."""


def plain(metric: str, found: Mapping[str, object], settings: Mapping[str, object]) -> Answer:
    """An answer whose table has a line for each thing that was found, and one for how."""
    how = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())
    lines = [f"{name.replace('_', ' '):20} {_shown(value)}" for name, value in found.items()]
    return Answer({"metric": metric, **found, **settings}, "\n".join([f"{metric}: {how}", *lines]))


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "   ".join(f"{name} {_shown(part)}" for name, part in value.items())
    if isinstance(value, tuple):
        return "   ".join(map(_shown, value))
    return f"{value:.4f}" if isinstance(value, float) else str(value)
