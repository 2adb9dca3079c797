"""The loop against a loop written out by hand, and the promise that an interruption changes nothing."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.data import Dataset
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.text.collate import causal_collator
from aigc_ref.train.loop import Recipe, StepRecord, evaluate, fit


class Ids(Dataset[list[int]]):
    """Random texts of random lengths."""

    def __init__(self, size: int) -> None:
        chance = torch.Generator().manual_seed(7)
        lengths = torch.randint(2, 12, (size,), generator=chance).tolist()
        self.texts = [torch.randint(1, 30, (length,), generator=chance).tolist() for length in lengths]

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: int) -> list[int]:
        return self.texts[index]


COLLATE = causal_collator(pad_token_id=0)


def _model(dropout: float = 0.0) -> GPT2LMHeadModel:
    torch.manual_seed(0)
    shape = GPT2Config(
        vocab_size=30,
        n_positions=16,
        n_layer=1,
        n_head=2,
        n_embd=16,
        resid_pdrop=dropout,
        embd_pdrop=dropout,
        attn_pdrop=dropout,
        bos_token_id=1,
        eos_token_id=2,
    )
    return GPT2LMHeadModel(shape)


def _train(model: nn.Module, recipe: Recipe, data: Dataset[list[int]] | None = None) -> list[StepRecord]:
    return list(fit(model, Ids(20) if data is None else data, COLLATE, language_model_loss, recipe, progress=False))


def _same(one: nn.Module, other: nn.Module, atol: float = 0.0) -> None:
    for left, right in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(left, right, rtol=0, atol=atol)


def test_batches_add_up_to_one_batch_however_long_their_texts() -> None:
    whole, parts = _model(), _model()
    records = _train(whole, Recipe(epochs=1, batch_size=8, learning_rate=1e-2, clip=1e9))
    in_parts = _train(parts, Recipe(epochs=1, batch_size=2, accumulation=4, learning_rate=1e-2, clip=1e9))
    assert [record.tokens for record in records] == [record.tokens for record in in_parts]
    _same(whole, parts, atol=1e-5)


def test_a_step_is_adamw_on_the_mean_over_tokens() -> None:
    ours, by_hand = _model(), _model()
    data = Ids(6)
    _train(ours, Recipe(epochs=1, batch_size=6, learning_rate=1e-2, warmup=0.0, weight_decay=0.1), data)
    optimizer = torch.optim.AdamW(by_hand.parameters(), 1e-2, weight_decay=0.1)
    by_hand(**COLLATE(data.texts)).loss.backward()  # transformers' own loss
    nn.utils.clip_grad_norm_(by_hand.parameters(), 1.0)
    optimizer.step()
    _same(
        ours, by_hand, atol=1e-4
    )  # a step is 1e-2; the keys' biases have no gradient but rounding, which Adam scales up


def test_a_run_that_was_interrupted_gives_the_numbers_of_one_that_was_not(tmp_path: Path) -> None:
    recipe = Recipe(epochs=3, batch_size=4, learning_rate=1e-2)
    straight = _model(dropout=0.3)  # chance must be restored too
    expected = _train(straight, recipe)
    for stop in (1, 5, 8):
        checkpoint, log = tmp_path / f"{stop}.pt", tmp_path / f"{stop}.jsonl"
        first, second = _model(dropout=0.3), _model(dropout=0.3)
        run = fit(first, Ids(20), COLLATE, language_model_loss, recipe, checkpoint=checkpoint, log=log, progress=False)
        seen = [next(run) for _ in range(stop)]
        run.close()  # as when the caller stops listening
        rest = fit(
            second, Ids(20), COLLATE, language_model_loss, recipe, checkpoint=checkpoint, log=log, progress=False
        )
        assert seen + list(rest) == expected
        _same(straight, second)
        lines = log.read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["loss"] for line in lines] == [record.loss for record in expected]
        assert sorted(path.suffix for path in tmp_path.glob(f"{stop}.*")) == [".jsonl", ".pt"]  # no part left behind


def test_ctrl_c_within_a_step_keeps_the_steps_before_it(tmp_path: Path) -> None:
    calls = 0

    def interrupted(batch: Sequence[list[int]]) -> dict[str, torch.Tensor]:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return COLLATE(batch)

    recipe, checkpoint = Recipe(epochs=1, batch_size=4, learning_rate=1e-2), tmp_path / "run.pt"
    first, straight = _model(), _model()
    expected = _train(straight, recipe)
    seen: list[StepRecord] = []
    with pytest.raises(KeyboardInterrupt):
        seen.extend(
            fit(first, Ids(20), interrupted, language_model_loss, recipe, checkpoint=checkpoint, progress=False)
        )
    second = _model()
    rest = fit(second, Ids(20), COLLATE, language_model_loss, recipe, checkpoint=checkpoint, progress=False)
    assert expected[:2] + list(rest) == expected
    _same(straight, second)


def test_the_schedule_rises_and_falls_and_ends_with_the_steps() -> None:
    rates = [
        record.learning_rate
        for record in _train(_model(), Recipe(epochs=5, batch_size=4, learning_rate=1.0, warmup=0.2, max_steps=10))
    ]
    assert len(rates) == 10
    assert rates == pytest.approx([0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125])


def test_learning_lowers_the_loss() -> None:
    model, data = _model(), Ids(20)
    before = evaluate(model, data, COLLATE, language_model_loss).mean
    _train(model, Recipe(epochs=15, batch_size=5, learning_rate=1e-2), data)
    assert evaluate(model, data, COLLATE, language_model_loss).mean < 0.8 * before


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty"):
        _train(_model(), Recipe(epochs=1, batch_size=4, learning_rate=1e-2), Ids(0))
