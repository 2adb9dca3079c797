"""The adversarial game: one step, and the loop around it.

A step computes the generated batch once. D learns from a detached copy, so that G pays nothing for D's step; then G
learns from the same batch through D as it has just become, and D's weights get no gradient that would be thrown away.
Many published loops forget the `detach` or generate twice; on a DCGAN the former costs a fifth of the step, the latter
a tenth.

Samples are best drawn from an exponential moving average of G's weights, θ̄ ← d·θ̄ + (1 - d)·θ: the game circles
around its solution, and the average lies nearer to it.

Papers: paper-gan (the game), paper-dcgan (Adam), paper-cgan (classes), paper-wgan-gp (several steps of D to one of G),
paper-progressive-gan (the average).
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from aigc_ref.gan.losses import NON_SATURATING, GanLoss, RelativisticLoss
from aigc_ref.gan.penalties import NO_PENALTIES, Penalties, gradient_penalty, zero_centred_penalty
from aigc_ref.train.average import decay_at, update_average
from aigc_ref.train.checkpoint import State
from aigc_ref.train.precision import Precision, autocast
from aigc_ref.train.rng import derived_seed, seeded
from aigc_ref.train.run import run
from aigc_ref.train.signals import deferred_signals


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
    step: int = 1
    """Since the start of the run, from 1."""


def gan_step(
    generator: nn.Module,
    discriminator: nn.Module,
    generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer,
    real: Float[Tensor, " n *sample"],
    noise: Float[Tensor, "m noise_size"],
    loss: GanLoss | RelativisticLoss = NON_SATURATING,
    penalties: Penalties = NO_PENALTIES,
    *,
    labels: Int[Tensor, " n"] | None = None,
    precision: Precision = "float32",
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
        precision: in what the networks compute. Weights, losses and optimizers stay in float32.
    """
    fake = _run(generator, noise, labels, precision)
    before = _discriminator_step(discriminator, discriminator_optimizer, real, fake, loss, penalties, labels, precision)

    fake_logits = _run(discriminator, fake, labels, precision)
    if isinstance(loss, RelativisticLoss):
        with torch.no_grad():
            real_logits = _run(discriminator, real, labels, precision)
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
    real: Float[Tensor, " n *sample"],
    fake: Float[Tensor, " m *sample"],
    loss: GanLoss | RelativisticLoss,
    penalties: Penalties,
    labels: Int[Tensor, " n"] | None,
    precision: Precision,
) -> _DiscriminatorStep:
    judge = partial(_run, discriminator, labels=labels, precision=precision)
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
        epsilon = torch.rand(len(real)).to(real)
        penalty = penalty + penalties.gradient * gradient_penalty(judge, real, fake, epsilon)
    _descend(value + penalty, discriminator, optimizer)
    return _DiscriminatorStep(value.item(), real_logits.mean().item(), fake_logits.mean().item(), penalty.item())


def _run(network: nn.Module, inputs: Tensor, labels: Tensor | None, precision: Precision) -> Tensor:
    """The network's outputs, in the precision of its inputs: a loss in bfloat16 would keep three digits."""
    with autocast(inputs.device, precision):
        outputs: Tensor = network(inputs) if labels is None else network(inputs, labels)
    return outputs.to(inputs.dtype)


