"""Training one model on labelled examples: accumulation, clipping, schedule, validation, and an exact resume.

What a model learns from is its loss function's business: (model, batch) → a sum and its count. A step adds up the
gradients of the *sums* over its batches and divides by all that was counted, so that four batches of eight teach what
one batch of thirty-two does, however long their texts are.

    g = 1/N · Σ_batches ∇ Σ loss      g ← g · min(1, max_grad_norm / ‖g‖)      optimizer with rate(step)

The order of the data depends on seed and epoch alone, what is drawn for a batch on seed, step and the batch's number
in it: neither on what the caller draws, nor on how many processes share the run (see `aigc_ref.train.rng`), and the
caller's generators are left as they were. `aigc_ref.train.run` is the course of the run around the steps.

Paper: paper-adamw.
"""

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import torch
from torch import nn

from aigc_ref.train.average import decay_at, update_average
from aigc_ref.train.batch import Batch, BatchSampler, epoch_generator, shuffled_batches
from aigc_ref.train.checkpoint import State
from aigc_ref.train.loss import SummedLoss
from aigc_ref.train.optimizer import MakeOptimizers, adamw, learning_rates, set_learning_rates, trained_parameters
from aigc_ref.train.precision import autocast
from aigc_ref.train.recipe import Recipe
from aigc_ref.train.rng import derived_seed, seeded
from aigc_ref.train.run import run
from aigc_ref.train.signals import deferred_signals
from aigc_ref.train.strategy import Local, Strategy
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

    step: int
    """Since the start of the run, from 1."""
    epoch: int
    """From 0."""
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
    optimizers: MakeOptimizers = adamw,
    average: nn.Module | None = None,
    validation: Validation | None = None,
    after_step: Callable[[int], None] | None = None,
    strategy: Strategy | None = None,
    checkpoint: Path | None = None,
    checkpoint_every: int | None = None,
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
        optimizers: makes the optimizers of model and recipe; by default one AdamW.
        average: a copy of the model, in which the moving average of its weights is kept. It is what is measured then.
        validation: what to measure meanwhile; the model, or its average, ends with the weights that were best.
        after_step: what belongs to a step beyond the optimizer's, such as AdaLoRA's allocation; called with the step's
            number while its gradients, clipped, are there, and before it is measured, recorded and checkpointed.
        strategy: who shares the run; by default this process has all of it.
        checkpoint: a file to go on from where it is there, written after every epoch and measurement and when the
            run is interrupted.
        checkpoint_every: steps from one checkpoint to the next, beside those.
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

    device = next(model.parameters()).device
    known = _known(model, recipe, validation) | {"examples": len(dataset), "steps": steps}
    if taken := [name for name in identity if name in known]:
        raise ValueError(f"{taken[0]!r} is among what the loop compares itself; name it otherwise in the identity")
    state = State(
        known | dict(identity),
        {"model": model} if average is None else {"model": model, "average": average},
        optimizers(model, recipe),
        strategy=strategy or Local(),
    )
    peaks = learning_rates(state.optimizers.values())
    if checkpoint and checkpoint.exists():
        state.restore(checkpoint)

    def make_batch(indices: Sequence[int]) -> Batch:
        return {name: tensor.to(device) for name, tensor in collate([dataset[index] for index in indices]).items()}

    def steps_made() -> Iterator[None]:
        for epoch in range(state.step // steps_an_epoch, recipe.epochs):
            batches = sampler(generator=epoch_generator(recipe.seed, epoch))
            for first in range(state.step % steps_an_epoch * recipe.accumulation, len(batches), recipe.accumulation):
                share = recipe.share(state.step, steps)
                set_learning_rates(state.optimizers.values(), (peak * share for peak in peaks))
                shard = state.strategy.shard(batches[first : first + recipe.accumulation])
                with state.whole_step():
                    _step(state, model, shard, make_batch, loss_function, recipe, epoch, steps, after_step)
                yield

    yield from run(
        state,
        steps_made(),
        StepRecord,
        steps=steps,
        epoch_ends=lambda step: step % steps_an_epoch == 0 or step == steps,
        about={
            "model": type(model).__name__,
            "device": str(device),
            "threads": torch.get_num_threads(),
            "recipe": state.identity,
        },
        validation=validation,
        validated=model if average is None else average,
        precision=recipe.precision,
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every,
        log=log,
        trackers=trackers,
        progress=progress,
    )


def _step(
    state: State,
    model: nn.Module,
    batches: Iterable[tuple[int, Sequence[int]]],
    make_batch: Callable[[Sequence[int]], Batch],
    loss_function: LossFunction,
    recipe: Recipe,
    epoch: int,
    steps: int,
    after_step: Callable[[int], None] | None,
) -> None:
    """One step of the optimizers, on all batches together."""
    device, strategy, optimizers = state.device, state.strategy, state.optimizers.values()
    model.train()
    for optimizer in optimizers:
        optimizer.zero_grad()
    total, count = 0.0, 0
    for number, indices in batches:
        with seeded(derived_seed(recipe.seed, "batch", state.step, number), device):
            batch = make_batch(indices)
            with autocast(device, recipe.precision):
                loss = loss_function(model, batch)
            strategy.backward(loss.sum)
        total += loss.sum.item()
        count += int(loss.count)
    total, counted = strategy.sum(total, count)
    if not counted:
        raise ValueError(f"the batches of step {state.step + 1} hold no label to learn from")
    trained = trained_parameters(optimizers)
    strategy.sum_gradients(trained)
    for parameter in trained:
        if parameter.grad is not None:
            parameter.grad /= counted
    norm = strategy.clip(trained, recipe.max_grad_norm)
    if not (math.isfinite(total) and math.isfinite(norm)):
        raise FloatingPointError(
            f"step {state.step + 1}: loss {total / counted}, norm of the gradient {norm}; "
            "look at the data of that step, or lower the learning rate"
        )
    record = {
        "epoch": epoch,
        "loss": total / counted,
        "count": int(counted),
        "learning_rate": recipe.learning_rate * recipe.share(state.step, steps),
        "gradient_norm": norm,
        "scores": None,
    }
    with deferred_signals():  # half a step is no place to go on from
        for optimizer in optimizers:
            optimizer.step()
        if average := state.modules.get("average"):
            update_average(average, model, decay_at(state.step, recipe.ema_decay))
        state.commit(record)
        if after_step:
            after_step(state.step)


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
    """The loss over a whole dataset: summed over all that counts, not averaged over its batches.

    Raises:
        ValueError: the batch size is not positive.
    """
    if batch_size < 1:
        raise ValueError(f"the batch size must be at least 1, not {batch_size}")
    model.eval()
    device = next(model.parameters()).device
    whole = SummedLoss(torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.int64))
    for start in range(0, len(dataset), batch_size):
        batch = collate([dataset[index] for index in range(start, min(start + batch_size, len(dataset)))])
        loss = loss_function(model, {name: tensor.to(device) for name, tensor in batch.items()})
        whole += SummedLoss(loss.sum.cpu(), loss.count.cpu())
    return whole
