"""A step of a DCGAN, 64 images of 32 × 32 pixels: as most tutorials write it, and as `aigc_ref.gan.train` does.

The plain step does not detach the generated batch, so that D's step computes G's gradients as well, and it lets G's
step compute D's; both are thrown away. The results are the same.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import softplus
from torch.optim import Adam

from aigc_ref.gan.networks import Discriminator, Generator
from aigc_ref.gan.train import gan_step
from aigc_ref.train.precision import Precision, computes_bfloat16
from benchmarks.timing import Comparison, compare

BATCH, NOISE_SIZE = 64, 100
Losses = tuple[float, float]


class Game:
    """Both networks and their optimizers, the same at the start of every way to play."""

    def __init__(self, channels_last: bool = False) -> None:
        torch.manual_seed(0)
        self.generator = Generator(NOISE_SIZE, width=64, size=32)
        self.discriminator = Discriminator(width=64, size=32)
        if channels_last:
            for network in (self.generator, self.discriminator):
                network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub forgets it
        self.optimizer_g = Adam(self.generator.parameters(), 2e-4, (0.5, 0.999))
        self.optimizer_d = Adam(self.discriminator.parameters(), 2e-4, (0.5, 0.999))

    def plain(self, real: Tensor, noise: Tensor, detach: bool = False) -> Losses:
        fake = self.generator(noise)
        real_logits, fake_logits = self.discriminator(real), self.discriminator(fake.detach() if detach else fake)
        loss_d = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        self.optimizer_d.zero_grad()
        loss_d.backward(retain_graph=not detach)
        self.optimizer_d.step()
        loss_g = softplus(-self.discriminator(fake)).mean()
        self.optimizer_g.zero_grad()
        loss_g.backward()
        self.optimizer_g.step()
        return loss_d.item(), loss_g.item()

    def ours(self, real: Tensor, noise: Tensor, precision: Precision = "float32") -> Losses:
        networks = self.generator, self.discriminator
        step = gan_step(*networks, self.optimizer_g, self.optimizer_d, real, noise, precision=precision)
        return step.discriminator_loss, step.generator_loss


def run() -> Iterator[Comparison]:
    torch.manual_seed(0)
    real, noise = torch.randn(BATCH, 1, 32, 32).tanh(), torch.randn(BATCH, NOISE_SIZE)
    bfloat16 = computes_bfloat16(torch.device("cpu"))
    name = f"GAN step, DCGAN, {BATCH} × 1 × 32 × 32"
    peer = "a step that does not detach, float32"

    def row(what: str, play: Callable[[Game], Losses], game: Game, tolerance: float, goal: float | None) -> Comparison:
        plain = Game()
        for _ in range(3):
            for ours, theirs in zip(play(game), plain.plain(real, noise), strict=True):
                if abs(ours - theirs) > tolerance:
                    raise AssertionError(f"{what}: a loss of {ours} where the plain step has {theirs}")
        return compare(f"{name}, {what}", peer, lambda: play(game), lambda: plain.plain(real, noise), goal=goal)

    yield row("detached", lambda game: game.plain(real, noise, detach=True), Game(), 1e-5, None)
    yield row("each network's own gradients and no others", lambda game: game.ours(real, noise), Game(), 1e-5, None)
    fast = "everything on: channels_last and " + ("bfloat16" if bfloat16 else "float32, no bfloat16 in this processor")
    yield row(
        fast, lambda game: game.ours(real, noise, "auto"), Game(channels_last=True), 0.02, 2.0 if bfloat16 else None
    )
