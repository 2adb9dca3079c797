"""The linear probe against scikit-learn's logistic regression: the same objective, the same minimum."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from aigc_ref.selfsup.probe import Probe, linear_probe


def _data(size: int, width: int, classes: int, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(size, width, dtype=torch.float64, generator=generator)
    scores = features[:, :classes] + torch.randn(size, classes, dtype=torch.float64, generator=generator)
    return scale * features, scores.argmax(dim=-1)


def _oracle(features: Tensor, labels: Tensor, c: float) -> LogisticRegression:
    return LogisticRegression(C=c, solver="newton-cg", tol=1e-12, max_iter=10_000).fit(features.numpy(), labels.numpy())


@pytest.mark.compares("scikit-learn", technique="aigc_ref.selfsup.probe.linear_probe", atol=1e-8)
@pytest.mark.parametrize("l2", [0.1, 1.0, 30.0])
@pytest.mark.parametrize(("size", "width", "classes"), [(300, 20, 3), (40, 30, 5)])  # the latter can be divided
def test_weights_and_biases_are_those_of_scikit_learn(size: int, width: int, classes: int, l2: float) -> None:
    features, labels = _data(size, width, classes)
    probe, oracle = linear_probe(features, labels, l2=l2), _oracle(features, labels, 1 / l2)
    bias = oracle.intercept_ - oracle.intercept_.mean()  # a number may be added to all
    np.testing.assert_allclose(probe.weight, oracle.coef_, rtol=0, atol=1e-8)
    np.testing.assert_allclose(probe.bias, bias, rtol=0, atol=1e-8)
    np.testing.assert_allclose(
        probe.logits(features).softmax(dim=-1), oracle.predict_proba(features.numpy()), rtol=0, atol=1e-8
    )
    assert probe.accuracy(features, labels) == oracle.score(features.numpy(), labels.numpy())


@pytest.mark.compares("scikit-learn", technique="aigc_ref.selfsup.probe.linear_probe", atol=1e-8)
def test_two_classes_have_two_rows_that_share_the_penalty() -> None:
    # scikit-learn keeps one row w for two classes; ours are -w/2 and w/2, whose squares add up to half of w's
    features, labels = _data(200, 6, 2)
    probe, oracle = linear_probe(features, labels, l2=1.0), _oracle(features, labels, 2.0)
    np.testing.assert_allclose(probe.weight[1:] - probe.weight[:1], oracle.coef_, rtol=0, atol=1e-8)
    np.testing.assert_allclose(probe.weight.sum(dim=0), 0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_it_is_found_on_any_scale(scale: float) -> None:
    features, labels = _data(200, 8, 3)
    unlike = features * torch.logspace(-1, 1, 8, dtype=torch.float64) * scale
    probe, oracle = linear_probe(unlike, labels), _oracle(unlike, labels, 1.0)

    def objective(weight: Tensor, bias: Tensor) -> float:
        losses = torch.nn.functional.cross_entropy(unlike @ weight.T + bias, labels, reduction="sum")
        return float(losses + weight.square().sum() / 2)

    theirs = objective(torch.tensor(oracle.coef_), torch.tensor(oracle.intercept_))
    assert objective(probe.weight, probe.bias) <= theirs * (1 + 1e-12)


def test_the_gradient_vanishes() -> None:
    features, labels = _data(100, 10, 4)
    probe = linear_probe(features, labels, l2=0.5)
    weight, bias = probe.weight.clone().requires_grad_(), probe.bias.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(features @ weight.T + bias, labels, reduction="sum")
    for gradient in torch.autograd.grad(loss + 0.25 * weight.square().sum(), (weight, bias)):
        torch.testing.assert_close(gradient, torch.zeros_like(gradient), rtol=0, atol=1e-8)


def test_single_precision_goes_in_and_double_comes_out() -> None:
    features, labels = _data(60, 5, 3)
    probe = linear_probe(features.float(), labels)
    assert isinstance(probe, Probe)
    assert probe.weight.dtype == probe.logits(features.float()).dtype == torch.float64


@pytest.mark.parametrize(
    ("features", "labels", "l2", "message"),
    [
        (torch.zeros(3, 2), torch.tensor([0, 1]), 1.0, "n at least 1"),
        (torch.zeros(0, 2), torch.zeros(0, dtype=torch.long), 1.0, "n at least 1"),
        (torch.zeros(2, 2), torch.tensor([0, -1]), 1.0, "from 0 upwards"),
        (torch.full((2, 2), torch.nan), torch.tensor([0, 1]), 1.0, "finite"),
        (torch.zeros(2, 2), torch.tensor([0, 2]), 1.0, r"not \[1, 0, 1\]"),
        (torch.zeros(2, 2), torch.tensor([0, 0]), 1.0, "two classes"),
        (torch.zeros(2, 2), torch.tensor([0, 1]), 0.0, "above 0"),
    ],
)
def test_what_has_no_minimum_is_refused(features: Tensor, labels: Tensor, l2: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        linear_probe(features, labels, l2=l2)
