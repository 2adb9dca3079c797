import signal
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid
from torch.optim import SGD

from aigc_ref.gan.losses import (
    NON_SATURATING,
    RELATIVISTIC,
    SATURATING,
    WASSERSTEIN,
    GanLoss,
    RelativisticLoss,
    discriminator_loss,
)
from aigc_ref.gan.networks import Conditional, Discriminator, Generator
from aigc_ref.gan.penalties import NO_PENALTIES, Penalties
from aigc_ref.gan.toy import DEVIATION, NOISE_SIZE, centres, modes_covered, perceptron, ring_batches
from aigc_ref.gan.train import Step, gan_step, train
from aigc_ref.train.average import update_average
from aigc_ref.train.precision import Precision
from aigc_ref.train.record import read_record

every_kind = pytest.mark.parametrize("loss", [NON_SATURATING, RELATIVISTIC], ids=["non-saturating", "relativistic"])


def _weights(network: nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def _moved(before: list[Tensor], network: nn.Module) -> bool:
    return any(not torch.equal(one, other) for one, other in zip(before, _weights(network), strict=True))


def _step(
    generator: nn.Module,
    discriminator: nn.Module,
    real: Tensor,
    noise: Tensor,
    loss: GanLoss | RelativisticLoss = NON_SATURATING,
    penalties: Penalties = NO_PENALTIES,
    precision: Precision = "float32",
) -> Step:
    """One step of plain descent, which shows gradients in the weights."""
    optimizers = SGD(generator.parameters(), 0.1), SGD(discriminator.parameters(), 0.1)
    return gan_step(generator, discriminator, *optimizers, real, noise, loss, penalties, precision=precision)


def _saturating_by_hand(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    value = logsigmoid(real).mean() + logsigmoid(-fake).mean()
    return -value, value


def _relativistic_by_hand(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return -logsigmoid(real - fake).mean(), -logsigmoid(fake - real).mean()


@pytest.mark.parametrize(
    ("loss", "by_hand", "gamma"),
    [
        (SATURATING, _saturating_by_hand, 0.0),
        (SATURATING, _saturating_by_hand, 0.5),
        (RELATIVISTIC, _relativistic_by_hand, 0.5),
    ],
    ids=["saturating", "saturating, R1 and R2", "relativistic, R1 and R2"],
)
def test_a_step_teaches_each_network_its_own_loss_only(
    loss: GanLoss | RelativisticLoss, by_hand: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], gamma: float
) -> None:
    torch.manual_seed(0)
    generator, discriminator = perceptron(4, 2).double(), perceptron(2, 1).double()
    copy_g, copy_d = deepcopy(generator), deepcopy(discriminator)
    real, noise = torch.randn(8, 2, dtype=torch.float64), torch.randn(8, 4, dtype=torch.float64)
    step = _step(generator, discriminator, real, noise, loss, Penalties(r1=gamma, r2=gamma))

    # the definition, with each gradient asked for by name and each sample's gradient taken alone
    def slopes(samples: Tensor) -> Tensor:
        rows = [
            torch.autograd.grad(copy_d(sample).sum(), sample, create_graph=True)[0]
            for sample in samples.detach().clone().requires_grad_().unbind()
        ]
        return torch.stack(rows).square().sum(dim=1).mean()

    loss_d, _ = by_hand(copy_d(real), copy_d(copy_g(noise)))
    penalty = gamma / 2 * (slopes(real) + slopes(copy_g(noise)))
    gradients = torch.autograd.grad(loss_d + penalty, list(copy_d.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(copy_d.parameters(), gradients, strict=True):
            parameter.sub_(0.1 * gradient)
    _, loss_g = by_hand(copy_d(real), copy_d(copy_g(noise)))
    gradients = torch.autograd.grad(loss_g, list(copy_g.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(copy_g.parameters(), gradients, strict=True):
            parameter.sub_(0.1 * gradient)

    for ours, expected in ((generator, copy_g), (discriminator, copy_d)):
        for one, other in zip(_weights(ours), _weights(expected), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    assert step.discriminator_loss == pytest.approx(loss_d.item(), abs=1e-12)
    assert step.penalty == pytest.approx(penalty.item(), abs=1e-12)
    if loss is RELATIVISTIC:
        assert step.generator_loss == pytest.approx(loss_g.item(), abs=1e-12)


@every_kind
def test_a_step_computes_the_generated_batch_once(loss: GanLoss | RelativisticLoss) -> None:
    generator, discriminator = perceptron(4, 2), perceptron(2, 1)
    calls: list[str] = []
    generator.register_forward_hook(lambda *_: calls.append("G"))
    discriminator.register_forward_hook(
        lambda _module, inputs, _output: calls.append("D" if inputs[0].is_leaf else "D of a batch that is not detached")
    )
    _step(generator, discriminator, torch.randn(8, 2), torch.randn(8, 4), loss, Penalties(r1=1.0))
    last = ["D"] if loss is RELATIVISTIC else []  # the real batch once more, which G is compared with
    assert calls == ["G", "D", "D", "D of a batch that is not detached", *last]


@every_kind
def test_no_gradient_is_computed_for_the_opponent(loss: GanLoss | RelativisticLoss) -> None:
    generator, discriminator = perceptron(4, 2), perceptron(2, 1)
    computed: list[str] = []
    for name, network in (("G", generator), ("D", discriminator)):
        next(network.parameters()).register_hook(lambda _, name=name: computed.append(name))
    _step(generator, discriminator, torch.randn(8, 2), torch.randn(8, 4), loss)
    assert computed == ["D", "G"]


def test_a_step_leaves_the_batch_and_frozen_weights_as_they_are() -> None:
    generator, discriminator, real = perceptron(4, 2), perceptron(2, 1), torch.randn(8, 2)
    discriminator[0].requires_grad_(False)
    frozen, rest = _weights(discriminator[0]), _weights(discriminator[2])
    _step(generator, discriminator, real, torch.randn(8, 4), penalties=Penalties(r1=1.0, r2=1.0))
    assert not real.requires_grad
    assert not _moved(frozen, discriminator[0])
    assert not any(parameter.requires_grad for parameter in discriminator[0].parameters())
    assert _moved(rest, discriminator[2])


def test_every_batch_teaches_both() -> None:
    generator, discriminator = perceptron(4, 2), perceptron(2, 1)
    before_g, before_d = _weights(generator), _weights(discriminator)
    for _ in train(generator, discriminator, ring_batches(3, 8, seed=0), 4, learning_rate=1e-3):
        assert _moved(before_g, generator)
        assert _moved(before_d, discriminator)
        before_g, before_d = _weights(generator), _weights(discriminator)


def test_a_critic_takes_several_steps_to_one_of_the_generator() -> None:
    generator, discriminator = perceptron(4, 2), perceptron(2, 1)
    moved: list[tuple[bool, bool]] = []

    def watched() -> Iterator[Tensor]:
        for real in ring_batches(8, 8, seed=0):
            before_g, before_d = _weights(generator), _weights(discriminator)
            yield real
            moved.append((_moved(before_g, generator), _moved(before_d, discriminator)))

    steps = train(
        generator,
        discriminator,
        watched(),
        4,
        learning_rate=1e-3,
        loss=WASSERSTEIN,
        penalties=Penalties(gradient=10.0),
        critic_steps=3,
    )
    penalties = [step.penalty for step in steps]
    assert moved == [(False, True), (False, True), (True, True)] * 2 + [(False, True)] * 2
    assert len(penalties) == 2
    assert min(penalties) > 0
    with pytest.raises(ValueError, match="critic_steps=0 leaves G without steps"):
        next(train(generator, discriminator, ring_batches(1, 8, seed=0), 4, learning_rate=1e-3, critic_steps=0))


def test_a_lazy_penalty_is_paid_now_and_then() -> None:
    steps = train(
        perceptron(4, 2),
        perceptron(2, 1),
        ring_batches(7, 8, seed=0),
        4,
        learning_rate=1e-3,
        penalties=Penalties(r1=1.0, every=3),
    )
    assert [step.penalty > 0 for step in steps] == [True, False, False, True, False, False, True]


@pytest.mark.parametrize("loss", [NON_SATURATING, WASSERSTEIN], ids=["non-saturating", "Wasserstein"])
def test_the_same_seed_gives_the_same_run(loss: GanLoss) -> None:
    def run(chance: int) -> list[Step]:
        torch.manual_seed(1)
        networks = perceptron(4, 2), perceptron(2, 1)
        torch.manual_seed(chance)  # which the run must not depend on
        batches = ring_batches(5, 16, seed=2)
        penalties = Penalties(gradient=1.0)
        return list(train(*networks, batches, 4, learning_rate=1e-3, loss=loss, penalties=penalties, seed=3))

    assert run(chance=5) == run(chance=6)


@pytest.mark.parametrize("stop", [1, 4])
def test_a_game_that_was_interrupted_gives_the_steps_of_one_that_was_not(tmp_path: Path, stop: int) -> None:
    def game(**named: Any) -> tuple[tuple[nn.Module, ...], Iterator[Step]]:
        torch.manual_seed(1)
        networks = perceptron(4, 2), perceptron(2, 1), perceptron(4, 2)
        run = train(
            *networks[:2],
            ring_batches(12, 16, seed=2),
            4,
            learning_rate=1e-3,
            loss=WASSERSTEIN,
            penalties=Penalties(gradient=1.0),
            critic_steps=2,
            average=networks[2],
            **named,
        )
        return networks, run

    files: dict[str, Any] = {"checkpoint": tmp_path / "game.pt", "log": tmp_path / "game.jsonl"}
    straight, whole = game()
    expected = list(whole)
    _, first = game(**files)
    seen = [next(first) for _ in range(stop)]
    del first  # as when the caller stops listening
    torch.rand(3)
    networks, second = game(**files)
    assert seen + list(second) == expected
    assert [step.step for step in expected] == [1, 2, 3, 4, 5, 6]
    for ours, theirs in zip(networks, straight, strict=True):
        assert not _moved(_weights(theirs), ours)
    _, steps = read_record(tmp_path / "game.jsonl")
    assert [Step(**step) for step in steps] == expected
    with pytest.raises(ValueError, match="another run \\(seed was 0, is 7\\)"):
        next(game(**files, seed=7)[1])


def test_ctrl_c_between_the_two_networks_waits_for_the_second(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        torch.manual_seed(1)
        generator, discriminator = perceptron(4, 2), perceptron(2, 1)
        hook = generator.register_forward_hook(lambda *_: signal.raise_signal(signal.SIGINT))
        path = tmp_path / "game.pt"
        with pytest.raises(KeyboardInterrupt):
            list(train(generator, discriminator, ring_batches(5, 8, seed=0), 4, learning_rate=1e-3, checkpoint=path))
        hook.remove()
        assert torch.load(path, weights_only=True)["step"] == 1
        steps = train(generator, discriminator, ring_batches(5, 8, seed=0), 4, learning_rate=1e-3, checkpoint=path)
        assert [step.step for step in steps] == [1, 2, 3, 4, 5]  # what the caller did not get comes first
    finally:
        signal.signal(signal.SIGINT, before)


def test_bfloat16_changes_the_networks_arithmetic_and_no_weights_type() -> None:
    torch.manual_seed(0)
    generator, discriminator = Generator(noise_size=8, width=4), Discriminator(width=4)
    copy_g, copy_d = deepcopy(generator), deepcopy(discriminator)
    real, noise, penalties = torch.randn(16, 1, 28, 28).tanh(), torch.randn(16, 8), Penalties(r1=10.0, r2=10.0)
    within: set[torch.dtype] = set()
    logits: set[torch.dtype] = set()
    discriminator.layers[0].register_forward_hook(lambda _module, _inputs, output: within.add(output.dtype))

    def watched(real: Tensor, fake: Tensor) -> Tensor:
        logits.update((real.dtype, fake.dtype))
        return RELATIVISTIC.discriminator(real, fake)

    loss = RelativisticLoss(watched, RELATIVISTIC.generator)
    rough = _step(generator, discriminator, real, noise, loss, penalties, precision="bfloat16")
    exact = _step(copy_g, copy_d, real, noise, loss, penalties)
    assert within == {torch.bfloat16}
    assert logits == {torch.float32}
    assert rough != exact
    assert rough.discriminator_loss == pytest.approx(exact.discriminator_loss, rel=0.02)
    assert rough.generator_loss == pytest.approx(exact.generator_loss, rel=0.02)
    assert rough.penalty == pytest.approx(exact.penalty, rel=0.05)
    for network in (generator, discriminator):
        assert {weight.dtype for weight in network.parameters()} == {torch.float32}


def test_the_layout_of_weights_changes_no_result() -> None:
    def run(channels_last: bool) -> list[float]:
        torch.manual_seed(0)
        generator, discriminator = Generator(noise_size=8, width=4), Discriminator(width=4)
        batches = [torch.randn(8, 1, 28, 28).tanh() for _ in range(3)]
        steps = train(generator, discriminator, batches, 8, learning_rate=1e-4, channels_last=channels_last)
        losses = [step.discriminator_loss for step in steps]
        weight = discriminator.state_dict()["layers.2.weight"]
        assert weight.is_contiguous(memory_format=torch.channels_last) == channels_last
        return losses

    assert run(channels_last=True) == pytest.approx(run(channels_last=False), rel=1e-5)


def test_each_class_is_made_when_it_is_asked_for() -> None:
    torch.manual_seed(0)
    generator = Conditional(perceptron(NOISE_SIZE + 8, 2, width=64), classes=8)
    discriminator = Conditional(perceptron(2 + 8, 1, width=64), classes=8)
    random = torch.Generator().manual_seed(0)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(200):
            modes = torch.randint(8, (128,), generator=random)
            yield centres()[modes] + DEVIATION * torch.randn(128, 2, generator=random), modes

    for _ in train(generator, discriminator, batches(), NOISE_SIZE, learning_rate=2e-3):
        pass
    labels = torch.arange(8).repeat(100)
    points = generator(torch.randn(800, NOISE_SIZE), labels)
    assert (torch.cdist(points, centres()).argmin(dim=1) == labels).float().mean() > 0.95


def test_the_average_copies_statistics_and_follows_weights() -> None:
    average, model = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    model(torch.randn(16, 2) + 5)
    nn.init.constant_(model.weight, 3.0)
    update_average(average, model, decay=0.5)
    assert average.weight.tolist() == [2.0, 2.0]
    assert torch.equal(average.running_mean, model.running_mean)  # type: ignore[arg-type]


def test_the_average_forgets_the_random_start() -> None:
    torch.manual_seed(0)
    generator, discriminator = perceptron(4, 2), perceptron(2, 1)
    average = perceptron(4, 2)  # another start altogether
    first = next(train(generator, discriminator, ring_batches(1, 8, seed=0), 4, learning_rate=1e-3, average=average))
    assert isinstance(first, Step)
    assert not _moved(_weights(average), generator)


def _article_loss(fake: Tensor) -> Tensor:
    return logsigmoid(-fake).mean() + logsigmoid(fake).mean()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "penalties", "expected"),
    [
        (NON_SATURATING, NO_PENALTIES, 8),
        (NON_SATURATING, Penalties(r1=0.1), 8),
        (RELATIVISTIC, Penalties(r1=0.1, r2=0.1), 8),
        (GanLoss(discriminator_loss, _article_loss), NO_PENALTIES, 0),
    ],
    ids=["non-saturating", "R1", "relativistic, R1 and R2", "the article's formula"],
)
def test_the_ring_is_learnt_with_every_right_loss(
    loss: GanLoss | RelativisticLoss, penalties: Penalties, expected: int
) -> None:
    torch.manual_seed(0)
    generator, discriminator = perceptron(NOISE_SIZE, 2), perceptron(2, 1)
    batches = ring_batches(1500, 128, seed=0)
    for _ in train(generator, discriminator, batches, NOISE_SIZE, learning_rate=1e-3, loss=loss, penalties=penalties):
        pass
    modes, share = modes_covered(generator(torch.randn(4096, NOISE_SIZE)))
    assert modes == expected
    assert (share > 0.5) == (expected == 8)
