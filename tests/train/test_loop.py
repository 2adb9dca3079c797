"""The loop against a loop written out by hand, and the promises that it makes about batches and interruptions."""

import json
import math
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from torch import nn

from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.text.sampling import length_buckets
from aigc_ref.train.batch import Batch
from aigc_ref.train.loop import Recipe, StepRecord, evaluate, fit
from aigc_ref.train.loss import SummedLoss
from aigc_ref.train.record import Record, read_record
from aigc_ref.train.rng import derived_seed
from aigc_ref.train.strategy import Local
from aigc_ref.train.validation import Validation
from tests.train.tiny import COLLATE, Ids, tiny_model

T = TypeVar("T")
GOLDEN = Path(__file__).with_name("golden.json")


def _train(model: nn.Module, recipe: Recipe, data: Ids | None = None, **named: Any) -> list[StepRecord]:
    data = Ids(20) if data is None else data
    return list(fit(model, data, COLLATE, language_model_loss, recipe, progress=False, **named))


def _same(one: nn.Module, other: nn.Module, atol: float = 0.0) -> None:
    for left, right in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(left, right, rtol=0, atol=atol)


def _measure(model: nn.Module) -> dict[str, float]:
    return {"loss": evaluate(model, Ids(8), COLLATE, language_model_loss).mean.item()}


# ---- what a step is ------------------------------------------------------------------------------------------------


def test_a_step_is_adamw_on_the_mean_over_tokens() -> None:
    ours, by_hand = tiny_model(), tiny_model()
    data = Ids(6)
    (record,) = _train(
        ours, Recipe(epochs=1, batch_size=6, learning_rate=1e-2, warmup_ratio=0.0, weight_decay=0.1), data
    )
    optimizer = torch.optim.AdamW(by_hand.parameters(), 1e-2, weight_decay=0.1)
    loss = by_hand(**COLLATE(data.texts)).loss  # transformers' own
    loss.backward()
    norm = nn.utils.clip_grad_norm_(by_hand.parameters(), 1.0)
    optimizer.step()
    assert record.loss == pytest.approx(loss.item(), abs=1e-6)
    assert record.gradient_norm == pytest.approx(norm.item(), abs=1e-5)
    # A step is 1e-2; the keys' biases have no gradient but rounding, which Adam scales up.
    _same(ours, by_hand, atol=1e-4)


@pytest.mark.parametrize(("batch_size", "accumulation"), [(4, 2), (2, 4), (1, 8)])
def test_batches_add_up_to_one_batch_however_long_their_texts(batch_size: int, accumulation: int) -> None:
    whole, parts = tiny_model(precise=True), tiny_model(precise=True)
    recipe = Recipe(epochs=2, batch_size=8, learning_rate=1e-2)
    records = _train(whole, recipe)
    in_parts = _train(parts, replace(recipe, batch_size=batch_size, accumulation=accumulation))
    assert [record.count for record in records] == [record.count for record in in_parts]
    for record, other in zip(records, in_parts, strict=True):
        assert record.loss == pytest.approx(other.loss, abs=1e-9)
        assert record.gradient_norm == pytest.approx(other.gradient_norm, abs=1e-9)


def test_a_mean_of_batch_means_would_be_another_step() -> None:
    def mean_loss(model: nn.Module, batch: Batch) -> SummedLoss:  # what most loops do
        loss = language_model_loss(model, batch)
        return SummedLoss(loss.mean, torch.tensor(1))

    recipe = Recipe(epochs=1, batch_size=8, learning_rate=1e-2)
    losses = []
    for batch_size, accumulation in ((8, 1), (2, 4)):
        small = replace(recipe, batch_size=batch_size, accumulation=accumulation)
        records = list(fit(tiny_model(), Ids(8), COLLATE, mean_loss, small, progress=False))
        losses.append(records[0].loss)
    assert abs(losses[0] - losses[1]) > 1e-3


