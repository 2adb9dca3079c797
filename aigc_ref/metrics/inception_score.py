"""Inception score: whether a classifier is sure of each sample, and the samples are of many classes.

    IS = exp E_x KL(p(y|x) ‖ p(y)),   p(y) = E_x p(y|x)
       = exp(H(y) - H(y|x))

The exponential of the mutual information of sample and class, in nats: from 1, where every sample gets the same
prediction, to the number of classes, where each is predicted without doubt and as often as the others. Higher is
better. It never sees a real sample: one perfect picture of each class, repeated, has the best score.

With another classifier than Inception it is another number; name the classifier.

Paper: paper-inception-score.
"""

import math

import torch
from torch import Tensor

from aigc_ref.metrics.features import feature_matrix

ROUNDING = 1e-4
"""How far from 1 a row may sum: 1e-6 is usual of a softmax in float32; one in float16 is too coarse to measure with."""


def inception_score(probabilities: Tensor) -> float:
    """The score of all samples.

    Args:
        probabilities: p(y|x), shape (samples, classes), each row summing to 1.

    Returns:
        From 1 to the number of classes.

    Raises:
        ValueError: it is no matrix, or a row is no distribution.

    Examples:
        >>> inception_score(torch.eye(4))
        4.0
        >>> inception_score(torch.full((8, 4), 0.25))
        1.0
    """
    matrix = feature_matrix(probabilities)
    if (matrix < 0).any() or ((matrix.sum(dim=1) - 1).abs() > ROUNDING).any():
        raise ValueError("each row must be a distribution over the classes; logits need .double().softmax(dim=1) first")
    entropy_of_classes = torch.special.entr(matrix.mean(dim=0)).sum()
    entropy_given_sample = torch.special.entr(matrix).sum(dim=1).mean()
    return math.exp((entropy_of_classes - entropy_given_sample).item())


def inception_scores(probabilities: Tensor, *, splits: int = 10, seed: int = 0) -> list[float]:
    """The score of each of several equal parts of the shuffled samples; papers report mean and deviation of ten.

    A part's score is too low, the more so the fewer samples it has: say how many there were.

    Args:
        probabilities: p(y|x), shape (samples, classes).
        splits: how many parts; their sizes differ by one sample at most.
        seed: of the shuffling, for samples that come ordered by class.

    Raises:
        ValueError: as `inception_score`, or there are fewer samples than parts.

    Examples:
        >>> inception_scores(torch.eye(3).repeat(4, 1), splits=12) == 12 * [1.0]  # one sample has one class
        True
    """
    matrix = feature_matrix(probabilities)
    if not 1 <= splits <= len(matrix):
        raise ValueError(f"{len(matrix)} samples do not make {splits} parts")
    order = torch.randperm(len(matrix), generator=torch.Generator().manual_seed(seed)).to(matrix.device)
    return [inception_score(part) for part in matrix[order].tensor_split(splits)]
