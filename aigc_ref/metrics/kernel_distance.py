"""Kernel distance: the squared maximum mean discrepancy of two sets of features under a polynomial kernel.

    k(x, y)  = (xᵀy / D + 1)³
    MMD²     = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) - 2 mean_{i,j} k(xᵢ, yⱼ)

Lower is better. Without the pairs i = j the estimate is unbiased: over draws from one distribution its mean is 0,
whatever the number of samples, and single estimates are often negative. The cubic kernel compares the first three
moments of the features, the Fréchet distance two.

On Inception features, as the mean over subsets, it is known as KID; on others name the network, as with the Fréchet
distance.

Paper: paper-kid.
"""

import torch
from torch import Tensor

from aigc_ref.metrics.features import feature_matrices

ROWS = 1024
"""Of the kernel matrix that are in memory at a time."""


def polynomial_kernel(features: Tensor, other_features: Tensor) -> Tensor:
    """The kernel of every pair.

    Args:
        features: shape (N, D).
        other_features: shape (M, D).

    Returns:
        Shape (N, M).

    Examples:
        >>> polynomial_kernel(torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 1.0], [-1.0, -1.0]])).tolist()
        [[8.0, 0.0]]
    """
    return (features @ other_features.mT / features.shape[1] + 1) ** 3


def kernel_distance(features: Tensor, other_features: Tensor) -> float:
    """The unbiased estimate of MMD² from all samples.

    Args:
        features: shape (samples, features), at least 2 samples.
        other_features: as many features, of any number of samples.

    Raises:
        ValueError: either is no matrix of finite features, or they do not have as many features.

    Examples:
        >>> kernel_distance(torch.tensor([[0.0], [0.0]]), torch.tensor([[1.0], [1.0]]))  # 1 + 8 - 2
        7.0
    """
    one, other = feature_matrices(features, other_features, least=2)
    between = sum(polynomial_kernel(rows, other).sum().item() for rows in one.split(ROWS))
    return _mean_within(one) + _mean_within(other) - 2 * between / (len(one) * len(other))


def kernel_distances(
    features: Tensor, other_features: Tensor, *, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> list[float]:
    """The estimate of each of several random subsets; KID is their mean, and their deviation says how sure it is.

    Args:
        features: shape (samples, features).
        other_features: as many features.
        subsets: how many are drawn; from the same samples, so that they are not independent.
        subset_size: samples that each takes of either set, without replacement.
        seed: of the draws.

    Raises:
        ValueError: as `kernel_distance`, or a set has fewer samples than a subset takes.

    Examples:
        >>> draws = torch.randn(2, 60, 4, generator=torch.Generator().manual_seed(0))
        >>> estimates = kernel_distances(draws[0], draws[1], subsets=10, subset_size=50)
        >>> len(estimates), min(estimates) < 0 < max(estimates)
        (10, True)
    """
    one, other = feature_matrices(features, other_features, least=2)
    if subsets < 1 or not 2 <= subset_size <= min(len(one), len(other)):
        raise ValueError(
            f"cannot draw {subsets} subsets of {subset_size} samples from sets of {len(one)} and {len(other)};"
            " a subset takes from 2 samples to all of the smaller set"
        )
    generator = torch.Generator().manual_seed(seed)

    def drawn(matrix: Tensor) -> Tensor:
        return matrix[torch.randperm(len(matrix), generator=generator)[:subset_size].to(matrix.device)]

    return [kernel_distance(drawn(one), drawn(other)) for _ in range(subsets)]


def _mean_within(matrix: Tensor) -> float:
    """The mean of k over pairs of two different samples."""
    every = sum(polynomial_kernel(rows, matrix).sum().item() for rows in matrix.split(ROWS))
    own = ((matrix.square().mean(dim=1) + 1) ** 3).sum().item()
    return (every - own) / (len(matrix) * (len(matrix) - 1))
