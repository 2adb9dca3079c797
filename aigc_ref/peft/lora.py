"""LoRA: a frozen linear layer, and beside it a change of low rank that learns.

    y = W x + b + α/r · B A x        W: (out, in) and b are frozen;  A: (r, in) and B: (out, r) learn

A starts as the weight of a linear layer does, uniform within ±1/√in; B starts at zero. At first the model is therefore
what it was, and A has no gradient until B has moved. α/r, not α: with another rank the change keeps its size. After
training α/r · B A can be merged into W, and the layer costs what it did.

GPT-2's layers in transformers, `Conv1D`, are linear with a transposed weight, (in, out); the change is transposed for
them too.

Paper: paper-lora.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from aigc_ref.peft.layers import Wrapped, match_layers, wrap_layers, wrapped_layers

LINEAR: tuple[type[nn.Linear | Conv1D], ...] = (nn.Linear, Conv1D)


def low_rank_update(
    inputs: Float[Tensor, "*batch in"], a: Float[Tensor, "r in"], b: Float[Tensor, "out r"], scale: float
) -> Float[Tensor, "*batch out"]:
    """The change of the outputs, s · B A x, in r · (in + out) multiplications: B A is never formed.

    Args:
        inputs: x, shape (…, in).
        a: shape (r, in).
        b: shape (out, r).
        scale: s.

    Examples:
        >>> x = torch.tensor([[1.0, 2.0, 3.0]])
        >>> low_rank_update(x, a=torch.ones(1, 3), b=torch.tensor([[1.0], [0.5]]), scale=2.0)
        tensor([[12.,  6.]])
    """
    return F.linear(F.linear(inputs, a), b) * scale


class LowRankLinear(Wrapped):
    """y = W x + b + s · B A x. A subclass says what A and B are.

    What is added is held in float32 at least: a half-precision base is frozen, but what learns needs the digits.
    """

    base: nn.Linear | Conv1D

    def __init__(self, base: nn.Linear | Conv1D, rank: int, alpha: float, dropout: float) -> None:
        if rank < 1:
            raise ValueError(f"a rank of {rank}; it must be 1 or more")
        if alpha <= 0:
            raise ValueError(f"an alpha of {alpha}; it must be more than 0, or nothing changes")
        super().__init__(base)
        shape = tuple(base.weight.shape)
        self.in_features, self.out_features = shape if isinstance(base, Conv1D) else shape[::-1]
        self.rank, self.alpha, self.scale = rank, alpha, alpha / rank
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

    def factors(self) -> tuple[Float[Tensor, "r in"], Float[Tensor, "out r"]]:
        """A, shape (r, in), and B, shape (out, r)."""
        raise NotImplementedError

    def forward(self, inputs: Float[Tensor, "*batch in"]) -> Float[Tensor, "*batch out"]:
        """Inputs of shape (…, in) → outputs of shape (…, out), in the base's precision."""
        outputs: Tensor = self.base(inputs)
        if self.merged:
            return outputs
        a, b = self.factors()
        update = low_rank_update(self.dropout(inputs.to(a.dtype)), a, b, self.scale)
        return (outputs + update).to(outputs.dtype)

    @torch.no_grad()
    def change(self) -> Float[Tensor, "rows columns"]:
        """ΔW = s · B A, in the shape of the base's weight."""
        a, b = self.factors()
        change = b @ a * self.scale
        return change.T if isinstance(self.base, Conv1D) else change

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if self.merged:  # or a model that reads it would add the change to a base that holds it
            destination[prefix + "merged"] = torch.tensor(True)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *more: Any) -> None:
        if prefix + "base.weight" in state_dict:  # it is the base that is merged or not
            self.merged = bool(state_dict.pop(prefix + "merged", False))
        super()._load_from_state_dict(state_dict, prefix, *more)

    def new_parameter(self, *shape: int) -> nn.Parameter:
        weight = self.base.weight
        precision = torch.promote_types(weight.dtype, torch.float32)
        return nn.Parameter(torch.zeros(shape, dtype=precision, device=weight.device))

    def extra_repr(self) -> str:
        return f"{self.in_features} → {self.out_features}, rank={self.rank}, alpha={self.alpha:g}"


class LoRALinear(LowRankLinear):
    """A linear layer with LoRA beside it.

    Examples:
        >>> layer = LoRALinear(nn.Linear(3, 2), rank=1, alpha=4.0)
        >>> x = torch.randn(5, 3)
        >>> torch.equal(layer(x), layer.base(x))  # B is 0
        True
    """

    def __init__(self, base: nn.Linear | Conv1D, rank: int, alpha: float, dropout: float = 0.0) -> None:
        super().__init__(base, rank, alpha, dropout)
        self.A = self.new_parameter(rank, self.in_features)
        self.B = self.new_parameter(self.out_features, rank)
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))

    def factors(self) -> tuple[Float[Tensor, "r in"], Float[Tensor, "out r"]]:
        return self.A, self.B


def add_lora(
    model: nn.Module,
    pattern: str,
    *,
    rank: int = 8,
    alpha: float = 16.0,
    dropout: float = 0.0,
    head: str | None = None,
) -> list[str]:
    r"""Freezes the model and puts LoRA beside its linear layers that the pattern fits.

    Args:
        model: changed in place.
        pattern: a regular expression for the whole dotted name of a layer: `.*\.c_attn` for GPT-2,
            `.*\.(query|value)` for BERT.
        rank: r.
        alpha: α.
        dropout: the share of x that is left out on its way through A, in training.
        head: a regular expression for layers that learn as a whole, as `classifier` does.

    Returns:
        The names of the layers.

    Raises:
        ValueError: a pattern fits no layer, or one that shares its weight with another or that is not called, as in
            torch's own `nn.MultiheadAttention` and `nn.TransformerEncoderLayer`.

    Examples:
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        >>> add_lora(model, "0", rank=2, head="2")
        ['0']
        >>> [name for name, parameter in model.named_parameters() if parameter.requires_grad]
        ['0.A', '0.B', '2.weight', '2.bias']
    """
    chosen = match_layers(model, pattern, LINEAR)
    return wrap_layers(model, {name: LoRALinear(layer, rank, alpha, dropout) for name, layer in chosen.items()}, head)


@torch.no_grad()
def merge(model: nn.Module) -> None:
    """W ← W + s · B A in every layer: the same outputs at the price of the plain model, for reading, not for learning.

    Before `model.save_pretrained`, follow it by `remove`. A half-precision W rounds the change. A `state_dict` says of
    each layer that is merged that it is.
    """
    for layer in _low_rank(model):
        if not layer.merged:
            layer.base.weight += layer.change()
            layer.merged = True


@torch.no_grad()
def unmerge(model: nn.Module) -> None:
    """Takes the change out of W again, up to the rounding of one addition and one subtraction."""
    for layer in _low_rank(model):
        if layer.merged:
            layer.base.weight -= layer.change()
            layer.merged = False


def _low_rank(model: nn.Module) -> list[LowRankLinear]:
    return [layer for layer in wrapped_layers(model).values() if isinstance(layer, LowRankLinear)]