def test_padding_teaches_nothing() -> None:
    def wasteful(texts: Sequence[list[int]]) -> Batch:
        batch = COLLATE([*texts, [3] * 16])
        return {name: tensor[:-1] for name, tensor in batch.items()}

    recipe = Recipe(epochs=1, batch_size=4, learning_rate=1e-2)
    tight, padded = tiny_model(precise=True), tiny_model(precise=True)
    records = _train(tight, recipe)
    others = list(fit(padded, Ids(20), wasteful, language_model_loss, recipe, progress=False))
    assert [record.loss for record in records] == pytest.approx([record.loss for record in others], abs=1e-9)


def test_texts_in_buckets_teach_what_they_teach_in_one_padded_batch() -> None:
    data = Ids(16)
    chosen = length_buckets(data.lengths, 4, generator=torch.Generator().manual_seed(0))

    def buckets(*, generator: torch.Generator) -> list[list[int]]:
        return chosen

    def padded(*, generator: torch.Generator) -> list[list[int]]:
        return [chosen[0] + chosen[1], chosen[2] + chosen[3]]

    recipe = Recipe(epochs=1, batch_size=1, learning_rate=1e-2)
    one, other = tiny_model(precise=True), tiny_model(precise=True)
    in_buckets = _train(one, replace(recipe, accumulation=2), data, batch_sampler=buckets)
    together = _train(other, recipe, data, batch_sampler=padded)
    assert [record.loss for record in in_buckets] == pytest.approx([record.loss for record in together], abs=1e-9)


def test_every_example_is_seen_once_an_epoch_in_an_order_that_changes() -> None:
    seen: list[int] = []

    def noted(texts: Sequence[list[int]]) -> Batch:
        seen.extend(text[0] for text in texts)
        return COLLATE(texts)

    data = Ids(10)
    data.texts = [[index + 1, 5] for index in range(10)]
    list(fit(tiny_model(), data, noted, language_model_loss, Recipe(2, 3, 1e-3), progress=False))
    first, second = seen[:10], seen[10:]
    assert sorted(first) == sorted(second) == list(range(1, 11))
    assert first != second


def test_the_schedule_rises_and_falls_and_ends_with_the_steps() -> None:
    recipe = Recipe(epochs=5, batch_size=4, learning_rate=1.0, warmup_ratio=0.2, max_steps=10)
    rates = [record.learning_rate for record in _train(tiny_model(), recipe)]
    assert rates == pytest.approx([0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125])


def test_a_run_can_have_several_optimizers_and_goes_on_with_all_of_them(tmp_path: Path) -> None:
    def matrices_and_the_rest(model: nn.Module, recipe: Recipe) -> dict[str, torch.optim.Optimizer]:
        chosen: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for parameter in model.parameters():
            chosen[parameter.dim() == 2].append(parameter)
        return {
            "sgd": torch.optim.SGD(chosen[True], 10 * recipe.learning_rate, momentum=0.9),
            "adamw": torch.optim.AdamW(chosen[False], recipe.learning_rate),
        }

    recipe = Recipe(epochs=2, batch_size=5, learning_rate=1e-2, schedule="cosine")
    straight, first, second = (tiny_model(dropout=0.3) for _ in range(3))
    expected = _train(straight, recipe, optimizers=matrices_and_the_rest)
    files: dict[str, Any] = {"checkpoint": tmp_path / "run.pt", "optimizers": matrices_and_the_rest, "progress": False}
    run = fit(first, Ids(20), COLLATE, language_model_loss, recipe, **files)
    seen = [next(run) for _ in range(3)]
    run.close()
    assert seen + list(fit(second, Ids(20), COLLATE, language_model_loss, recipe, **files)) == expected
    _same(straight, second)
    _same(straight.transformer.wte, second.transformer.wte)
    assert not torch.equal(straight.transformer.wte.weight, tiny_model().transformer.wte.weight)
    assert not torch.equal(straight.transformer.ln_f.weight, tiny_model().transformer.ln_f.weight)


