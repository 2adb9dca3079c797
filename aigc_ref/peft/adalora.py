"""AdaLoRA: a change of low rank in the form of a singular value decomposition, so that ranks can be given and taken.

    ΔW = s · P Λ Q        P: (out, r), Λ = diag(λ), Q: (r, in);  λ starts at 0, P and Q at N(0, 0.02²)

P and Q are held near orthogonal by a term R of the loss, so that |λ_i| tells how much the triplet (P_·i, λ_i, Q_i·)
does, and setting λ_i to 0 takes one rank away and disturbs no other:

    paper   R = Σ ‖PᵀP - I‖² + ‖QQᵀ - I‖²        squared Frobenius norms, summed over all matrices
    peft    R = mean of ‖PᵀP - I‖ and ‖QQᵀ - I‖   not squared; the authors' own code does the same

Which triplets live is decided in `aigc_ref.peft.allocation`, for the model as a whole. One step of training is

    loss + γ · orthogonality(model)  →  backward  →  observe  →  optimizer.step  →  allocate  →  zero_grad

Paper: paper-adalora.
"""

from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from aigc_ref.peft.layers import match_layers, wrap_layers, wrapped_layers
from aigc_ref.peft.lora import LINEAR, LowRankLinear

Scaling = Literal["lora", "peft"]
Orthogonality = Literal["paper", "peft"]
EPSILON = 1e-5  # peft's, and the authors': they divide by r + 1e-5
LEARNT, SEEN = ("P", "singular_values", "Q"), ("sensitivity", "uncertainty")


class AdaLoRALinear(LowRankLinear):
    """A linear layer with AdaLoRA beside it. What `observe` saw is kept in buffers, so that a checkpoint has it too.

    Examples:
        >>> layer = AdaLoRALinear(nn.Linear(3, 2), rank=2, alpha=4.0)
        >>> x = torch.randn(5, 3)
        >>> torch.equal(layer(x), layer.base(x))  # λ is 0
        True
    """

    mask: Bool[Tensor, " r"]

    def __init__(
        self, base: nn.Linear | Conv1D, rank: int, alpha: float, dropout: float = 0.0, scaling: Scaling = "lora"
    ) -> None:
        super().__init__(base, rank, alpha, dropout)
        self.scaling = scaling
        if scaling == "peft":
            self.scale = alpha / (rank + EPSILON)
        self.P = self.new_parameter(self.out_features, rank)
        self.singular_values = self.new_parameter(rank)
        self.Q = self.new_parameter(rank, self.in_features)
        for vectors in (self.P, self.Q):
            nn.init.normal_(vectors, std=0.02)
        self.register_buffer("mask", torch.ones(rank, dtype=torch.bool, device=base.weight.device))
        for name in LEARNT:
            for what in SEEN:
                self.register_buffer(f"{name}_{what}", torch.zeros_like(getattr(self, name), requires_grad=False))

    def factors(self) -> tuple[Float[Tensor, "r in"], Float[Tensor, "out r"]]:
        """A = Λ Q and B = P."""
        return self.Q * self.singular_values[:, None], self.P

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, scaling={self.scaling}"


def add_adalora(
    model: nn.Module,
    pattern: str,
    *,
    rank: int = 12,
    alpha: float = 16.0,
    dropout: float = 0.0,
    scaling: Scaling = "lora",
    head: str | None = None,
) -> list[str]:
    """Freezes the model and puts AdaLoRA beside its linear layers that the pattern fits.

    Args:
        model: changed in place.
        pattern: a regular expression for the whole dotted name of a layer.
        rank: r before any is taken away; half as much again as the target rank is usual.
        alpha: α.
        dropout: the share of x that is left out on its way through Q, in training.
        scaling: what s is: "lora" α/r, "peft" α/(r + 1e-5). r stays the first rank in both.
        head: a regular expression for layers that learn as a whole, as `classifier` does.

    Returns:
        The names of the layers.

    Raises:
        ValueError: a pattern fits no layer, or one that shares its weight with another or that is not called, as in
            torch's own `nn.MultiheadAttention` and `nn.TransformerEncoderLayer`.
    """
    chosen = match_layers(model, pattern, LINEAR)
    return wrap_layers(
        model, {name: AdaLoRALinear(layer, rank, alpha, dropout, scaling) for name, layer in chosen.items()}, head
    )


def orthogonality(model: nn.Module, form: Orthogonality = "paper") -> Float[Tensor, ""]:
    """R, how far P and Q are from orthonormal columns and rows: a term of the loss, times a γ of 0.1 to 0.5."""
    errors = []
    for layer in adalora_layers(model).values():
        identity = torch.eye(layer.rank, dtype=layer.P.dtype, device=layer.P.device)
        errors += [layer.P.T @ layer.P - identity, layer.Q @ layer.Q.T - identity]
    if form == "paper":
        return torch.stack([error.square().sum() for error in errors]).sum()
    return torch.stack([error.norm() for error in errors]).mean()


def adalora_layers(model: nn.Module) -> dict[str, AdaLoRALinear]:
    """The layers with AdaLoRA, by name.

    Raises:
        ValueError: there is none.
    """
    layers = {name: layer for name, layer in wrapped_layers(model).items() if isinstance(layer, AdaLoRALinear)}
    if not layers:
        raise ValueError("the model has no AdaLoRA; `add_adalora` puts it in")
    return layers
