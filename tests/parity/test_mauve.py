"""MAUVE against mauve-text: from the same histograms, and from features whose groups leave nothing to chance."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mauve.compute_mauve import compute_mauve, get_divergence_curve_for_multinomials
from sklearn.decomposition import PCA
from sklearn.metrics import auc
from torch import Tensor

from aigc_ref.metrics.mauve import divergence_curve, histograms, mauve, principal_components

counts = st.lists(st.integers(0, 9), min_size=2, max_size=12)


def _histograms(seed: int) -> tuple[Tensor, Tensor]:
    p, q = torch.randint(0, 9, (2, 15), generator=torch.Generator().manual_seed(seed))  # with empty groups
    return p, q


@pytest.mark.compares("mauve-text", technique="aigc_ref.metrics.mauve", atol=1e-13)
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("scale", "mixtures"), [(5.0, 25), (1.0, 25), (5.0, 100)])
def test_as_mauve_text_from_the_same_histograms(seed: int, scale: float, mixtures: int) -> None:
    p, q = _histograms(seed)
    shares = [histogram.numpy() / int(histogram.sum()) for histogram in (p, q)]
    theirs = get_divergence_curve_for_multinomials(*shares, np.linspace(1e-6, 1 - 1e-6, mixtures), scale)
    curve = divergence_curve(p, q, scale=scale, mixtures=mixtures)
    np.testing.assert_allclose(curve, theirs, rtol=0, atol=1e-13)
    assert mauve(p, q, scale=scale, mixtures=mixtures) == pytest.approx(auc(*theirs.T), abs=1e-13)


@pytest.mark.compares("mauve-text", technique="aigc_ref.metrics.mauve", atol=1e-7)
def test_as_mauve_text_from_features_in_groups_that_lie_apart() -> None:
    generator = torch.Generator().manual_seed(0)
    middles = torch.eye(5, 8, dtype=torch.float64)
    p_groups, q_groups = (
        torch.randint(0, 4, (60,), generator=generator),
        1 + torch.randint(0, 4, (80,), generator=generator),
    )
    features, others = (
        middles[groups] + 0.01 * torch.randn(len(groups), 8, dtype=torch.float64, generator=generator)
        for groups in (p_groups, q_groups)
    )
    theirs = compute_mauve(p_features=features.numpy(), q_features=others.numpy(), num_buckets=5)
    p, q = histograms(features, others, groups=5)
    ours = sorted(zip((p / len(features)).tolist(), (q / len(others)).tolist(), strict=True))
    np.testing.assert_allclose(ours, sorted(zip(theirs.p_hist, theirs.q_hist, strict=True)), rtol=0, atol=1e-7)
    assert mauve(p, q) == pytest.approx(theirs.mauve, abs=1e-12)


@pytest.mark.compares("scikit-learn", technique="aigc_ref.metrics.mauve.principal_components", atol=1e-12)
def test_principal_components_are_those_of_scikit_learn() -> None:
    scale = torch.logspace(0, -2, 10, dtype=torch.float64)
    points = torch.randn(50, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * scale
    theirs = PCA(n_components=0.9, svd_solver="full").fit_transform(points.numpy())
    ours = principal_components(points).numpy()
    np.testing.assert_allclose(abs(ours), abs(theirs), rtol=0, atol=1e-12)  # a direction has no sign


@given(counts.filter(any))
def test_a_distribution_is_like_itself(p: list[int]) -> None:
    histogram = torch.tensor(p)
    assert mauve(histogram, 3 * histogram) == pytest.approx(1)


@given(st.integers(0, 10**6))
def test_from_zero_to_one_and_the_same_both_ways(seed: int) -> None:
    p, q = _histograms(seed)
    assert 0 <= mauve(p, q) <= 1 + 1e-12
    assert mauve(p, q) == pytest.approx(mauve(q, p), abs=1e-9)
    order = torch.randperm(15, generator=torch.Generator().manual_seed(seed))
    assert mauve(p[order], q[order]) == pytest.approx(mauve(p, q), abs=1e-12)


def test_x_falls_and_y_rises_along_the_curve() -> None:
    curve = divergence_curve(*_histograms(0))
    assert (curve[:, 0].diff() <= 0).all()
    assert (curve[:, 1].diff() >= 0).all()
    assert curve[[0, -1]].tolist() == [[1, 0], [0, 1]]


def test_distributions_with_no_group_in_common_are_not_alike_at_all() -> None:
    assert mauve(torch.tensor([1, 1, 0, 0]), torch.tensor([0, 0, 1, 1])) < 0.01


def test_the_same_seed_makes_the_same_histograms_and_none_loses_a_text() -> None:
    features, others = torch.randn(2, 45, 6, generator=torch.Generator().manual_seed(0))
    one, again = histograms(features, others), histograms(features, others)
    assert one[0].tolist() == again[0].tolist()
    assert one[1].tolist() == again[1].tolist()
    assert [int(counted.sum()) for counted in one] == [45, 45]
    assert len(one[0]) == 4  # a tenth of 45 texts


def test_the_length_of_a_texts_features_does_not_matter() -> None:
    generator = torch.Generator().manual_seed(0)
    features, others = torch.rand(2, 40, 6, dtype=torch.float64, generator=generator)
    lengths = 1 + 9 * torch.rand(40, 1, dtype=torch.float64, generator=generator)
    expected, scaled = histograms(features, others), histograms(lengths * features, others)
    assert torch.equal(expected[0], scaled[0])
    assert torch.equal(expected[1], scaled[1])


def test_texts_that_are_all_alike_are_alike() -> None:
    assert mauve(*histograms(torch.ones(20, 4), torch.ones(30, 4))) == pytest.approx(1)


def test_what_is_no_histogram_is_refused() -> None:
    with pytest.raises(ValueError, match="no negative count"):
        mauve(torch.tensor([1, -1]), torch.tensor([1, 1]))
    with pytest.raises(ValueError, match="no negative count"):
        mauve(torch.tensor([0, 0]), torch.tensor([1, 1]))
    with pytest.raises(ValueError, match="2 and 3 groups do not compare"):
        mauve(torch.ones(2), torch.ones(3))
    with pytest.raises(ValueError, match="at least 2 mixtures"):
        mauve(torch.ones(2), torch.ones(2), mixtures=1)
    with pytest.raises(ValueError, match="no direction"):
        histograms(torch.zeros(3, 2), torch.ones(3, 2))
