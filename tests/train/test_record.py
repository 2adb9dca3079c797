"""What a run leaves on disk, and what trackers hear of it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import PartialState  # type: ignore[import-untyped]
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]

from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.train.loop import Recipe, StepRecord, fit
from aigc_ref.train.record import Record, read_record
from aigc_ref.train.validation import Validation
from tests.train.tiny import COLLATE, Ids, tiny_model

RECIPE = Recipe(epochs=2, batch_size=4, learning_rate=1e-2, learning_rates={"transformer.h": 2e-2})

FAKE_WANDB = """
import json, pathlib
heard = pathlib.Path(__file__).with_suffix(".jsonl")

def note(what, **values):
    with heard.open("a") as file:
        file.write(json.dumps({"what": what, **values}, default=str) + "\\n")

class Config:
    def update(self, values, allow_val_change):
        note("config", values=values)

class Run:
    def log(self, values, step):
        note("log", values=values, step=step)
    def finish(self):
        note("finish")

config = Config()

def init(project, **named):
    note("init", project=project, named=named)
    return Run()
"""


def _run(log: Path, stop: int | None = None, **named: Any) -> list[StepRecord]:
    validation = Validation(lambda _: {"loss": 1.0, "f1": 0.5})
    run = fit(
        tiny_model(),
        Ids(20),
        COLLATE,
        language_model_loss,
        RECIPE,
        validation=validation,
        log=log,
        checkpoint=log.with_suffix(".pt"),
        progress=False,
        **named,
    )
    records = [record for record, _ in zip(run, range(stop or 100), strict=False)]
    run.close()
    return records


def test_the_first_line_says_what_was_run_and_with_which_versions(tmp_path: Path) -> None:
    records = _run(tmp_path / "deep" / "run.jsonl")
    run, steps = read_record(tmp_path / "deep" / "run.jsonl")
    assert run["model"] == "GPT2LMHeadModel"
    assert run["recipe"]["learning_rate"] == 1e-2
    assert run["recipe"]["learning_rates"] == {"transformer.h": 2e-2}
    assert run["recipe"]["steps"] == 10
    assert run["versions"]["torch"] == torch.__version__
    assert {"python", "transformers"} <= run["versions"].keys()
    assert [StepRecord(**step) for step in steps] == records
    assert [step["scores"] for step in steps if step["scores"]] == [{"loss": 1.0, "f1": 0.5}] * 2


def test_a_run_that_starts_anew_starts_its_record_anew(tmp_path: Path) -> None:
    _run(tmp_path / "run.jsonl")
    (tmp_path / "run.pt").unlink()
    _run(tmp_path / "run.jsonl")
    assert len(read_record(tmp_path / "run.jsonl")[1]) == 10


def test_a_file_that_is_no_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text('{"text": "x"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"other\.jsonl is not the record of a run"):
        read_record(tmp_path / "other.jsonl")


def test_tensorboard_reads_every_step_once_also_after_an_interruption(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    _run(log, stop=7, trackers=["tensorboard"])
    _run(log, trackers=["tensorboard"])
    _, steps = read_record(log)
    board = EventAccumulator(str(tmp_path / "run"))
    board.Reload()
    for name in ("loss", "learning_rate", "gradient_norm"):
        events = board.Scalars(name)
        assert [event.step for event in events] == list(range(1, 11))
        assert [event.value for event in events] == pytest.approx([step[name] for step in steps], rel=1e-6)
    assert [(event.step, event.value) for event in board.Scalars("scores/f1")] == [(5, 0.5), (10, 0.5)]


def test_wandb_goes_on_with_the_same_run_after_an_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wandb.py").write_text(FAKE_WANDB, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    PartialState._reset_state()  # as in a process of its own: Accelerate's tracker needs one that nobody has made
    log = tmp_path / "poems.jsonl"
    _run(log, stop=7, trackers=["wandb"])
    _run(log, trackers=["wandb"])
    heard = [json.loads(line) for line in (tmp_path / "wandb.jsonl").read_text(encoding="utf-8").splitlines()]
    first, second = [line for line in heard if line["what"] == "init"]
    assert first["project"] == second["project"] == "poems"
    assert first["named"]["id"] == second["named"]["id"]
    assert first["named"]["resume"] == "allow"
    (config,) = [line["values"] for line in heard if line["what"] == "config"]
    assert config["recipe/learning_rates/transformer.h"] == 2e-2
    logged = [line for line in heard if line["what"] == "log"]
    assert [line["step"] for line in logged] == list(range(1, 11))
    assert logged[4]["values"]["scores/f1"] == 0.5
    assert [line["what"] for line in heard].count("finish") == 2
    monkeypatch.delitem(sys.modules, "wandb")


def test_a_tracker_that_is_not_installed_is_an_error_that_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ValueError, match="'wandb' is not installed; get it with: pip install wandb"):
        Record(tmp_path / "run.jsonl", ["wandb"], {}, done=0)
    assert not (tmp_path / "run.jsonl").exists()


def test_a_tracker_needs_a_known_name_and_a_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown tracker 'tensorbord'; there are tensorboard, wandb"):
        Record(tmp_path / "run.jsonl", ["tensorbord"], {}, done=0)
    with pytest.raises(ValueError, match="name a file"):
        Record(None, ["tensorboard"], {}, done=0)
