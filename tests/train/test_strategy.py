"""That all which depends on the number of processes is asked of the strategy: two ranks, each a thread, are one run.

The ranks meet at barriers, as processes meet in collectives.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest
import torch
from torch import nn

from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.train.loop import Recipe, StepRecord, evaluate, fit
from aigc_ref.train.record import read_record
from aigc_ref.train.strategy import Local, Strategy
from aigc_ref.train.validation import Validation
from tests.train.tiny import COLLATE, Ids, tiny_model

T = TypeVar("T")
RECIPE = Recipe(epochs=2, batch_size=2, accumulation=3, learning_rate=1e-2)


class Ranks:
    """What the threads of a run leave for each other."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.barrier = Barrier(size, timeout=60)
        self.left: dict[int, Any] = {}

    def gather(self, rank: int, value: T) -> list[T]:
        self.left[rank] = value
        self.barrier.wait()
        values = [self.left[other] for other in range(self.size)]
        self.barrier.wait()
        return values


class Shared(Local):
    """A rank's view of the run."""

    def __init__(self, ranks: Ranks, rank: int) -> None:
        self.ranks, self.rank = ranks, rank
        self.is_main = rank == 0

    def shard(self, batches: Sequence[T]) -> Sequence[tuple[int, T]]:
        return list(enumerate(batches))[self.rank :: self.ranks.size]

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        mine = [torch.zeros_like(one) if one.grad is None else one.grad.clone() for one in parameters]
        everyone = self.ranks.gather(self.rank, mine)
        for parameter, *parts in zip(parameters, *everyone, strict=True):
            parameter.grad = torch.stack(parts).sum(dim=0)

    def sum(self, *values: float) -> list[float]:
        return [sum(parts) for parts in zip(*self.ranks.gather(self.rank, values), strict=True)]

    def from_main(self, measure: Callable[[], dict[str, float]]) -> dict[str, float]:
        return self.ranks.gather(self.rank, measure() if self.is_main else {})[0]

    def state_dict(self, of: nn.Module | torch.optim.Optimizer) -> Mapping[str, Any]:
        self.ranks.gather(self.rank, None)  # a collective: a rank that leaves it out is waited for
        return super().state_dict(of)


def _measure(model: nn.Module) -> dict[str, float]:
    return {"loss": evaluate(model, Ids(8), COLLATE, language_model_loss).mean.item()}


def _run(strategy: Strategy, model: nn.Module, **named: Any) -> list[StepRecord]:
    validation = Validation(_measure, every=2, patience=2)
    return list(
        fit(
            model,
            Ids(20),
            COLLATE,
            language_model_loss,
            named.pop("recipe", RECIPE),
            strategy=strategy,
            validation=validation,
            progress=False,
            **named,
        )
    )


def _together(size: int, models: Sequence[nn.Module], **named: Any) -> list[list[StepRecord]]:
    ranks = Ranks(size)
    with ThreadPoolExecutor(size) as pool:
        runs = [pool.submit(_run, Shared(ranks, rank), models[rank], **named) for rank in range(size)]
        return [run.result() for run in runs]


@pytest.mark.parametrize("size", [2, 3, 5])  # a step has four or three batches: shares are unequal, or empty
def test_ranks_that_share_a_run_end_with_the_weights_of_one(size: int) -> None:
    alone, models = tiny_model(precise=True), [tiny_model(precise=True) for _ in range(size)]
    expected = _run(Local(), alone)
    for records in _together(size, models):
        assert len(records) == len(expected)
        for record, other in zip(records, expected, strict=True):
            assert record.count == other.count
            assert record.loss == pytest.approx(other.loss, abs=1e-12)
            assert record.gradient_norm == pytest.approx(other.gradient_norm, abs=1e-12)
            assert record.scores == (other.scores and pytest.approx(other.scores, abs=1e-12))
    for model in models:
        for ours, theirs in zip(model.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)


def test_one_rank_writes_and_another_number_of_ranks_goes_on(tmp_path: Path) -> None:
    files: dict[str, Any] = {"checkpoint": tmp_path / "run.pt", "log": tmp_path / "run.jsonl"}
    alone = tiny_model(precise=True)
    expected = _run(Local(), alone)
    short = _run(Local(), tiny_model(precise=True), recipe=replace(RECIPE, epochs=1))
    assert short != expected[: len(short)]  # the schedule is another: only a checkpoint makes it the same run
    ranks, models = Ranks(2), [tiny_model(precise=True) for _ in range(2)]

    def some(rank: int) -> list[StepRecord]:
        named = {**files, "strategy": Shared(ranks, rank), "validation": Validation(_measure, every=2, patience=2)}
        run = fit(models[rank], Ids(20), COLLATE, language_model_loss, RECIPE, progress=False, **named)
        seen = [next(run) for _ in range(3)]
        run.close()
        return seen

    with ThreadPoolExecutor(2) as pool:
        seen, _ = [run.result() for run in [pool.submit(some, rank) for rank in range(2)]]
    model = tiny_model(precise=True)
    rest = _run(Local(), model, **files)
    assert [record.step for record in seen + rest] == [record.step for record in expected]
    for ours, theirs in zip(model.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)
    _, steps = read_record(tmp_path / "run.jsonl")
    assert [step["step"] for step in steps] == [record.step for record in expected]
