"""EfficientNet-Lite0 against the package that its weights were published with, on random weights of the same shapes."""

from typing import Any

import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from aigc_ref.pretrained.efficientnet import EfficientNetLite0, features, prepared, renamed


@pytest.fixture(scope="module")
def pair() -> tuple[EfficientNetLite0, Any]:
    torch.manual_seed(0)
    oracle = EfficientNet.from_name("efficientnet-lite0").eval()
    for layer in oracle.modules():
        if isinstance(layer, nn.Conv2d):  # as torch draws them the images would be lost on the way
            nn.init.kaiming_normal_(layer.weight, mode="fan_in")
        if isinstance(layer, nn.BatchNorm2d):  # statistics of their own, or two swapped layers would agree
            assert layer.running_mean is not None
            assert layer.running_var is not None
            nn.init.uniform_(layer.running_mean, -0.2, 0.2)
            nn.init.uniform_(layer.running_var, 0.5, 2.0)
            nn.init.uniform_(layer.weight, 0.5, 2.0)
    ours = EfficientNetLite0().eval()
    ours.load_state_dict(renamed(oracle.state_dict()))
    return ours.double(), oracle.double()


def _images(size: int) -> Tensor:
    return torch.randn(2, 3, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.compares("efficientnet-lite-pytorch", technique="aigc_ref.pretrained.efficientnet", atol=1e-10)
@pytest.mark.parametrize("size", [224, 96, 64, 32])
def test_features_and_logits_are_those_of_the_package(pair: tuple[EfficientNetLite0, Any], size: int) -> None:
    ours, oracle = pair
    with torch.no_grad():
        theirs = oracle.extract_features(_images(size)).mean(dim=(2, 3))
        assert (theirs[0] - theirs[1]).abs().max() > 0.1  # the images matter
        torch.testing.assert_close(ours.features(_images(size)), theirs, rtol=0, atol=1e-10)
        torch.testing.assert_close(ours(_images(size)), oracle(_images(size)), rtol=0, atol=1e-10)


def test_bytes_are_scaled_as_in_the_networks_training() -> None:
    grey = torch.tensor([0.0, 127.0, 255.0]).view(3, 1, 1, 1) / 127.5 - 1
    images = prepared(grey.expand(3, 1, 32, 32), size=32)
    assert images.shape == (3, 3, 32, 32)
    torch.testing.assert_close(images[:, 2, 5, 5], torch.tensor([-127.0, 0.0, 128.0]) / 128, rtol=0, atol=1e-6)


def test_a_batch_at_a_time_gives_the_same(pair: tuple[EfficientNetLite0, Any]) -> None:
    images = _images(32).clamp(-1, 1).repeat(3, 1, 1, 1)
    whole = features(pair[0], images, size=32)
    torch.testing.assert_close(features(pair[0], images, size=32, batch_size=4), whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("channels", "size", "message"), [(3, 48, "multiple of 32"), (4, 32, "one channel or three")])
def test_images_that_it_cannot_take_are_refused(channels: int, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prepared(torch.zeros(1, channels, 8, 8), size)
