"""The exponential moving average of a model's weights (EMA), which is steadier than the weights themselves.

    θ̄ ← d·θ̄ + (1 - d)·θ        after each step
    d = min(decay, t / 100)     at step t, from 0

With a decay near 1 the average remembers its random start for long. For the first hundred steps d is smaller, so
that the average follows the weights closely, and begins with them.

Paper: paper-progressive-gan.
"""

import torch
from torch import nn


def decay_at(step: int, decay: float) -> float:
    """The decay after a step, numbered from 0.

    Examples:
        >>> [decay_at(step, 0.99) for step in (0, 50, 98, 99, 1000)]
        [0.0, 0.5, 0.98, 0.99, 0.99]
    """
    return min(decay, step / 100)


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Moves `average` a little towards `model`, in place.

    Buffers, such as the statistics of batch normalisation, are copied: they are averages already.

    Examples:
        >>> average, model = nn.Linear(1, 1), nn.Linear(1, 1)
        >>> _ = nn.init.zeros_(average.weight), nn.init.ones_(model.weight)
        >>> update_average(average, model, decay=0.9)
        >>> round(average.weight.item(), 4)
        0.1
    """
    for kept, current in zip(average.parameters(), model.parameters(), strict=True):
        kept.lerp_(current, 1 - decay)
    for statistic, latest in zip(average.buffers(), model.buffers(), strict=True):
        statistic.copy_(latest)
