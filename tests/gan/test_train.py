import pytest
import torch
from torch import nn
from torch.optim import SGD

from aigc_ref.gan.losses import saturating_generator_loss
from aigc_ref.gan.networks import Discriminator, Generator
from aigc_ref.gan.toy import centres, modes_covered, perceptron, ring_batches
from aigc_ref.gan.train import gan_step, train, update_average


def _weights(network: nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def test_a_step_teaches_each_network_its_own_loss_only() -> None:
    torch.manual_seed(0)
    generator, discriminator = perceptron(4, 2), perceptron(2, 1)
    by_hand_g, by_hand_d = perceptron(4, 2), perceptron(2, 1)
    by_hand_g.load_state_dict(generator.state_dict())
    by_hand_d.load_state_dict(discriminator.state_dict())
    real, noise = torch.randn(8, 2), torch.randn(8, 4)
    gan_step(
        generator,
        discriminator,
        SGD(generator.parameters(), 0.1),
        SGD(discriminator.parameters(), 0.1),
        real,
        noise,
        saturating_generator_loss,
    )

    # the definition, with each gradient asked for by name
    value = (
        nn.functional.logsigmoid(by_hand_d(real)).mean() + nn.functional.logsigmoid(-by_hand_d(by_hand_g(noise))).mean()
    )
    gradients = torch.autograd.grad(value, list(by_hand_d.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(by_hand_d.parameters(), gradients, strict=True):
            parameter.add_(0.1 * gradient)  # D raises V
    value = nn.functional.logsigmoid(-by_hand_d(by_hand_g(noise))).mean()
    gradients = torch.autograd.grad(value, list(by_hand_g.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(by_hand_g.parameters(), gradients, strict=True):
            parameter.sub_(0.1 * gradient)  # G lowers it
    for ours, expected in ((generator, by_hand_g), (discriminator, by_hand_d)):
        for one, other in zip(_weights(ours), _weights(expected), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


def test_a_step_leaves_the_discriminator_trainable() -> None:
    generator, discriminator = perceptron(4, 2), perceptron(2, 1)
    steps = train(generator, discriminator, ring_batches(3, 8, seed=0), 4, learning_rate=1e-3)
    before = _weights(discriminator)
    for _ in steps:
        after = _weights(discriminator)
        assert any(not torch.equal(one, other) for one, other in zip(before, after, strict=True))
        before = after
    assert all(parameter.requires_grad for parameter in discriminator.parameters())


def test_the_same_seed_gives_the_same_run() -> None:
    def run() -> list[float]:
        torch.manual_seed(1)
        steps = train(perceptron(4, 2), perceptron(2, 1), ring_batches(5, 16, seed=2), 4, learning_rate=1e-3, seed=3)
        return [step.discriminator_loss for step in steps]

    assert run() == run()


def test_the_average_copies_statistics_and_follows_weights() -> None:
    average, model = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    model(torch.randn(16, 2) + 5)
    nn.init.constant_(model.weight, 3.0)
    update_average(average, model, decay=0.5)
    assert average.weight.tolist() == [2.0, 2.0]
    assert torch.equal(average.running_mean, model.running_mean)  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_ring_is_learnt() -> None:
    torch.manual_seed(0)
    generator, discriminator = perceptron(16, 2), perceptron(2, 1)
    for _ in train(generator, discriminator, ring_batches(1500, 256, seed=0), 16, learning_rate=1e-3):
        pass
    modes, share = modes_covered(generator(torch.randn(4096, 16)))
    assert modes == 8
    assert share > 0.5


def test_modes_are_counted_by_their_share() -> None:
    few = torch.cat([centres()[:1].repeat(99, 1), centres()[1:2]])  # the second mode has 1 %
    assert modes_covered(few) == (1, 1.0)
    assert modes_covered(few, least_share=0.01) == (2, 1.0)
    assert modes_covered(torch.zeros(10, 2)) == (0, 0.0)


def test_networks_fit_each_other_and_stay_in_range() -> None:
    images = Generator(noise_size=8, width=4)(torch.randn(3, 8))
    assert images.shape == (3, 1, 28, 28)
    assert images.abs().max() <= 1
    assert Discriminator(width=4)(images).shape == (3,)


def test_samples_of_a_batch_do_not_depend_on_each_other_in_the_discriminator() -> None:
    discriminator, images = Discriminator(width=4), torch.randn(4, 1, 28, 28)
    torch.testing.assert_close(discriminator(images)[:1], discriminator(images[:1]), rtol=0, atol=1e-6)
