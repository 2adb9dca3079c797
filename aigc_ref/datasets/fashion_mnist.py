"""Fashion-MNIST: 70,000 grey pictures of clothes, 28 × 28 pixels, in ten classes of equal size.

Looked for in the cache, then where Debian's package `dataset-fashion-mnist` installs it, and last fetched from where it
was published, or from the mirror that `$AIGC_FASHION_MNIST_URL` names: the address of a folder with its four files.
Licence: MIT (https://github.com/zalandoresearch/fashion-mnist).
"""

import gzip
import hashlib
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from aigc_ref.fetch.cache import (
    DataCorruptError,
    DataNotFoundError,
    Source,
    announce,
    cache_directory,
    download,
)

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
"""SHA-256 of the content, which is the same however it is compressed; Debian's files are a few bytes shorter."""
SOURCE = Source("Fashion-MNIST, 31 MB", "MIT", "https://github.com/zalandoresearch/fashion-mnist")
PUBLISHED = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion"
ARCHIVES = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
"""SHA-256 of the compressed files as they are published."""


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
        folder: where the four files lie; without it they are looked for, and fetched if need be.

    Raises:
        ValueError: there is no such part.
        DataNotFoundError: the files are nowhere to be had; the message says what helps.
        DataCorruptError: they are not the published ones.
    """
    names = {"train": "train", "test": "t10k"}
    if split not in names:
        raise ValueError(f"Fashion-MNIST has the parts {' and '.join(names)}, not {split!r}")
    files = [file for file in DIGESTS if file.startswith(names[split])]
    where = _found(files, folder)
    images, labels = (read_idx(where / file, DIGESTS[file]) for file in files)
    return Images(images.unsqueeze(1), labels.long())


def _found(files: Sequence[str], folder: Path | None) -> Path:
    """The folder that these files are in, after they were fetched if need be."""
    cached = cache_directory() / "fashion-mnist"
    for place in [folder] if folder else [cached, SYSTEM]:
        if all((place / file).exists() for file in files):
            return place
    if folder:
        raise DataNotFoundError(f"Fashion-MNIST is not in {folder}; without a folder it is looked for, and fetched")
    address = (os.environ.get("AIGC_FASHION_MNIST_URL") or PUBLISHED).rstrip("/")
    announce(SOURCE)
    try:
        for file in files:
            download(f"{address}/{file}", cached / file, ARCHIVES[file])
    except DataNotFoundError as error:
        raise DataNotFoundError(
            f"Fashion-MNIST is not in {cached} and cannot be fetched ({error}); try again with a network, "
            "name a mirror of its four .gz files in AIGC_FASHION_MNIST_URL, or put them into that folder; "
            "on Debian and Ubuntu `apt install dataset-fashion-mnist` helps, too"
        ) from None
    return cached


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
