"""Precision, recall, density and coverage against their authors' package."""

from dataclasses import asdict

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from prdc import compute_prdc
from torch import Tensor

from aigc_ref.metrics.prdc import Prdc, precision_recall_density_coverage


def _features(seed: int, samples: int, features: int) -> Tensor:
    return torch.randn(samples, features, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def _assert_as_prdc(real: Tensor, generated: Tensor, neighbours: int) -> Prdc:
    ours = precision_recall_density_coverage(real, generated, neighbours=neighbours)
    theirs = compute_prdc(real.numpy(), generated.numpy(), neighbours)
    assert asdict(ours) == pytest.approx(theirs, rel=0, abs=1e-12)
    return ours


@pytest.mark.compares("prdc", technique="aigc_ref.metrics.prdc", atol=1e-12)
@pytest.mark.parametrize("neighbours", [1, 3, 5])
@pytest.mark.parametrize("shift", [0.0, 0.7, 100.0])
def test_as_prdc(neighbours: int, shift: float) -> None:
    real, generated = _features(0, 150, 8), 0.8 * _features(1, 90, 8) + shift
    ours = _assert_as_prdc(real, generated, neighbours)
    assert (ours.precision == 0) == (shift == 100.0)  # the cases do differ


@pytest.mark.compares("prdc", technique="aigc_ref.metrics.prdc", atol=1e-12)
def test_as_prdc_in_many_dimensions_and_far_from_zero() -> None:
    _assert_as_prdc(_features(0, 80, 512) + 50, _features(1, 120, 512) + 50.05, 5)


def test_where_the_features_lie_does_not_matter() -> None:
    real, generated = _features(0, 80, 8), 0.8 * _features(1, 60, 8)
    expected = precision_recall_density_coverage(real, generated)
    assert precision_recall_density_coverage(real + 2.0**30, generated + 2.0**30) == expected


@pytest.mark.compares("prdc", technique="aigc_ref.metrics.prdc", atol=1e-12)
def test_as_prdc_on_a_grid_where_distances_equal_radii_and_closed_balls_give_other_numbers() -> None:
    generator = torch.Generator().manual_seed(0)
    real, generated = torch.randint(0, 8, (2, 60, 2), generator=generator).double()
    ours = _assert_as_prdc(real, generated, 3)
    radii = torch.cdist(real, real).sort(dim=1).values[:, 3]
    closed = (torch.cdist(generated, real) <= radii).any(dim=1).double().mean().item()
    assert closed > ours.precision


def test_distances_may_come_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    real, generated = _features(0, 150, 8), _features(1, 90, 8)
    whole = precision_recall_density_coverage(real, generated)
    monkeypatch.setattr("aigc_ref.metrics.prdc.BLOCK", 1000)
    assert precision_recall_density_coverage(real, generated) == whole
    monkeypatch.setattr("aigc_ref.metrics.prdc.BLOCK", 1)
    assert precision_recall_density_coverage(real, generated) == whole


@pytest.mark.parametrize("features", [1, 3, 64, 2048])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_a_copy_of_the_real_samples_is_perfect(features: int, scale: float) -> None:
    real = scale * _features(0, 40, features) + 1000
    shuffled = real[torch.randperm(40, generator=torch.Generator().manual_seed(1))]
    ours = precision_recall_density_coverage(real, shuffled)
    assert (ours.precision, ours.recall, ours.coverage) == (1, 1, 1)
    assert ours.density == pytest.approx(1)


@pytest.mark.parametrize("features", [1, 3, 64, 2048])
def test_a_generator_that_repeats_one_sample_has_balls_of_no_size(features: int) -> None:
    real = _features(0, 40, features)
    repeated = real[:1].expand(20, -1)
    ours = precision_recall_density_coverage(real, repeated)
    assert (ours.precision, ours.recall) == (1, 0)
    assert ours.coverage < 0.5


def test_an_outlier_among_generated_samples_lifts_recall_and_not_coverage() -> None:
    real, generated = _features(0, 100, 4), 0.1 * _features(1, 100, 4)
    with_outlier = torch.cat([generated, torch.full((1, 4), 1000.0, dtype=torch.float64)])
    before = precision_recall_density_coverage(real, generated)
    after = precision_recall_density_coverage(real, with_outlier)
    assert after.recall > before.recall + 0.3
    assert after.coverage == before.coverage


def test_density_is_one_on_average_where_both_sets_have_one_distribution() -> None:
    density = [
        precision_recall_density_coverage(_features(seed, 60, 4), _features(seed + 1000, 60, 4)).density
        for seed in range(100)
    ]
    assert sum(density) / 100 == pytest.approx(1, abs=0.03)


@given(st.integers(0, 10**6), st.integers(4, 15), st.integers(4, 15), st.integers(1, 3))
def test_shares_are_from_zero_to_one_and_the_order_of_samples_does_not_matter(
    seed: int, samples: int, others: int, neighbours: int
) -> None:
    real, generated = _features(seed, samples, 3), _features(seed + 1, others, 3)
    ours = precision_recall_density_coverage(real, generated, neighbours=neighbours)
    assert all(0 <= share <= 1 for share in (ours.precision, ours.recall, ours.coverage))
    assert ours.density >= 0
    assert precision_recall_density_coverage(real.flip(0), generated.flip(0), neighbours=neighbours) == ours
    swapped = precision_recall_density_coverage(generated, real, neighbours=neighbours)
    assert (swapped.precision, swapped.recall) == (ours.recall, ours.precision)


@pytest.mark.parametrize(("neighbours", "message"), [(0, "at least its first neighbour"), (5, "at least 6 samples")])
def test_there_must_be_neighbours(neighbours: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        precision_recall_density_coverage(torch.zeros(5, 2), torch.zeros(9, 2), neighbours=neighbours)
