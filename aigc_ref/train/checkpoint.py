"""Checkpoints: all that a run must know to go on as if it had never stopped.

That is more than weights: the optimizer's moments, the place in the schedule and in the data, the state of chance,
the best weights so far and the patience that is left, and a step's record that was interrupted before it was handed
out. A checkpoint also says which run it is of, so that another recipe, a model or data of another size, or whatever
else the caller of `fit` names in its `identity`, do not continue it by mistake.

A file is written whole or not at all, and never from the middle of a step: `uninterrupted` puts off Ctrl-C until
weights, optimizer and counters agree, and a step that does not come to its end leaves no trace in the buffers.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from aigc_ref.train.validation import Best


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Puts off Ctrl-C and termination to the end of the block; in another thread than the main one they do not come."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        arrived.append(number)

    handlers = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for late in arrived:
            signal.raise_signal(late)  # now to whom it was meant for


def chance(device: torch.device) -> list[Tensor]:
    """The state of torch's generators: the processor's, and the accelerator's where the model is on one."""
    states = [torch.get_rng_state()]
    return states if device.type == "cpu" else [*states, torch.get_device_module(device).get_rng_state()]


def set_chance(states: list[Tensor], device: torch.device) -> None:
    """Puts the generators back into states that `chance` gave."""
    torch.set_rng_state(states[0])
    if len(states) > 1 and device.type != "cpu":
        torch.get_device_module(device).set_rng_state(states[1])


@dataclass(slots=True)
class State:
    """A run: what it trains, how far it has come, and what it would need to go on."""

    identity: dict[str, Any]
    """What makes it this run and no other: recipe, number of steps, sizes, and what the caller adds."""
    model: nn.Module
    optimizer: AdamW
    scheduler: LambdaLR
    chance: list[Tensor]
    """Before the next step."""
    done: int = 0
    """Steps."""
    pending: dict[str, Any] | None = None
    """The last step's record, until it is handed out."""
    recorded: int = 0
    """Steps that are measured and written."""
    best: Best = field(default_factory=Best)

    @contextmanager
    def whole_step(self) -> Iterator[None]:
        """Puts the model's buffers back where the block ends without a step: batch normalisation counts what it saw."""
        done, before = self.done, [(name, buffer, buffer.clone()) for name, buffer in self.model.named_buffers()]
        try:
            yield
        except BaseException:
            if self.done == done:
                with uninterrupted(), torch.no_grad():
                    for name, buffer, values in before:
                        owner, _, last = name.rpartition(".")
                        setattr(self.model.get_submodule(owner), last, buffer.copy_(values))  # or it was replaced
            raise

    def save(self, path: Path) -> None:
        """Writes the checkpoint, whole or not at all."""
        best = self.best
        content = {
            "identity": self.identity,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "chance": self.chance,
            "done": self.done,
            "pending": self.pending,
            "recorded": self.recorded,
            "best": {"score": best.score, "step": best.step, "weights": best.weights, "since": best.since},
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        with uninterrupted():
            torch.save(content, part)
            part.replace(path)

    def restore(self, path: Path) -> None:
        """Goes back to what a checkpoint holds.

        Raises:
            ValueError: the file is no checkpoint, damaged, or of another run or model; the message says which.
        """
        with path.open("rb") as file:
            try:
                content = torch.load(file, map_location="cpu", weights_only=True)
                found, best = dict(content["identity"]), Best(**content["best"])
                model, optimizer, scheduler = (content[name] for name in ("model", "optimizer", "scheduler"))
                reached = [content[name] for name in ("chance", "done", "pending", "recorded")]
            except Exception as error:  # junk can make torch raise anything, from struct.error to OSError
                raise ValueError(
                    f"{path} is not a checkpoint of this loop, or it is damaged; remove it to begin anew"
                ) from error
        differing = [key for key in {**found, **self.identity} if found.get(key) != self.identity.get(key)]
        if differing:
            changes = ", ".join(f"{key} was {found.get(key)!r}, is {self.identity.get(key)!r}" for key in differing)
            raise ValueError(
                f"{path} belongs to another run ({changes}); remove it to begin anew, or name another file"
            )
        try:
            self.model.load_state_dict(model)
        except RuntimeError as error:
            raise ValueError(f"{path} belongs to another model; remove it to begin anew: {error}") from error
        self.optimizer.load_state_dict(optimizer)
        self.scheduler.load_state_dict(scheduler)
        self.chance, self.done, self.pending, self.recorded = reached
        self.best = best
