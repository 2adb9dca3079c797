"""Fréchet distance against torchmetrics' eigenvalues and scipy's matrix root, and by hand where both lose digits."""

import itertools

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance, _compute_fid

from aigc_ref.metrics.frechet import Moments, frechet_distance, gaussian_frechet_distance, moments


def _features(seed: int, samples: int, features: int) -> Tensor:
    """Correlated, with variances over three orders of magnitude and a mean that is not 0, as those of networks are."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(features, features, generator=generator, dtype=torch.float64)
    scale = torch.logspace(0, -1.5, features, dtype=torch.float64)
    return torch.randn(samples, features, generator=generator, dtype=torch.float64) @ (mixing * scale) + scale


def _torchmetrics(one: Tensor, other: Tensor) -> float:
    return _compute_fid(one.mean(0), one.mT.cov(), other.mean(0), other.mT.cov()).item()


def _scipy(one: Tensor, other: Tensor) -> float:
    a, b = one.numpy(), other.numpy()
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(first @ second).real
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first + second - 2 * root))


@pytest.mark.compares("torchmetrics", technique="aigc_ref.metrics.frechet", rtol=1e-9)
@pytest.mark.compares("scipy", technique="aigc_ref.metrics.frechet", rtol=1e-9)
@pytest.mark.parametrize("samples", [(200, 300), (500, 130), (5000, 200)])
def test_as_torchmetrics_and_scipy_where_covariances_have_full_rank(samples: tuple[int, int]) -> None:
    one, other = _features(0, samples[0], 64), _features(1, samples[1], 64)
    ours = frechet_distance(one, other)
    assert ours == pytest.approx(_torchmetrics(one, other), rel=1e-9)
    assert ours == pytest.approx(_scipy(one, other), rel=1e-9)


@pytest.mark.compares("torchmetrics", technique="aigc_ref.metrics.frechet", rtol=1e-6)
@pytest.mark.parametrize("samples", [(20, 30), (64, 64), (20, 300), (300, 20), (2, 2)])
def test_as_torchmetrics_with_no_more_samples_than_features(samples: tuple[int, int]) -> None:
    one, other = _features(0, samples[0], 64), _features(1, samples[1], 64)
    assert frechet_distance(one, other) == pytest.approx(_torchmetrics(one, other), rel=1e-6)  # its digits end there


@pytest.mark.parametrize("samples", [(200, 300), (65, 65), (65, 900), (64, 64), (300, 64), (20, 300), (2, 2)])
def test_every_way_to_the_distance_keeps_its_digits(samples: tuple[int, int]) -> None:
    one, other = _features(0, samples[0], 64), _features(1, samples[1], 64)
    few = nn.functional.pad(one, (0, 900)), nn.functional.pad(other, (0, 900))  # so that singular values are taken
    assert frechet_distance(one, other) == pytest.approx(frechet_distance(*few), rel=1e-12)
    assert _by_gaussians(one, other) == pytest.approx(frechet_distance(*few), rel=1e-9)


@pytest.mark.compares("definition", technique="aigc_ref.metrics.frechet", rtol=1e-13)
def test_few_samples_cost_no_digit() -> None:
    # Lines in 1,000 dimensions, at an angle whose cosine is c: Tr √(Σ₁Σ₂) = c · s₁ · s₂ with the deviations s.
    angle = torch.tensor(0.3, dtype=torch.float64)
    direction, other_direction = torch.zeros(2, 1000, dtype=torch.float64)
    direction[0], other_direction[:2] = 1, torch.stack([angle.cos(), angle.sin()])
    along, other_along = torch.tensor([[-1.0, 0, 2.0], [-3.0, 1, 2.0]], dtype=torch.float64)
    one, other = torch.outer(along, direction), torch.outer(other_along, other_direction)
    means = (along.mean() * direction - other_along.mean() * other_direction).square().sum()
    spread = along.var() + other_along.var() - 2 * angle.cos() * along.std() * other_along.std()
    assert frechet_distance(one, other) == pytest.approx((means + spread).item(), rel=1e-13)


@pytest.mark.parametrize("samples", [(40, 40), (100, 100)])
def test_features_that_never_vary_change_nothing(samples: tuple[int, int]) -> None:
    one, other = _features(0, samples[0], 16), _features(1, samples[1], 16)
    dead = nn.functional.pad(one, (8, 40), value=0.5), nn.functional.pad(other, (8, 40), value=0.5)
    assert frechet_distance(*dead) == pytest.approx(frechet_distance(one, other), rel=1e-12)
    assert _by_gaussians(*dead) == pytest.approx(frechet_distance(one, other), rel=1e-10)


@pytest.mark.compares("definition", technique="aigc_ref.metrics.frechet", rtol=1e-12)
def test_a_set_that_is_one_point_has_the_distance_of_its_mean_and_the_other_sets_variance() -> None:
    one, other = _features(0, 50, 8), torch.ones(50, 8, dtype=torch.float64)
    expected = (one.mean(0) - 1).square().sum() + one.var(dim=0).sum()
    assert frechet_distance(one, other) == pytest.approx(expected.item(), rel=1e-12)
    assert frechet_distance(other, one) == pytest.approx(expected.item(), rel=1e-12)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = _features(0, 200, 64), _features(1, 300, 64)
    whole = frechet_distance(one, other)
    monkeypatch.setattr("aigc_ref.metrics.frechet.BLOCK", 10)
    assert frechet_distance(one, other) == pytest.approx(whole, rel=1e-12)


@pytest.mark.compares("definition", technique="aigc_ref.metrics.frechet", rtol=1e-13)
def test_commuting_covariances_by_hand() -> None:
    one, other = torch.tensor([1.0, 4.0, 9.0]), torch.tensor([4.0, 4.0, 1.0])
    zero = torch.zeros(3)
    ours = gaussian_frechet_distance(zero, one.diag(), zero + 2, other.diag())
    assert ours == pytest.approx(3 * 4 + (1 - 2) ** 2 + (2 - 2) ** 2 + (3 - 1) ** 2, rel=1e-13)


@pytest.mark.compares("torch", technique="aigc_ref.metrics.frechet.moments", atol=1e-12)
@pytest.mark.parametrize("sizes", [(300,), (1,) * 300, (256, 44), (7, 100, 193)])
def test_moments_are_the_same_however_the_samples_come(sizes: tuple[int, ...]) -> None:
    features = _features(0, 300, 16)
    ours = moments(iter(features.split(sizes)))
    assert ours.count == 300
    torch.testing.assert_close(ours.mean, features.mean(dim=0), rtol=0, atol=1e-12)
    torch.testing.assert_close(ours.covariance, features.mT.cov(), rtol=0, atol=1e-12)


def test_a_mean_far_from_zero_costs_no_digit_where_sums_of_squares_lose_them() -> None:
    one, other = _features(0, 300, 16), _features(1, 300, 16)
    expected = frechet_distance(one, other)
    far, other_far = one + 2.0**25, other + 2.0**25  # 7 of the 16 digits go into the mean
    batches, other_batches = moments(far.split(50)), moments(other_far.split(50))
    ours = gaussian_frechet_distance(batches.mean, batches.covariance, other_batches.mean, other_batches.covariance)
    assert ours == pytest.approx(expected, rel=1e-6)

    peer = FrechetInceptionDistance(feature=_Flat(), input_img_size=(1, 4, 4)).set_dtype(torch.float64)
    peer.update(far.reshape(-1, 1, 4, 4), real=True)
    peer.update(other_far.reshape(-1, 1, 4, 4), real=False)
    assert abs(peer.compute().item() - expected) > 0.1 * expected


@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(2, 12), st.integers(1, 6))
def test_symmetric_not_negative_and_zero_to_itself(seed: int, samples: int, others: int, features: int) -> None:
    one, other = _features(seed, samples, features), _features(seed + 1, others, features)
    scale = one.square().mean().item() + other.square().mean().item()
    assert frechet_distance(one, one) <= 1e-12 * scale * features
    distance = frechet_distance(one, other)
    assert distance >= 0
    assert distance == pytest.approx(frechet_distance(other, one), rel=1e-9, abs=1e-9 * scale)


@given(st.integers(0, 10**6), st.sampled_from([6, 40]))
def test_neither_the_order_of_samples_nor_a_rotation_of_features_matters(seed: int, samples: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    one, other = _features(seed, samples, 8), _features(seed + 1, samples, 8)
    shuffled = one[torch.randperm(samples, generator=generator)]
    rotation = torch.linalg.qr(torch.randn(8, 8, generator=generator, dtype=torch.float64)).Q
    expected = frechet_distance(one, other)
    assert frechet_distance(shuffled, other) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(one @ rotation, other @ rotation) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(3 * one, 3 * other) == pytest.approx(9 * expected, rel=1e-9)


def test_singular_covariances_pass_whatever_float32_rounds_below_zero() -> None:
    one, other = _features(0, 20, 64), _features(1, 30, 64)
    rounded = [features.float().mT.cov() for features in (one, other)]
    assert torch.linalg.eigvalsh(rounded[0].double())[0] < 0
    ours = gaussian_frechet_distance(one.mean(0), rounded[0], other.mean(0), rounded[1])
    assert ours == pytest.approx(frechet_distance(one, other), rel=1e-4)


def test_what_is_no_gaussian_is_refused() -> None:
    zero, unit = torch.zeros(2), torch.eye(2)
    with pytest.raises(ValueError, match="need square covariances of as many"):
        gaussian_frechet_distance(zero, torch.eye(3), zero, torch.eye(3))
    with pytest.raises(ValueError, match="symmetric"):
        gaussian_frechet_distance(zero, unit, zero, torch.tensor([[1.0, 1.0], [0.0, 1.0]]))
    for one, other in ((-unit, unit), (unit, -unit), (unit, torch.tensor([[1.0, 2.0], [2.0, 1.0]]))):
        with pytest.raises(ValueError, match="no negative eigenvalue, this matrix has -1 and"):
            gaussian_frechet_distance(zero, one, zero, other)
    with pytest.raises(ValueError, match="no batch"):
        moments([])
    with pytest.raises(ValueError, match="16 and 1 features have no moments together"):
        moments([torch.zeros(4, 16), torch.zeros(4, 1)])
    with pytest.raises(ValueError, match="one sample has no covariance"):
        _ = moments([torch.zeros(1, 2)]).covariance


class _Flat(nn.Module):
    num_features = 16

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.flatten(1)


def _by_gaussians(one: Tensor, other: Tensor) -> float:
    parts: list[Moments] = [moments(features.split(7)) for features in (one, other)]
    return gaussian_frechet_distance(*itertools.chain.from_iterable((part.mean, part.covariance) for part in parts))
