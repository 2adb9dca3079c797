import pytest
import torch
from torch import nn

from aigc_ref.gan.networks import Conditional, Discriminator, Generator, sides


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [28, 32, 48, 64])
def test_networks_fit_each_other_and_stay_in_range(size: int, channels: int) -> None:
    generator = Generator(noise_size=8, width=4, size=size, channels=channels)
    with torch.no_grad():
        for weight in generator.parameters():
            weight.mul_(100)
    images = generator(torch.randn(3, 8))
    assert images.shape == (3, channels, size, size)
    assert 0.9 < images.abs().max() <= 1
    assert Discriminator(width=4, size=size, channels=channels)(images).shape == (3,)


def test_networks_for_64_pixels_have_the_channels_of_dcgan() -> None:
    generator = Generator(noise_size=100, width=64, size=64, channels=3).layers
    assert generator[0].out_features == 512 * 4 * 4
    enlarging = [(up.in_channels, up.out_channels) for up in generator if isinstance(up, nn.ConvTranspose2d)]
    assert enlarging == [(512, 256), (256, 128), (128, 64), (64, 3)]
    discriminator = Discriminator(width=64, size=64, channels=3).layers
    shrinking = [(down.in_channels, down.out_channels) for down in discriminator if isinstance(down, nn.Conv2d)]
    assert shrinking == [(3, 64), (64, 128), (128, 256), (256, 512)]


def test_networks_for_28_pixels_keep_the_weights_that_were_stored() -> None:
    # what a checkpoint of the defaults holds, by name and shape
    generator = {name: tuple(weight.shape) for name, weight in Generator().named_parameters()}
    assert generator["layers.0.weight"] == (3136, 64)
    assert generator["layers.4.weight"] == (64, 32, 4, 4)
    assert generator["layers.7.weight"] == (32, 1, 4, 4)
    discriminator = {name: tuple(weight.shape) for name, weight in Discriminator().named_parameters()}
    assert discriminator["layers.0.weight"] == (32, 1, 4, 4)
    assert discriminator["layers.2.weight"] == (64, 32, 4, 4)
    assert discriminator["layers.5.weight"] == (1, 3136)


@pytest.mark.parametrize(("size", "message"), [(30, "cannot be halved"), (7, "too small: take at least 8")])
def test_images_that_cannot_be_halved_are_refused(size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sides(size)
    with pytest.raises(ValueError, match=message):
        Generator(size=size)


def test_weights_are_small_and_centred() -> None:
    torch.manual_seed(0)
    weight = Discriminator().state_dict()["layers.2.weight"]
    assert abs(weight.mean().item()) < 1e-3
    assert weight.std().item() == pytest.approx(0.02, rel=0.05)


def test_samples_of_a_batch_do_not_depend_on_each_other_in_the_discriminator() -> None:
    discriminator, images = Discriminator(width=4), torch.randn(4, 1, 28, 28)
    torch.testing.assert_close(discriminator(images)[:1], discriminator(images[:1]), rtol=0, atol=1e-6)


def test_the_class_is_further_numbers_of_noise_and_constant_channels_of_images() -> None:
    labels = torch.tensor([2, 0])
    noise, images = torch.randn(2, 5), torch.randn(2, 1, 4, 4)
    of_noise, of_images = Conditional(nn.Identity(), 3)(noise, labels), Conditional(nn.Identity(), 3)(images, labels)
    assert torch.equal(of_noise, torch.cat([noise, torch.tensor([[0.0, 0, 1], [1, 0, 0]])], dim=1))
    assert torch.equal(of_images[:, :1], images)
    assert of_images[:, 1:].mean(dim=(2, 3)).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert of_images[:, 1:].std(dim=(2, 3)).max() == 0


def test_the_class_changes_what_is_made() -> None:
    generator = Conditional(Generator(noise_size=8 + 2, width=4), classes=2).eval()
    noise = torch.randn(1, 8)
    assert not torch.equal(generator(noise, torch.tensor([0])), generator(noise, torch.tensor([1])))


@pytest.mark.parametrize("labels", [torch.tensor(1), torch.tensor([1, 0]), torch.tensor([[1], [0], [1]])], ids=str)
def test_labels_that_are_not_one_for_each_input_are_refused(labels: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="3 inputs need as many labels"):
        Conditional(nn.Identity(), 2)(torch.zeros(3, 4), labels)
