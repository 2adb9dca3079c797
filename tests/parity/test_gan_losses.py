"""GAN losses against binary cross-entropy of torch, and the article's formula against itself."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from aigc_ref.gan.losses import discriminator_loss, non_saturating_generator_loss, saturating_generator_loss


@pytest.fixture
def logits() -> tuple[Tensor, Tensor]:
    real, fake = 4 * torch.randn(2, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return real, fake


def test_the_discriminators_loss_is_binary_cross_entropy(logits: tuple[Tensor, Tensor]) -> None:
    real, fake = logits
    oracle = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    torch.testing.assert_close(discriminator_loss(real, fake), oracle, rtol=0, atol=1e-12)


def test_the_non_saturating_loss_is_cross_entropy_with_the_labels_flipped(logits: tuple[Tensor, Tensor]) -> None:
    _, fake = logits
    torch.testing.assert_close(
        non_saturating_generator_loss(fake), bce(fake, torch.ones_like(fake)), rtol=0, atol=1e-12
    )


def test_the_saturating_loss_is_the_part_of_the_value_that_the_generator_moves(logits: tuple[Tensor, Tensor]) -> None:
    _, fake = logits
    torch.testing.assert_close(saturating_generator_loss(fake), -bce(fake, torch.zeros_like(fake)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("logit", [-120.0, 120.0])
def test_losses_and_gradients_are_finite_where_the_log_of_a_sigmoid_is_not(logit: float) -> None:
    for loss in (non_saturating_generator_loss, saturating_generator_loss):
        leaf = torch.tensor([logit], requires_grad=True)
        loss(leaf).backward()
        assert loss(leaf).isfinite()
        assert leaf.grad is not None
        assert leaf.grad.isfinite().all()
    assert torch.sigmoid(torch.tensor(-120.0)).log().isinf()  # what the formula would give as it is written


@pytest.mark.parametrize("loss", [non_saturating_generator_loss, saturating_generator_loss])
def test_both_generator_losses_push_every_logit_up(loss: object) -> None:
    fake = torch.linspace(-6, 6, 25, requires_grad=True)
    loss(fake).backward()  # type: ignore[operator]
    assert fake.grad is not None
    assert (fake.grad < 0).all()


def test_the_articles_generator_loss_pushes_a_poor_sample_further_away() -> None:
    # E[log(1 - D(G(z)))] + E[log D(G(z))], to be minimised: errata e07
    fake = torch.linspace(-6, -0.5, 25, requires_grad=True)
    (-bce(fake, torch.zeros_like(fake)) - bce(fake, torch.ones_like(fake))).backward()
    assert fake.grad is not None
    assert (fake.grad > 0).all()  # a step against the gradient lowers a logit that should rise
