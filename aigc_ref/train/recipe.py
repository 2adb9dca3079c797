"""The recipe of a training run: how long, how fast, how precisely. Plain values, which a record or checkpoint holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aigc_ref.train.precision import Precision, check_precision
from aigc_ref.train.schedule import Schedule, check_schedule, share_of_peak


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. `aigc_ref.train.optimizer` and `schedule` say what follows from it."""

    epochs: int
    batch_size: int
    """Examples to a batch, where `fit` is not given a sampler of its own."""
    learning_rate: float
    """At its peak."""
    accumulation: int = 1
    """Batches to a step."""
    schedule: Schedule = "linear"
    """How the learning rate goes after the warm-up."""
    warmup_ratio: float = 0.1
    """The share of all steps in which the learning rate rises."""
    max_grad_norm: float = 1.0
    """The greatest norm of the gradient; longer ones are shortened to it."""
    weight_decay: float = 0.01
    max_steps: int | None = None
    """Ends the run, and its schedule, early."""
    seed: int = 0
    precision: Precision = "float32"
    learning_rates: Mapping[str, float] = field(default_factory=dict)
    """Peaks of their own, by how the parameters' names begin: {"classifier": 1e-3} for a head that is new."""
    ema_decay: float = 0.999
    """Of the moving average of the weights, where `fit` is given a model to keep it in."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "accumulation", "max_steps"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        for name in ("warmup_ratio", "ema_decay"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share from 0 to 1, not {getattr(self, name)}")
        if not self.max_grad_norm > 0:
            raise ValueError(f"max_grad_norm must be above 0, not {self.max_grad_norm}")
        check_schedule(self.schedule)
        check_precision(self.precision)

    def share(self, step: int, steps: int) -> float:
        """The share of the peak learning rate at a step, from 0.

        Examples:
            >>> [Recipe(1, 1, 1.0, warmup_ratio=0.5).share(step, steps=4) for step in range(4)]
            [0.5, 1.0, 1.0, 0.5]
        """
        return share_of_peak(self.schedule, step, steps, self.warmup_ratio)
