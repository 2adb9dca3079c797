"""The one training loop: epochs, accumulation, clipping, schedule, validation, records, and an exact resume.

What a model learns from is its loss function's business: (model, batch) → a sum over tokens and their number. A step
adds up the gradients of the *sums* over its batches and divides by all of their tokens, so that four batches of
eight teach what one batch of thirty-two does, however long their texts are. A "token" is whatever has a label: a
classifier of texts counts texts, one of pictures counts pictures.

    g = 1/N · Σ_batches ∇ Σ_tokens loss      g ← g · min(1, clip / ‖g‖)      AdamW with rate(step)

The order of the data depends on seed and epoch alone, and the loop's chance is its own: what the caller or a
measurement draws between two steps changes nothing. A checkpoint holds all of a run's state, and a run that was
interrupted and goes on gives the numbers of one that was not (see `aigc_ref.train.checkpoint`).

Paper: paper-adamw.
"""

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from tqdm import tqdm

from aigc_ref.train.batch import Batch, BatchSampler, epoch_generator, shuffled_batches
from aigc_ref.train.checkpoint import State, chance, set_chance, uninterrupted
from aigc_ref.train.loss import SummedLoss
from aigc_ref.train.recipe import Recipe, autocast, parameter_groups
from aigc_ref.train.record import Record
from aigc_ref.train.validation import Validation

__all__ = ["Examples", "LossFunction", "Recipe", "StepRecord", "evaluate", "fit"]

Example = TypeVar("Example")
Example_co = TypeVar("Example_co", covariant=True)
LossFunction = Callable[[nn.Module, Batch], SummedLoss]


class Examples(Protocol[Example_co]):
    """What is learnt from: a map-style dataset of torch, or a list."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Example_co: ...


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What one step of the optimizer saw."""

    epoch: int
    step: int
    """Since the start of the run, from 1."""
    loss: float
    """Nats for each that counts, before the step."""
    count: int
    """Of what the loss is a mean over: tokens, texts, pictures."""
    learning_rate: float
    gradient_norm: float
    """Of that loss, before it is clipped."""
    scores: dict[str, float] | None = None
    """What validation measured after the step, where it was due."""


