"""AdaLoRA's allocation: a budget of ranks for the whole model, spent where it matters most.

How important a weight w is, at a step with gradient g; and a triplet i of P (m, r), λ (r,) and Q (r, n):

    s̄ ← β₁ s̄ + (1 - β₁) |w·g|,    ū ← β₂ ū + (1 - β₂) | |w·g| - s̄ |,    I(w) = s̄ · ū
    S_i = I(λ_i) + 1/m Σ_j I(P_ji) + 1/n Σ_j I(Q_ij)

At first every triplet lives; then the number of those that may falls:

    b(t) = b₀ for t ≤ t_i,    b_T + (b₀ - b_T) (1 - (t - t_i)/(T - t_i - t_f))³ in between,    b_T from T - t_f on

Every ΔT steps λ becomes 0 in all but the b(t) triplets with the greatest S. P and Q stay and λ goes on learning, so
that a triplet can come back, until at T - t_f the pattern is fixed.

    for step, batch in enumerate(batches, start=1):
        (loss(model, batch) + 0.1 * orthogonality(model)).backward()
        observe(model, schedule, step)
        optimizer.step()
        allocate(model, schedule, step)
        optimizer.zero_grad()

The authors and peft observe after the optimizer's step; then w is one step ahead of its g. Both ways work, and the
second suits `fit`, where both functions are called by its `after_step`. For each record of `fit` would be too late:
by then the weights before the allocation have been measured, and perhaps kept as the best.

Paper: paper-adalora.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from aigc_ref.peft.adalora import LEARNT, SEEN, AdaLoRALinear, adalora_layers


def smooth_importance(
    weight: Float[Tensor, "*shape"],
    gradient: Float[Tensor, "*shape"],
    sensitivity: Float[Tensor, "*shape"],
    uncertainty: Float[Tensor, "*shape"],
    *,
    beta1: float,
    beta2: float,
) -> tuple[Float[Tensor, "*shape"], Float[Tensor, "*shape"]]:
    """The next s̄ and ū of every weight, all of one shape; both start at 0 and are not corrected for it.

    Examples:
        >>> zero = torch.zeros(1)
        >>> smooth_importance(torch.tensor([-2.0]), torch.tensor([3.0]), zero, zero, beta1=0.5, beta2=0.5)
        (tensor([3.]), tensor([1.5000]))
    """
    importance = (weight * gradient).abs()
    sensitivity = beta1 * sensitivity + (1 - beta1) * importance
    uncertainty = beta2 * uncertainty + (1 - beta2) * (importance - sensitivity).abs()
    return sensitivity, uncertainty


def triplet_importance(
    p: Float[Tensor, "out r"], singular_values: Float[Tensor, " r"], q: Float[Tensor, "r in"]
) -> Float[Tensor, " r"]:
    """S of every triplet, shape (r,), of the importances I of P (out, r), of λ (r,) and of Q (r, in)."""
    return singular_values + (q.mean(dim=1) + p.mean(dim=0))


def keep_greatest(importances: Sequence[Float[Tensor, " _"]], budget: int) -> list[Bool[Tensor, " _"]]:
    """Which triplets of which matrix are among the `budget` most important of all; of equal ones the first.

    Examples:
        >>> [kept.tolist() for kept in keep_greatest([torch.tensor([3.0, 1.0]), torch.tensor([2.0, 1.0])], 3)]
        [[True, True], [True, False]]
    """
    every = torch.cat(list(importances))
    kept = torch.zeros_like(every, dtype=torch.bool)
    kept[every.argsort(descending=True, stable=True)[:budget]] = True
    return list(kept.split([len(importance) for importance in importances]))


@dataclass(frozen=True, slots=True)
class RankSchedule:
    """When ranks are taken away, and how many. Steps are counted from 1 to T."""

    steps: int
    """T."""
    target_rank: int
    """The mean rank of a matrix in the end; b_T is as many times the number of matrices."""
    warmup: int = 0
    """t_i: so many steps change no rank."""
    final: int = 0
    """t_f: so many steps, the last, have the final ranks."""
    interval: int = 1
    """ΔT."""
    beta1: float = 0.85
    beta2: float = 0.85

    def __post_init__(self) -> None:
        if min(self.warmup, self.final) < 0 or self.warmup + self.final >= self.steps:
            raise ValueError(
                f"{self.warmup} steps of warm-up and {self.final} final ones leave none of {self.steps} to allocate in"
            )
        if self.interval < 1 or self.target_rank < 0:
            raise ValueError("the interval must be 1 or more, the target rank 0 or more")
        if not (0 < self.beta1 < 1 and 0 < self.beta2 < 1):
            raise ValueError(f"beta1 and beta2 are shares of the past, between 0 and 1, not {self.beta1}, {self.beta2}")

    def budget(self, step: int, initial: int, target: int) -> int:
        """b(t), rounded down, from b₀ and b_T.

        Examples:
            >>> [RankSchedule(steps=12, target_rank=2, warmup=2, final=2).budget(t, 24, 8) for t in (2, 4, 6, 8, 10)]
            [24, 14, 10, 8, 8]
        """
        last = self.steps - self.final
        passed = min(max(step - self.warmup, 0) / (last - self.warmup), 1.0)
        return int((initial - target) * (1 - passed) ** 3 + target)


@torch.no_grad()
def observe(model: nn.Module, schedule: RankSchedule, step: int) -> None:
    """Brings every weight's importance up to date, as long as ranks are allocated. Call it after backward.

    Raises:
        ValueError: a weight has no gradient.
    """
    if step >= schedule.steps - schedule.final:
        return
    for name, layer in adalora_layers(model).items():
        for learnt in LEARNT:
            weight: Tensor = getattr(layer, learnt)
            if weight.grad is None:
                raise ValueError(f"{name}.{learnt} has no gradient: call `observe` after backward, before zero_grad")
            past = [getattr(layer, f"{learnt}_{what}") for what in SEEN]
            present = smooth_importance(weight, weight.grad, *past, beta1=schedule.beta1, beta2=schedule.beta2)
            for buffer, value in zip(past, present, strict=True):
                buffer.copy_(value)


@torch.no_grad()
def allocate(model: nn.Module, schedule: RankSchedule, step: int) -> None:
    """Sets λ to 0 outside the budget, where the schedule says so. Call it after the optimizer's step.

    Raises:
        ValueError: the target is more than there are ranks.
    """
    layers, last = list(adalora_layers(model).values()), schedule.steps - schedule.final
    initial, target = sum(layer.rank for layer in layers), schedule.target_rank * len(layers)
    if target > initial:
        raise ValueError(f"a target rank of {schedule.target_rank} is more than the layers' first rank")
    if step <= schedule.warmup or (step < last and step % schedule.interval):
        return
    if step <= last:
        importances = [triplet_importance(*(_importance(layer, learnt) for learnt in LEARNT)) for layer in layers]
        for layer, kept in zip(layers, keep_greatest(importances, schedule.budget(step, initial, target)), strict=True):
            layer.mask.copy_(kept)
    for layer in layers:
        layer.singular_values.masked_fill_(~layer.mask, 0.0)


def ranks(model: nn.Module) -> dict[str, int]:
    """How many triplets the last allocation left to each layer."""
    return {name: int(layer.mask.sum()) for name, layer in adalora_layers(model).items()}


def _importance(layer: AdaLoRALinear, learnt: str) -> Tensor:
    importance: Tensor = getattr(layer, f"{learnt}_sensitivity") * getattr(layer, f"{learnt}_uncertainty")
    return importance
