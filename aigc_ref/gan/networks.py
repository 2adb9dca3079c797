"""A convolutional generator and discriminator for square images, after DCGAN, and how to tell them a class.

    G   noise (z) → linear → 2w × 7 × 7 → transposed convolution → w × 14 × 14 → transposed convolution → 1 × 28 × 28
    D   image → convolution → w × 14 × 14 → convolution → 2w × 7 × 7 → linear → one logit

So for images of 28 × 28. Larger ones have more such stages, each of half the side and twice the channels, until at
most 7 × 7 is left: 32 and 64 pixels end at 4 × 4, with 4w and 8w channels; DCGAN's own, for 64 pixels, have w = 64.

DCGAN's advice that is kept: strides instead of pooling, batch normalisation and ReLU in G, LeakyReLU(0.2) in D, tanh
at G's end, weights from N(0, 0.02). What is left out: batch normalisation in D, where it makes the samples of a batch
depend on each other.

Papers: paper-dcgan, paper-cgan (the class, by concatenation in both networks).
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

SMALLEST = 7


def sides(size: int) -> list[int]:
    """The sides of an image through the stages of D, from itself to the smallest; G's in reverse.

    Raises:
        ValueError: halving meets an odd number before it is small enough.

    Examples:
        >>> [sides(size) for size in (28, 32, 48, 64)]
        [[28, 14, 7], [32, 16, 8, 4], [48, 24, 12, 6], [64, 32, 16, 8, 4]]
    """
    found = [size]
    while found[-1] > SMALLEST:
        if found[-1] % 2:
            raise ValueError(f"images of {size} pixels cannot be halved down to {SMALLEST}: take 28, 32, 48 or 64")
        found.append(found[-1] // 2)
    if len(found) == 1:
        raise ValueError(f"images of {size} pixels are too small: take at least {SMALLEST + 1}")
    return found


def initialise(network: nn.Module) -> None:
    """Draws the weights of every linear and convolutional layer from N(0, 0.02), in place."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, mean=0.0, std=0.02)


class Generator(nn.Module):
    """From noise to images.

    Args:
        noise_size: length of z.
        width: w, the channels of the stage next to the image.
        size: the image's side in pixels.
        channels: 1 for grey, 3 for colour.

    Examples:
        >>> import torch
        >>> Generator(noise_size=16, width=8)(torch.randn(2, 16)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, noise_size: int = 64, width: int = 32, size: int = 28, channels: int = 1) -> None:
        super().__init__()
        stages = len(sides(size)) - 1
        smallest, widest = sides(size)[-1], width * 2 ** (stages - 1)
        layers: list[nn.Module] = [
            nn.Linear(noise_size, widest * smallest**2),
            nn.Unflatten(1, (widest, smallest, smallest)),
        ]
        for stage in range(stages):
            inputs = widest // 2**stage
            outputs = inputs // 2 if stage < stages - 1 else channels
            layers += [
                nn.BatchNorm2d(inputs),
                nn.ReLU(),
                nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1),
            ]
        self.layers = nn.Sequential(*layers, nn.Tanh())
        initialise(self)

    def forward(self, noise: Float[Tensor, "n noise_size"]) -> Float[Tensor, "n channels size size"]:
        """Noise of shape (n, noise_size) → images of shape (n, channels, size, size), values from -1 to 1."""
        images: Tensor = self.layers(noise)
        return images


class Discriminator(nn.Module):
    """From images to logits: positive for real.

    Args:
        width: w, the channels of the stage next to the image.
        size: the image's side in pixels.
        channels: 1 for grey, 3 for colour.

    Examples:
        >>> import torch
        >>> Discriminator(width=8)(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2])
    """

    def __init__(self, width: int = 32, size: int = 28, channels: int = 1) -> None:
        super().__init__()
        stages = len(sides(size)) - 1
        smallest, widest = sides(size)[-1], width * 2 ** (stages - 1)
        layers: list[nn.Module] = []
        for stage in range(stages):
            outputs = width * 2**stage
            inputs = outputs // 2 if stage else channels
            layers += [nn.Conv2d(inputs, outputs, kernel_size=4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(widest * smallest**2, 1), nn.Flatten(0))
        initialise(self)

    def forward(self, images: Float[Tensor, "n channels size size"]) -> Float[Tensor, " n"]:
        """Images of shape (n, channels, size, size), values from -1 to 1 → logits of shape (n,)."""
        logits: Tensor = self.layers(images)
        return logits


class Conditional(nn.Module):
    """A network that is told the class: its one-hot code is concatenated to what the network is given.

    To noise it adds `classes` numbers, to an image `classes` channels, each of them 0 or 1 all over. The network
    must be made for inputs that much larger.

    Args:
        network: any generator or discriminator.
        classes: how many there are.

    Examples:
        >>> import torch
        >>> labels = torch.tensor([3, 7])
        >>> generator = Conditional(Generator(noise_size=16 + 10, width=8), classes=10)
        >>> images = generator(torch.randn(2, 16), labels)
        >>> discriminator = Conditional(Discriminator(width=8, channels=1 + 10), classes=10)
        >>> discriminator(images, labels).shape
        torch.Size([2])
    """

    def __init__(self, network: nn.Module, classes: int) -> None:
        super().__init__()
        self.network = network
        self.classes = classes

    def forward(self, inputs: Float[Tensor, "n k *sample"], labels: Int[Tensor, "..."]) -> Float[Tensor, " n *outputs"]:
        """Inputs of shape (n, k, …) and labels of shape (n,), from 0 to classes - 1 → what the network makes of them.

        Raises:
            ValueError: there is not one label for each input.
        """
        if labels.shape != inputs.shape[:1]:
            raise ValueError(f"{len(inputs)} inputs need as many labels, not labels of shape {tuple(labels.shape)}")
        code = F.one_hot(labels, self.classes).to(inputs)
        code = code.view(*code.shape, *[1] * (inputs.dim() - 2)).expand(-1, -1, *inputs.shape[2:])
        outputs: Tensor = self.network(torch.cat([inputs, code], dim=1))
        return outputs
