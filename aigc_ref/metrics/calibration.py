"""Calibration: whether of the answers that a classifier gives with a probability of 0.8, eight in ten are right.

Of an example, c is the probability of its likeliest label, its confidence; r is 1 where that label is right, else 0.
Examples are sorted into bins of equal width by c; with n_b of N examples in bin b,

    ECE = Σ_b n_b / N · | mean r in b - mean c in b |      the expected calibration error, 0 at best

A classifier is overconfident where r is below c. Accuracy says nothing of it: who doubles all logits keeps every
answer and changes every probability. So one number mends much, a temperature T that divides the logits z:

    p_T(y | x) = softmax(z / T)_y          T = argmin - Σ_i log p_T(y_i | x_i)

It is found on examples that the classifier has not learnt from. The sum is convex in β = 1/T, and its derivative
Σ_i (E_{y ~ p_T} z_iy - z_i,y_i) rises with β, so that halving an interval finds the one place where it is 0.

ECE depends on the bins and on N: chance alone keeps it above 0, the more so the fewer examples there are. Compare it
with `chance_error`, never with 0.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

HALVINGS = 200  # of an interval of β; float64 is at its end after some sixty


class Bin(NamedTuple):
    """Examples of like confidence."""

    examples: int
    confidence: float
    """Their mean confidence."""
    accuracy: float
    """The share that is right."""


def reliability(confidences: Tensor, right: Tensor, bins: int = 10) -> list[Bin]:
    """What a reliability diagram shows: bins of equal width from 0 to 1, without those that are empty.

    Args:
        confidences: shape (n,), from 0 to 1; what lies on an edge belongs to the upper bin, and 1 to the last one.
        right: shape (n,), booleans.
        bins: how many.

    Raises:
        ValueError: the shapes do not fit, there is no example, or a confidence is not from 0 to 1.

    Examples:
        >>> reliability(torch.tensor([0.875, 0.875, 0.625, 0.625]), torch.tensor([True, True, True, False]))
        [Bin(examples=2, confidence=0.625, accuracy=0.5), Bin(examples=2, confidence=0.875, accuracy=1.0)]
    """
    if confidences.dim() != 1 or confidences.shape != right.shape or not len(right):
        raise ValueError(
            f"confidences and right answers of one shape (n,) are needed, with n at least 1, "
            f"not {tuple(confidences.shape)} and {tuple(right.shape)}"
        )
    if not ((confidences >= 0) & (confidences <= 1)).all():
        raise ValueError("a confidence is a probability, from 0 to 1")
    # b / B is the number that 0.3 is written as; linspace gives one next to it.
    inner = (torch.arange(1, bins, dtype=torch.float64, device=confidences.device) / bins).to(confidences.dtype)
    places = torch.bucketize(confidences.contiguous(), inner, right=True)
    found = []
    for place in places.unique().tolist():
        chosen = places == place
        mean = confidences[chosen].double().mean().item()
        found.append(Bin(int(chosen.sum()), mean, right[chosen].double().mean().item()))
    return found


def calibration_error(bins: Sequence[Bin]) -> float:
    """ECE: how far the bins' accuracy is from their confidence, each bin by its number of examples.

    Examples:
        >>> round(calibration_error([Bin(30, confidence=0.6, accuracy=0.5), Bin(10, confidence=0.9, accuracy=0.9)]), 3)
        0.075
    """
    total = sum(found.examples for found in bins)
    return sum(found.examples * abs(found.accuracy - found.confidence) for found in bins) / total


def chance_error(confidences: Tensor, bins: int = 10, draws: int = 200, seed: int = 0) -> float:
    """The mean ECE of a classifier of these confidences that are all true: what chance alone makes of so many examples.

    Args:
        confidences: shape (n,).
        bins: as in `reliability`.
        draws: how often answers are drawn that are right with a probability of their confidence.
        seed: of the draws.

    Examples:
        >>> confidences = torch.full((100,), 0.8)
        >>> round(chance_error(confidences), 2), round(chance_error(confidences.repeat(100)), 3)
        (0.03, 0.003)
    """
    generator = torch.Generator().manual_seed(seed)
    total = 0.0
    for _ in range(draws):
        right = torch.rand(confidences.shape, generator=generator) < confidences
        total += calibration_error(reliability(confidences, right, bins))
    return total / draws


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """T, by which to divide the logits so that the labels are likeliest; above 1 where the classifier is overconfident.

    Args:
        logits: shape (n, classes), of examples that the classifier has not learnt from.
        labels: shape (n,).

    Raises:
        ValueError: the shapes do not fit.
        ArithmeticError: no T is best: the classifier makes no mistake here, or is no better than chance.

    Examples:
        >>> logits = torch.tensor([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 0.0]])
        >>> round(fit_temperature(logits, torch.tensor([0, 0, 0, 1])), 4)  # 4 / log 3: the odds are three to one
        3.641
    """
    if logits.dim() != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(f"logits of shape {tuple(logits.shape)} do not fit labels of shape {tuple(labels.shape)}")
    scores = logits.double()
    scores = scores - scores.gather(1, labels.unsqueeze(1))  # each example's right label has 0

    def slope(inverse: float) -> float:
        return float(((inverse * scores).softmax(dim=1) * scores).sum())

    if not (slope(0.0) < 0 < float(scores.amax(dim=1).sum())):
        raise ArithmeticError("no temperature is best: all of these labels are the likeliest, or they are as by chance")
    low, high = 0.0, 1.0
    while slope(high) < 0:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 1 / high
