"""The adversarial game: one step, and the loop around it.

A step computes the generated batch once. D learns from a detached copy, so that G pays nothing for D's step; then G
learns from the same batch through D as it has just become, and D's weights get no gradient that would be thrown away.
Many published loops forget the `detach` or generate twice; on a DCGAN the former costs a fifth of the step, the latter
a tenth.

Samples are best drawn from an exponential moving average of G's weights, θ̄ ← d·θ̄ + (1 - d)·θ: the game circles
around its solution, and the average lies nearer to it.

Papers: paper-gan (the game), paper-dcgan (Adam), paper-cgan (classes), paper-wgan-gp (several steps of D to one of G),
paper-progressive-gan (the average), paper-mixed-precision.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from aigc_ref.gan.losses import NON_SATURATING, GanLoss, RelativisticLoss
from aigc_ref.gan.penalties import NO_PENALTIES, Penalties, gradient_penalty, zero_centred_penalty


@dataclass(frozen=True, slots=True)
class Step:
    """What a step cost: the losses, D's mean logits before it, and the penalty on D."""

    discriminator_loss: float
    """Without the penalty."""
    generator_loss: float
    real_logit: float
    fake_logit: float
    penalty: float
    """As it was weighed; 0 where there is none."""


def gan_step(
    generator: nn.Module,
    discriminator: nn.Module,
    generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer,
    real: Tensor,
    noise: Tensor,
    loss: GanLoss | RelativisticLoss = NON_SATURATING,
    penalties: Penalties = NO_PENALTIES,
    *,
    labels: Tensor | None = None,
    bfloat16: bool = False,
    random: torch.Generator | None = None,
) -> Step:
    """One step of D, then one of G, on the same generated batch.

    Args:
        generator: noise → samples, of the shape of `real`.
        discriminator: samples → one logit each.
        generator_optimizer: over G's parameters alone.
        discriminator_optimizer: over D's parameters alone.
        real: a batch of real samples.
        noise: what G makes its samples of; as many as there are real ones, as a rule.
        loss: one of the constants of `aigc_ref.gan.losses`.
        penalties: on D's gradient.
        labels: classes of the real samples, shape (n,). Both networks get them as their second argument, so that G is
            asked for the classes that D sees.
        bfloat16: whether the networks compute in bfloat16, under autocast. Weights, losses and optimizers do not.
        random: draws ε of the WGAN-GP penalty; torch's own where None.
    """
    fake = _run(generator, noise, labels, bfloat16)
    before = _discriminator_step(
        discriminator, discriminator_optimizer, real, fake, loss, penalties, labels, bfloat16, random
    )

    fake_logits = _run(discriminator, fake, labels, bfloat16)
    if isinstance(loss, RelativisticLoss):
        with torch.no_grad():
            real_logits = _run(discriminator, real, labels, bfloat16)
        loss_g = loss.generator(real_logits, fake_logits)
    else:
        loss_g = loss.generator(fake_logits)
    _descend(loss_g, generator, generator_optimizer)
    return Step(before.loss, loss_g.item(), before.real_logit, before.fake_logit, before.penalty)


class _DiscriminatorStep(NamedTuple):
    loss: float
    real_logit: float
    fake_logit: float
    penalty: float


def _discriminator_step(
    discriminator: nn.Module,
    optimizer: Optimizer,
    real: Tensor,
    fake: Tensor,
    loss: GanLoss | RelativisticLoss,
    penalties: Penalties,
    labels: Tensor | None,
    bfloat16: bool,
    random: torch.Generator | None,
) -> _DiscriminatorStep:
    judge = partial(_run, discriminator, labels=labels, bfloat16=bfloat16)
    real = real.detach().requires_grad_(penalties.r1 > 0)
    fake = fake.detach().requires_grad_(penalties.r2 > 0)  # G's graph ends here
    real_logits, fake_logits = judge(real), judge(fake)
    value = loss.discriminator(real_logits, fake_logits)
    penalty = torch.zeros_like(value)
    if penalties.r1:
        penalty = penalty + penalties.r1 * zero_centred_penalty(real_logits, real)
    if penalties.r2:
        penalty = penalty + penalties.r2 * zero_centred_penalty(fake_logits, fake)
    if penalties.gradient:
        epsilon = torch.rand(len(real), generator=random).to(real)
        penalty = penalty + penalties.gradient * gradient_penalty(judge, real, fake, epsilon)
    _descend(value + penalty, discriminator, optimizer)
    return _DiscriminatorStep(value.item(), real_logits.mean().item(), fake_logits.mean().item(), penalty.item())


