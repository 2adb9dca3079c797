"""Losses of generative adversarial networks.

The discriminator's logits on real samples are r = D(x), on generated ones f = D(G(z)). Every loss is a mean over the
batch and is *minimised* by whom it is named after.

    minimax value     V(D, G) = E[log σ(r)] + E[log(1 - σ(f))],   D raises it, G lowers it
    discriminator     L_D = -V = E[softplus(-r)] + E[softplus(f)]
    saturating        L_G = E[log(1 - σ(f))] = -E[softplus(f)]     dL_G/df = -σ(f):      vanishes where G is bad
    non-saturating    L_G = -E[log σ(f)]     =  E[softplus(-f)]    dL_G/df = -(1 - σ(f)): strongest where G is bad

                      L_D                                   L_G                     dL_G/df
    least squares     ½E[(r - 1)²] + ½E[f²]                 ½E[(f - 1)²]            f - 1
    hinge             E[relu(1 - r)] + E[relu(1 + f)]       -E[f]                   -1
    Wasserstein       E[f] - E[r]                           -E[f]                   -1
    relativistic      E[softplus(f - r)]                    E[softplus(r - f)]      -σ(r - f)

Every generator loss pushes fake logits up; they differ in how hard, and when. Only the least squares have a place to
arrive at: they pull a logit above 1 down again. What is made of logs or of softplus is in nats.
Softplus of a logit instead of the log of a sigmoid: -log σ(-120) is infinite in float32, softplus(120) is 120.

The Wasserstein loss measures a distance only under a critic whose slope is at most 1, see `aigc_ref.gan.penalties`.
The relativistic loss compares each generated sample with a real one of its own: D says which of the two is the more
real, and keeps a boundary beside every real sample, so that G loses by leaving a mode out.

Papers: paper-gan (value function and section 3), paper-lsgan, paper-geometric-gan (hinge), paper-wgan-gp,
paper-relativistic-gan, paper-r3gan (the relativistic pair as it is here).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

PairLoss = Callable[[Tensor, Tensor], Tensor]
"""From D's logits on real samples and on generated ones, in this order, to a scalar."""

GeneratorLoss = Callable[[Tensor], Tensor]
"""From D's logits on generated samples to a scalar."""


@dataclass(frozen=True, slots=True)
class GanLoss:
    """What each of the two minimises, where G is judged by its own samples alone."""

    discriminator: PairLoss
    generator: GeneratorLoss


@dataclass(frozen=True, slots=True)
class RelativisticLoss:
    """What each of the two minimises, where G is judged by its samples beside real ones."""

    discriminator: PairLoss
    generator: PairLoss


def minimax_value(real_logits: Float[Tensor, "*real"], fake_logits: Float[Tensor, "*fake"]) -> Float[Tensor, ""]:
    """The value of the game, which D raises and G lowers; not a loss of either as it stands.

    Returns:
        A scalar, ≤ 0; -2 log 2 where D cannot tell the two apart.

    Examples:
        >>> import torch
        >>> round(minimax_value(torch.zeros(4), torch.zeros(4)).item(), 4)
        -1.3863
    """
    return F.logsigmoid(real_logits).mean() + F.logsigmoid(-fake_logits).mean()


def discriminator_loss(real_logits: Float[Tensor, "*real"], fake_logits: Float[Tensor, "*fake"]) -> Float[Tensor, ""]:
    """What D minimises under either generator loss: real samples up, generated ones down.

    Args:
        real_logits: D(x), any shape; every element counts alike.
        fake_logits: D(G(z)), computed on *detached* samples, or G pays for the step as well.

    Returns:
        A scalar, ≥ 0; 2 log 2 where D cannot tell the two apart.

    Examples:
        >>> import torch
        >>> round(discriminator_loss(torch.zeros(4), torch.zeros(4)).item(), 4)
        1.3863
    """
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def saturating_generator_loss(fake_logits: Float[Tensor, "*fake"]) -> Float[Tensor, ""]:
    """What G minimises in the minimax game; its gradient vanishes where D is sure that the samples are generated.

    Args:
        fake_logits: D(G(z)), any shape.

    Returns:
        A scalar, ≤ 0.

    Examples:
        >>> import torch
        >>> logits = torch.tensor([-8.0], requires_grad=True)
        >>> saturating_generator_loss(logits).backward()
        >>> round(logits.grad.item(), 5)
        -0.00034
    """
    return -F.softplus(fake_logits).mean()


