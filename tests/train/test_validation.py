"""Early stopping: when it ends a run, and which weights it leaves."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.train.loop import Recipe, StepRecord, evaluate, fit
from aigc_ref.train.record import read_record
from aigc_ref.train.validation import Validation
from tests.train.tiny import COLLATE, Ids, tiny_model

RECIPE = Recipe(epochs=10, batch_size=20, learning_rate=1e-2)  # a step an epoch


class Scripted:
    """Measures what it is told to, and remembers the weights that it saw."""

    def __init__(self, scores: list[float]) -> None:
        self._scores: Iterator[float] = iter(scores)
        self.weights: list[torch.Tensor] = []

    def __call__(self, model: nn.Module) -> dict[str, float]:
        self.weights.append(model.lm_head.weight.detach().clone())  # type: ignore[union-attr,operator]
        return {"loss": next(self._scores)}


def _train(model: nn.Module, validation: Validation, **named: Any) -> list[StepRecord]:
    run = fit(model, Ids(20), COLLATE, language_model_loss, RECIPE, validation=validation, progress=False, **named)
    return list(run)


@pytest.mark.parametrize(
    ("scores", "steps", "best"),
    [
        ([5.0, 3.0, 4.0, 3.0, 9.0, 0.0], 5, 2),  # an equal score is no improvement; the 0.0 comes too late
        ([5.0, 6.0, 4.0, 7.0, 8.0, 9.0], 6, 3),
        ([math.nan, 3.0, math.nan, math.nan, math.nan], 5, 2),
    ],
)
def test_the_run_ends_when_patience_does_and_leaves_the_best_weights(
    scores: list[float], steps: int, best: int
) -> None:
    measure, model = Scripted(scores), tiny_model()
    records = _train(model, Validation(measure, patience=3))
    measured = [record.scores["loss"] for record in records if record.scores]
    assert measured == pytest.approx(scores[:steps], nan_ok=True)
    assert torch.equal(model.lm_head.weight, measure.weights[best - 1])
    assert not torch.equal(measure.weights[best - 1], measure.weights[-1])


def test_without_patience_the_run_goes_on_and_still_leaves_the_best_weights() -> None:
    measure, model = Scripted([3.0, 1.0, *[2.0] * 8]), tiny_model()
    assert len(_train(model, Validation(measure))) == 10
    assert torch.equal(model.lm_head.weight, measure.weights[1])


def test_where_more_is_better_the_highest_score_wins() -> None:
    measure, model = Scripted([0.1, 0.7, 0.5, 0.6]), tiny_model()
    assert len(_train(model, Validation(measure, higher_is_better=True, patience=2))) == 4
    assert torch.equal(model.lm_head.weight, measure.weights[1])


def test_a_run_that_stopped_early_stays_stopped_and_gives_its_best_weights_again(tmp_path: Path) -> None:
    measure, model, again = Scripted([3.0, 1.0, 2.0, 2.0]), tiny_model(), tiny_model()
    _train(model, Validation(measure, patience=2), checkpoint=tmp_path / "run.pt")
    assert _train(again, Validation(Scripted([]), patience=2), checkpoint=tmp_path / "run.pt") == []
    assert torch.equal(again.lm_head.weight, model.lm_head.weight)


@pytest.mark.parametrize("kind", [np.float32, np.float64, torch.tensor])
def test_scores_of_other_libraries_are_written_and_go_on(tmp_path: Path, kind: Callable[[float], Any]) -> None:
    scores = Validation(lambda _: {"loss": kind(0.5)})
    files = {"checkpoint": tmp_path / "run.pt", "log": tmp_path / "run.jsonl"}
    _train(tiny_model(), scores, **files)
    assert [step["scores"] for step in read_record(tmp_path / "run.jsonl")[1]] == [{"loss": 0.5}] * 10
    assert _train(tiny_model(), scores, **files) == []


def test_an_interruption_takes_no_patience(tmp_path: Path) -> None:
    scores = [3.0, 1.0, 2.0, 2.0, 2.0, 0.0]
    straight = _train(tiny_model(), Validation(Scripted(scores), patience=3))
    for stop in (2, 4):
        first = fit(
            tiny_model(),
            Ids(20),
            COLLATE,
            language_model_loss,
            RECIPE,
            validation=Validation(Scripted(scores), patience=3),
            checkpoint=tmp_path / f"{stop}.pt",
            progress=False,
        )
        seen = [next(first) for _ in range(stop)]
        first.close()
        rest = _train(tiny_model(), Validation(Scripted(scores[stop:]), patience=3), checkpoint=tmp_path / f"{stop}.pt")
        assert seen + rest == straight


def test_early_stopping_on_real_losses_ends_nearer_to_the_best_than_the_last_step_would() -> None:
    unseen = Ids(40)
    unseen.texts = unseen.texts[20:]  # random texts: what is learnt of the others by heart does not help

    def measure(model: nn.Module) -> dict[str, float]:
        return {"loss": evaluate(model, unseen, COLLATE, language_model_loss).mean.item()}

    model, recipe = tiny_model(), Recipe(epochs=40, batch_size=20, learning_rate=2e-2)
    validation = Validation(measure, patience=3)
    records = list(fit(model, Ids(20), COLLATE, language_model_loss, recipe, validation=validation, progress=False))
    measured = [record.scores["loss"] for record in records if record.scores]
    assert len(records) < 40
    assert measure(model)["loss"] == pytest.approx(min(measured), abs=1e-6)
    assert min(measured) < measured[-1]


def test_a_measurement_is_due_after_every_so_many_steps_or_each_epoch() -> None:
    def measured(validation: Validation, recipe: Recipe) -> list[int]:
        run = fit(tiny_model(), Ids(20), COLLATE, language_model_loss, recipe, validation=validation, progress=False)
        return [record.step for record in run if record.scores]

    recipe = Recipe(epochs=2, batch_size=4, learning_rate=1e-3)
    assert measured(Validation(Scripted([1.0] * 9)), recipe) == [5, 10]
    assert measured(Validation(Scripted([1.0] * 9), every=4), recipe) == [4, 8]


def test_a_score_that_is_not_measured_cannot_decide() -> None:
    with pytest.raises(ValueError, match="no score 'f1' to decide by; measured: loss"):
        _train(tiny_model(), Validation(Scripted([1.0]), monitor="f1"))


@pytest.mark.parametrize("wrong", [{"every": 0}, {"patience": 0}])
def test_validation_that_never_or_always_acts_is_an_error(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        Validation(Scripted([]), **wrong)  # type: ignore[arg-type]
