"""Gradient penalties against critics whose gradient is known, per-sample gradients of torch.func, and gradcheck."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from aigc_ref.gan.losses import WASSERSTEIN
from aigc_ref.gan.networks import Discriminator
from aigc_ref.gan.penalties import Penalties, gradient_penalty, input_gradients, interpolate, zero_centred_penalty


def _random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def _uniform(size: int) -> Tensor:
    return torch.rand(size, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def _same(ours: Tensor, oracle: Tensor) -> None:
    torch.testing.assert_close(ours, oracle, rtol=0, atol=1e-12)


def _quadratic() -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """A symmetric A and the critic ½·xᵀAx of images of 2 × 3 × 3; its gradient is Ax."""
    root = _random(18, 18, seed=1) / 10
    matrix = root + root.T
    return matrix, lambda images: ((images.flatten(1) @ matrix) * images.flatten(1)).sum(dim=1) / 2


def _smooth_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0)).double()


@pytest.mark.compares("definition", technique="aigc_ref.gan.penalties.gradient_penalty", atol=1e-12)
def test_the_penalty_of_wgan_gp_takes_the_norm_over_all_of_an_image() -> None:
    matrix, critic = _quadratic()
    real, fake, epsilon = _random(6, 2, 3, 3), _random(6, 2, 3, 3, seed=2), _uniform(6)
    points = epsilon[:, None] * real.flatten(1) + (1 - epsilon[:, None]) * fake.flatten(1)
    oracle = ((points @ matrix).norm(dim=1) - 1).square().mean()
    _same(gradient_penalty(critic, real, fake, epsilon), oracle)
    # the usual mistake: a norm over dimension 1, which are an image's channels
    wrong = ((points @ matrix).view(6, 2, 3, 3).norm(dim=1) - 1).square().mean()
    assert abs(wrong - oracle) > 0.01


@pytest.mark.compares("definition", technique="aigc_ref.gan.penalties.zero_centred_penalty", atol=1e-12)
def test_the_zero_centred_penalty_of_a_quadratic_critic() -> None:
    matrix, critic = _quadratic()
    samples = _random(6, 2, 3, 3).requires_grad_()
    oracle = (samples.detach().flatten(1) @ matrix).square().sum(dim=1).mean() / 2
    _same(zero_centred_penalty(critic(samples), samples), oracle)


@pytest.mark.compares("definition", technique="aigc_ref.gan.penalties.zero_centred_penalty", atol=1e-12)
def test_the_zero_centred_penalty_of_a_linear_critic_is_half_its_squared_weight() -> None:
    weight, samples = _random(4), _random(7, 4, seed=1).requires_grad_()
    _same(zero_centred_penalty(samples @ weight, samples), weight.square().sum() / 2)


@pytest.mark.compares("torch", technique="aigc_ref.gan.penalties.input_gradients", atol=1e-12)
@pytest.mark.compares("torch", technique="aigc_ref.gan.penalties.zero_centred_penalty", atol=1e-12)
def test_gradients_of_a_convolutional_network_are_those_of_each_sample_alone() -> None:
    torch.manual_seed(0)
    network, images = Discriminator(width=3, size=8).double(), _random(5, 1, 8, 8)
    oracle = vmap(grad(lambda image: network(image[None]).sum()))(images).flatten(1)
    leaf = images.clone().requires_grad_()
    ours = input_gradients(network(leaf), leaf)
    _same(ours, oracle)
    _same(zero_centred_penalty(network(leaf), leaf), oracle.square().sum(dim=1).mean() / 2)


def test_batch_normalisation_in_the_discriminator_mixes_the_gradients_of_samples() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0)).double()
    samples = _random(4, 3).requires_grad_()
    logits = network(samples)
    (first,) = torch.autograd.grad(logits[0], samples, retain_graph=True)
    assert first[1:].abs().max() > 1e-3  # the first logit depends on the other samples
    assert (input_gradients(logits, samples)[0] - first[0]).abs().max() > 1e-3


@pytest.mark.parametrize("penalty", ["WGAN-GP", "R1"])
def test_the_discriminator_learns_from_the_gradient_of_the_gradient(penalty: str) -> None:
    network = _smooth_network()
    names, values = zip(*network.named_parameters(), strict=True)
    real, fake, epsilon = _random(3, 3), _random(3, 3, seed=1), _uniform(3)

    def of_parameters(*parameters: Tensor) -> Tensor:
        def critic(samples: Tensor) -> Tensor:
            logits: Tensor = functional_call(network, dict(zip(names, parameters, strict=True)), (samples,))
            return logits

        if penalty == "WGAN-GP":
            return gradient_penalty(critic, real, fake, epsilon)
        samples = real.clone().requires_grad_()
        return zero_centred_penalty(critic(samples), samples)

    assert torch.autograd.gradcheck(of_parameters, values)
    gradients = torch.autograd.grad(of_parameters(*values), values, allow_unused=True)
    assert gradients[0].abs().max() > 1e-3  # not a constant that passes any check


def test_a_flat_critic_gets_a_finite_gradient() -> None:
    weight = torch.zeros(3, requires_grad=True)
    real, fake = torch.ones(2, 3), torch.zeros(2, 3)
    gradient_penalty(lambda samples: samples @ weight, real, fake, torch.rand(2)).backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [0, 0, 0]
    # the root of a sum of squares, as it is often written
    weight.grad, samples = None, real.clone().requires_grad_()
    (input_gradients(samples @ weight, samples).square().sum(dim=1).sqrt() - 1).square().mean().backward()
    assert weight.grad is not None
    assert weight.grad.isnan().all()


def test_the_generator_learns_nothing_from_a_penalty() -> None:
    _, critic = _quadratic()
    generated = _random(4, 2, 3, 3).requires_grad_()
    penalty = gradient_penalty(critic, _random(4, 2, 3, 3, seed=1), 2 * generated, _uniform(4))
    (gradient,) = torch.autograd.grad(penalty, generated, allow_unused=True, materialize_grads=True)
    assert not gradient.any()


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 100))
def test_points_lie_between_their_own_two_samples(size: int, numbers: int, seed: int) -> None:
    real, fake = _random(size, numbers, seed=seed), _random(size, numbers, seed=seed + 1)
    epsilon = torch.rand(size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    points = interpolate(real, fake, epsilon)
    _same(points - fake, epsilon[:, None] * (real - fake))
    _same(interpolate(real, fake, torch.ones_like(epsilon)), real)
    _same(interpolate(real, fake, torch.zeros_like(epsilon)), fake)


@pytest.mark.parametrize("shape", [(), (1,), (4, 1), (4, 2)], ids=str)
def test_anything_but_one_epsilon_for_each_sample_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="and one ε for each"):
        interpolate(torch.zeros(4, 2), torch.zeros(4, 2), torch.rand(shape))


def test_samples_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"need generated ones of the same shape, not \(4, 3\)"):
        interpolate(torch.zeros(4, 2), torch.zeros(4, 3), torch.rand(4))


def test_samples_without_a_gradient_are_refused() -> None:
    samples = torch.zeros(2, 3)
    with pytest.raises(ValueError, match=r"call requires_grad_\(\) on them before D sees them"):
        zero_centred_penalty(samples.sum(dim=1), samples)


@given(st.integers(1, 9), st.integers(0, 40))
def test_a_lazy_penalty_weighs_the_same_on_average(every: int, start: int) -> None:
    lazy = Penalties(gradient=10.0, r1=0.5, r2=0.25, every=every)
    weights = [lazy.at(step) for step in range(start, start + every)]
    assert sum(one.r1 for one in weights) == pytest.approx(every * 0.5)
    assert sum(one.r2 for one in weights) == pytest.approx(every * 0.25)
    assert sum(one.gradient for one in weights) == pytest.approx(every * 10)
    assert sum(one.r1 > 0 for one in weights) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"r1": -1.0}, "a negative weight"), ({"gradient": -1.0}, "a negative weight"), ({"every": 0}, "every=0")],
    ids=str,
)
def test_penalties_that_make_no_sense_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Penalties(**arguments)  # type: ignore[arg-type]


def test_with_its_penalty_the_critic_finds_the_distance() -> None:
    # two points 3 apart: a critic of slope 1 sees a distance of 3, one without a penalty any
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(1, 16), nn.Softplus(), nn.Linear(16, 1), nn.Flatten(0))
    optimizer = torch.optim.Adam(critic.parameters(), 1e-2)
    real, fake = torch.full((16, 1), 1.5), torch.full((16, 1), -1.5)
    for _ in range(300):
        distance = -WASSERSTEIN.discriminator(critic(real), critic(fake))
        penalty = gradient_penalty(critic, real, fake, torch.rand(16))
        optimizer.zero_grad()
        (-distance + 10 * penalty).backward()
        optimizer.step()
    # the penalty is soft: with λ = 10 the best slope is 1 + 3/20, which maximises 3·slope - 10·(slope - 1)²
    assert distance.item() == pytest.approx(3 * 1.15, abs=0.05)
