"""What metrics on features refuse, each in words that say how to mend it."""

import pytest
import torch

from aigc_ref.metrics.features import feature_matrices, feature_matrix


def test_a_picture_is_no_row_of_features() -> None:
    with pytest.raises(ValueError, match=r"not \(4, 3, 8, 8\); try .flatten\(1\)"):
        feature_matrix(torch.zeros(4, 3, 8, 8))


def test_the_sample_that_is_not_finite_is_named() -> None:
    features = torch.zeros(5, 2)
    features[3, 1] = torch.nan
    with pytest.raises(ValueError, match="sample 3 holds NaN"):
        feature_matrix(features)


def test_too_few_samples_are_counted() -> None:
    with pytest.raises(ValueError, match="at least 2 samples"):
        feature_matrix(torch.zeros(1, 4), least=2)


def test_features_of_two_networks_do_not_compare() -> None:
    with pytest.raises(ValueError, match="64 and 128 features do not compare"):
        feature_matrices(torch.zeros(3, 64), torch.zeros(3, 128))


def test_features_leave_the_graph() -> None:
    assert not feature_matrix(torch.zeros(2, 2, requires_grad=True)).requires_grad
