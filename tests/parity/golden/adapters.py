"""What the library adapters 1.3.0 makes of Houlsby's adapter in a tiny BERT; it needs transformers before 5.

    python3 -m venv DIR
    DIR/bin/pip install torch==2.13.0 numpy
    DIR/bin/pip install transformers==4.57.6 adapters==1.3.0
    DIR/bin/python -m tests.parity.golden.adapters      # from the root of the repository; writes adapters.json

Weights, inputs and the loss are made of checksums of names, so that whoever has the recipe has the numbers: nothing
depends on a generator of random numbers. Names are those of ours; `renamed` says how theirs are called.
"""

import json
import math
import re
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

STORE = Path(__file__).with_suffix(".json")
LAYERS, WIDTH, SIZE = 2, 32, 8
INPUT_IDS = [[3, 14, 15, 9], [2, 6, 5, 0]]
ATTENTION_MASK = [[1, 1, 1, 1], [1, 1, 1, 0]]
ACTIVATIONS = {"swish": "silu", "gelu": "gelu"}
"""As adapters calls them, and as torch does."""


def bert() -> BertModel:
    shape = BertConfig(
        vocab_size=29,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=16,
    )
    return BertModel(shape, add_pooling_layer=False)


def numbers(name: str, shape: tuple[int, ...]) -> Tensor:
    """Numbers of double precision within ±0.25."""
    checksums = [zlib.crc32(f"{name}[{index}]".encode()) for index in range(math.prod(shape))]
    return (torch.tensor(checksums, dtype=torch.float64) / 2**32 - 0.5).reshape(shape) / 2


@torch.no_grad()
def fill(model: nn.Module) -> None:
    """Gives every parameter the numbers of its name; the weights of layer normalisations are about 1."""
    for name, parameter in model.named_parameters():
        parameter.copy_(numbers(renamed(name), tuple(parameter.shape)) + ("LayerNorm.weight" in name))


def renamed(name: str) -> str:
    """The name of a parameter in our model."""
    return re.sub(r"\.adapters\.houlsby\.adapter_(down|up)(\.0)?\.", r".dropout.adapter.\1.", name)


def measure(model: nn.Module) -> dict[str, Any]:
    """Last hidden states, and of every parameter that learns the gradient's norm and its product with the parameter."""
    hidden = model(input_ids=torch.tensor(INPUT_IDS), attention_mask=torch.tensor(ATTENTION_MASK)).last_hidden_state
    (hidden * numbers("loss", tuple(hidden.shape))).sum().backward()
    gradients = {
        renamed(name): [parameter.grad.norm().item(), (parameter.grad * parameter).sum().item()]
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and parameter.grad is not None
    }
    return {"hidden": hidden.tolist(), "gradients": gradients}


def main() -> None:
    import adapters  # type: ignore[import-not-found]  # not in the environment of the tests

    answers: dict[str, Any] = {}
    for activation in ACTIVATIONS:
        model: Any = bert()
        adapters.init(model)
        houlsby = adapters.DoubleSeqBnConfig(non_linearity=activation, reduction_factor=WIDTH // SIZE)
        model.add_adapter("houlsby", config=houlsby)
        model.train_adapter("houlsby")
        model.double().eval()
        fill(model)
        trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        answers[activation] = {"trained": trained, **measure(model)}
    versions = {library: version(library) for library in ("adapters", "transformers", "torch")}
    STORE.write_text(json.dumps({"versions": versions, "answers": answers}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
