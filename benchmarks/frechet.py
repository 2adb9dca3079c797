"""Fréchet distance at 2,048 features: symmetric eigenvalues or singular values, against eigenvalues of Σ₁Σ₂ and a root.

From 3,000 samples the moments are made beforehand, since everyone makes them alike. From 1,000 samples the work begins
with the samples, since ours needs no moments then.
"""

from collections.abc import Iterator
from importlib.metadata import version

import scipy.linalg
import torch
from torch import Tensor
from torchmetrics.image.fid import _compute_fid

from aigc_ref.metrics.frechet import frechet_distance, gaussian_frechet_distance
from benchmarks.timing import Comparison, compare

FEATURES = 2048
TORCHMETRICS = f"torchmetrics {version('torchmetrics')}"
SCIPY = f"scipy {version('scipy')}, sqrtm"


def run() -> Iterator[Comparison]:
    many = _features(0, 3000), _features(1, 3000)
    gaussians = _gaussian(many[0]) + _gaussian(many[1])
    ours = gaussian_frechet_distance(*gaussians)
    _assert_equal(ours, _compute_fid(*gaussians).item(), tolerance=1e-9)
    _assert_equal(ours, _by_root(*gaussians), tolerance=1e-9)
    yield compare(
        "Fréchet distance, 3,000 samples of 2,048 features, from their moments",
        TORCHMETRICS,
        lambda: gaussian_frechet_distance(*gaussians),
        lambda: _compute_fid(*gaussians),
        goal=2.5,
        rounds=3,
    )
    yield compare(
        "Fréchet distance, 3,000 samples of 2,048 features, from their moments",
        SCIPY,
        lambda: gaussian_frechet_distance(*gaussians),
        lambda: _by_root(*gaussians),
        goal=None,
        rounds=1,
    )
    few = _features(0, 1000), _features(1, 1000)
    _assert_equal(frechet_distance(*few), _torchmetrics(*few), tolerance=1e-6)
    yield compare(
        "Fréchet distance, 1,000 samples of 2,048 features",
        TORCHMETRICS,
        lambda: frechet_distance(*few),
        lambda: _torchmetrics(*few),
        goal=5,
        rounds=3,
    )


def _features(seed: int, samples: int) -> Tensor:
    """With variances over two orders of magnitude."""
    generator = torch.Generator().manual_seed(seed)
    scale = torch.logspace(0, -1, FEATURES, dtype=torch.float64)
    return torch.randn(samples, FEATURES, dtype=torch.float64, generator=generator) * scale + seed * scale / 10


def _gaussian(features: Tensor) -> tuple[Tensor, Tensor]:
    return features.mean(dim=0), features.mT.cov()


def _torchmetrics(one: Tensor, other: Tensor) -> float:
    return _compute_fid(*_gaussian(one), *_gaussian(other)).item()


def _by_root(mean: Tensor, covariance: Tensor, other_mean: Tensor, other_covariance: Tensor) -> float:
    root = scipy.linalg.sqrtm((covariance @ other_covariance).numpy()).real
    step = (mean - other_mean).square().sum()
    return float(step + (covariance + other_covariance).trace() - 2 * root.trace())


def _assert_equal(ours: float, theirs: float, *, tolerance: float) -> None:
    if abs(ours - theirs) > tolerance * theirs:
        raise AssertionError(f"ours is {ours!r}, theirs {theirs!r}")
