"""A linear probe: how much a straight line through the features of an encoder tells of the labels.

Multinomial logistic regression on features x that stay as they are, with weights W, one row a class, and biases b:

    p(y | x) = softmax(W x + b)_y
    J(W, b)  = - Σ_i log p(y_i | x_i) + λ/2 · ‖W‖²        (b is not held down; scikit-learn's C is 1/λ)

J is convex and has one minimum, up to a number that may be added to all biases. Newton's method finds it to the last
digits, so that the probe has no learning rate, no seed and no luck; what differs between two probes is the features.
With θ = (W, b), x̃ = (x, 1) and P the table of p(y | x_i), a step goes along d, the solution of H d = -g:

    g   = (P - Y)ᵀ X̃ + λ (W, 0)
    H v = (P ∘ (Z - rowsum(P ∘ Z)))ᵀ X̃ + λ (V, 0),   Z = X̃ vᵀ

H is never written down, it has (classes · features)² numbers: conjugate gradients ask for its products alone. They
find d in few steps, since they begin from what H would be if it were alike for all classes.

The answer depends on the features' scale, by λ: bring them to a mean of 0 and a deviation of 1 before, by the figures
of the examples that the probe learns from.

Paper: paper-rotnet (it measures features so).
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

NEWTON_STEPS = 100
TOLERANCE = 1e-10  # of the gradient's largest entry, per example
ROUNDING = 1e-14  # of J: near the minimum a step changes less of it than float64 holds


class Probe(NamedTuple):
    """A linear classifier."""

    weight: Tensor
    """Shape (classes, features), float64."""
    bias: Tensor
    """Shape (classes,); the sum is 0."""

    def logits(self, features: Tensor) -> Tensor:
        """Features of shape (n, features) → shape (n, classes)."""
        return F.linear(features.to(self.weight.dtype), self.weight, self.bias)

    def accuracy(self, features: Tensor, labels: Tensor) -> float:
        """The share of examples whose label has the greatest logit."""
        return float((self.logits(features).argmax(dim=-1) == labels).double().mean())


def linear_probe(features: Tensor, labels: Tensor, *, l2: float = 1.0) -> Probe:
    """The best linear classifier of the features.

    Args:
        features: shape (n, features).
        labels: shape (n,), integers from 0 without a gap.
        l2: λ, greater than 0: without it, the weights of classes that a line divides would grow for ever.

    Raises:
        ValueError: the shapes do not fit, a class has no example, a feature is not finite, or λ is not above 0.
        ArithmeticError: no minimum was found, as may happen with features of very unlike scales and little λ.

    Examples:
        >>> features, labels = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]]), torch.tensor([0, 0, 1, 1])
        >>> probe = linear_probe(features, labels)
        >>> probe.accuracy(features, labels)
        1.0
        >>> probe.weight.flatten().round(decimals=4)  # 2 (σ(-2w) + 2 σ(-4w)) = λ w
        tensor([-0.6706,  0.6706], dtype=torch.float64)
    """
    if features.dim() != 2 or labels.shape != features.shape[:1] or not len(labels):
        raise ValueError(
            f"features of shape (n, features) and labels of shape (n,) are needed, with n at least 1, "
            f"not {tuple(features.shape)} and {tuple(labels.shape)}"
        )
    if labels.min() < 0 or not features.isfinite().all():
        raise ValueError("labels must be from 0 upwards, and features finite")
    if len(counts := labels.bincount()) < 2 or not counts.all():
        raise ValueError(f"two classes and examples of each are needed, not {counts.tolist()}; number those there are")
    if not l2 > 0:
        raise ValueError(f"l2 must be above 0, not {l2}")
    inputs = F.pad(features.detach().double(), (0, 1), value=1.0)
    targets = F.one_hot(labels).double()
    held = torch.full_like(inputs[0], l2)
    held[-1] = 0.0

    def objective(weights: Tensor) -> Tensor:
        return -(targets * (inputs @ weights.T).log_softmax(dim=-1)).sum() + (held * weights.square()).sum() / 2

    weights = targets.new_zeros(targets.shape[1], inputs.shape[1])
    for _ in range(NEWTON_STEPS):
        probabilities = (inputs @ weights.T).softmax(dim=-1)
        gradient = _centred((probabilities - targets).T @ inputs + held * weights)
        steepest = float(gradient.abs().max()) / len(labels)
        if steepest <= TOLERANCE:
            return Probe(weights[:, :-1], weights[:, -1])

        spread = (probabilities * (1 - probabilities)).mean(dim=-1, keepdim=True)
        factor, failed = torch.linalg.cholesky_ex((spread * inputs).T @ inputs + held.clamp(min=TOLERANCE).diag())
        if failed:
            break
        product = partial(_curvature, inputs, probabilities, held)
        direction = _solve(product, factor, -gradient, share=min(0.1, steepest))
        slope = float((gradient * direction).sum())
        length, here = 1.0, float(objective(weights))
        while float(objective(weights + length * direction)) > here + 1e-4 * length * slope + ROUNDING * abs(here):
            length /= 2
        weights = weights + length * direction
    raise ArithmeticError(f"no minimum after {NEWTON_STEPS} steps; bring the features to a deviation of 1, or raise l2")


def _centred(table: Tensor) -> Tensor:
    """What adds up to 0 over the classes, as gradient and step do; rounding does not, and J is flat where it drifts."""
    return table - table.mean(dim=0)


def _curvature(inputs: Tensor, probabilities: Tensor, held: Tensor, direction: Tensor) -> Tensor:
    """H times a direction."""
    change = inputs @ direction.T
    change = probabilities * (change - (probabilities * change).sum(dim=-1, keepdim=True))
    return _centred(change.T @ inputs + held * direction)


def _solve(product: Callable[[Tensor], Tensor], factor: Tensor, right: Tensor, share: float) -> Tensor:
    """Conjugate gradients for H d = right, until no more than a share of the right side is left.

    Args:
        product: H times a direction.
        factor: of Cholesky, of a matrix that is like H for each class; the more alike, the fewer products it takes.
        right: shape (classes, features + 1).
        share: of its length, as `factor` measures it.
    """
    solution, residual = torch.zeros_like(right), right
    direction = torch.cholesky_solve(residual.T, factor).T
    size = (residual * direction).sum()
    enough = share**2 * size
    for _ in range(right.numel()):
        if size <= enough:
            break
        curved = product(direction)
        length = size / (direction * curved).sum()
        solution, residual = solution + length * direction, residual - length * curved
        eased = torch.cholesky_solve(residual.T, factor).T
        before, size = size, (residual * eased).sum()
        direction = eased + size / before * direction
    return solution
