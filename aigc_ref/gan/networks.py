"""A convolutional generator and discriminator for images of 28 × 28 grey pixels, after DCGAN.

    G   noise (z) → linear → 2w × 7 × 7 → transposed convolution → w × 14 × 14 → transposed convolution → 1 × 28 × 28
    D   image → convolution → w × 14 × 14 → convolution → 2w × 7 × 7 → linear → one logit

DCGAN's advice that is kept: strides instead of pooling, batch normalisation and ReLU in G, LeakyReLU(0.2) in D, tanh
at G's end, weights from N(0, 0.02). What is left out: batch normalisation in D, where it makes the samples of a batch
depend on each other.

Paper: paper-dcgan.
"""

from torch import Tensor, nn


def initialise(network: nn.Module) -> None:
    """Draws the weights of every linear and convolutional layer from N(0, 0.02), in place."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, mean=0.0, std=0.02)


class Generator(nn.Module):
    """From noise to images.

    Examples:
        >>> import torch
        >>> Generator(noise_size=16, width=8)(torch.randn(2, 16)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, noise_size: int = 64, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(noise_size, 2 * width * 7 * 7),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 1, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),
        )
        initialise(self)

    def forward(self, noise: Tensor) -> Tensor:
        """Noise of shape (n, noise_size) → images of shape (n, 1, 28, 28), values from -1 to 1."""
        images: Tensor = self.layers(noise)
        return images


class Discriminator(nn.Module):
    """From images to logits: positive for real.

    Examples:
        >>> import torch
        >>> Discriminator(width=8)(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2])
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, width, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(2 * width * 7 * 7, 1),
            nn.Flatten(0),
        )
        initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """Images of shape (n, 1, 28, 28), values from -1 to 1 → logits of shape (n,)."""
        logits: Tensor = self.layers(images)
        return logits
