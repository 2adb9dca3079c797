"""Fashion-MNIST: 70,000 grey pictures of clothes, 28 × 28 pixels, in ten classes of equal size.

Read from the files that Debian's package `dataset-fashion-mnist` installs, or from a folder with the same four files,
as they were published (https://github.com/zalandoresearch/fashion-mnist). Licence: MIT.
"""

import gzip
import hashlib
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from aigc_ref.fetch.cache import DataCorruptError, DataNotFoundError

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SYSTEM = Path("/usr/share/datasets/fashion-mnist")
DIGESTS = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""SHA-256 of the content, not of the compressed file: Debian compresses the published arrays anew."""


@dataclass(frozen=True, slots=True)
class Images:
    """Pictures and their classes."""

    images: Tensor
    """Shape (n, 1, 28, 28), uint8, 0 is black."""
    labels: Tensor
    """Shape (n,), int64, indices into CLASSES."""


def load(split: Literal["train", "test"], folder: Path | None = None) -> Images:
    """The 60,000 pictures to learn from, or the 10,000 to test on.

    Args:
        split: which.
        folder: where the four files lie; else `$AIGC_CACHE/fashion-mnist` if it is there, else Debian's place.

    Raises:
        ValueError: there is no such part.
        DataNotFoundError: the files are in none of these.
        DataCorruptError: they are not the published ones.
    """
    names = {"train": "train", "test": "t10k"}
    if split not in names:
        raise ValueError(f"Fashion-MNIST has the parts {' and '.join(names)}, not {split!r}")
    places = [folder] if folder else [Path(os.environ.get("AIGC_CACHE", SYSTEM.parent)) / "fashion-mnist", SYSTEM]
    name = names[split]
    found = next((place for place in places if (place / f"{name}-images-idx3-ubyte.gz").exists()), None)
    if found is None:
        raise DataNotFoundError(
            f"Fashion-MNIST is not in {places[0]}; on Debian and Ubuntu run `apt install dataset-fashion-mnist`, "
            "elsewhere fetch its four .gz files from https://github.com/zalandoresearch/fashion-mnist into that folder"
        )
    images, labels = (read_idx(found / file, digest) for file, digest in DIGESTS.items() if file.startswith(name))
    return Images(images.unsqueeze(1), labels.long())


def read_idx(path: Path, digest: str | None = None) -> Tensor:
    """An array in the IDX format: two zero bytes, the type (8: bytes), the dimensions, then the values.

    Args:
        path: the file, compressed with gzip.
        digest: SHA-256 that its content must have.

    Raises:
        DataCorruptError: the file is not an array of bytes in this format, is cut off, or has another digest.
    """
    try:
        with gzip.open(path) as file:
            content = file.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataCorruptError(f"{path}: {error}") from error
    if digest and (found := hashlib.sha256(content).hexdigest()) != digest:
        raise DataCorruptError(f"{path}: SHA-256 of its content is {found}, expected {digest}")
    if content[:3] != b"\0\0\x08" or len(content) < 4 + 4 * (dimensions := content[3]):
        raise DataCorruptError(f"{path}: not an IDX file of bytes")
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    values = bytearray(content[4 + 4 * dimensions :])
    if len(values) != torch.Size(shape).numel():
        raise DataCorruptError(f"{path}: says shape {shape} and holds {len(values)} values")
    return torch.frombuffer(values, dtype=torch.uint8).view(shape)


def scaled(images: Tensor) -> Tensor:
    """Bytes from 0 to 255 as numbers from -1 to 1, as the networks take them.

    Examples:
        >>> scaled(torch.tensor([0, 255], dtype=torch.uint8))
        tensor([-1.,  1.])
    """
    return images.float() / 127.5 - 1
