"""The adversarial game: one step, and the loop around it.

A step computes the generated batch once. D learns from a detached copy, so that G pays nothing for D's step; then G
learns from the same batch through D as it has just become. Many published loops forget the `detach` or generate
twice; on a DCGAN either costs about a sixth of the step.

Samples are best drawn from an exponential moving average of G's weights, θ̄ ← d·θ̄ + (1 - d)·θ: the game circles
around its solution, and the average lies nearer to it.

Papers: paper-gan (the game), paper-dcgan (Adam).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from aigc_ref.gan.losses import GeneratorLoss, discriminator_loss, non_saturating_generator_loss


@dataclass(frozen=True, slots=True)
class Step:
    """What a step cost: both losses in nats, and D's mean logits before it."""

    discriminator_loss: float
    generator_loss: float
    real_logit: float
    fake_logit: float


def gan_step(
    generator: nn.Module,
    discriminator: nn.Module,
    generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer,
    real: Tensor,
    noise: Tensor,
    generator_loss: GeneratorLoss = non_saturating_generator_loss,
) -> Step:
    """One step of D, then one of G, on the same generated batch.

    Args:
        generator: noise → samples, of the shape of `real`.
        discriminator: samples → one logit each.
        generator_optimizer: over G's parameters alone.
        discriminator_optimizer: over D's parameters alone.
        real: a batch of real samples.
        noise: what G makes its samples of; as many as there are real ones, as a rule.
        generator_loss: one of `aigc_ref.gan.losses`.
    """
    fake = generator(noise)

    real_logits, fake_logits = discriminator(real), discriminator(fake.detach())
    loss_d = discriminator_loss(real_logits, fake_logits)
    discriminator_optimizer.zero_grad()
    loss_d.backward()
    discriminator_optimizer.step()

    discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
    loss_g = generator_loss(discriminator(fake))
    generator_optimizer.zero_grad()
    loss_g.backward()
    generator_optimizer.step()
    discriminator.requires_grad_(True)

    return Step(loss_d.item(), loss_g.item(), real_logits.mean().item(), fake_logits.mean().item())


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Moves `average` a little towards `model`, in place: θ̄ ← decay·θ̄ + (1 - decay)·θ.

    Buffers, such as the statistics of batch normalisation, are copied: they are averages already.

    Examples:
        >>> average, model = nn.Linear(1, 1), nn.Linear(1, 1)
        >>> _ = nn.init.zeros_(average.weight), nn.init.ones_(model.weight)
        >>> update_average(average, model, decay=0.9)
        >>> round(average.weight.item(), 4)
        0.1
    """
    for kept, current in zip(average.parameters(), model.parameters(), strict=True):
        kept.lerp_(current, 1 - decay)
    for statistic, latest in zip(average.buffers(), model.buffers(), strict=True):
        statistic.copy_(latest)


def train(
    generator: nn.Module,
    discriminator: nn.Module,
    batches: Iterable[Tensor],
    noise_size: int,
    *,
    learning_rate: float,
    generator_loss: GeneratorLoss = non_saturating_generator_loss,
    average: nn.Module | None = None,
    decay: float = 0.99,
    betas: tuple[float, float] = (0.0, 0.999),
    seed: int = 0,
) -> Iterator[Step]:
    """Plays the game on every batch, yielding after each step: the caller draws pictures, counts, or stops.

    Args:
        generator: G, trained in place.
        discriminator: D, trained in place.
        batches: real samples, as many batches as there shall be steps.
        noise_size: length of the noise vectors, drawn from N(0, 1).
        learning_rate: of Adam, the same for both.
        generator_loss: one of `aigc_ref.gan.losses`.
        average: a copy of G, kept as the moving average of its weights.
        decay: d of that average. For the first hundred steps it follows G closely, so that it does not remember
            the random start.
        betas: Adam's. DCGAN took (0.5, 0.999). Without momentum the two circle less: on the ring of
            `aigc_ref.gan.toy` β₁ = 0 finds all eight modes by step 1500 with each of four seeds, β₁ = 0.5 with one.
        seed: of the noise.
    """
    optimizer_g = Adam(generator.parameters(), learning_rate, betas)
    optimizer_d = Adam(discriminator.parameters(), learning_rate, betas)
    random = torch.Generator().manual_seed(seed)
    for number, real in enumerate(batches):
        noise = torch.randn(len(real), noise_size, generator=random).to(real.device)
        step = gan_step(generator, discriminator, optimizer_g, optimizer_d, real, noise, generator_loss)
        if average is not None:
            update_average(average, generator, min(decay, number / 100))
        yield step
