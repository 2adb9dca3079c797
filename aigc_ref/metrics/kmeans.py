"""k-means: points in groups, each around the mean of its own.

    inertia = Σ_i min_j ‖xᵢ - cⱼ‖²

Lloyd's steps lower it until nothing moves: each point goes to its nearest centre, each centre to the mean of its
points. Where that ends depends on where it starts. k-means++ starts well: the first centre is any point, each further
one a point drawn with a chance proportional to its squared distance from the nearest centre so far. The best of several
starts is kept.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_ref.metrics.features import feature_matrix


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """The groups and how tight they are."""

    labels: Tensor
    """The group of each point, shape (points,)."""
    centres: Tensor
    """Shape (clusters, features)."""
    inertia: float


def kmeans(points: Tensor, clusters: int, *, starts: int = 5, steps: int = 500, seed: int = 0) -> Clusters:
    """The best of several runs from k-means++.

    Args:
        points: shape (points, features).
        clusters: how many groups, at most as many as points.
        starts: how many runs.
        steps: the most that one takes; it ends where nothing changes.
        seed: of the starts.

    Raises:
        ValueError: the points are no matrix of finite features, or there are fewer points than groups, or no run.

    Examples:
        >>> found = kmeans(torch.tensor([[0.0], [1.0], [10.0], [11.0]]), 2)
        >>> sorted(found.centres.flatten().tolist()), found.inertia
        ([0.5, 10.5], 1.0)
    """
    points = feature_matrix(points)
    if not 1 <= clusters <= len(points) or starts < 1:
        raise ValueError(f"cannot make {clusters} groups of {len(points)} points in {starts} runs")
    generator = torch.Generator(device=points.device).manual_seed(seed)
    runs = (lloyd(points, plus_plus(points, clusters, generator), steps) for _ in range(starts))
    return min(runs, key=lambda run: run.inertia)


def plus_plus(points: Tensor, clusters: int, generator: torch.Generator) -> Tensor:
    """Centres to start from, spread over the points; all different where there are as many different points.

    Examples:
        >>> generator = torch.Generator().manual_seed(0)
        >>> sorted(plus_plus(torch.tensor([[0.0], [0.0], [0.0], [7.0]]), 2, generator).flatten().tolist())
        [0.0, 7.0]
    """
    chosen = [int(torch.randint(len(points), (1,), generator=generator, device=points.device))]
    nearest = (points - points[chosen]).square().sum(dim=1)
    while len(chosen) < clusters:
        weights = nearest if nearest.any() else torch.ones_like(nearest)  # fewer different points than groups
        chosen.append(int(torch.multinomial(weights, 1, generator=generator)))
        nearest = torch.minimum(nearest, (points - points[chosen[-1]]).square().sum(dim=1))
    return points[chosen]


def lloyd(points: Tensor, centres: Tensor, steps: int) -> Clusters:
    """Lloyd's steps from given centres; a centre without points stays where it is.

    Examples:
        >>> lloyd(torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([[0.0], [1.0]]), steps=10).labels.tolist()
        [0, 0, 1]
    """
    middle = points.mean(dim=0)  # who is nearest stays as it is; the rounding error grows with the size of the points
    points, centres = points - middle, centres - middle
    labels = _nearest(points, centres)
    for _ in range(steps):
        counts = labels.bincount(minlength=len(centres)).unsqueeze(1)
        sums = torch.zeros_like(centres).index_add_(0, labels, points)
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
        before, labels = labels, _nearest(points, centres)
        if torch.equal(labels, before):
            break
    return Clusters(labels, centres + middle, (points - centres[labels]).square().sum().item())


def _nearest(points: Tensor, centres: Tensor) -> Tensor:
    """The centre of least ‖x - c‖² - ‖x‖²."""
    return torch.addmm(centres.square().sum(dim=1), points, centres.mT, alpha=-2).argmin(dim=1)
