"""The recipe of a training run: how long, how fast, how precisely.

    rate(t) = (t + 1) / w         for the first w = warmup · T of T steps
    rate(t) = (T - t) / (T - w)   for the rest

In bfloat16 the weights stay float32; only what autocast deems safe is computed in half precision. Its exponent is
that of float32, so that gradients do not vanish and no loss is scaled, as it is and must be with float16.

Paper: paper-mixed-precision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import torch
from torch import nn

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train.

    The learning rate rises from 0 to its peak over `warmup` of all steps, then falls to 0 in a straight line.
    """

    epochs: int
    batch_size: int
    """Examples to a batch, where `fit` is not given a sampler of its own."""
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
    precision: Precision = "float32"
    learning_rates: Mapping[str, float] = field(default_factory=dict)
    """Peaks of their own, by how the parameters' names begin: {"classifier": 1e-3} for a head that is new."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "accumulation", "max_steps"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        if not (0 <= self.warmup <= 1 and self.clip > 0):
            raise ValueError(f"warmup is a share from 0 to 1, clip is above 0; not {self.warmup} and {self.clip}")
        if self.precision not in get_args(Precision):
            raise ValueError(f"precision is one of {', '.join(get_args(Precision))}; not {self.precision!r}")

    def rate(self, step: int, steps: int) -> float:
        """The share of the peak learning rate at a step, from 0.

        Examples:
            >>> [Recipe(1, 1, 1.0, warmup=0.5).rate(step, steps=4) for step in range(4)]
            [0.5, 1.0, 1.0, 0.5]
        """
        warm = int(self.warmup * steps)
        return (step + 1) / warm if step < warm else (steps - step) / (steps - warm)


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Half precision where it is wanted and safe; with "float32", nothing."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """AdamW's groups: one for each peak of its own, and one for the rest."""
    named = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    if not named:
        raise ValueError("no parameter of the model requires a gradient: there is nothing to train")
    groups = []
    for prefix, rate in recipe.learning_rates.items():
        chosen = [named.pop(name) for name in list(named) if name.startswith(prefix)]
        if not chosen:
            raise ValueError(
                f"learning_rates: no trainable parameter that is left has a name beginning with {prefix!r}"
            )
        groups.append({"params": chosen, "lr": rate})
    return [{"params": list(named.values())}, *groups] if named else groups
