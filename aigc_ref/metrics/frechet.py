"""Fréchet distance: how far apart two sets of features are, each taken for a Gaussian.

    d² = ‖μ₁ - μ₂‖² + Tr Σ₁ + Tr Σ₂ - 2 Tr √(Σ₁Σ₂)

Lower is better; 0 says that means and covariances agree, not that the sets do. The number is called FID only where the
features are those of the Inception network of the paper; of any other network say "Fréchet distance on its features",
since the two do not compare. Nor do distances of different N: the estimate is too high, the more so the fewer samples.

The trace needs no root of a matrix. Whatever A₁, A₂ give A₁A₁ᵀ = Σ₁ and A₂A₂ᵀ = Σ₂, the product Σ₁Σ₂ has the non-zero
eigenvalues of (A₁ᵀA₂)(A₁ᵀA₂)ᵀ, so that Tr √(Σ₁Σ₂) is the sum of the singular values of A₁ᵀA₂:

    full rank       A = L of Cholesky's Σ = LLᵀ; Tr √(Σ₁Σ₂) = Σ √λ(L₁ᵀ Σ₂ L₁) spares the singular values
    N ≤ D samples   A = centred samplesᵀ / √(N - 1); A₁ᵀA₂ is N × N, and no covariance is needed
    otherwise       A = V √Λ of Σ = V Λ Vᵀ, without the columns of λ = 0

The eigenvalues of Σ₁Σ₂ itself, which is what most programs take, lose half of their digits where a covariance is
singular: what should be 0 is 1e-16, and its root 1e-8. Here at least 9 are kept, and from few samples nearly all.

Paper: paper-fid.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_ref.metrics.features import feature_matrices, feature_matrix

BLOCK = 256
"""Columns; at 2,048 features 8 blocks take 0.40 s, one 0.84 s, 16 take 0.50 s."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """What is left of samples: how many, their mean μ and their scatter Σ (x - μ)(x - μ)ᵀ."""

    count: int
    mean: Tensor
    """Shape (features,)."""
    scatter: Tensor
    """Shape (features, features)."""

    @property
    def covariance(self) -> Tensor:
        """The unbiased estimate, over count - 1.

        Raises:
            ValueError: there is only one sample.
        """
        if self.count < 2:
            raise ValueError("one sample has no covariance; give at least 2")
        return self.scatter / (self.count - 1)

    def merged(self, other: Self) -> Self:
        """The moments of both sets of samples together.

        Raises:
            ValueError: they do not have as many features.
        """
        if self.mean.shape != other.mean.shape:
            raise ValueError(f"samples of {len(self.mean)} and {len(other.mean)} features have no moments together")
        count = self.count + other.count
        step = other.mean - self.mean
        mean = self.mean + step * (other.count / count)
        between = torch.outer(step, step) * (self.count * other.count / count)
        return type(self)(count, mean, self.scatter + other.scatter + between)


def moments(batches: Iterable[Tensor]) -> Moments:
    """The moments of features that come in batches; holds one batch at a time, however many there are.

    Deviations are summed and not squares: E[xxᵀ] - μμᵀ loses every digit that the mean has before the deviation.

    Args:
        batches: each of shape (samples, features).

    Raises:
        ValueError: there is no batch, one is no matrix of finite features, or they do not have as many features.

    Examples:
        >>> found = moments([torch.tensor([[0.0], [2.0]]), torch.tensor([[4.0]])])
        >>> found.count, found.mean.tolist(), found.covariance.tolist()
        (3, [2.0], [[4.0]])
    """
    parts = map(_moments, batches)
    try:
        return reduce(Moments.merged, parts, next(parts))
    except StopIteration:
        raise ValueError("no batch of features has no moments") from None


def frechet_distance(features: Tensor, other_features: Tensor) -> float:
    """The squared Fréchet distance between two sets of features.

    Args:
        features: shape (samples, features), at least 2 samples.
        other_features: as many features, of any number of samples.

    Returns:
        d² ≥ 0, in the features' unit squared.

    Raises:
        ValueError: either is no matrix of finite features, or they do not have as many features.

    Examples:
        >>> frechet_distance(torch.tensor([[0.0], [2.0]]), torch.tensor([[3.0], [5.0]]))
        9.0
    """
    one, other = feature_matrices(features, other_features, least=2)
    if min(len(one), len(other)) > one.shape[1]:
        mine, theirs = _moments(one), _moments(other)
        return gaussian_frechet_distance(mine.mean, mine.covariance, theirs.mean, theirs.covariance)
    root, other_root = _root(one), _root(other)
    trace = _sum_of_singular_values(root @ other_root.mT)
    return _distance(one.mean(dim=0), other.mean(dim=0), root.square().sum(), other_root.square().sum(), trace)


def gaussian_frechet_distance(mean: Tensor, covariance: Tensor, other_mean: Tensor, other_covariance: Tensor) -> float:
    """The squared Fréchet distance between two Gaussians, for moments that were streamed or stored.

    Args:
        mean: shape (features,).
        covariance: shape (features, features); may be singular.
        other_mean: as mean.
        other_covariance: as covariance.

    Raises:
        ValueError: the shapes do not fit, a number is not finite, or a covariance is not symmetric or has a negative
            eigenvalue that no rounding explains.

    Examples:
        >>> zero, one = torch.zeros(2), torch.eye(2)
        >>> round(gaussian_frechet_distance(zero, one, zero, 4 * one), 9)
        2.0
    """
    mean, other_mean = feature_matrices(mean.unsqueeze(0), other_mean.unsqueeze(0))
    covariance, other_covariance = feature_matrices(covariance, other_covariance)
    if not covariance.shape == other_covariance.shape == (mean.shape[1], mean.shape[1]):
        raise ValueError(
            f"means of {mean.shape[1]} features need square covariances of as many,"
            f" not {tuple(covariance.shape)} and {tuple(other_covariance.shape)}"
        )
    for matrix in (covariance, other_covariance):
        if (matrix - matrix.mT).abs().amax() > 1e-6 * matrix.abs().amax():  # 1e-7 is what float32 leaves
            raise ValueError("a covariance is symmetric, this matrix is not")
    trace = _trace_of_root(covariance, other_covariance)
    return _distance(mean, other_mean, covariance.trace(), other_covariance.trace(), trace)


def _moments(features: Tensor) -> Moments:
    matrix = feature_matrix(features)
    mean = matrix.mean(dim=0)
    deviations = matrix - mean
    return Moments(len(matrix), mean, deviations.mT @ deviations)


def _distance(mean: Tensor, other_mean: Tensor, variance: Tensor, other_variance: Tensor, trace: Tensor) -> float:
    distance = (mean - other_mean).square().sum() + variance + other_variance - 2 * trace
    return max(0.0, distance.item())  # equal sets leave a rounding error of either sign


def _root(matrix: Tensor) -> Tensor:
    """Aᵀ of the samples' covariance AAᵀ, with no more rows than there are samples or features."""
    deviations = (matrix - matrix.mean(dim=0)) / math.sqrt(len(matrix) - 1)
    return deviations if len(deviations) <= deviations.shape[1] else torch.linalg.qr(deviations, mode="r").R


