"""Checkpoints: all that a run must know to go on as if it had never stopped.

That is more than weights: the optimizers' moments, the averages of weights, the place in the data, the best weights
so far and the patience that is left, and a step's record that was interrupted before it was handed out. Chance needs
no state, since it belongs to the place in the run (see `aigc_ref.train.rng`). A checkpoint also says which run it is
of, so that another recipe, a model or data of another size, or whatever else the caller names in its `identity`, do
not continue it by mistake.

A file is written whole or not at all, and never from the middle of a step: `deferred_signals` put off Ctrl-C until
weights, optimizers and counters agree, and a step that does not come to its end leaves no trace in the buffers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from aigc_ref.train.optimizer import Optimizers
from aigc_ref.train.signals import deferred_signals
from aigc_ref.train.strategy import Local, Strategy
from aigc_ref.train.validation import Best


@dataclass(slots=True)
class State:
    """A run: what it trains, how far it has come, and what it would need to go on."""

    identity: dict[str, Any]
    """What makes it this run and no other: recipe, number of steps, sizes, and what the caller adds."""
    modules: Mapping[str, nn.Module]
    """All whose weights belong to the run, by name, such as {"model": …}: those that learn, and averages of them."""
    optimizers: Optimizers
    strategy: Strategy = field(default_factory=Local)
    step: int = 0
    """Steps that are done."""
    unreported: dict[str, Any] | None = None
    """The last step's record, until it is handed out."""
    logged: int = 0
    """Steps that are measured and written."""
    best: Best = field(default_factory=Best)

    @property
    def device(self) -> torch.device:
        return next(next(iter(self.modules.values())).parameters()).device

    @contextmanager
    def whole_step(self) -> Iterator[None]:
        """Where the block ends without a step, the buffers are as before: batch normalisation changes them forward."""
        step = self.step
        before = [
            (module, name, buffer, buffer.clone())
            for module in self.modules.values()
            for name, buffer in module.named_buffers()
        ]
        try:
            yield
        except BaseException:
            if self.step == step:
                with deferred_signals(), torch.no_grad():
                    for module, name, buffer, values in before:
                        owner, _, last = name.rpartition(".")
                        setattr(module.get_submodule(owner), last, buffer.copy_(values))  # or it was replaced
            raise

    def commit(self, record: Mapping[str, Any]) -> None:
        """Counts a step whose weights are new. Both belong into one block of `deferred_signals`.

        Args:
            record: what the step saw, as plain values; its number is added.
        """
        self.step += 1
        self.unreported = {"step": self.step, **record}

    def save(self, path: Path) -> None:
        """Writes the checkpoint, whole or not at all."""
        best, whole = self.best, self.strategy.state_dict
        content = {
            "identity": self.identity,
            "modules": {name: whole(module) for name, module in self.modules.items()},
            "optimizers": {name: whole(optimizer) for name, optimizer in self.optimizers.items()},
            "step": self.step,
            "unreported": self.unreported,
            "logged": self.logged,
            "best": {"score": best.score, "step": best.step, "weights": best.weights, "since": best.since},
        }
        if not self.strategy.is_main:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        with deferred_signals():
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
                modules, optimizers = dict(content["modules"]), dict(content["optimizers"])
                reached = [content[name] for name in ("step", "unreported", "logged")]
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
            for name, module in self.modules.items():
                self.strategy.load_state_dict(module, modules[name])
        except (KeyError, RuntimeError) as error:
            raise ValueError(f"{path} belongs to another model; remove it to begin anew: {error}") from error
        for name, optimizer in self.optimizers.items():
            self.strategy.load_state_dict(optimizer, optimizers[name])
        self.step, self.unreported, self.logged = reached
        self.best = best
