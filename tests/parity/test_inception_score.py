"""Inception score against torchmetrics, over the same shuffling."""

from statistics import fmean, stdev

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torchmetrics.image.inception import InceptionScore

from aigc_ref.metrics.inception_score import inception_score, inception_scores


def _logits(seed: int, samples: int, classes: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(samples, classes, dtype=torch.float64, generator=generator)


@pytest.mark.compares("torchmetrics", technique="aigc_ref.metrics.inception_score", rtol=1e-11)
@pytest.mark.parametrize("splits", [2, 10])
def test_as_torchmetrics(splits: int) -> None:
    logits = _logits(0, 120, 10)
    peer = InceptionScore(feature=nn.Identity(), splits=splits)
    peer.update(logits)
    torch.manual_seed(5)
    mean, deviation = peer.compute()
    ours = inception_scores(logits.softmax(dim=1), splits=splits, seed=5)
    assert fmean(ours) == pytest.approx(mean.item(), rel=1e-12)
    assert stdev(ours) == pytest.approx(deviation.item(), rel=1e-11)  # of the sample; the paper's is of the population


def test_there_are_as_many_parts_as_were_asked_for() -> None:
    probabilities = _logits(0, 9, 3).softmax(dim=1)
    assert len(probabilities.chunk(6)) == 5  # what torchmetrics takes
    assert len(inception_scores(probabilities, splits=6)) == 6


def test_a_probability_of_zero_is_no_error() -> None:
    assert inception_score(torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])) == pytest.approx(2.0)


@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 8))
def test_from_one_to_the_number_of_classes(seed: int, samples: int, classes: int) -> None:
    score = inception_score(_logits(seed, samples, classes).softmax(dim=1))
    assert 1 - 1e-12 <= score <= classes + 1e-12


def test_the_order_of_samples_does_not_matter() -> None:
    probabilities = _logits(0, 50, 7).softmax(dim=1)
    assert inception_score(probabilities.flip(0)) == pytest.approx(inception_score(probabilities), rel=1e-12)


@pytest.mark.parametrize(
    "wrong", [_logits(0, 4, 3), torch.tensor([[1.5, -0.5]]), torch.full((2, 4), 0.2), torch.zeros(2, 2)]
)
def test_logits_are_no_probabilities(wrong: Tensor) -> None:
    with pytest.raises(ValueError, match="each row must be a distribution"):
        inception_score(wrong)


def test_a_part_needs_a_sample() -> None:
    with pytest.raises(ValueError, match="3 samples do not make 4 parts"):
        inception_scores(torch.eye(3), splits=4)
