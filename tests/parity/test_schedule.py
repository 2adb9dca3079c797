"""Schedules against those of torch and transformers, which keep the step in a state where ours are functions of it."""

from collections.abc import Callable

import pytest
import torch
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, PolynomialLR
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from aigc_ref.train.schedule import Schedule, share_of_peak

STEPS = 40


def _rates(make: Callable[..., LRScheduler], **named: float) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer, **named)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.compares("torch", technique="aigc_ref.train.schedule.share_of_peak", atol=1e-12)
@pytest.mark.parametrize(
    ("schedule", "oracle"),
    [
        ("constant", lambda: _rates(ConstantLR, factor=1.0, total_iters=STEPS)),
        ("linear", lambda: _rates(PolynomialLR, power=1.0, total_iters=STEPS)),
        ("cosine", lambda: _rates(CosineAnnealingLR, T_max=STEPS)),
    ],
    ids=["constant", "linear", "cosine"],
)
def test_without_a_warm_up_it_is_torchs(schedule: Schedule, oracle: Callable[[], list[float]]) -> None:
    ours = [share_of_peak(schedule, step, STEPS) for step in range(STEPS)]
    assert ours == pytest.approx(oracle(), abs=1e-12)


@pytest.mark.compares("transformers", technique="aigc_ref.train.schedule.share_of_peak", atol=1e-12)
@pytest.mark.parametrize(
    ("schedule", "make"), [("linear", get_linear_schedule_with_warmup), ("cosine", get_cosine_schedule_with_warmup)]
)
def test_after_the_warm_up_it_is_transformers(schedule: Schedule, make: Callable[..., LRScheduler]) -> None:
    warm = STEPS // 4
    theirs = _rates(make, num_warmup_steps=warm, num_training_steps=STEPS)
    ours = [share_of_peak(schedule, step, STEPS, warmup_ratio=0.25) for step in range(STEPS)]
    assert ours[warm:] == pytest.approx(theirs[warm:], abs=1e-12)
    # theirs begin at 0, a step that teaches nothing; ours are one step ahead
    assert ours[: warm - 1] == pytest.approx(theirs[1:warm], abs=1e-12)
