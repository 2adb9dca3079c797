"""Precision, recall, density and coverage: fidelity and diversity apart, by balls around samples.

Around each real sample xᵢ lies the ball B(xᵢ) that just reaches its k-th nearest real neighbour; likewise B(yⱼ) around
each generated sample, among the generated ones.

    precision   share of y that lie in some B(x)             recall     share of x that lie in some B(y)
    density     mean number of B(x) that y lies in, over k   coverage   share of B(x) that hold some y

Precision and density say how real the samples look, recall and coverage how much of what is real they reach. One
outlier among the real samples has a large ball and lifts precision; density counts balls and is hardly moved, but may
exceed 1. Recall rests on generated samples, so that outliers among *them* lift it; coverage does not.

Balls are open, as in the code of Naeem et al.; Kynkäänniemi et al. close theirs. The two differ only where a distance
equals a radius, as with repeated samples.

Papers: paper-precision-recall, paper-density-coverage.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_ref.metrics.features import feature_matrices

BLOCK = 2**24
"""Distances that are looked at at a time, 128 MiB in float64; without blocks N samples need N² of them."""


@dataclass(frozen=True, slots=True)
class Prdc:
    """Each from 0 to 1, but density, which is at least 0 and 1 on average where both sets have one distribution."""

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall_density_coverage(real: Tensor, generated: Tensor, *, neighbours: int = 5) -> Prdc:
    """All four, from one pass over the distances between the sets.

    Args:
        real: features of real samples, shape (samples, features).
        generated: features of generated samples, as many features each.
        neighbours: k; 3 in the paper of precision and recall, 5 in that of density and coverage.

    Raises:
        ValueError: either is no matrix of finite features, they do not have as many features, or a set has no k
            neighbours to offer.

    Examples:
        >>> real = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
        >>> generated = torch.tensor([[0.4], [0.5], [9.0]])  # the last one's ball holds nearly everything
        >>> precision_recall_density_coverage(real, generated, neighbours=1)
        Prdc(precision=0.6666666666666666, recall=0.75, density=1.3333333333333333, coverage=0.5)
    """
    if neighbours < 1:
        raise ValueError(f"a ball reaches at least its first neighbour, not its {neighbours}th")
    real, generated = feature_matrices(real, generated, least=neighbours + 1)
    centre = real.mean(dim=0)  # distances stay as they are; their rounding error grows with the size of the features
    real, generated = real - centre, generated - centre
    real_radii = squared_radii(real, neighbours)
    generated_radii = squared_radii(generated, neighbours)
    precise = torch.zeros(len(generated), dtype=torch.bool, device=real.device)
    recalled = covered = inside = 0
    start = 0
    for distances, error in _blocks(real, generated):
        distances += error  # a distance that may be the radius is not less
        in_real_ball = distances < real_radii[start : start + len(distances), None]
        precise |= in_real_ball.any(dim=0)
        covered += int(in_real_ball.any(dim=1).sum())
        inside += int(in_real_ball.sum())
        recalled += int((distances < generated_radii).any(dim=1).sum())
        start += len(distances)
    return Prdc(
        precision=int(precise.sum()) / len(generated),
        recall=recalled / len(real),
        density=inside / (neighbours * len(generated)),
        coverage=covered / len(real),
    )


def squared_radii(features: Tensor, neighbours: int) -> Tensor:
    """Of each sample's ball: the squared distance of its k-th nearest neighbour, itself not counted.

    Args:
        features: shape (samples, features), in float64.
        neighbours: k, less than the number of samples.

    Returns:
        Shape (samples,).

    Examples:
        >>> squared_radii(torch.tensor([[0.0], [1.0], [3.0]], dtype=torch.float64), neighbours=1).tolist()
        [1.0, 1.0, 4.0]
    """
    # One more, since the nearest of all is the sample itself.
    return torch.cat([block.kthvalue(neighbours + 1, dim=1).values for block, _ in _blocks(features, features)])


def _blocks(features: Tensor, other_features: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Squared distances of every pair and what they may be wrong by, some rows at a time.

    They come from a product of matrices, 12 times as fast at 2,048 features as differences are, but not as exact: two
    that are equal come out some bits apart.
    """
    rounding = 16 * torch.finfo(features.dtype).eps * math.sqrt(features.shape[1])
    squares = other_features.square().sum(dim=1)
    for rows in features.split(max(1, BLOCK // len(other_features))):
        both = rows.square().sum(dim=1, keepdim=True) + squares
        yield torch.addmm(both, rows, other_features.mT, alpha=-2), rounding * both
