"""Losses of generative adversarial networks.

The discriminator's logits on real samples are r = D(x), on generated ones f = D(G(z)). Every loss is a mean over the
batch, in nats, and is *minimised* by whom it is named after.

    minimax value     V(D, G) = E[log σ(r)] + E[log(1 - σ(f))],   D raises it, G lowers it
    discriminator     L_D = -V = E[softplus(-r)] + E[softplus(f)]
    saturating        L_G = E[log(1 - σ(f))] = -E[softplus(f)]     dL_G/df = -σ(f):      vanishes where G is bad
    non-saturating    L_G = -E[log σ(f)]     =  E[softplus(-f)]    dL_G/df = -(1 - σ(f)): strongest where G is bad

Both generator losses push every fake logit up; they differ in how hard, and when. Softplus of a logit instead of the
log of a sigmoid: -log σ(-120) is infinite in float32, softplus(120) is 120.

Paper: paper-gan (value function and section 3).
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

GeneratorLoss = Callable[[Tensor], Tensor]
"""From D's logits on generated samples to a scalar."""


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
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


def saturating_generator_loss(fake_logits: Tensor) -> Tensor:
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


def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
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
