"""Kernel distance against torchmetrics, over the same draws."""

from statistics import fmean, pstdev

import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.kid import KernelInceptionDistance, poly_mmd

from aigc_ref.metrics.kernel_distance import kernel_distance, kernel_distances, polynomial_kernel


@pytest.fixture
def features() -> tuple[Tensor, Tensor]:
    one, other = torch.randn(2, 200, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return one, 1.2 * other + 0.1


@pytest.mark.compares("torchmetrics", technique="aigc_ref.metrics.kernel_distance", rtol=1e-12)
def test_as_torchmetrics_over_all_samples(features: tuple[Tensor, Tensor]) -> None:
    assert kernel_distance(*features) == pytest.approx(poly_mmd(*features).item(), rel=1e-12)


@pytest.mark.compares("torchmetrics", technique="aigc_ref.metrics.kernel_distance", rtol=1e-12)
def test_as_torchmetrics_over_the_same_subsets(features: tuple[Tensor, Tensor]) -> None:
    one, other = features
    peer = KernelInceptionDistance(feature=nn.Identity(), subsets=7, subset_size=50)
    peer.update(one, real=True)
    peer.update(other, real=False)
    torch.manual_seed(3)
    mean, deviation = peer.compute()
    ours = kernel_distances(one, other, subsets=7, subset_size=50, seed=3)
    assert fmean(ours) == pytest.approx(mean.item(), rel=1e-12)
    assert pstdev(ours) == pytest.approx(deviation.item(), rel=1e-12)


@pytest.mark.compares("definition", technique="aigc_ref.metrics.kernel_distance", rtol=1e-12)
def test_sets_of_different_sizes_by_every_pair() -> None:
    one, other = torch.randn(9, 3, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    within = [
        [(a @ b / 3 + 1) ** 3 for i, a in enumerate(points) for j, b in enumerate(points) if i != j]
        for points in (one, other)
    ]
    between = [(a @ b / 3 + 1) ** 3 for a in one for b in other]
    expected = sum(torch.stack(values).mean() for values in within) - 2 * torch.stack(between).mean()
    assert kernel_distance(one, other) == pytest.approx(float(expected), rel=1e-12)


def test_the_kernel_matrix_may_come_in_blocks(features: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = kernel_distance(*features)
    monkeypatch.setattr("aigc_ref.metrics.kernel_distance.ROWS", 7)
    assert kernel_distance(*features) == pytest.approx(whole, rel=1e-12)


def test_zero_on_average_over_one_distribution_where_the_pairs_of_a_sample_with_itself_would_add_to_it() -> None:
    generator = torch.Generator().manual_seed(0)
    draws = torch.randn(400, 2, 10, 4, dtype=torch.float64, generator=generator)
    unbiased = [kernel_distance(one, other) for one, other in draws]
    error = pstdev(unbiased) / len(unbiased) ** 0.5
    assert abs(fmean(unbiased)) < 3 * error
    biased = [
        polynomial_kernel(one, one).mean() + polynomial_kernel(other, other).mean()
        - 2 * polynomial_kernel(one, other).mean()
        for one, other in draws
    ]  # fmt: skip
    assert fmean(map(float, biased)) > 10 * error


def test_the_order_of_samples_does_not_matter(features: tuple[Tensor, Tensor]) -> None:
    one, other = features
    order = torch.randperm(len(one), generator=torch.Generator().manual_seed(1))
    assert kernel_distance(one[order], other) == pytest.approx(kernel_distance(one, other), rel=1e-12)
    assert kernel_distance(other, one) == pytest.approx(kernel_distance(one, other), rel=1e-12)


def test_the_same_seed_draws_the_same_subsets(features: tuple[Tensor, Tensor]) -> None:
    draws = [kernel_distances(*features, subsets=3, subset_size=50, seed=seed) for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize(("subsets", "subset_size"), [(0, 50), (1, 201), (1, 1)])
def test_no_subset_is_larger_than_its_set(features: tuple[Tensor, Tensor], subsets: int, subset_size: int) -> None:
    with pytest.raises(ValueError, match="cannot draw"):
        kernel_distances(*features, subsets=subsets, subset_size=subset_size)
