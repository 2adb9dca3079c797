"""The course of a run, whatever it trains: it goes on from a checkpoint, measures, records, shows, and stops cleanly.

Who trains brings an iterator that makes one step at each `next`, and a `State` in which that step is committed. Each
record is handed to the caller, once: a run that was interrupted at any point and goes on gives the records, and ends
with the weights, of one that was not.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from torch import nn
from tqdm import tqdm

from aigc_ref.train.checkpoint import State
from aigc_ref.train.precision import Precision, autocast
from aigc_ref.train.record import Record
from aigc_ref.train.signals import deferred_signals
from aigc_ref.train.validation import Validation

R = TypeVar("R")


def run(
    state: State,
    steps_made: Iterator[object],
    make_record: Callable[..., R],
    *,
    steps: int | None,
    epoch_ends: Callable[[int], bool],
    about: Mapping[str, Any],
    validation: Validation | None = None,
    validated: nn.Module | None = None,
    precision: Precision = "float32",
    checkpoint: Path | None = None,
    checkpoint_every: int | None = None,
    log: Path | None = None,
    trackers: Sequence[str] = (),
    progress: bool = True,
) -> Generator[R]:
    """Makes the steps that are not done, each when it is asked for, and yields what they saw.

    Args:
        state: of the run; it has been restored where there was a checkpoint.
        steps_made: trains one step at each `next` and commits it to the state; it ends where the data do.
        make_record: makes what the caller gets of a step's plain values.
        steps: of the whole run; None where only the data know.
        epoch_ends: whether an epoch ends with a step, counted from 1.
        about: what the record's first line says of the run.
        validation: what to measure meanwhile, of `validated`, which ends with the weights that were best.
        validated: the model that is measured.
        precision: of the measurement.
        checkpoint: a file, written after every epoch and measurement, and when the run is interrupted.
        checkpoint_every: steps from one checkpoint to the next, beside those.
        log: a file of JSON lines, one a step.
        trackers: names of trackers that write beside the log.
        progress: whether to show a bar; it hides where there is no terminal.
    """
    strategy = state.strategy
    patience = validation.patience if validation else None

    def remaining() -> Iterator[dict[str, Any]]:
        if state.unreported:
            yield state.unreported
        while state.step != steps and not state.best.exhausted(patience):
            before = state.step
            next(steps_made, None)
            if state.step == before or state.unreported is None:
                return
            yield state.unreported

    def measured(record: dict[str, Any], ends: bool) -> dict[str, Any]:
        if not (validation and validated and validation.due(state.step, ends)):
            return record
        with autocast(state.device, precision):
            scores = strategy.from_main(lambda: validation.measure(validated))
        # NumPy's scalars can neither be written as JSON nor read from a checkpoint
        return {**record, "scores": {name: float(score) for name, score in scores.items()}}

    written = Record(log if strategy.is_main else None, trackers if strategy.is_main else (), about, state.logged)
    shown = progress and strategy.is_main
    initial = state.step - bool(state.unreported)
    bar = tqdm(total=steps, initial=initial, unit="step", disable=None if shown else True)
    with closing(written), bar:
        try:
            for record in remaining():
                ends = epoch_ends(state.step)
                if state.step > state.logged:
                    record = measured(record, ends)
                    with deferred_signals():
                        if validation and validated and record.get("scores") is not None:
                            weights = partial(strategy.state_dict, validated)
                            state.best.update(validation, record["scores"], weights, state.step)
                        written.write(record)
                        state.logged, state.unreported = state.step, record
                scores = record.get("scores")
                bar.update()
                bar.set_postfix({**({"loss": record["loss"]} if "loss" in record else {}), **(scores or {})})
                made = make_record(**record)
                state.unreported = None  # Python looks for signals at calls, and until the caller has it there is none
                yield made
                due = checkpoint_every and state.step % checkpoint_every == 0
                if checkpoint and (ends or scores or due):
                    state.save(checkpoint)
            if checkpoint and state.step != steps:  # the data ended: nobody knew that this step was the last
                state.save(checkpoint)
        except (KeyboardInterrupt, GeneratorExit):
            if checkpoint:
                state.save(checkpoint)
            raise
    if validated is not None:
        state.best.restore(validated)
