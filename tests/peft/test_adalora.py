"""AdaLoRA: the schedule, the allocation, and training in the one loop."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradcheck
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.peft.adalora import AdaLoRALinear, adalora_layers, add_adalora, orthogonality
from aigc_ref.peft.allocation import RankSchedule, allocate, keep_greatest, observe, ranks, smooth_importance
from aigc_ref.peft.lora import low_rank_update
from aigc_ref.text.collate import causal_collator
from aigc_ref.train.batch import Batch
from aigc_ref.train.loop import Recipe, fit
from aigc_ref.train.loss import SummedLoss
from aigc_ref.train.validation import Validation

SCHEDULE = RankSchedule(steps=20, target_rank=1, warmup=2, final=4, interval=3)
TEXTS = torch.randint(1, 19, (12, 6), generator=torch.Generator().manual_seed(0)).tolist()


def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    shape = GPT2Config(vocab_size=19, n_positions=8, n_embd=8, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=1)
    model = GPT2LMHeadModel(shape)
    add_adalora(model, r".*\.(c_attn|c_fc)", rank=3)
    return model


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.data())
def test_the_budget_starts_at_the_first_rank_falls_and_ends_at_the_target(steps: int, data: st.DataObject) -> None:
    warmup = data.draw(st.integers(0, steps - 2))
    final = data.draw(st.integers(0, steps - warmup - 1))
    schedule = RankSchedule(steps, target_rank=2, warmup=warmup, final=final)
    budgets = [schedule.budget(step, 24, 8) for step in range(steps + 1)]
    assert set(budgets[: warmup + 1]) == {24}
    assert set(budgets[steps - final :]) == {8}
    assert budgets == sorted(budgets, reverse=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(0, 10), min_size=1, max_size=5), min_size=1, max_size=5), st.data())
def test_as_many_are_kept_as_the_budget_allows_and_none_is_less_important_than_one_that_is_not(
    importances: list[list[float]], data: st.DataObject
) -> None:
    tensors = [torch.tensor(each) for each in importances]
    every = torch.cat(tensors)
    budget = data.draw(st.integers(0, len(every)))
    kept = keep_greatest(tensors, budget)
    assert [len(each) for each in kept] == [len(each) for each in importances]
    mask = torch.cat(kept)
    assert int(mask.sum()) == budget
    if 0 < budget < len(every):
        assert every[mask].min() >= every[~mask].max()


def test_importance_is_smoothed_by_hand() -> None:
    sensitivity = uncertainty = torch.zeros(1)
    expected_sensitivity = expected_uncertainty = 0.0
    for weight, gradient in ((2.0, -1.0), (0.5, 3.0), (-1.0, -1.0)):
        sensitivity, uncertainty = smooth_importance(
            torch.tensor([weight]), torch.tensor([gradient]), sensitivity, uncertainty, beta1=0.8, beta2=0.6
        )
        now = abs(weight * gradient)
        expected_sensitivity = 0.8 * expected_sensitivity + 0.2 * now
        expected_uncertainty = 0.6 * expected_uncertainty + 0.4 * abs(now - expected_sensitivity)
    assert sensitivity.item() == pytest.approx(expected_sensitivity)
    assert uncertainty.item() == pytest.approx(expected_uncertainty)


def test_gradients_are_right() -> None:
    torch.manual_seed(0)
    layer = AdaLoRALinear(nn.Linear(4, 3).double(), rank=2, alpha=3.0)
    x = torch.randn(2, 4, dtype=torch.float64)

    def outputs(p: Tensor, values: Tensor, q: Tensor) -> Tensor:
        return low_rank_update(x, q * values[:, None], p, layer.scale)

    nn.init.normal_(layer.singular_values)
    assert torch.equal(layer(x) - layer.base(x) != 0, torch.ones(2, 3, dtype=torch.bool))
    assert gradcheck(outputs, (layer.P, layer.singular_values, layer.Q))
    model = nn.Sequential(layer)
    for form in ("paper", "peft"):
        assert gradcheck(lambda *_, form=form: orthogonality(model, form), (layer.P, layer.Q))


def test_masks_fall_at_every_interval_and_triplets_may_come_back_until_the_end() -> None:
    model = gpt2()
    patterns = []
    for step in range(1, SCHEDULE.steps + 1):
        for layer in adalora_layers(model).values():
            layer.singular_values.data.fill_(1.0)
            for parameter in (layer.P, layer.singular_values, layer.Q):
                parameter.grad = torch.randn_like(parameter)
        observe(model, SCHEDULE, step)
        allocate(model, SCHEDULE, step)
        patterns.append([(layer.singular_values != 0).tolist() for layer in adalora_layers(model).values()])
    whole = [[True] * 3] * 4
    masked = [step for step, pattern in enumerate(patterns, start=1) if pattern != whole]
    assert masked == [3, 6, 9, 12, 15, 16, 17, 18, 19, 20]  # the pattern is fixed at 16
    assert all(pattern == patterns[15] for pattern in patterns[16:])
    assert [sum(map(sum, patterns[step - 1])) for step in (3, 6, 9, 16)] == [
        SCHEDULE.budget(step, 12, 4) for step in (3, 6, 9, 16)
    ]
    living = [[alive for layer in patterns[step - 1] for alive in layer] for step in (9, 12)]
    assert any(later and not earlier for earlier, later in zip(*living, strict=True))


def test_the_last_allocation_is_at_the_end_of_the_schedule_and_what_comes_after_changes_nothing() -> None:
    model, last = gpt2(), SCHEDULE.steps - SCHEDULE.final
    layers = list(adalora_layers(model).values())
    for step, important in ((last - 1, 0), (last, 1), (last + 1, 2)):
        for layer in layers:
            layer.singular_values.data.fill_(1.0)
            layer.singular_values_sensitivity = layer.singular_values_uncertainty = torch.eye(3)[important]
        allocate(model, SCHEDULE, step)
        kept = {(layer.singular_values != 0).nonzero().flatten().item() for layer in layers}
        assert kept == {min(important, 1)}, step


def test_nothing_is_observed_once_the_ranks_are_final() -> None:
    model, last = gpt2(), SCHEDULE.steps - SCHEDULE.final
    for layer in adalora_layers(model).values():
        for parameter in (layer.P, layer.singular_values, layer.Q):
            parameter.grad = torch.ones_like(parameter)
    observe(model, SCHEDULE, last)
    assert not any(layer.get_buffer("P_sensitivity").any() for layer in adalora_layers(model).values())
    observe(model, SCHEDULE, last - 1)
    assert all(layer.get_buffer("P_sensitivity").all() for layer in adalora_layers(model).values())


def test_looking_for_gradients_too_late_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"c_attn\.P has no gradient: call `observe` after backward, before zero_grad"):
        observe(gpt2(), SCHEDULE, step=1)


def test_a_model_without_adalora_is_an_error() -> None:
    with pytest.raises(ValueError, match="the model has no AdaLoRA; `add_adalora` puts it in"):
        allocate(nn.Linear(2, 2), SCHEDULE, step=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"warmup": 15, "final": 5}, "leave none of 20"),
        ({"final": -1}, "leave none"),
        ({"interval": 0}, "1 or more"),
        ({"beta1": 1.0}, "between 0 and 1"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_an_error(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RankSchedule(steps=20, target_rank=1, **options)  # type: ignore[arg-type]  # one of each type


def test_a_target_above_the_first_rank_is_an_error() -> None:
    with pytest.raises(ValueError, match="a target rank of 4 is more than the layers' first rank"):
        allocate(gpt2(), RankSchedule(steps=9, target_rank=4), step=1)


# ---- in the loop -----------------------------------------------------------------------------------------------------

RECIPE = Recipe(epochs=5, batch_size=3, learning_rate=1e-2)  # 20 steps


def loss_with_orthogonality(model: nn.Module, batch: Batch) -> SummedLoss:
    loss = language_model_loss(model, batch)
    return SummedLoss(loss.sum + 0.1 * orthogonality(model) * loss.count, loss.count)


def train(model: nn.Module, checkpoint: Path | None = None, stop: int = 20, **named: Any) -> None:
    def after_step(step: int) -> None:
        observe(model, SCHEDULE, step)
        allocate(model, SCHEDULE, step)

    run = fit(
        model,
        TEXTS,
        causal_collator(pad_token_id=0),
        loss_with_orthogonality,
        RECIPE,
        after_step=after_step,
        checkpoint=checkpoint,
        progress=False,
        **named,
    )
    for record in run:
        if record.step == stop:
            run.close()


def test_the_loop_trains_it_and_a_checkpoint_holds_what_was_observed(tmp_path: Path) -> None:
    straight, first, second = gpt2(), gpt2(), gpt2()
    train(straight)
    assert sum(ranks(straight).values()) == 4
    train(first, tmp_path / "run.pt", stop=8)
    train(second, tmp_path / "run.pt")
    for (name, tensor), other in zip(straight.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(tensor, other), name


def test_what_is_measured_and_kept_as_the_best_is_within_the_budget() -> None:
    def alive(model: nn.Module) -> int:
        return sum(int(layer.singular_values.count_nonzero()) for layer in adalora_layers(model).values())

    def measure(model: nn.Module) -> dict[str, float]:
        measured.append(alive(model))
        return {"loss": -len(measured)}  # the last is the best

    model, measured = gpt2(), list[int]()
    train(model, validation=Validation(measure, every=1))
    assert measured[15:] == [4] * 5
    assert alive(model) == 4
