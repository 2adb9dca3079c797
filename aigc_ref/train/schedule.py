"""Schedules of the learning rate: the share of its peak at step t of T, the first w = warmup_ratio · T of which rise.

    warm-up    (t + 1) / w                          for t < w
    constant   1                                    afterwards
    linear     (T - t) / (T - w)
    cosine     ½ · (1 + cos(π · (t - w) / (T - w)))

Each is a function of the step alone and has no state, so that a run that goes on needs none.
"""

import math
from typing import Literal, get_args

Schedule = Literal["constant", "linear", "cosine"]


def check_schedule(schedule: str) -> None:
    """Refuses a schedule that there is not.

    Raises:
        ValueError: the name is none of `Schedule`.
    """
    if schedule not in get_args(Schedule):
        raise ValueError(f"schedule is one of {', '.join(get_args(Schedule))}; not {schedule!r}")


def share_of_peak(schedule: Schedule, step: int, steps: int, warmup_ratio: float = 0.0) -> float:
    """The share of the peak learning rate.

    Args:
        schedule: its name.
        step: from 0 to `steps` - 1.
        steps: T, of the whole run.
        warmup_ratio: the share of the steps in which the rate rises.

    Examples:
        >>> [share_of_peak("linear", step, 4) for step in range(4)]
        [1.0, 0.75, 0.5, 0.25]
        >>> [round(share_of_peak("cosine", step, 4), 2) for step in range(4)]
        [1.0, 0.85, 0.5, 0.15]
        >>> [share_of_peak("constant", step, 4, warmup_ratio=0.5) for step in range(4)]
        [0.5, 1.0, 1.0, 1.0]
    """
    warm = int(warmup_ratio * steps)
    if step < warm:
        return (step + 1) / warm
    if schedule == "constant":
        return 1.0
    if schedule == "linear":
        return (steps - step) / (steps - warm)
    return (1 + math.cos(math.pi * (step - warm) / (steps - warm))) / 2
