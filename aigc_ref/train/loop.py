"""The one training loop: epochs, accumulation, clipping, schedule, records, and an exact resume.

What a model learns from is its loss function's business: (model, batch) → a sum over tokens and their number. A step
adds up the gradients of the *sums* over its batches and divides by all of their tokens, so that four batches of
eight teach what one batch of thirty-two does, however long their texts are.

The order of the data depends on seed and epoch alone, and a checkpoint holds weights, optimizer, schedule, place and
the state of chance: a run that was interrupted and goes on gives the numbers of one that was not.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from aigc_ref.lm.losses import TokenLoss
from aigc_ref.text.collate import Batch

Example = TypeVar("Example")
LossFunction = Callable[[nn.Module, Batch], TokenLoss]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What one step of the optimizer saw."""

    epoch: int
    step: int
    """Since the start of the run, from 1."""
    loss: float
    """Nats per token, before the step."""
    tokens: int
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train.

    The learning rate rises from 0 to its peak over `warmup` of all steps, then falls to 0 in a straight line.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    accumulation: int = 1
    """Batches to a step."""
    warmup: float = 0.1
    clip: float = 1.0
    """The greatest norm of the gradient; longer ones are shortened to it."""
    weight_decay: float = 0.01
    max_steps: int | None = None
    """Ends the run, and its schedule, early."""
    seed: int = 0

    def rate(self, step: int, steps: int) -> float:
        """The share of the peak learning rate at a step, from 0.

        Examples:
            >>> [Recipe(1, 1, 1.0, warmup=0.5).rate(step, steps=4) for step in range(4)]
            [0.5, 1.0, 1.0, 0.5]
        """
        warm = int(self.warmup * steps)
        return (step + 1) / warm if step < warm else (steps - step) / (steps - warm)


def fit(
    model: nn.Module,
    dataset: Dataset[Example],
    collate: Callable[[Sequence[Example]], Batch],
    loss_function: LossFunction,
    recipe: Recipe,
    *,
    checkpoint: Path | None = None,
    log: Path | None = None,
    progress: bool = True,
) -> Generator[StepRecord]:
    """Trains the model in place, yielding after each step: the caller evaluates, draws, or stops.

    Args:
        model: on the device that it shall be trained on.
        dataset: a map-style dataset.
        collate: makes a batch of examples.
        loss_function: gives a batch's loss.
        recipe: how to train.
        checkpoint: a file to go on from where it is there, written after every epoch and when the run is interrupted.
        log: a file to which each record is appended, as a line of JSON.
        progress: whether to show a bar; it hides where there is no terminal.

    Raises:
        ValueError: the dataset is empty.
    """
    size = len(dataset)  # type: ignore[arg-type]  # a map-style dataset has a length; torch's type does not say so
    if not size:
        raise ValueError("the dataset is empty: there is nothing to learn from")
    steps_an_epoch = -(-size // (recipe.batch_size * recipe.accumulation))
    steps = min(steps_an_epoch * recipe.epochs, recipe.max_steps or steps_an_epoch * recipe.epochs)
    optimizer = AdamW(model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    scheduler = LambdaLR(optimizer, lambda step: recipe.rate(min(step, steps - 1), steps))
    torch.manual_seed(recipe.seed)
    done = _resume(checkpoint, model, optimizer, scheduler) if checkpoint and checkpoint.exists() else 0
    device = next(model.parameters()).device

    bar = tqdm(total=steps, initial=done, unit="step", disable=None if progress else True)
    try:
        for epoch in range(done // steps_an_epoch, recipe.epochs):
            order = torch.Generator().manual_seed(recipe.seed * 1000 + epoch)
            loader = DataLoader(dataset, recipe.batch_size, shuffle=True, generator=order, collate_fn=collate)
            groups = _grouped(loader, recipe.accumulation)
            for number, batches in enumerate(groups, start=epoch * steps_an_epoch):
                if number < done:
                    continue  # seen before the interruption
                if number >= steps:
                    break
                rate = float(scheduler.get_last_lr()[0])
                loss, tokens = _step(model, batches, loss_function, optimizer, recipe.clip, device)
                scheduler.step()
                done = number + 1
                record = StepRecord(epoch, done, loss, tokens, rate)
                if log:
                    with log.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(record)) + "\n")
                bar.update()
                bar.set_postfix(loss=f"{loss:.3f}")
                yield record
            if checkpoint:
                _save(checkpoint, model, optimizer, scheduler, done)
    except (KeyboardInterrupt, GeneratorExit):
        if checkpoint:
            _save(checkpoint, model, optimizer, scheduler, done)
        raise
    finally:
        bar.close()


def _grouped(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    iterator = iter(batches)
    while group := list(islice(iterator, size)):
        yield group


def _step(
    model: nn.Module,
    batches: Sequence[Batch],
    loss_function: LossFunction,
    optimizer: AdamW,
    clip: float,
    device: torch.device,
) -> tuple[float, int]:
    model.train()
    total, tokens = 0.0, 0
    for batch in batches:
        loss = loss_function(model, {name: tensor.to(device) for name, tensor in batch.items()})
        loss.total.backward()
        total += loss.total.item()
        tokens += int(loss.tokens)
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad /= tokens
    nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    optimizer.zero_grad()
    return total / tokens, tokens


def _save(path: Path, model: nn.Module, optimizer: AdamW, scheduler: LambdaLR, done: int) -> None:
    """Whole or not at all: a checkpoint cut off in the middle is worth nothing."""
    state: dict[str, Any] = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "done": done,
        "chance": torch.get_rng_state(),
    }
    part = path.with_name(path.name + ".part")
    torch.save(state, part)
    part.replace(path)


def _resume(path: Path, model: nn.Module, optimizer: AdamW, scheduler: LambdaLR) -> int:
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    torch.set_rng_state(state["chance"])
    return int(state["done"])


@torch.no_grad()
def evaluate(
    model: nn.Module,
    dataset: Dataset[Example],
    collate: Callable[[Sequence[Example]], Batch],
    loss_function: LossFunction,
    batch_size: int = 64,
) -> TokenLoss:
    """The loss over a whole dataset: summed over its tokens, not averaged over its batches."""
    model.eval()
    device = next(model.parameters()).device
    total, tokens = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.int64)
    for batch in DataLoader(dataset, batch_size, collate_fn=collate):
        loss = loss_function(model, {name: tensor.to(device) for name, tensor in batch.items()})
        total += loss.total.cpu()
        tokens += loss.tokens.cpu()
    return TokenLoss(total, tokens)