def test_the_average_of_the_weights_is_measured_kept_and_goes_on(tmp_path: Path) -> None:
    measured: list[nn.Module] = []

    def measure(model: nn.Module) -> dict[str, float]:
        measured.append(model)
        return _measure(model)

    recipe = Recipe(epochs=2, batch_size=5, learning_rate=1e-2, ema_decay=0.5)
    model, average = tiny_model(), tiny_model()
    by_hand, mean = tiny_model(), [parameter.detach().clone() for parameter in tiny_model().parameters()]
    for step, _ in enumerate(fit(by_hand, Ids(20), COLLATE, language_model_loss, recipe, progress=False)):
        decay = min(0.5, step / 100)
        mean = [decay * old + (1 - decay) * new.detach() for old, new in zip(mean, by_hand.parameters(), strict=True)]
    _train(model, recipe, average=average, validation=Validation(measure, higher_is_better=True, monitor="loss"))
    assert measured == [average, average]
    again, second = tiny_model(), tiny_model()
    run = fit(again, Ids(20), COLLATE, language_model_loss, recipe, average=second, checkpoint=tmp_path / "run.pt")
    for _ in range(3):
        next(run)
    run.close()
    again, second = tiny_model(), tiny_model()
    _train(again, recipe, average=second, checkpoint=tmp_path / "run.pt")
    for ours, expected in zip(second.parameters(), mean, strict=True):
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-6)
    _same(again, by_hand)


def test_a_part_of_the_model_can_learn_faster_and_another_not_at_all() -> None:
    model, before = tiny_model(), tiny_model()
    model.transformer.wpe.requires_grad_(False)
    rates = {"transformer.h": 1e-2}
    _train(model, Recipe(1, 20, 1e-4, warmup_ratio=0.0, weight_decay=0.0, learning_rates=rates))
    _same(model.transformer.wpe, before.transformer.wpe)
    # The first step of Adam is as long as its rate, whatever the gradient.
    pairs = zip(model.named_parameters(), before.parameters(), strict=True)
    moved = {name: (after - then).abs().max().item() for (name, after), then in pairs}
    assert moved["transformer.h.0.mlp.c_fc.weight"] == pytest.approx(1e-2, rel=0.01)
    assert moved["transformer.wte.weight"] == pytest.approx(1e-4, rel=0.01)


def test_half_precision_keeps_whole_weights_and_nearly_the_same_loss() -> None:
    whole, half = tiny_model(), tiny_model()
    recipe = Recipe(epochs=2, batch_size=5, learning_rate=1e-2)
    records = _train(whole, recipe)
    in_half = _train(half, replace(recipe, precision="bfloat16"))
    assert {parameter.dtype for parameter in half.parameters()} == {torch.float32}
    losses, others = [record.loss for record in records], [record.loss for record in in_half]
    assert losses != others
    assert others == pytest.approx(losses, rel=0.02)


def test_learning_lowers_the_loss() -> None:
    model, data = tiny_model(), Ids(20)
    before = evaluate(model, data, COLLATE, language_model_loss).mean
    _train(model, Recipe(epochs=15, batch_size=5, learning_rate=1e-2), data)
    assert evaluate(model, data, COLLATE, language_model_loss).mean < 0.8 * before


def test_fifty_steps_give_the_numbers_that_they_always_gave() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))  # who changes it says why
    recipe = Recipe(epochs=20, batch_size=8, learning_rate=5e-3, max_steps=50)
    records = _train(tiny_model(), recipe)
    for name in ("loss", "gradient_norm"):
        ours = torch.tensor([getattr(record, name) for record in records])
        residual = ours - torch.tensor(golden[name])
        assert residual.abs().max() < golden["tolerance"], name
        assert residual.mean().abs() < golden["tolerance"] / 5, name  # rounding has no direction


