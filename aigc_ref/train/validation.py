"""Validation: measuring a model while it trains, keeping its best weights, and stopping when it gets no better.

After every measurement the weights are kept if their score is the best so far. Where `patience` measurements in a row
bring no improvement, the run ends. Either way it ends with the best weights, not with the last.

The score that decides is chosen on data that the model neither learns from nor is reported on: whoever stops early on
the test set has fitted it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Validation:
    """What to measure during training, how often, and what follows."""

    measure: Callable[[nn.Module], dict[str, float]]
    """Named scores of a model, such as {"loss": 0.31, "f1": 0.9}; it may put the model into evaluation mode."""
    monitor: str = "loss"
    """The score that decides."""
    higher_is_better: bool = False
    every: int | None = None
    """Steps from one measurement to the next; None: after each epoch."""
    patience: int | None = None
    """Measurements in a row without improvement that end the run; None: none do."""

    def __post_init__(self) -> None:
        for name, value in (("every", self.every), ("patience", self.patience)):
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, or None, not {value}")

    def due(self, step: int, epoch_ends: bool) -> bool:
        """Whether to measure after a step, counted from 1."""
        return epoch_ends if self.every is None else step % self.every == 0

    def decisions(self) -> dict[str, str | bool | int | None]:
        """What the course of a run depends on, as plain values."""
        return {
            "monitor": self.monitor,
            "higher_is_better": self.higher_is_better,
            "every": self.every,
            "patience": self.patience,
        }


@dataclass(slots=True)
class Best:
    """The best score so far and the weights that had it."""

    score: float = math.nan
    step: int = 0
    weights: dict[str, Tensor] | None = None
    since: int = 0
    """Measurements without improvement in a row, up to now."""

    def update(
        self,
        validation: Validation,
        scores: Mapping[str, float],
        state_dict: Callable[[], Mapping[str, Tensor]],
        step: int,
    ) -> None:
        """Keeps the weights where the scores are the best. A score that is no number never is.

        Args:
            validation: says which score decides.
            scores: what was measured.
            state_dict: gives the weights that were measured; asked only where they are the best.
            step: after which it was measured.

        Raises:
            ValueError: the score that decides was not measured.
        """
        if validation.monitor not in scores:
            raise ValueError(f"there is no score {validation.monitor!r} to decide by; measured: {', '.join(scores)}")
        score = scores[validation.monitor]
        better = score > self.score if validation.higher_is_better else score < self.score
        if better or (math.isnan(self.score) and not math.isnan(score)):
            self.weights = {name: tensor.detach().clone() for name, tensor in state_dict().items()}
            self.score, self.step, self.since = score, step, 0
        else:
            self.since += 1

    def exhausted(self, patience: int | None) -> bool:
        """Whether the run has gone on without improvement for as long as it may."""
        return patience is not None and self.since >= patience

    def restore(self, model: nn.Module) -> None:
        """Gives the model the best weights, where there are any."""
        if self.weights is not None:
            model.load_state_dict(self.weights)
