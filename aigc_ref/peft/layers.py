r"""What the techniques of this room share: they put something beside a layer of a model, and freeze the model.

Layers are named by a regular expression that must fit the whole dotted name: `.*\.(query|value)` takes both
projections out of every block of BERT. What learns is what `requires_grad`, so that an optimizer over all parameters
and `aigc_ref.peft.files` need no list of their own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from torch import nn

Layer = TypeVar("Layer", bound=nn.Module)
BYPASSING_THEIR_LAYERS = nn.MultiheadAttention, nn.TransformerEncoderLayer
"""Modules of torch that never call their own linear layers but pass the weights to one fused function, the second of
them in evaluation mode only: a wrapper around such a layer would not be called either."""


class Wrapped(nn.Module):
    """A layer that is wrapped: the layer itself, frozen, as `base`, and what is added to it."""

    merged: bool = False
    """Whether the base holds what was added, so that nothing is left to add."""

    def __init__(self, base: nn.Module) -> None:
        super().__init__()
        self.base = base


def match_layers(model: nn.Module, pattern: str, kinds: tuple[type[Layer], ...]) -> dict[str, Layer]:
    """The layers that the pattern fits, by name, in the model's order.

    Args:
        model: where to look.
        pattern: a regular expression for the whole dotted name of a layer.
        kinds: of layers that the technique can do something with; others are passed over.

    Raises:
        ValueError: there is none.

    Examples:
        >>> list(match_layers(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)), "[01]", (nn.Linear,)))
        ['0']
    """
    candidates = {name: layer for name, layer in model.named_modules() if name and isinstance(layer, kinds)}
    chosen = {name: layer for name, layer in candidates.items() if re.fullmatch(pattern, name)}
    if not chosen:
        some = ", ".join(list(candidates)[:8]) or "none"
        raise ValueError(f"{pattern!r} fits the whole name of no layer; those that it may fit are {some}")
    return chosen


def wrap_layers(model: nn.Module, layers: Mapping[str, Wrapped], head: str | None) -> list[str]:
    """Freezes the model and puts each wrapper where its base is; what is new learns.

    Args:
        model: changed in place.
        layers: by the name of their base.
        head: a regular expression for the layers that learn as a whole, as the classifier does that a task brings.

    Returns:
        The names.

    Raises:
        ValueError: the head fits nothing or a layer that is to be wrapped, the model has wrapped layers already, or a
            base shares its weight with another layer or is not called by the module that it is in. The model is
            unchanged then.
    """
    ensure_unwrapped(model)
    for name in layers:
        if others := _sharing(model, name):
            raise ValueError(f"{name} shares its weight with {others[0]}: a change to one would be a change to both")
        if passing := _passing(model, name):
            raise ValueError(
                f"torch's {passing} does what {name} does without calling it, and would pass by what is added: "
                "leave it out of the pattern, or take a module that calls its layers"
            )
    heads = [layer for name, layer in model.named_modules() if head and name and re.fullmatch(head, name)]
    if head and not heads:
        raise ValueError(f"the head {head!r} fits the whole name of no layer")
    learning = {id(part) for layer in heads for part in layer.modules()}
    for name, added in layers.items():
        if id(added.base) in learning:
            raise ValueError(f"{name} is of the head, which learns as a whole: leave it out of one of the two")

    model.requires_grad_(False)
    for layer in heads:
        layer.requires_grad_(True)
    for name, added in layers.items():
        _put(model, name, added)
    return list(layers)


def remove(model: nn.Module) -> None:
    """Puts the layers back: as they were, or with what was learnt where it has been merged into them.

    Nothing learns afterwards but the head; `model.requires_grad_(True)` makes a whole model of it again.
    """
    for name, layer in wrapped_layers(model).items():
        _put(model, name, layer.base)


def ensure_unwrapped(model: nn.Module) -> None:
    """Raises ValueError where layers are wrapped already: the second technique would freeze the first."""
    if wrapped_layers(model):
        raise ValueError("something was added to this model before; take it out with `remove` first")


def wrapped_layers(model: nn.Module) -> dict[str, Wrapped]:
    """The wrapped layers by name, in the model's order."""
    return {name: layer for name, layer in model.named_modules() if isinstance(layer, Wrapped)}


@dataclass(frozen=True, slots=True)
class Budget:
    """How many parameters learn, of how many."""

    trained: int
    total: int

    @property
    def share(self) -> float:
        return self.trained / self.total


def parameter_budget(model: nn.Module) -> Budget:
    """Counts the model's parameters; one that is used in two places counts once.

    Comparing techniques is fair at equal budgets. With d features in and k out they add, to a layer,

        LoRA      r · (d + k)               AdaLoRA   r · (d + k + 1), of which it comes to use fewer
        adapter   2 · m · d + d + m         behind a sublayer of width d; layer normalisations learn as well

    Examples:
        >>> model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
        >>> _ = model[0].requires_grad_(False)
        >>> parameter_budget(model)
        Budget(trained=10, total=30)
    """
    parameters = list(model.parameters())
    trained = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    return Budget(trained, sum(parameter.numel() for parameter in parameters))


def _put(model: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, layer)


def _sharing(model: nn.Module, name: str) -> list[str]:
    """Other parameters that are the layer's own: tied embeddings, or a block that is used twice."""
    own = {id(parameter) for parameter in model.get_submodule(name).parameters()}
    every = model.named_parameters(remove_duplicate=False)
    return [other for other, parameter in every if id(parameter) in own and other.rpartition(".")[0] != name]


def _passing(model: nn.Module, name: str) -> str | None:
    """What the module around a layer is called, where it does not call the layer."""
    parent = model.get_submodule(name.rpartition(".")[0])
    return next((kind.__name__ for kind in BYPASSING_THEIR_LAYERS if isinstance(parent, kind)), None)