def fit(
    model: nn.Module,
    dataset: Examples[Example],
    collate: Callable[[Sequence[Example]], Batch],
    loss_function: LossFunction,
    recipe: Recipe,
    *,
    batch_sampler: BatchSampler | None = None,
    validation: Validation | None = None,
    after_step: Callable[[int], None] | None = None,
    checkpoint: Path | None = None,
    identity: Mapping[str, str] = MappingProxyType({}),
    log: Path | None = None,
    trackers: Sequence[str] = (),
    progress: bool = True,
) -> Generator[StepRecord]:
    """Trains the model in place, yielding after each step: the caller evaluates, draws, or stops.

    Args:
        model: on the device that it shall be trained on. Parameters that require no gradient stay as they are.
        dataset: the examples.
        collate: makes a batch of examples. It draws from torch's own generator, if it draws at all.
        loss_function: gives a batch's loss.
        recipe: how to train.
        batch_sampler: an epoch's batches, such as `partial(length_buckets, lengths, 16)` of
            `aigc_ref.text.sampling`; by default batches of `recipe.batch_size` examples at random.
        validation: what to measure meanwhile; the model ends with the weights that were best.
        after_step: what belongs to a step beyond the optimizer's, such as AdaLoRA's allocation; called with the step's
            number while its gradients, clipped, are there, and before it is measured, recorded and checkpointed.
        checkpoint: a file to go on from where it is there, written after every epoch and measurement and when the
            run is interrupted.
        identity: what else the run depends on, by name, such as a digest of the data. The loop compares recipe and
            sizes; it does not see that other data of the same size, or another loss function, make another run.
        log: a file to which the run and each record is written, as lines of JSON.
        trackers: "tensorboard", "wandb"; they write beside the log.
        progress: whether to show a bar; it hides where there is no terminal.

    Raises:
        ValueError: the dataset is empty, the checkpoint is damaged or of another run, the identity has a name that the
            loop uses, a tracker is not there.
        FloatingPointError: loss or gradient is not finite; weights and buffers are those before that step.
    """
    if not len(dataset):
        raise ValueError("the dataset is empty: there is nothing to learn from")
    sampler = batch_sampler or partial(shuffled_batches, len(dataset), recipe.batch_size)
    steps_an_epoch = -(-len(sampler(generator=torch.Generator())) // recipe.accumulation)
    steps = min(steps_an_epoch * recipe.epochs, recipe.max_steps or steps_an_epoch * recipe.epochs)
    patience = validation.patience if validation else None

    device = next(model.parameters()).device
    torch.manual_seed(recipe.seed)
    optimizer = AdamW(parameter_groups(model, recipe), recipe.learning_rate, weight_decay=recipe.weight_decay)
    scheduler = LambdaLR(optimizer, lambda step: recipe.rate(min(step, steps - 1), steps))
    known = _known(model, recipe, validation) | {"examples": len(dataset), "steps": steps}
    if taken := [name for name in identity if name in known]:
        raise ValueError(f"{taken[0]!r} is among what the loop compares itself; name it otherwise in the identity")
    known |= identity
    state = State(known, model, optimizer, scheduler, chance(device))
    if checkpoint and checkpoint.exists():
        state.restore(checkpoint)

    def made() -> Iterator[StepRecord]:
        """Makes the steps that are not done, each when it is asked for."""
        if state.pending:
            yield StepRecord(**state.pending)
        for epoch in range(state.done // steps_an_epoch, recipe.epochs):
            batches = sampler(generator=epoch_generator(recipe.seed, epoch))
            for first in range(state.done % steps_an_epoch * recipe.accumulation, len(batches), recipe.accumulation):
                if state.done == steps or state.best.exhausted(patience):
                    return
                set_chance(state.chance, device)
                group = batches[first : first + recipe.accumulation]
                collated = (collate([dataset[index] for index in indices]) for indices in group)
                with state.whole_step():
                    rate = recipe.rate(state.done, steps)
                    record = _step(state, collated, loss_function, recipe, epoch, rate, after_step)
                yield record

    run = {"model": type(model).__name__, "device": str(device), "threads": torch.get_num_threads(), "recipe": known}
    written = Record(log, trackers, run, state.recorded)
    bar = tqdm(total=steps, initial=state.done - bool(state.pending), unit="step", disable=None if progress else True)
    with closing(written), bar:
        try:
            for step in made():
                ends = step.step % steps_an_epoch == 0 or step.step == steps
                if step.step > state.recorded:
                    if validation and validation.due(step.step, ends):
                        with autocast(device, recipe.precision):
                            scores = validation.measure(model)
                        # NumPy's scalars can neither be written as JSON nor read from a checkpoint
                        step = replace(step, scores={name: float(score) for name, score in scores.items()})
                    with uninterrupted():
                        if validation and step.scores is not None:
                            state.best.update(validation, step.scores, model, step.step)
                        written.write(asdict(step))
                        state.recorded, state.pending = step.step, asdict(step)
                bar.update()
                bar.set_postfix({"loss": step.loss, **(step.scores or {})})
                state.pending = None  # Python looks for signals at calls, and there is none before the caller has it
                yield step
                if checkpoint and (ends or step.scores):
                    state.save(checkpoint)
        except (KeyboardInterrupt, GeneratorExit):
            if checkpoint:
                state.save(checkpoint)
            raise
    state.best.restore(model)


def _step(
    state: State,
    batches: Iterable[Batch],
    loss_function: LossFunction,
    recipe: Recipe,
    epoch: int,
    share: float,
    after_step: Callable[[int], None] | None,
) -> StepRecord:
    """One step of the optimizer, on all batches together."""
    model, optimizer = state.model, state.optimizer
    device = next(model.parameters()).device
    model.train()
    optimizer.zero_grad()
    total, tokens = 0.0, 0
    for batch in batches:
        with autocast(device, recipe.precision):
            loss = loss_function(model, {name: tensor.to(device) for name, tensor in batch.items()})
        loss.sum.backward()
        total += loss.sum.item()
        tokens += int(loss.count)
    if not tokens:
        raise ValueError(f"the batches of step {state.done + 1} hold no label to learn from")
    trained = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for parameter in trained:
        if parameter.grad is not None:
            parameter.grad /= tokens
    norm = float(nn.utils.clip_grad_norm_(trained, recipe.clip))
    record = StepRecord(epoch, state.done + 1, total / tokens, tokens, recipe.learning_rate * share, norm)
    if not (math.isfinite(record.loss) and math.isfinite(norm)):
        raise FloatingPointError(
            f"step {record.step}: loss {record.loss}, norm of the gradient {norm}; "
            "look at the data of that step, or lower the learning rate"
        )
    with uninterrupted():  # half a step is no place to go on from
        optimizer.step()
        state.scheduler.step()
        state.done, state.pending, state.chance = record.step, asdict(record), chance(device)
        if after_step:
            after_step(record.step)
    return record


def _known(model: nn.Module, recipe: Recipe, validation: Validation | None) -> dict[str, Any]:
    """What the loop knows of that a checkpoint must share with a run to be continued by it."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return {
        **asdict(recipe),
        **(validation.decisions() if validation else {}),
        "parameters": sum(size for size, _ in sizes),
        "trainable": sum(size for size, trainable in sizes if trainable),
    }


@torch.no_grad()
def evaluate(
    model: nn.Module,
    dataset: Examples[Example],
    collate: Callable[[Sequence[Example]], Batch],
    loss_function: LossFunction,
    batch_size: int = 64,
) -> SummedLoss:
    """The loss over a whole dataset: summed over its tokens, not averaged over its batches.

    Raises:
        ValueError: the batch size is not positive.
    """
    if batch_size < 1:
        raise ValueError(f"the batch size must be at least 1, not {batch_size}")
    model.eval()
    device = next(model.parameters()).device
    total, tokens = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.int64)
    for start in range(0, len(dataset), batch_size):
        batch = collate([dataset[index] for index in range(start, min(start + batch_size, len(dataset)))])
        loss = loss_function(model, {name: tensor.to(device) for name, tensor in batch.items()})
        total += loss.sum.cpu()
        tokens += loss.count.cpu()
    return SummedLoss(total, tokens)
