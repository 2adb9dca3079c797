r"""Houlsby's adapter: a small bottleneck behind every sublayer of a frozen Transformer.

    h ← h + W_up f(W_down h + b_down) + b_up        h: width d;  W_down: (m, d), W_up: (d, m), m ≪ d

It stands behind the projection (and the dropout) that ends the attention, and behind the one that ends the feed-forward
part, before what they return is added to their input: two a block, 2·m·d + d + m parameters each. All weights start
from N(0, 0.01²), cut off at two standard deviations, and biases at 0, so that the model is nearly what it was; not at
0, where neither matrix would have a gradient. Adapters learn, and with them every layer normalisation and the head.
The paper says so of BERT; GPT-2's sublayers end the same way. Its code takes GELU for f.

Paper: paper-adapters.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from transformers import PreTrainedModel

from aigc_ref.peft.layers import Wrapped, match_layers, wrap_layers

Activation = Callable[[Tensor], Tensor]
SUBLAYER_ENDS = r".*\.(output\.dropout|attn(\.attention)?\.resid_dropout|mlp\.dropout)"
"""The dropouts that end a sublayer in models of transformers that are shaped as BERT, as GPT-2 or as GPT-Neo."""
DEVIATION = 1e-2


class Adapter(nn.Module):
    """The bottleneck with its way around it.

    Examples:
        >>> adapter = Adapter(width=32, size=8)
        >>> sum(parameter.numel() for parameter in adapter.parameters())  # 2·8·32 + 32 + 8
        552
        >>> h = torch.randn(2, 5, 32)
        >>> bool((adapter(h) - h).abs().max() < 0.05)
        True
    """

    def __init__(self, width: int, size: int, activation: Activation = F.gelu) -> None:
        if size < 1:
            raise ValueError(f"a bottleneck of {size}; it must be 1 or more")
        super().__init__()
        self.down, self.up = nn.Linear(width, size), nn.Linear(size, width)
        self.activation = activation
        for layer in (self.down, self.up):
            nn.init.trunc_normal_(layer.weight, std=DEVIATION, a=-2 * DEVIATION, b=2 * DEVIATION)
            nn.init.zeros_(layer.bias)

    def forward(self, hidden: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch width"]:
        """Hidden states of shape (…, width) → as many."""
        change: Tensor = self.up(self.activation(self.down(hidden)))
        return hidden + change


class Adapted(Wrapped):
    """The layer that ends a sublayer, and an adapter behind it, in float32 at least."""

    def __init__(self, base: nn.Module, adapter: Adapter) -> None:
        super().__init__(base)
        self.adapter = adapter

    def forward(self, inputs: Float[Tensor, "*batch in"]) -> Float[Tensor, "*batch width"]:
        """Inputs of shape (…, width) → outputs of the base's shape and precision."""
        outputs: Tensor = self.base(inputs)
        adapted: Tensor = self.adapter(outputs.to(self.adapter.up.weight.dtype))
        return adapted.to(outputs.dtype)

    def extra_repr(self) -> str:
        down, activation = self.adapter.down, self.adapter.activation
        return f"{down.in_features} → {down.out_features}, activation={getattr(activation, '__name__', activation)}"


def add_adapters(
    model: PreTrainedModel,
    *,
    size: int = 64,
    activation: Activation = F.gelu,
    pattern: str = SUBLAYER_ENDS,
    head: str | None = None,
) -> list[str]:
    """Freezes the model, puts an adapter behind every sublayer, and lets adapters, layer normalisations and head learn.

    Args:
        model: of transformers, shaped as BERT, as GPT-2 or as GPT-Neo; changed in place.
        size: m.
        activation: f.
        pattern: a regular expression for the whole dotted name of the dropouts that end a sublayer.
        head: a regular expression for layers that learn as a whole, as `classifier` does.

    Returns:
        The names of the dropouts.

    Raises:
        ValueError: the model's sublayers do not end as the pattern says, or the head fits no layer.

    Examples:
        >>> from transformers import BertConfig, BertModel
        >>> shape = BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=2)
        >>> add_adapters(BertModel(shape), size=2)
        ['encoder.layer.0.attention.output.dropout', 'encoder.layer.0.output.dropout']
    """
    weight = next(model.parameters())
    precision = torch.promote_types(weight.dtype, torch.float32)

    layers = {
        name: Adapted(layer, Adapter(model.config.hidden_size, size, activation).to(weight.device, precision))
        for name, layer in match_layers(model, pattern, (nn.Dropout,)).items()
    }
    names = wrap_layers(model, layers, head)
    for layer in model.modules():
        if isinstance(layer, nn.LayerNorm):
            layer.requires_grad_(True)
    return names
