"""A ring of eight Gaussians: the smallest problem on which a GAN can be seen to lose modes.

The centres lie on a circle of radius 2, 1.5 apart, and each mode has a standard deviation of 0.1: it is plain which
mode a sample belongs to, or that it belongs to none.
"""

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn

MODES = 8
RADIUS = 2.0
DEVIATION = 0.1
NOISE_SIZE = 16


def centres() -> Float[Tensor, "8 2"]:
    """The modes' centres, shape (8, 2).

    Examples:
        >>> centres()[0].tolist()
        [2.0, 0.0]
    """
    angle = torch.arange(MODES) * (2 * math.pi / MODES)
    return RADIUS * torch.stack([angle.cos(), angle.sin()], dim=1)


def ring_batches(steps: int, batch_size: int, seed: int) -> Iterator[Float[Tensor, "batch_size 2"]]:
    """Batches of real samples, each of shape (batch_size, 2)."""
    random = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        mode = torch.randint(MODES, (batch_size,), generator=random)
        yield centres()[mode] + DEVIATION * torch.randn(batch_size, 2, generator=random)


def perceptron(inputs: int, outputs: int, width: int = 128) -> nn.Sequential:
    """Two hidden layers of ReLU; as generator (noise → point) and as discriminator (point → logit)."""
    return nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    )


def modes_covered(samples: Float[Tensor, "n 2"], least_share: float = 0.02) -> tuple[int, float]:
    """How many modes get samples, and how many samples lie on a mode.

    A sample is on a mode where it is within three standard deviations of its centre; a mode is covered where at least
    `least_share` of all samples are on it (an eighth would be fair).

    Args:
        samples: shape (n, 2).
        least_share: of all samples, from 0 to 1.

    Returns:
        Modes covered, 0 to 8, and the share of samples on any mode, 0 to 1.

    Examples:
        >>> modes_covered(centres()[:4].repeat(25, 1))
        (4, 1.0)
    """
    distance, mode = torch.cdist(samples, centres()).min(dim=1)
    on = distance <= 3 * DEVIATION
    counts = torch.bincount(mode[on], minlength=MODES)
    return int((counts >= least_share * len(samples)).sum()), on.float().mean().item()
