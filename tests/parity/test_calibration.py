"""Calibration against torchmetrics, scikit-learn and scipy."""

import math

import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from torchmetrics.functional.classification import multiclass_calibration_error

from aigc_ref.metrics.calibration import Bin, calibration_error, chance_error, fit_temperature, reliability


def _examples(classes: int, size: int = 500, sharpness: float = 3.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that are too sharp by this factor, and labels drawn from what they would say without it."""
    generator = torch.Generator().manual_seed(classes)
    logits = torch.randn(size, classes, generator=generator, dtype=torch.float64) * 1.5
    return sharpness * logits, logits.softmax(dim=1).multinomial(1, generator=generator).squeeze(1)


@pytest.mark.compares("torchmetrics", technique="aigc_ref.metrics.calibration.calibration_error", atol=1e-6)
@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("bins", [1, 7, 10, 15])
def test_error_as_torchmetrics(classes: int, bins: int) -> None:
    logits, labels = _examples(classes)
    probabilities = logits.softmax(dim=1)
    confidences, answers = probabilities.max(dim=1)
    ours = calibration_error(reliability(confidences, answers == labels, bins))
    oracle = multiclass_calibration_error(probabilities, labels, classes, n_bins=bins, norm="l1")
    assert ours == pytest.approx(oracle.item(), abs=1e-6)  # it computes in float32


@pytest.mark.compares("scikit-learn", technique="aigc_ref.metrics.calibration.reliability", atol=1e-12)
def test_bins_as_scikit_learn() -> None:
    logits, labels = _examples(2)
    confidences, answers = logits.softmax(dim=1).max(dim=1)
    right = answers == labels
    accuracy, confidence = calibration_curve(right.numpy(), confidences.numpy(), n_bins=10)
    bins = reliability(confidences, right)
    assert [found.accuracy for found in bins] == pytest.approx(accuracy, abs=1e-12)
    assert [found.confidence for found in bins] == pytest.approx(confidence, abs=1e-12)
    assert sum(found.examples for found in bins) == len(labels)


def test_certainty_is_in_the_last_bin_and_an_edge_in_the_upper_one() -> None:
    bins = reliability(torch.tensor([1.0, 0.5, 0.4]), torch.tensor([True, True, False]), bins=2)
    assert [found.examples for found in bins] == [1, 2]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bins", [10, 15, 20, 100])
def test_every_edge_as_it_is_written_is_in_the_upper_bin(dtype: torch.dtype, bins: int) -> None:
    for edge in range(1, bins):
        share = torch.tensor(edge / bins, dtype=dtype)
        confidences = torch.stack([torch.nextafter(share, torch.zeros_like(share)), share])
        assert len(reliability(confidences, torch.ones(2, dtype=torch.bool), bins)) == 2, edge


@pytest.mark.compares("scipy", technique="aigc_ref.metrics.calibration.fit_temperature", atol=1e-5)
@pytest.mark.parametrize("classes", [2, 4])
def test_temperature_is_the_minimum_that_scipy_finds(classes: int) -> None:
    logits, labels = _examples(classes)

    def loss(temperature: float) -> float:
        return torch.nn.functional.cross_entropy(logits / temperature, labels).item()

    oracle = minimize_scalar(loss, bounds=(0.1, 20), method="bounded", options={"xatol": 1e-9})
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(oracle.x, abs=1e-5)
    assert 2 < found < 4.5  # they were made three times too sharp


@pytest.mark.compares("scikit-learn", technique="aigc_ref.metrics.calibration.fit_temperature", atol=1e-6)
def test_temperature_of_two_classes_is_a_logistic_regression_without_constant() -> None:
    logits, labels = _examples(2)
    difference = (logits[:, 1] - logits[:, 0]).unsqueeze(1).numpy()
    oracle = LogisticRegression(C=math.inf, fit_intercept=False, tol=1e-10).fit(difference, labels.numpy())
    assert 1 / fit_temperature(logits, labels) == pytest.approx(oracle.coef_.item(), abs=1e-6)


def test_temperature_mends_probabilities_and_no_answer() -> None:
    (logits, labels), (more, known) = _examples(3), _examples(3, size=2000)
    cooled = more / fit_temperature(logits, labels)
    assert (cooled.argmax(dim=1) == more.argmax(dim=1)).all()
    before, after = (
        calibration_error(reliability(confidences, answers == known))
        for confidences, answers in (rows.softmax(dim=1).max(dim=1) for rows in (more, cooled))
    )
    assert after < before / 3


def test_probabilities_that_are_true_have_the_error_of_chance() -> None:
    logits, labels = _examples(2, size=1000, sharpness=1.0)
    confidences, answers = logits.softmax(dim=1).max(dim=1)
    error = calibration_error(reliability(confidences, answers == labels))
    assert 0 < error < 2 * chance_error(confidences)
    sure, answers = (3 * logits).softmax(dim=1).max(dim=1)
    assert calibration_error(reliability(sure, answers == labels)) > 3 * chance_error(sure)


@pytest.mark.parametrize("labels", [[0, 0], [1, 0], [1, 1]], ids=["no mistake", "chance", "all wrong"])
def test_there_is_not_always_a_temperature(labels: list[int]) -> None:
    with pytest.raises(ArithmeticError, match="no temperature"):
        fit_temperature(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor(labels))


def test_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="one shape"):
        reliability(torch.tensor([0.5]), torch.tensor([True, False]))
    with pytest.raises(ValueError, match="at least 1"):
        reliability(torch.zeros(0), torch.zeros(0, dtype=torch.bool))
    with pytest.raises(ValueError, match="from 0 to 1"):
        reliability(torch.tensor([float("nan")]), torch.tensor([True]))
    with pytest.raises(ValueError, match="do not fit"):
        fit_temperature(torch.zeros(2, 2), torch.zeros(3, dtype=torch.int64))
    assert calibration_error([Bin(1, 0.5, 0.5)]) == 0
