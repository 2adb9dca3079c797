"""Penalties on the discriminator's gradient with respect to its input.

    WGAN-GP   E[(‖∇D(x̂)‖₂ - 1)²],   x̂ = ε·x + (1 - ε)·G(z),   ε ~ U(0, 1), one for each sample
    R1        ½·E[‖∇D(x)‖₂²]         on real samples
    R2        ½·E[‖∇D(G(z))‖₂²]      on generated ones

Each is ≥ 0, is added to what D minimises with a weight (λ = 10 for WGAN-GP, γ for R1 and R2), and leaves G alone. The
norm is taken over all of a sample's numbers: channels, rows and columns together. WGAN-GP keeps the slope between
real and generated samples at 1, as the Wasserstein distance needs it; R1 and R2 flatten D where the samples are, so
that the game comes to rest at its solution instead of circling it.

The sum over the batch is differentiated once and gives every sample's gradient, because a sample's logit depends on
that sample alone. Batch normalisation in D breaks this; use a D without it. D's weights then learn from a gradient of
a gradient: the graph of the first is kept.

Papers: paper-wgan-gp, paper-gan-convergence (R1 and R2), paper-r3gan (both together).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Penalties:
    """How heavily each penalty weighs in a step of D; 0 leaves it out."""

    gradient: float = 0.0
    """λ of WGAN-GP."""
    r1: float = 0.0
    """γ of R1."""
    r2: float = 0.0
    """γ of R2."""
    every: int = 1
    """Steps from one penalised step to the next, which then counts that many times: the mean weight is the same."""

    def __post_init__(self) -> None:
        if min(self.gradient, self.r1, self.r2) < 0:
            raise ValueError("a negative weight rewards steep gradients: give 0 or more")
        if self.every < 1:
            raise ValueError(f"every={self.every} is no number of steps: give 1 or more")

    def at(self, step: int) -> "Penalties":
        """What counts in a step, numbered from 0.

        Examples:
            >>> [Penalties(r1=0.5, every=4).at(step).r1 for step in range(6)]
            [2.0, 0.0, 0.0, 0.0, 2.0, 0.0]
        """
        times = self.every if step % self.every == 0 else 0
        return replace(self, gradient=self.gradient * times, r1=self.r1 * times, r2=self.r2 * times, every=1)


NO_PENALTIES = Penalties()


def input_gradients(logits: Float[Tensor, "*n"], samples: Float[Tensor, " n *sample"]) -> Float[Tensor, "n numbers"]:
    """∇D at each sample, one row for each, in a graph that can be differentiated again.

    Args:
        logits: D(samples), one for each sample; where there are more, their sum is differentiated.
        samples: shape (n, …), made to require a gradient *before* D saw them.

    Returns:
        Shape (n, numbers of a sample).

    Raises:
        ValueError: the samples require no gradient.

    Examples:
        >>> samples = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> input_gradients(samples.square().sum(dim=1), samples).tolist()
        [[2.0, 4.0], [6.0, 8.0]]
    """
    if not samples.requires_grad:
        raise ValueError("the samples require no gradient: call requires_grad_() on them before D sees them")
    (gradients,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
    return gradients.flatten(1)


def zero_centred_penalty(logits: Float[Tensor, "*n"], samples: Float[Tensor, " n *sample"]) -> Float[Tensor, ""]:
    """R1 on real samples, R2 on generated ones, out of logits that the loss needs anyway; to be weighed with γ.

    Args:
        logits: D(samples), one for each sample.
        samples: shape (n, …), made to require a gradient before D saw them; generated ones detached from G first.

    Examples:
        >>> samples = torch.zeros(2, 2, requires_grad=True)
        >>> zero_centred_penalty(samples @ torch.tensor([3.0, 4.0]), samples).item()  # half of 3² + 4²
        12.5
    """
    return input_gradients(logits, samples).square().sum(dim=1).mean() / 2


def interpolate(
    real: Float[Tensor, " n *sample"], fake: Float[Tensor, "..."], epsilon: Float[Tensor, "..."]
) -> Float[Tensor, " n *sample"]:
    """The points ε·x + (1 - ε)·G(z) between real and generated samples.

    Args:
        real: x, shape (n, …).
        fake: G(z), of the same shape.
        epsilon: ε, shape (n,): one number for each sample, from 0 to 1.

    Raises:
        ValueError: the shapes do not fit. A single ε for the batch, or one for each pixel, is another penalty.

    Examples:
        >>> interpolate(torch.ones(2, 1), torch.zeros(2, 1), torch.tensor([0.25, 0.5])).flatten().tolist()
        [0.25, 0.5]
    """
    if real.shape != fake.shape or epsilon.shape != real.shape[:1]:
        raise ValueError(
            f"real samples of shape {tuple(real.shape)} need generated ones of the same shape, "
            f"not {tuple(fake.shape)}, and one ε for each, not {tuple(epsilon.shape)}"
        )
    return fake.lerp(real, epsilon.view(-1, *[1] * (real.dim() - 1)))


def gradient_penalty(
    discriminator: Callable[[Tensor], Tensor],
    real: Float[Tensor, " n *sample"],
    fake: Float[Tensor, "..."],
    epsilon: Float[Tensor, "..."],
) -> Float[Tensor, ""]:
    """The penalty of WGAN-GP, to be weighed with λ = 10.

    Args:
        discriminator: samples → one logit each.
        real: shape (n, …).
        fake: generated samples of the same shape; G learns nothing from them here.
        epsilon: shape (n,), from U(0, 1).

    Examples:
        >>> critic = torch.tensor([3.0, 4.0])  # its slope is 5 everywhere
        >>> gradient_penalty(lambda x: x @ critic, torch.ones(2, 2), torch.zeros(2, 2), torch.rand(2)).item()
        16.0
    """
    samples = interpolate(real.detach(), fake.detach(), epsilon).requires_grad_()
    # not the root of a sum of squares: where D is flat, at a gradient of 0, its derivative is not a number
    norms: Tensor = torch.linalg.vector_norm(input_gradients(discriminator(samples), samples), dim=1)
    return (norms - 1).square().mean()