def non_saturating_generator_loss(fake_logits: Float[Tensor, "*fake"]) -> Float[Tensor, ""]:
    """What G minimises in practice: the same direction, with the strongest gradient where the samples are worst.

    Args:
        fake_logits: D(G(z)), any shape.

    Returns:
        A scalar, ≥ 0.

    Examples:
        >>> import torch
        >>> logits = torch.tensor([-8.0], requires_grad=True)
        >>> non_saturating_generator_loss(logits).backward()
        >>> round(logits.grad.item(), 5)
        -0.99966
    """
    return F.softplus(-fake_logits).mean()


def least_squares_discriminator_loss(
    real_logits: Float[Tensor, "*real"], fake_logits: Float[Tensor, "*fake"]
) -> Float[Tensor, ""]:
    """D's logits are drawn to 1 on real samples and to 0 on generated ones.

    Examples:
        >>> import torch
        >>> least_squares_discriminator_loss(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 0.0])).item()
        0.25
    """
    return ((real_logits - 1).square().mean() + fake_logits.square().mean()) / 2


def least_squares_generator_loss(fake_logits: Float[Tensor, "*fake"]) -> Float[Tensor, ""]:
    """G's samples are drawn to the logit of real ones, from either side.

    Examples:
        >>> import torch
        >>> least_squares_generator_loss(torch.tensor([1.0, 3.0])).item()
        1.0
    """
    return (fake_logits - 1).square().mean() / 2


def hinge_discriminator_loss(
    real_logits: Float[Tensor, "*real"], fake_logits: Float[Tensor, "*fake"]
) -> Float[Tensor, ""]:
    """D wants a margin and no more: real samples above 1 and generated ones below -1 teach it nothing.

    Examples:
        >>> import torch
        >>> hinge_discriminator_loss(torch.tensor([1.5, 0.0]), torch.tensor([-1.5, -2.0])).item()
        0.5
    """
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def wasserstein_critic_loss(
    real_logits: Float[Tensor, "*real"], fake_logits: Float[Tensor, "*fake"]
) -> Float[Tensor, ""]:
    """Minus the distance between real and generated samples as a critic of slope 1 sees it, in its units.

    Examples:
        >>> import torch
        >>> wasserstein_critic_loss(torch.tensor([2.0, 4.0]), torch.tensor([1.0, 1.0])).item()
        -2.0
    """
    return fake_logits.mean() - real_logits.mean()


def wasserstein_generator_loss(fake_logits: Float[Tensor, "*fake"]) -> Float[Tensor, ""]:
    """G raises its samples' logits, each as hard as the next; the hinge loss has the same for G.

    Examples:
        >>> import torch
        >>> wasserstein_generator_loss(torch.tensor([1.0, 3.0])).item()
        -2.0
    """
    return -fake_logits.mean()


def relativistic_discriminator_loss(
    real_logits: Float[Tensor, "*pairs"], fake_logits: Float[Tensor, "..."]
) -> Float[Tensor, ""]:
    """D wants each real sample above the generated one that it is paired with, however high the two lie.

    Args:
        real_logits: D(x).
        fake_logits: D(G(z)), as many: the nth is compared with the nth.

    Returns:
        A scalar, ≥ 0; log 2 where D cannot tell the two apart.

    Raises:
        ValueError: the shapes differ. Broadcast, (n, 1) and (n,) would pair every sample with every other.

    Examples:
        >>> import torch
        >>> round(relativistic_discriminator_loss(torch.tensor([7.0]), torch.tensor([7.0])).item(), 4)
        0.6931
    """
    if real_logits.shape != fake_logits.shape:
        raise ValueError(
            f"real logits of shape {tuple(real_logits.shape)} and fake ones of shape {tuple(fake_logits.shape)} "
            "make no pairs: generate as many samples as the real batch has"
        )
    return F.softplus(fake_logits - real_logits).mean()


def relativistic_generator_loss(
    real_logits: Float[Tensor, "*pairs"], fake_logits: Float[Tensor, "..."]
) -> Float[Tensor, ""]:
    """What G minimises: D's loss with the roles exchanged, and the same shapes required.

    Examples:
        >>> import torch
        >>> fake = torch.tensor([-8.0], requires_grad=True)
        >>> relativistic_generator_loss(torch.tensor([0.0]), fake).backward()
        >>> round(fake.grad.item(), 5)
        -0.99966
    """
    return relativistic_discriminator_loss(fake_logits, real_logits)


SATURATING = GanLoss(discriminator_loss, saturating_generator_loss)
NON_SATURATING = GanLoss(discriminator_loss, non_saturating_generator_loss)
LEAST_SQUARES = GanLoss(least_squares_discriminator_loss, least_squares_generator_loss)
HINGE = GanLoss(hinge_discriminator_loss, wasserstein_generator_loss)
WASSERSTEIN = GanLoss(wasserstein_critic_loss, wasserstein_generator_loss)
RELATIVISTIC = RelativisticLoss(relativistic_discriminator_loss, relativistic_generator_loss)
