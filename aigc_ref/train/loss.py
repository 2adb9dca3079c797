"""Losses as the training loop takes them: a sum with its count, and never a mean alone.

    L = - 1/N · Σ_i log p(label_i)        p = softmax(logits_i), N the number of labels that are not -100

A mean of batch means is not the mean over all examples: batches differ in tokens, and so do the shares of many
processes. Sum and count are therefore kept apart, added up wherever they meet, and whoever has all of them divides.
What is counted is whatever has a label: tokens, texts, pictures.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

IGNORE_INDEX = -100
"""The label that losses pass over; torch's and transformers' default."""


@dataclass(frozen=True, slots=True)
class SummedLoss:
    """A sum of losses, in nats, and how many it is of; two such add up, two means do not.

    Examples:
        >>> first = SummedLoss(torch.tensor(6.0), torch.tensor(2))
        >>> second = SummedLoss(torch.tensor(4.0), torch.tensor(8))
        >>> (first + second).mean.item()  # and not 1.75, the mean of 3 and 0.5
        1.0
    """

    sum: Float[Tensor, ""]
    count: Int[Tensor, ""]

    @property
    def mean(self) -> Float[Tensor, ""]:
        """Nats for each that is counted."""
        return self.sum / self.count

    def __add__(self, other: "SummedLoss") -> "SummedLoss":
        return SummedLoss(self.sum + other.sum, self.count + other.count)


def summed_cross_entropy(logits: Float[Tensor, "*labels classes"], labels: Int[Tensor, "..."]) -> SummedLoss:
    """The negative log-likelihood of the labels, each under its own logits.

    It is computed in float32 at least: a sum of thousands is too much for half precision.

    Args:
        logits: shape (…, classes).
        labels: shape (…); -100 is passed over. Where no label is left, the sum is 0, of 0.

    Raises:
        ValueError: the shapes do not fit.

    Examples:
        >>> loss = summed_cross_entropy(torch.zeros(1, 3, 10), torch.tensor([[4, -100, 5]]))
        >>> loss.count.item(), round(loss.mean.item(), 4)  # log 10
        (2, 2.3026)
    """
    if logits.shape[:-1] != labels.shape:
        raise ValueError(f"logits of shape {tuple(logits.shape)} do not fit labels of shape {tuple(labels.shape)}")
    precise = torch.promote_types(logits.dtype, torch.float32)
    scores, targets = logits.flatten(0, -2).to(precise), labels.flatten()
    total = F.cross_entropy(scores, targets, ignore_index=IGNORE_INDEX, reduction="sum")
    return SummedLoss(total, (targets != IGNORE_INDEX).sum())
