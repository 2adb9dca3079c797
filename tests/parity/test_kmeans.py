"""k-means against scikit-learn's, from the same centres."""

import pytest
import torch
from sklearn.cluster import KMeans
from torch import Tensor

from aigc_ref.metrics.kmeans import kmeans, lloyd, plus_plus


def _points(seed: int, points: int = 200) -> Tensor:
    return torch.randn(points, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.compares("scikit-learn", technique="aigc_ref.metrics.kmeans.lloyd", atol=1e-12, rtol=1e-12)
@pytest.mark.parametrize("seed", range(5))
def test_lloyds_steps_end_where_those_of_scikit_learn_do(seed: int) -> None:
    points = _points(seed)
    centres = points[:6]
    peer = KMeans(6, init=centres.numpy(), n_init=1, tol=0, max_iter=500).fit(points.numpy())
    ours = lloyd(points, centres, steps=500)
    assert ours.labels.tolist() == peer.labels_.tolist()
    torch.testing.assert_close(ours.centres, torch.from_numpy(peer.cluster_centers_), rtol=0, atol=1e-12)
    assert ours.inertia == pytest.approx(peer.inertia_, rel=1e-12)


@pytest.mark.compares("scikit-learn", technique="aigc_ref.metrics.kmeans.kmeans", rtol=0.05)
def test_no_looser_than_scikit_learn_from_centres_of_its_own() -> None:
    points = _points(0)
    peer = KMeans(8, n_init=5, random_state=0).fit(points.numpy())
    assert kmeans(points, 8).inertia == pytest.approx(peer.inertia_, rel=0.05)


def test_more_steps_and_more_starts_are_never_looser() -> None:
    points = _points(0)
    by_steps = [lloyd(points, points[:10], steps).inertia for steps in (0, 1, 2, 5, 50)]
    assert by_steps == sorted(by_steps, reverse=True)
    by_starts = [kmeans(points, 10, starts=starts).inertia for starts in (1, 3, 9)]
    assert by_starts == sorted(by_starts, reverse=True)


@pytest.mark.parametrize("offset", [0.0, 1e10])
def test_groups_that_lie_apart_are_found_wherever_they_lie(offset: float) -> None:
    middles = torch.tensor([[0.0, 0, 0], [50, 0, 0], [0, 50, 0], [0, 0, 50]], dtype=torch.float64)
    labels = kmeans(_points(0) + middles.repeat(50, 1) + offset, 4).labels.reshape(50, 4)
    assert (labels == labels[0]).all()
    assert labels[0].unique().numel() == 4


def test_the_same_seed_makes_the_same_groups() -> None:
    labels = [kmeans(_points(0), 20, starts=1, seed=seed).labels for seed in (0, 0, 1)]
    assert torch.equal(labels[0], labels[1])
    assert not torch.equal(labels[0], labels[2])


def test_starts_are_different_points_until_there_are_no_more() -> None:
    points = torch.arange(4.0, dtype=torch.float64).repeat_interleave(10).unsqueeze(1)
    centres = plus_plus(points, 6, torch.Generator().manual_seed(0))
    assert sorted(centres[:4].flatten().tolist()) == [0, 1, 2, 3]
    assert kmeans(points, 6).inertia == 0


@pytest.mark.parametrize(("clusters", "starts"), [(0, 1), (4, 1), (2, 0)])
def test_what_cannot_be_grouped_is_refused(clusters: int, starts: int) -> None:
    with pytest.raises(ValueError, match="cannot make"):
        kmeans(torch.zeros(3, 2), clusters, starts=starts)
