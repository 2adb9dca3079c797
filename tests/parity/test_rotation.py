"""The rotation task against numpy's turns and torch's cross-entropy."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from aigc_ref.selfsup.rotation import (
    ConvolutionalEncoder,
    RotationNetwork,
    features,
    four_turns,
    rotation_accuracy,
    rotation_collator,
    rotation_loss,
)


def _images(count: int, channels: int, side: int, seed: int = 0) -> Tensor:
    return torch.rand(count, channels, side, side, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.compares("numpy", technique="aigc_ref.selfsup.rotation.four_turns")
@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 4), channels=st.integers(1, 3), side=st.integers(1, 9), seed=st.integers(0, 2**31))
def test_turns_are_those_of_numpy(count: int, channels: int, side: int, seed: int) -> None:
    images = _images(count, channels, side, seed)
    turned, quarters = four_turns(images)
    assert len(turned) == len(quarters) == 4 * count
    for index, (image, turns) in enumerate(zip(turned, quarters.tolist(), strict=True)):
        expected: Any = np.rot90(images[index % count].numpy(), turns, axes=(1, 2))
        assert np.array_equal(image.numpy(), expected)
        assert torch.equal(image.flatten().sort().values, images[index % count].flatten().sort().values)  # no new pixel
    assert quarters.bincount().tolist() == [count] * 4


def test_a_picture_that_was_turned_before_gives_the_next_label() -> None:
    images = _images(2, 1, 5)
    turned, _ = four_turns(images)
    again, _ = four_turns(images.rot90(1, dims=(-2, -1)))
    assert torch.equal(again, turned.roll(-2, dims=0))  # whoever turns pictures at random makes the labels wrong


@pytest.mark.compares("torch", technique="aigc_ref.selfsup.rotation.rotation_loss", atol=1e-12)
def test_the_loss_is_cross_entropy_over_four_turns() -> None:
    torch.manual_seed(0)
    network = RotationNetwork(ConvolutionalEncoder(channels=2, width=4)).double().eval()
    batch = rotation_collator([(image, torch.tensor(9)) for image in _images(5, 2, 8)])
    loss = rotation_loss(network, batch)
    assert loss.count == 20
    oracle = F.cross_entropy(network(batch["images"]), batch["labels"])
    torch.testing.assert_close(loss.mean, oracle, rtol=0, atol=1e-12)


def test_accuracy_counts_every_turn_of_every_picture() -> None:
    class Always(torch.nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return F.one_hot(torch.full((len(images),), 2), 4).double()

    assert rotation_accuracy(Always(), _images(5, 1, 4), batch_size=2) == 0.25


def test_features_do_not_depend_on_the_other_pictures_of_the_batch() -> None:
    torch.manual_seed(0)
    encoder = ConvolutionalEncoder(width=4).double()
    images = _images(7, 1, 8)
    encoder(images)  # in training, where the batch does count
    together = features(encoder, images)
    alone = torch.cat([features(encoder, image) for image in images.split(1)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-12)


def test_a_picture_that_is_not_square_is_refused() -> None:
    with pytest.raises(ValueError, match="crop them"):
        four_turns(torch.zeros(2, 1, 4, 5))