def _trace_of_root(covariance: Tensor, other_covariance: Tensor) -> Tensor:
    lower, failed = torch.linalg.cholesky_ex(covariance)
    if not failed:
        eigenvalues: Tensor = torch.linalg.eigvalsh(_congruence(lower, other_covariance))
        if eigenvalues[0] > 0:  # else the other covariance is singular, and this a rounding error
            return eigenvalues.sqrt().sum()
    return _sum_of_singular_values(_factor(covariance).mT @ _factor(other_covariance))


def _congruence(lower: Tensor, covariance: Tensor) -> Tensor:
    """The lower triangle of LᵀΣL, all that its eigenvalues need; by blocks, which spare more than half of the work."""
    features = len(lower)
    blocks = [slice(start, min(start + BLOCK, features)) for start in range(0, features, BLOCK)]
    # L has nothing above a block of its columns but zeros.
    right = torch.cat([covariance[:, block.start :] @ lower[block.start :, block] for block in blocks], dim=1)
    rows = (lower[block.start :, block].mT @ right[block.start :, : block.stop] for block in blocks)
    return torch.cat([F.pad(row, (0, features - row.shape[1])) for row in rows])


def _factor(covariance: Tensor) -> Tensor:
    """A of AAᵀ = Σ, with as many columns as Σ has rank."""
    variances, directions = torch.linalg.eigh(covariance)
    if variances[0] < -1e-6 * variances.abs().amax():  # of float32's covariances it is -1e-7
        raise ValueError(
            f"a covariance has no negative eigenvalue, this matrix has {variances[0]:.3g} and at most "
            f"{variances[-1]:.3g}; compute it from deviations, in float64"
        )
    rounding = torch.finfo(variances.dtype).eps * len(variances) * variances[-1]
    kept = variances > rounding
    factor: Tensor = directions[:, kept] * variances[kept].sqrt()
    return factor


def _sum_of_singular_values(matrix: Tensor) -> Tensor:
    values: Tensor = torch.linalg.svdvals(matrix)
    return values.sum()
