"""The moving average of G's weights against torch's own, and against its closed form."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from aigc_ref.train.average import update_average


@pytest.mark.compares("torch", technique="aigc_ref.train.average.update_average", atol=1e-12)
def test_the_average_is_that_of_torch() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()
    average, oracle = deepcopy(model), AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    oracle.update_parameters(model)  # the first call copies
    for _ in range(30):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter))
        update_average(average, model, decay=0.9)
        oracle.update_parameters(model)
    for ours, theirs in zip(average.parameters(), oracle.module.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.compares("definition", technique="aigc_ref.train.average.update_average", atol=1e-12)
def test_the_average_of_a_model_at_rest_approaches_it_geometrically() -> None:
    average, model = nn.Linear(1, 1, bias=False).double(), nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(average.weight, 0.0)
    nn.init.constant_(model.weight, 1.0)
    for _ in range(50):
        update_average(average, model, decay=0.98)
    torch.testing.assert_close(average.weight.item(), 1 - 0.98**50, rtol=0, atol=1e-12)
