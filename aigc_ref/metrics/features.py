"""What the metrics on features ask of them.

Features are what a network makes of samples: a matrix with one row a sample. A number on features means nothing
without the network's name and layer, and two numbers compare only where both are the same.
"""

import torch
from torch import Tensor


def feature_matrix(features: Tensor, least: int = 1) -> Tensor:
    """The features in float64, detached, after a check.

    Args:
        features: shape (samples, features), any type of number.
        least: how many samples there must be.

    Raises:
        ValueError: it is no matrix, has too few samples, or holds NaN or infinity.

    Examples:
        >>> feature_matrix(torch.ones(2, 3, dtype=torch.bfloat16)).dtype
        torch.float64
    """
    if features.ndim != 2:
        raise ValueError(f"features have the shape (samples, features), not {tuple(features.shape)}; try .flatten(1)")
    if len(features) < least or features.shape[1] == 0:
        raise ValueError(f"at least {least} samples with one feature are needed, not a {tuple(features.shape)} matrix")
    matrix = features.detach().to(torch.float64)
    finite = matrix.isfinite().all(dim=1)
    if not finite.all():
        raise ValueError(f"sample {int(finite.long().argmin())} holds NaN or infinity; mend what makes the features")
    return matrix


def feature_matrices(features: Tensor, other_features: Tensor, least: int = 1) -> tuple[Tensor, Tensor]:
    """Two sets of features that a metric can compare; see `feature_matrix`.

    Raises:
        ValueError: either is no such matrix, or they have different numbers of features.

    Examples:
        >>> one, other = feature_matrices(torch.zeros(2, 3), torch.zeros(5, 3))
        >>> len(one), len(other)
        (2, 5)
    """
    one, other = feature_matrix(features, least), feature_matrix(other_features, least)
    if one.shape[1] != other.shape[1]:
        raise ValueError(
            f"{one.shape[1]} and {other.shape[1]} features do not compare; take both from one layer of one network"
        )
    return one, other
