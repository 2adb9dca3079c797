"""GAN losses against the losses of torch and scipy, and wrong formulas against themselves."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import hinge_embedding_loss, margin_ranking_loss, mse_loss

from aigc_ref.gan.losses import (
    HINGE,
    LEAST_SQUARES,
    NON_SATURATING,
    RELATIVISTIC,
    SATURATING,
    WASSERSTEIN,
    GanLoss,
    RelativisticLoss,
    discriminator_loss,
    hinge_discriminator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    minimax_value,
    non_saturating_generator_loss,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    saturating_generator_loss,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)

EVERY: dict[str, GanLoss | RelativisticLoss] = {
    "saturating": SATURATING,
    "non-saturating": NON_SATURATING,
    "least squares": LEAST_SQUARES,
    "hinge": HINGE,
    "Wasserstein": WASSERSTEIN,
    "relativistic": RELATIVISTIC,
}
every_loss = pytest.mark.parametrize("loss", EVERY.values(), ids=EVERY.keys())


@pytest.fixture
def logits() -> tuple[Tensor, Tensor]:
    real, fake = 4 * torch.randn(2, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return real, fake


def _same(ours: Tensor, oracle: Tensor) -> None:
    torch.testing.assert_close(ours, oracle, rtol=0, atol=1e-12)


def _of_generator(loss: GanLoss | RelativisticLoss, real: Tensor, fake: Tensor) -> Tensor:
    return loss.generator(real, fake) if isinstance(loss, RelativisticLoss) else loss.generator(fake)


@pytest.mark.compares("torch", technique="aigc_ref.gan.losses.discriminator_loss", atol=1e-12)
def test_the_discriminators_loss_is_binary_cross_entropy(logits: tuple[Tensor, Tensor]) -> None:
    real, fake = logits
    _same(discriminator_loss(real, fake), bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake)))


@pytest.mark.compares("torch", technique="aigc_ref.gan.losses.minimax_value", atol=1e-12)
def test_the_value_is_what_the_discriminator_raises(logits: tuple[Tensor, Tensor]) -> None:
    real, fake = logits
    _same(minimax_value(real, fake), -bce(real, torch.ones_like(real)) - bce(fake, torch.zeros_like(fake)))


@pytest.mark.compares("torch", technique="aigc_ref.gan.losses.non_saturating_generator_loss", atol=1e-12)
def test_the_non_saturating_loss_is_cross_entropy_with_the_labels_flipped(logits: tuple[Tensor, Tensor]) -> None:
    _, fake = logits
    _same(non_saturating_generator_loss(fake), bce(fake, torch.ones_like(fake)))


@pytest.mark.compares("torch", technique="aigc_ref.gan.losses.saturating_generator_loss", atol=1e-12)
def test_the_saturating_loss_is_the_part_of_the_value_that_the_generator_moves(logits: tuple[Tensor, Tensor]) -> None:
    _, fake = logits
    _same(saturating_generator_loss(fake), -bce(fake, torch.zeros_like(fake)))


@pytest.mark.compares("torch", technique="aigc_ref.gan.losses.least_squares_discriminator_loss", atol=1e-12)
@pytest.mark.compares("torch", technique="aigc_ref.gan.losses.least_squares_generator_loss", atol=1e-12)
def test_least_squares_are_half_the_squared_errors(logits: tuple[Tensor, Tensor]) -> None:
    real, fake = logits
    oracle = (mse_loss(real, torch.ones_like(real)) + mse_loss(fake, torch.zeros_like(fake))) / 2
    _same(least_squares_discriminator_loss(real, fake), oracle)
    _same(least_squares_generator_loss(fake), mse_loss(fake, torch.ones_like(fake)) / 2)


@pytest.mark.compares("torch", technique="aigc_ref.gan.losses.hinge_discriminator_loss", atol=1e-12)
def test_the_hinge_loss_is_a_margin_loss(logits: tuple[Tensor, Tensor]) -> None:
    real, fake = logits
    zero, one = torch.zeros_like(real), torch.ones_like(real)
    ranked = margin_ranking_loss(real, zero, one, margin=1) + margin_ranking_loss(fake, zero, -one, margin=1)
    embedded = hinge_embedding_loss(real, -one, margin=1) + hinge_embedding_loss(-fake, -one, margin=1)
    _same(hinge_discriminator_loss(real, fake), ranked)
    _same(hinge_discriminator_loss(real, fake), embedded)


@pytest.mark.compares("scipy", technique="aigc_ref.gan.losses.wasserstein_critic_loss", atol=1e-12)
def test_the_wasserstein_loss_is_minus_the_distance_under_the_best_critic(logits: tuple[Tensor, Tensor]) -> None:
    real, _ = logits
    fake = real - 3 + real.sin() / 2  # a monotone map, and all of it to the left: D(x) = x is the best critic
    distance = wasserstein_distance(real.numpy(), fake.numpy())
    assert wasserstein_critic_loss(real, fake).item() == pytest.approx(-distance, abs=1e-12)
    _same(wasserstein_generator_loss(fake), wasserstein_critic_loss(torch.zeros_like(fake), -fake))


@pytest.mark.compares("torch", technique="aigc_ref.gan.losses.relativistic_discriminator_loss", atol=1e-12)
@pytest.mark.compares("torch", technique="aigc_ref.gan.losses.relativistic_generator_loss", atol=1e-12)
def test_the_relativistic_loss_is_cross_entropy_of_differences(logits: tuple[Tensor, Tensor]) -> None:
    real, fake = logits
    _same(relativistic_discriminator_loss(real, fake), bce(real - fake, torch.ones_like(real)))
    _same(relativistic_generator_loss(real, fake), bce(fake - real, torch.ones_like(real)))


@given(st.floats(-50, 50), st.integers(0, 1000))
def test_the_relativistic_loss_sees_differences_only(shift: float, seed: int) -> None:
    real, fake = torch.randn(2, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    for loss in (relativistic_discriminator_loss, relativistic_generator_loss):
        torch.testing.assert_close(loss(real + shift, fake + shift), loss(real, fake), rtol=0, atol=1e-12)


def test_the_relativistic_generator_loss_depends_on_the_real_logits(logits: tuple[Tensor, Tensor]) -> None:
    # PyTorch-GAN computes it and then overwrites it by a loss of the fake logits alone (its issue 52)
    real, fake = logits
    assert relativistic_generator_loss(real + 1, fake) > relativistic_generator_loss(real, fake)


def test_logits_that_make_no_pairs_are_refused() -> None:
    for loss in (relativistic_discriminator_loss, relativistic_generator_loss):
        with pytest.raises(ValueError, match=r"real logits of shape .* make no pairs: generate as many"):
            loss(torch.zeros(4, 1), torch.zeros(4))


@every_loss
@pytest.mark.parametrize("logit", [-120.0, 120.0])
def test_losses_and_gradients_are_finite_where_the_log_of_a_sigmoid_is_not(
    loss: GanLoss | RelativisticLoss, logit: float
) -> None:
    for of in (loss.discriminator, lambda real, fake: _of_generator(loss, real, fake)):
        real, fake = torch.tensor([-logit], requires_grad=True), torch.tensor([logit], requires_grad=True)
        value = of(real, fake)
        value.backward()
        assert value.isfinite()
        assert fake.grad is not None
        assert fake.grad.isfinite().all()
    assert torch.sigmoid(torch.tensor(-120.0)).log().isinf()  # what the formula would give as it is written


@every_loss
def test_every_generator_loss_pushes_every_logit_up(loss: GanLoss | RelativisticLoss) -> None:
    highest = 0.99 if loss is LEAST_SQUARES else 6
    fake = torch.linspace(-6, highest, 25, requires_grad=True)
    _of_generator(loss, torch.zeros(25), fake).backward()
    assert fake.grad is not None
    assert (fake.grad < 0).all()


def test_least_squares_alone_pull_a_logit_down_that_lies_above_those_of_real_samples() -> None:
    pulled = []
    for name, loss in EVERY.items():
        fake = torch.linspace(1.01, 6, 25, requires_grad=True)
        _of_generator(loss, torch.zeros(25), fake).backward()
        assert fake.grad is not None
        if (fake.grad > 0).any():
            pulled.append(name)
    assert pulled == ["least squares"]


@every_loss
def test_every_discriminator_loss_pushes_real_samples_up_and_generated_ones_down(
    loss: GanLoss | RelativisticLoss,
) -> None:
    real, fake = torch.linspace(-6, 0.99, 25, requires_grad=True), torch.linspace(0.01, 6, 25, requires_grad=True)
    loss.discriminator(real, fake).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()


def test_the_hinge_loss_learns_nothing_beyond_its_margin() -> None:
    real, fake = torch.tensor([1.01, 5.0], requires_grad=True), torch.tensor([-1.01, -5.0], requires_grad=True)
    hinge_discriminator_loss(real, fake).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert real.grad.tolist() == fake.grad.tolist() == [0, 0]


@every_loss
def test_gradients_are_those_of_finite_differences(loss: GanLoss | RelativisticLoss) -> None:
    real, fake = torch.randn(2, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    functions: list[Callable[[Tensor, Tensor], Tensor]] = [
        loss.discriminator,
        lambda real, fake: _of_generator(loss, real, fake),
    ]
    for function in functions:
        assert torch.autograd.gradcheck(function, (real.clone(), fake.clone().requires_grad_()))


def test_the_articles_generator_loss_pushes_a_poor_sample_further_away() -> None:
    # E[log(1 - D(G(z)))] + E[log D(G(z))], to be minimised: errata e07
    fake = torch.linspace(-6, -0.5, 25, requires_grad=True)
    (-bce(fake, torch.zeros_like(fake)) - bce(fake, torch.ones_like(fake))).backward()
    assert fake.grad is not None
    assert (fake.grad > 0).all()  # a step against the gradient lowers a logit that should rise