def _descend(loss: Tensor, network: nn.Module, optimizer: Optimizer) -> None:
    """A step of this network. The other one is in the graph too, but no gradient of its weights is computed."""
    optimizer.zero_grad()
    loss.backward(inputs=[parameter for parameter in network.parameters() if parameter.requires_grad])
    optimizer.step()


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
    precision: Precision = "float32",
    channels_last: bool = False,
    seed: int = 0,
    checkpoint: Path | None = None,
    checkpoint_every: int = 500,
    identity: Mapping[str, str] = MappingProxyType({}),
    log: Path | None = None,
    trackers: Sequence[str] = (),
    progress: bool = True,
) -> Generator[Step]:
    """Plays the game, yielding after each step of G: the caller draws pictures, counts, or stops.

    Args:
        generator: G, trained in place.
        discriminator: D, trained in place.
        batches: real samples, or pairs of samples and labels where both networks want a class. As many as there shall
            be steps of D; the same ones in the same order when a run goes on, which passes over those that it has had.
        noise_size: length of the noise vectors, drawn from N(0, 1).
        learning_rate: of Adam, the same for both.
        loss: one of the constants of `aigc_ref.gan.losses`.
        penalties: on D's gradient.
        critic_steps: of D to one of G. A Wasserstein critic must be near its best before G follows it; WGAN-GP took 5.
        average: a copy of G, kept as the moving average of its weights.
        decay: of that average (see `aigc_ref.train.average`).
        betas: Adam's. DCGAN took (0.5, 0.999). Without momentum the two circle less: on the ring of
            `aigc_ref.gan.toy` β₁ = 0 finds all eight modes by step 1500 with each of four seeds, β₁ = 0.5 with one.
        precision: in what the networks compute; "auto" is the fastest that the device has.
        channels_last: whether to lay out the networks' weights, in place, as convolutions like them best.
        seed: of the noise, and of whatever else a step draws; the caller's generators are left as they were.
        checkpoint: a file to go on from where it is there, written every `checkpoint_every` steps, at the end, and when
            the run is interrupted.
        checkpoint_every: steps of G from one checkpoint to the next.
        identity: what else the run depends on, by name, such as a digest of the data.
        log: a file to which the run and each step is written, as lines of JSON.
        trackers: "tensorboard", "wandb"; they write beside the log.
        progress: whether to show a bar; it hides where there is no terminal.

    Raises:
        ValueError: `critic_steps` is less than 1, or the checkpoint is damaged or of another run.
    """
    if critic_steps < 1:
        raise ValueError(f"critic_steps={critic_steps} leaves G without steps: give 1 or more")
    if channels_last:
        for network in (generator, discriminator):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub forgets it
    optimizer_g = Adam(generator.parameters(), learning_rate, betas)
    optimizer_d = Adam(discriminator.parameters(), learning_rate, betas)
    known = {
        "noise_size": noise_size,
        "learning_rate": learning_rate,
        "loss": type(loss).__name__,
        **asdict(penalties),
        "critic_steps": critic_steps,
        "decay": decay,
        "betas": list(betas),
        "precision": precision,
        "seed": seed,
        "parameters": [sum(p.numel() for p in network.parameters()) for network in (generator, discriminator)],
        **identity,
    }
    state = State(
        known,
        {"generator": generator, "discriminator": discriminator, **({} if average is None else {"average": average})},
        {"generator": optimizer_g, "discriminator": optimizer_d},
    )
    if checkpoint and checkpoint.exists():
        state.restore(checkpoint)

    def learn(batch: Tensor | tuple[Tensor, Tensor], number: int) -> Step | None:
        """A step of D, and one of G where it is due."""
        real, labels = (batch, None) if isinstance(batch, Tensor) else batch
        noise = torch.randn(len(real), noise_size).to(real.device)
        due = penalties.at(number)
        if (number + 1) % critic_steps:
            with torch.no_grad():
                fake = _run(generator, noise, labels, precision)
            _discriminator_step(discriminator, optimizer_d, real, fake, loss, due, labels, precision)
            return None
        networks = generator, discriminator, optimizer_g, optimizer_d
        return gan_step(*networks, real, noise, loss, due, labels=labels, precision=precision)

    def steps_made() -> Iterator[None]:
        stream = iter(batches)
        for _ in range(state.step * critic_steps):
            next(stream, None)
        while True:
            with deferred_signals():  # D has changed when G has not: no place to go on from
                for number in range(critic_steps):
                    if (batch := next(stream, None)) is None:
                        return
                    with seeded(derived_seed(seed, "batch", state.step, number), state.device):
                        step = learn(batch, state.step * critic_steps + number)
                if average is not None:
                    update_average(average, generator, decay_at(state.step, decay))
                if step:
                    state.commit(asdict(replace(step, step=state.step + 1)))
            yield

    steps = len(batches) // critic_steps if isinstance(batches, Sized) else None
    yield from run(
        state,
        steps_made(),
        Step,
        steps=steps,
        epoch_ends=lambda step: step == steps,
        about={
            "model": [type(network).__name__ for network in (generator, discriminator)],
            "device": str(state.device),
            "threads": torch.get_num_threads(),
            "recipe": known,
        },
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every,
        log=log,
        trackers=trackers,
        progress=progress,
    )