def _run(network: nn.Module, inputs: Tensor, labels: Tensor | None, bfloat16: bool) -> Tensor:
    """The network's outputs, in the precision of its inputs: a loss in bfloat16 would keep three digits."""
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=bfloat16):
        outputs: Tensor = network(inputs) if labels is None else network(inputs, labels)
    return outputs.to(inputs.dtype)


def _descend(loss: Tensor, network: nn.Module, optimizer: Optimizer) -> None:
    """A step of this network. The other one is in the graph too, but no gradient of its weights is computed."""
    optimizer.zero_grad()
    loss.backward(inputs=[parameter for parameter in network.parameters() if parameter.requires_grad])
    optimizer.step()


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
    batches: Iterable[Tensor | tuple[Tensor, Tensor]],
    noise_size: int,
    *,
    learning_rate: float,
    loss: GanLoss | RelativisticLoss = NON_SATURATING,
    penalties: Penalties = NO_PENALTIES,
    critic_steps: int = 1,
    average: nn.Module | None = None,
    decay: float = 0.99,
    betas: tuple[float, float] = (0.0, 0.999),
    bfloat16: bool = False,
    channels_last: bool = False,
    seed: int = 0,
) -> Iterator[Step]:
    """Plays the game, yielding after each step of G: the caller draws pictures, counts, or stops.

    Args:
        generator: G, trained in place.
        discriminator: D, trained in place.
        batches: real samples, or pairs of samples and labels where both networks want a class. As many as there shall
            be steps of D.
        noise_size: length of the noise vectors, drawn from N(0, 1).
        learning_rate: of Adam, the same for both.
        loss: one of the constants of `aigc_ref.gan.losses`.
        penalties: on D's gradient.
        critic_steps: of D to one of G. A Wasserstein critic must be near its best before G follows it; WGAN-GP took 5.
        average: a copy of G, kept as the moving average of its weights.
        decay: d of that average. For the first hundred steps it follows G closely, so that it does not remember
            the random start.
        betas: Adam's. DCGAN took (0.5, 0.999). Without momentum the two circle less: on the ring of
            `aigc_ref.gan.toy` β₁ = 0 finds all eight modes by step 1500 with each of four seeds, β₁ = 0.5 with one.
        bfloat16: whether the networks compute in bfloat16; faster where the processor does.
        channels_last: whether to lay out the networks' weights, in place, as convolutions like them best.
        seed: of the noise.

    Raises:
        ValueError: `critic_steps` is less than 1.
    """
    if critic_steps < 1:
        raise ValueError(f"critic_steps={critic_steps} leaves G without steps: give 1 or more")
    if channels_last:
        for network in (generator, discriminator):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub forgets it
    optimizer_g = Adam(generator.parameters(), learning_rate, betas)
    optimizer_d = Adam(discriminator.parameters(), learning_rate, betas)
    random = torch.Generator().manual_seed(seed)
    for number, batch in enumerate(batches):
        real, labels = (batch, None) if isinstance(batch, Tensor) else batch
        noise = torch.randn(len(real), noise_size, generator=random).to(real.device)
        due = penalties.at(number)
        if (number + 1) % critic_steps:
            with torch.no_grad():
                fake = _run(generator, noise, labels, bfloat16)
            _discriminator_step(discriminator, optimizer_d, real, fake, loss, due, labels, bfloat16, random)
            continue
        step = gan_step(
            generator,
            discriminator,
            optimizer_g,
            optimizer_d,
            real,
            noise,
            loss,
            due,
            labels=labels,
            bfloat16=bfloat16,
            random=random,
        )
        if average is not None:
            update_average(average, generator, min(decay, number // critic_steps / 100))
        yield step