# ---- interruption and resume ---------------------------------------------------------------------------------------


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], None]]:
    """Presses it. A shell that runs the tests in the background has told them not to listen."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield partial(signal.raise_signal, signal.SIGINT)
    signal.signal(signal.SIGINT, before)


FULL: dict[str, Any] = {"validation": Validation(_measure, every=3, patience=3)}
BUCKETS: dict[str, Any] = {"batch_sampler": partial(length_buckets, Ids(20).lengths, 4, pool=2)}


@pytest.mark.parametrize(
    ("stop", "named"), [(1, {}), (5, {}), (5, FULL), (6, FULL), (8, BUCKETS)], ids=["1", "5", "5v", "6v", "8b"]
)
def test_a_run_that_was_interrupted_gives_the_numbers_of_one_that_was_not(
    tmp_path: Path, stop: int, named: dict[str, Any]
) -> None:
    recipe = Recipe(epochs=3, batch_size=2, accumulation=2, learning_rate=1e-2)
    straight, first, second = (tiny_model(dropout=0.3) for _ in range(3))  # chance must be restored too
    expected = _train(straight, recipe, **named)
    checkpoint, log = tmp_path / "run.pt", tmp_path / "run.jsonl"
    files: dict[str, Any] = {"checkpoint": checkpoint, "log": log, "progress": False}
    run = fit(first, Ids(20), COLLATE, language_model_loss, recipe, **files, **named)
    seen = [next(run) for _ in range(stop)]
    run.close()  # as when the caller stops listening
    rest = list(fit(second, Ids(20), COLLATE, language_model_loss, recipe, **files, **named))
    assert seen + rest == expected
    _same(straight, second)
    _, steps = read_record(log)
    assert [StepRecord(**step) for step in steps] == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.jsonl", "run.pt"]  # no part left behind


@pytest.mark.parametrize("where", ["collate", "loss", "measure", "optimizer"])
def test_ctrl_c_at_any_point_loses_nothing_and_repeats_nothing(
    tmp_path: Path, ctrl_c: Callable[[], None], where: str
) -> None:
    calls = 0

    def press(point: str) -> None:
        nonlocal calls
        if point == where:
            calls += 1
            if calls == 3:
                ctrl_c()

    def collate(texts: Sequence[list[int]]) -> Batch:
        press("collate")
        return COLLATE(texts)

    def loss(model: nn.Module, batch: Batch) -> SummedLoss:
        press("loss")
        return language_model_loss(model, batch)

    def measure(model: nn.Module) -> dict[str, float]:
        press("measure")
        return _measure(model)

    recipe = Recipe(epochs=2, batch_size=4, learning_rate=1e-2)
    straight, first, second = (tiny_model(dropout=0.3) for _ in range(3))
    expected = _train(straight, recipe, validation=Validation(_measure, every=1))
    files: dict[str, Any] = {"checkpoint": tmp_path / "run.pt", "log": tmp_path / "run.jsonl", "progress": False}
    if where == "optimizer":
        first.lm_head.weight.register_hook(lambda _: press("optimizer"))
    with pytest.raises(KeyboardInterrupt):
        list(fit(first, Ids(20), collate, loss, recipe, validation=Validation(measure, every=1), **files))
    list(fit(second, Ids(20), COLLATE, language_model_loss, recipe, validation=Validation(_measure, every=1), **files))
    _same(straight, second)
    _, steps = read_record(tmp_path / "run.jsonl")
    assert [StepRecord(**step) for step in steps] == expected


class Normalised(nn.Module):
    """A network whose forward pass changes it: batch normalisation keeps running statistics in buffers."""

    seen: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.norm, self.head = nn.BatchNorm1d(1), nn.Linear(1, 1)
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        self.seen = self.seen + inputs.sum()  # a new tensor in the place of the old
        outputs: torch.Tensor = self.head(self.norm(inputs))
        return outputs.square().sum()


def _numbers(numbers: Sequence[float]) -> Batch:
    return {"inputs": torch.tensor(numbers)[:, None]}


def _squares(model: nn.Module, batch: Batch) -> SummedLoss:
    return SummedLoss(model(**batch), torch.tensor(len(batch["inputs"])))


def test_running_statistics_of_half_a_step_are_not_kept(tmp_path: Path, ctrl_c: Callable[[], None]) -> None:
    calls = 0

    def interrupted(model: nn.Module, batch: Batch) -> SummedLoss:
        nonlocal calls
        calls += 1
        loss = _squares(model, batch)
        if calls == 4:  # the second half of the second step
            ctrl_c()
        return loss

    data, recipe = [0.5, 1.0, 4.0, 2.0, 7.0, 3.0, 5.0, 8.0], Recipe(2, 2, 1e-2, accumulation=2)
    straight, first, second = Normalised(), Normalised(), Normalised()
    list(fit(straight, data, _numbers, _squares, recipe, progress=False))
    with pytest.raises(KeyboardInterrupt):
        list(fit(first, data, _numbers, interrupted, recipe, checkpoint=tmp_path / "run.pt", progress=False))
    list(fit(second, data, _numbers, _squares, recipe, checkpoint=tmp_path / "run.pt", progress=False))
    for (name, tensor), other in zip(straight.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(tensor, other), name


def test_ctrl_c_within_the_optimizers_step_waits_for_its_end(
    tmp_path: Path, ctrl_c: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = torch.optim.AdamW.step

    def slow_step(self: torch.optim.AdamW) -> None:
        step(self)
        ctrl_c()  # the weights are new, the counters are not

    monkeypatch.setattr(torch.optim.AdamW, "step", slow_step)
    recipe, first = Recipe(epochs=1, batch_size=4, learning_rate=1e-2), tiny_model()
    with pytest.raises(KeyboardInterrupt):
        _train(first, recipe, checkpoint=tmp_path / "run.pt")
    monkeypatch.undo()
    second, straight = tiny_model(), tiny_model()
    assert _train(second, recipe, checkpoint=tmp_path / "run.pt") == _train(straight, recipe)
    _same(straight, second)


@pytest.mark.parametrize("stop", [2, 5])
def test_ctrl_c_while_a_step_is_recorded_does_not_keep_it_from_the_caller(
    tmp_path: Path, ctrl_c: Callable[[], None], monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    write = Record.write

    def slow_write(self: Record, step: Mapping[str, Any]) -> None:
        write(self, step)
        if step["step"] == stop:
            ctrl_c()

    recipe, every = Recipe(epochs=1, batch_size=4, learning_rate=1e-2), Validation(_measure, every=1)
    files: dict[str, Any] = {"checkpoint": tmp_path / "run.pt", "log": tmp_path / "run.jsonl", "validation": every}
    expected = _train(tiny_model(), recipe, validation=every)
    seen: list[StepRecord] = []
    monkeypatch.setattr(Record, "write", slow_write)
    with pytest.raises(KeyboardInterrupt):
        seen.extend(fit(tiny_model(), Ids(20), COLLATE, language_model_loss, recipe, progress=False, **files))
    monkeypatch.undo()
    seen += _train(tiny_model(), recipe, **files)
    assert seen == expected
    _, steps = read_record(tmp_path / "run.jsonl")
    assert [StepRecord(**step) for step in steps] == expected


def test_a_run_that_was_killed_goes_on_from_the_last_epoch_and_records_each_step_once(tmp_path: Path) -> None:
    recipe = Recipe(epochs=2, batch_size=4, learning_rate=1e-2)
    files: dict[str, Any] = {"checkpoint": tmp_path / "run.pt", "log": tmp_path / "run.jsonl"}
    run = fit(tiny_model(), Ids(20), COLLATE, language_model_loss, recipe, progress=False, **files)
    for _ in range(7):
        next(run)
    after_epoch = (tmp_path / "run.pt").read_bytes()
    run.close()
    (tmp_path / "run.pt").write_bytes(after_epoch)  # as if nobody had had the time to write another
    with (tmp_path / "run.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"epoch": 1, "st')
    expected = _train(tiny_model(), recipe)
    assert _train(tiny_model(), recipe, **files) == expected[5:]
    _, steps = read_record(tmp_path / "run.jsonl")
    assert [StepRecord(**step) for step in steps] == expected


def test_a_checkpoint_can_come_more_often_than_an_epoch(tmp_path: Path) -> None:
    path, recipe = tmp_path / "run.pt", Recipe(epochs=1, batch_size=1, learning_rate=1e-2)
    run = fit(tiny_model(), Ids(20), COLLATE, language_model_loss, recipe, checkpoint=path, checkpoint_every=4)
    written = []
    for record in run:
        if path.exists():
            written.append(torch.load(path, weights_only=True)["step"])
        if record.step == 10:
            break
    assert written == [4, 4, 4, 4, 8, 8]


def test_what_caller_and_measurement_draw_changes_nothing() -> None:
    def careless(model: nn.Module) -> dict[str, float]:
        torch.rand(3)
        return _measure(model)

    recipe = Recipe(epochs=1, batch_size=4, learning_rate=1e-2)
    quiet = _train(tiny_model(dropout=0.3), recipe)
    noisy = []
    validation = Validation(careless, every=1)
    run = fit(tiny_model(dropout=0.3), Ids(20), COLLATE, language_model_loss, recipe, validation=validation)
    for record in run:
        torch.rand(5)
        noisy.append(replace(record, scores=None))
    assert noisy == quiet


def test_training_leaves_the_callers_generators_as_they_were() -> None:
    torch.manual_seed(5)
    before, model = torch.get_rng_state(), tiny_model(dropout=0.3)
    torch.set_rng_state(before)
    for _ in fit(model, Ids(20), COLLATE, language_model_loss, Recipe(1, 4, 1e-2), progress=False):
        assert torch.equal(torch.get_rng_state(), before)


def test_dropout_belongs_to_the_batch_and_not_to_the_order_in_which_batches_are_computed() -> None:
    class Backwards(Local):
        def shard(self, batches: Sequence[T]) -> Sequence[tuple[int, T]]:
            return list(enumerate(batches))[::-1]

    recipe = Recipe(epochs=1, batch_size=2, accumulation=4, learning_rate=1e-2)
    one, other, dry = tiny_model(0.3, precise=True), tiny_model(0.3, precise=True), tiny_model(precise=True)
    records, others = _train(one, recipe), _train(other, recipe, strategy=Backwards())
    assert [record.loss for record in others] == pytest.approx([record.loss for record in records], abs=1e-12)
    _same(one, other, atol=1e-9)
    assert abs(_train(dry, recipe)[0].loss - records[0].loss) > 1e-3  # and dropout there was


def test_every_batch_and_every_seed_has_a_chance_of_its_own() -> None:
    seeds = [derived_seed(seed, "batch", step, number) for seed in (0, 1) for step in range(50) for number in range(4)]
    seeds += [derived_seed(seed, "epoch", epoch) for seed in (0, 1) for epoch in (0, 1, 1000)]
    assert len(set(seeds)) == len(seeds)
    assert min(seeds) >= 0
    assert max(seeds) < 2**63


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    recipe = Recipe(epochs=1, batch_size=4, learning_rate=1e-2)
    _train(tiny_model(), recipe, checkpoint=tmp_path / "run.pt")
    assert _train(tiny_model(), recipe, checkpoint=tmp_path / "run.pt") == []


def test_a_checkpoint_continues_no_other_run(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    recipe = Recipe(epochs=1, batch_size=4, learning_rate=1e-2)
    _train(tiny_model(), recipe, checkpoint=path)
    with pytest.raises(ValueError, match=r"run\.pt belongs to another run \(learning_rate was 0\.01, is 0\.02\)"):
        _train(tiny_model(), replace(recipe, learning_rate=2e-2), checkpoint=path)
    with pytest.raises(ValueError, match="examples was 20, is 8"):
        _train(tiny_model(), recipe, Ids(8), checkpoint=path)
    frozen = tiny_model()
    frozen.transformer.wte.requires_grad_(False)
    with pytest.raises(ValueError, match="trainable was"):
        _train(frozen, recipe, checkpoint=path)


def test_a_checkpoint_continues_no_run_that_the_caller_says_is_another(tmp_path: Path) -> None:
    path, recipe = tmp_path / "run.pt", Recipe(epochs=1, batch_size=4, learning_rate=1e-2)
    _train(tiny_model(), recipe, checkpoint=path, identity={"data": "poems"})
    assert _train(tiny_model(), recipe, checkpoint=path, identity={"data": "poems"}) == []
    with pytest.raises(ValueError, match=r"another run \(data was 'poems', is 'news'\); remove it"):
        _train(tiny_model(), recipe, checkpoint=path, identity={"data": "news"})
    with pytest.raises(ValueError, match="'seed' is among what the loop compares itself; name it otherwise"):
        _train(tiny_model(), recipe, identity={"seed": "1"})


@pytest.mark.parametrize("damage", ["text", "zeros", "half", "end", "no identity", "no more"])
def test_a_damaged_checkpoint_is_an_error_that_says_how_to_go_on(tmp_path: Path, damage: str) -> None:
    path, recipe = tmp_path / "run.pt", Recipe(epochs=1, batch_size=20, learning_rate=1e-2)
    _train(tiny_model(), recipe, checkpoint=path)
    whole = path.read_bytes()
    if damage.startswith("no"):
        identity = torch.load(path, weights_only=True)["identity"]
        torch.save({"identity": None if damage == "no identity" else identity}, path)
    else:
        other = {"text": b"not a checkpoint", "zeros": bytes(99), "half": whole[: len(whole) // 2], "end": whole[:-30]}
        path.write_bytes(other[damage])
    with pytest.raises(ValueError, match=r"run\.pt is not a checkpoint of this loop, or .* remove it to begin anew"):
        _train(tiny_model(), recipe, checkpoint=path)


# ---- what cannot be trained ----------------------------------------------------------------------------------------


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty"):
        _train(tiny_model(), Recipe(epochs=1, batch_size=4, learning_rate=1e-2), Ids(0))


def test_batches_of_no_examples_are_an_error() -> None:
    with pytest.raises(ValueError, match="the batch size must be at least 1, not -1"):
        evaluate(tiny_model(), Ids(8), COLLATE, language_model_loss, batch_size=-1)


def test_nothing_to_train_is_an_error() -> None:
    with pytest.raises(ValueError, match="no parameter of the model requires a gradient"):
        _train(tiny_model().requires_grad_(False), Recipe(epochs=1, batch_size=4, learning_rate=1e-2))
    with pytest.raises(ValueError, match="name beginning with 'head'"):
        _train(tiny_model(), Recipe(epochs=1, batch_size=4, learning_rate=1e-2, learning_rates={"head": 1.0}))


def test_a_loss_that_is_no_number_stops_the_run_before_it_spoils_the_weights() -> None:
    def broken(model: nn.Module, batch: Batch) -> SummedLoss:
        loss = language_model_loss(model, batch)
        return SummedLoss(loss.sum * torch.nan, loss.count)

    model = tiny_model()
    with pytest.raises(FloatingPointError, match="step 1: loss nan"):
        list(fit(model, Ids(20), COLLATE, broken, Recipe(1, 4, 1e-2), progress=False))
    _same(model, tiny_model())
    normalised = Normalised()
    with pytest.raises(FloatingPointError):
        list(fit(normalised, [1.0, math.nan], _numbers, _squares, Recipe(1, 2, 1e-2), progress=False))
    assert normalised.state_dict()["norm.running_mean"].item() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"accumulation": 0},
        {"max_steps": 0},
        {"warmup_ratio": 2.0},
        {"ema_decay": -0.1},
        {"max_grad_norm": 0.0},
        {"schedule": "falling"},
        {"precision": "float16"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_recipe_that_cannot_be_followed_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Recipe(**{"epochs": 1, "batch_size": 1, "learning_rate": 1.0} | wrong)
