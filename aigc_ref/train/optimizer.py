"""Optimizers as functions of the model and the recipe.

A run may have several, each over its own parameters: a function that `fit` takes gives them by name, such as
{"adamw": …}, or one for matrices and one for the rest. Every group of parameters has its own peak of the learning
rate, which the schedule scales.

Paper: paper-adamw.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import nn
from torch.optim import AdamW, Optimizer

from aigc_ref.train.recipe import Recipe

Optimizers = Mapping[str, Optimizer]
MakeOptimizers = Callable[[nn.Module, Recipe], Optimizers]


def adamw(model: nn.Module, recipe: Recipe) -> Optimizers:
    """AdamW over all that requires a gradient."""
    return {"adamw": AdamW(parameter_groups(model, recipe), recipe.learning_rate, weight_decay=recipe.weight_decay)}


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """An optimizer's groups: one for each peak of its own, and one for the rest.

    Raises:
        ValueError: nothing requires a gradient, or a prefix of `learning_rates` fits no parameter.
    """
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


def trained_parameters(optimizers: Iterable[Optimizer]) -> list[nn.Parameter]:
    """Every parameter that one of the optimizers changes."""
    return [parameter for one in optimizers for group in one.param_groups for parameter in group["params"]]


def learning_rates(optimizers: Iterable[Optimizer]) -> list[float]:
    """The learning rate of each group of parameters; before the first step, its peak."""
    return [float(group["lr"]) for one in optimizers for group in one.param_groups]


def set_learning_rates(optimizers: Iterable[Optimizer], rates: Iterable[float]) -> None:
    """Gives each group its rate, in the order of `learning_rates`."""
    groups = [group for one in optimizers for group in one.param_groups]
    for group, rate in zip(groups, rates, strict=True):
        group["lr"] = rate
