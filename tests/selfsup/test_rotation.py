"""Rotation teaches an encoder what letters look like, without a label, on letters that are drawn here."""

import pytest
import torch
from torch import Tensor
from torch.utils.data import TensorDataset

from aigc_ref.selfsup.probe import linear_probe
from aigc_ref.selfsup.rotation import (
    ConvolutionalEncoder,
    RotationNetwork,
    features,
    rotation_accuracy,
    rotation_collator,
    rotation_loss,
)
from aigc_ref.train.loop import Recipe, fit

LETTERS = {
    "T": ["#####", "..#..", "..#..", "..#..", "..#.."],
    "L": ["#....", "#....", "#....", "#....", "#####"],
    "F": ["#####", "#....", "####.", "#....", "#...."],
    "V": ["#...#", "#...#", ".#.#.", ".#.#.", "..#.."],
}


def _letters(size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Upright letters of 10 × 10 pixels at random places of 16 × 16, with noise; and which letter each is."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.tensor([[[character == "#" for character in row] for row in rows] for rows in LETTERS.values()])
    shapes = 2.0 * drawn.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    images = 0.5 * torch.randn(size, 1, 16, 16, generator=generator)
    labels = torch.arange(size) % len(LETTERS)
    for image, label in zip(images, labels, strict=True):
        top, left = torch.randint(7, (2,), generator=generator).tolist()
        image[0, top : top + 10, left : left + 10] += shapes[label]
    return images, labels


@pytest.fixture(scope="module")
def trained() -> RotationNetwork:
    torch.manual_seed(0)
    network = RotationNetwork(ConvolutionalEncoder(width=16))
    images, labels = _letters(512, seed=1)
    recipe = Recipe(epochs=10, batch_size=32, learning_rate=5e-3)
    for _ in fit(network, TensorDataset(images, labels), rotation_collator, rotation_loss, recipe, progress=False):
        pass
    return network


def test_it_tells_how_a_letter_that_it_has_not_seen_is_turned(trained: RotationNetwork) -> None:
    images, _ = _letters(256, seed=2)
    torch.manual_seed(0)
    assert rotation_accuracy(RotationNetwork(ConvolutionalEncoder(width=16)), images) < 0.4  # chance is 0.25
    assert rotation_accuracy(trained, images) > 0.85


def test_its_features_tell_letters_apart_that_random_ones_do_not(trained: RotationNetwork) -> None:
    def accuracy(encoder: ConvolutionalEncoder) -> float:
        (few, few_labels), (many, many_labels) = _letters(40, seed=3), _letters(400, seed=4)
        known = features(encoder, few)
        mean, deviation = known.mean(dim=0), known.std(dim=0) + 1e-6
        probe = linear_probe((known - mean) / deviation, few_labels)
        return probe.accuracy((features(encoder, many) - mean) / deviation, many_labels)

    torch.manual_seed(0)
    assert accuracy(trained.encoder) > accuracy(ConvolutionalEncoder(width=16)) + 0.15
