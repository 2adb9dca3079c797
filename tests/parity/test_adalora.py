"""AdaLoRA against peft: sixty steps of training, the schedule of the budget, both terms of orthogonality, the folders.

And against two mistakes of peft 0.21.2. Its `ranknum`, a constant by which it divides, learns where the base is not in
float32; and it cannot allocate where the first rank is the target.
"""

import json
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import peft
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft.tuners.adalora.layer import RankAllocator
from safetensors.torch import load_file
from torch import nn
from transformers import GPT2Config, GPT2ForSequenceClassification

from aigc_ref.peft.adalora import EPSILON, AdaLoRALinear, Scaling, adalora_layers, add_adalora, orthogonality
from aigc_ref.peft.allocation import RankSchedule, allocate, keep_greatest, observe, ranks
from aigc_ref.peft.peft_format import from_peft, to_peft

RANK, TARGET, ALPHA, STEPS, WARMUP, FINAL, INTERVAL, GAMMA = 4, 2, 8, 60, 5, 15, 4, 0.1
SCHEDULE = RankSchedule(STEPS, TARGET, WARMUP, FINAL, INTERVAL)
IDS = torch.randint(1, 31, (6, 5), generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 1, 0, 1, 0])


def gpt2(dtype: torch.dtype = torch.float64) -> Any:
    torch.manual_seed(0)
    shape = GPT2Config(
        vocab_size=31,
        n_positions=16,
        n_embd=16,
        n_layer=2,
        n_head=2,
        bos_token_id=1,
        eos_token_id=1,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        pad_token_id=0,
    )
    model: Any = GPT2ForSequenceClassification(shape)
    return model.to(dtype)


def pefts(model: nn.Module, target: int = TARGET, gamma: float = GAMMA) -> Any:
    """peft's AdaLoRA in a copy of the model; `ranknum` is held constant, as the authors mean it."""
    configuration = peft.AdaLoraConfig(
        init_r=RANK,
        target_r=target,
        lora_alpha=ALPHA,
        total_step=STEPS,
        tinit=WARMUP,
        tfinal=FINAL,
        deltaT=INTERVAL,
        orth_reg_weight=gamma,
        target_modules=["c_attn", "c_fc"],
        fan_in_fan_out=True,
    )
    theirs: Any = peft.get_peft_model(deepcopy(model), configuration)
    for name, parameter in theirs.named_parameters():
        if "ranknum" in name:
            parameter.requires_grad_(False)
    return theirs


def ours_beside(theirs: Any, model: nn.Module, scaling: Scaling = "peft") -> Any:
    """Our AdaLoRA in the model, with the weights of peft's."""
    add_adalora(model, r".*\.(c_attn|c_fc)", rank=RANK, alpha=ALPHA, scaling=scaling)
    for name, layer in adalora_layers(model).items():
        other = theirs.base_model.model.get_submodule(name)
        layer.P.data.copy_(other.lora_B["default"])
        layer.singular_values.data.copy_(other.lora_E["default"][:, 0])
        layer.Q.data.copy_(other.lora_A["default"])
    return model


def train_theirs(theirs: Any, steps: int = STEPS) -> list[float]:
    losses = []
    optimizer = torch.optim.AdamW([each for each in theirs.parameters() if each.requires_grad], 1e-2)
    for step in range(1, steps + 1):
        loss = theirs.base_model(input_ids=IDS, labels=LABELS).loss  # not theirs(…): that leaves the term out
        loss.backward()
        optimizer.step()
        theirs.base_model.update_and_allocate(step)
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def train_ours(model: Any, steps: int = STEPS, schedule: RankSchedule = SCHEDULE, gamma: float = GAMMA) -> list[float]:
    losses = []
    optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], 1e-2)
    for step in range(1, steps + 1):
        loss = model(input_ids=IDS, labels=LABELS).loss + gamma * orthogonality(model, "peft")
        loss.backward()
        optimizer.step()
        observe(model, schedule, step)
        allocate(model, schedule, step)
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def pefts_pattern(theirs: Any) -> dict[str, list[bool]]:
    pattern = theirs.peft_config["default"].rank_pattern
    return {name.partition(".lora_E")[0]: kept for name, kept in pattern.items()}


@pytest.mark.compares("peft", technique="aigc_ref.peft.adalora", atol="atol")
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float64, 5e-15), (torch.float32, 2e-6)])
def test_sixty_steps_are_those_of_peft_and_leave_the_same_triplets(dtype: torch.dtype, atol: float) -> None:
    base = gpt2(dtype)
    theirs = pefts(base)
    ours = ours_beside(theirs, base)
    losses = train_ours(ours), train_theirs(theirs)
    assert losses[0] == pytest.approx(losses[1], rel=0, abs=atol)
    assert {name: layer.mask.tolist() for name, layer in adalora_layers(ours).items()} == pefts_pattern(theirs)
    assert sum(ranks(ours).values()) == TARGET * 4
    assert len(set(ranks(ours).values())) > 1  # else the budget would not have gone where it matters
    torch.testing.assert_close(ours(IDS).logits, theirs(IDS).logits, rtol=0, atol=atol)


@pytest.mark.compares("peft", technique="aigc_ref.peft.allocation.RankSchedule")
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_budget_is_that_of_peft_at_every_step(data: st.DataObject) -> None:
    steps = data.draw(st.integers(1, 60))
    warmup = data.draw(st.integers(0, steps - 1))
    final = data.draw(st.integers(0, steps - warmup - 1))
    target = data.draw(st.integers(0, 100))
    initial = data.draw(st.integers(target, 200))
    theirs: Any = object.__new__(RankAllocator)
    theirs.peft_config = SimpleNamespace(tinit=warmup, tfinal=final, total_step=steps, deltaT=1)
    theirs.init_bgt, theirs.target_bgt = initial, target
    ours = RankSchedule(steps, target_rank=0, warmup=warmup, final=final)
    for step in range(steps + 1):
        assert ours.budget(step, initial, target) == theirs.budget_schedule(step)[0]


@pytest.mark.compares("peft", technique="aigc_ref.peft.adalora.orthogonality", atol=1e-15)
def test_pefts_orthogonality_is_what_it_adds_to_the_loss() -> None:
    base = gpt2()
    theirs = pefts(base, gamma=0.5)
    ours = ours_beside(theirs, base)
    plain = ours(input_ids=IDS, labels=LABELS).loss
    loss = theirs.base_model(input_ids=IDS, labels=LABELS).loss
    torch.testing.assert_close(plain + 0.5 * orthogonality(ours, "peft"), loss, rtol=0, atol=1e-15)
    assert torch.equal(theirs(input_ids=IDS, labels=LABELS).loss, plain)  # the call that one would write


@pytest.mark.compares("definition", technique="aigc_ref.peft.adalora.orthogonality", atol=1e-12)
def test_the_papers_orthogonality_is_a_sum_of_squared_norms() -> None:
    model = gpt2()
    add_adalora(model, r".*\.c_attn", rank=RANK)
    expected = torch.zeros((), dtype=torch.float64)
    for layer in adalora_layers(model).values():
        for gram in (layer.P.T @ layer.P, layer.Q @ layer.Q.T):
            expected += torch.linalg.matrix_norm(gram - torch.eye(RANK, dtype=gram.dtype)) ** 2
    torch.testing.assert_close(orthogonality(model, "paper"), expected, rtol=0, atol=1e-12)
    for layer in adalora_layers(model).values():
        nn.init.orthogonal_(layer.P)
        nn.init.orthogonal_(layer.Q)
    for form in ("paper", "peft"):
        assert orthogonality(model, form) < 1e-14


# ---- what goes wrong in peft -----------------------------------------------------------------------------------------


def test_nothing_learns_but_p_lambda_and_q_whatever_the_precision() -> None:
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        model = gpt2(dtype)
        add_adalora(model, r".*\.c_attn", rank=RANK)
        learning = {name.rpartition(".")[2] for name, each in model.named_parameters() if each.requires_grad}
        assert learning == {"P", "singular_values", "Q"}
    configuration = peft.AdaLoraConfig(target_modules=["c_attn"], total_step=9, fan_in_fan_out=True)
    theirs: Any = peft.get_peft_model(gpt2(torch.float64), configuration)
    learning = {name.rpartition(".")[0] for name, each in theirs.named_parameters() if each.requires_grad}
    assert any(name.endswith("ranknum") for name in learning)  # peft has mended it where this fails


def test_a_first_rank_that_is_the_target_takes_nothing_away() -> None:
    model, schedule = gpt2(), RankSchedule(10, RANK, warmup=2)
    add_adalora(model, r".*\.(c_attn|c_fc)", rank=RANK)
    losses = train_ours(model, 10, schedule)
    assert set(ranks(model).values()) == {RANK}
    assert losses[-1] < losses[0]
    with pytest.raises(RuntimeError, match="kthvalue"):  # peft has mended it where this fails
        train_theirs(pefts(gpt2(), target=RANK), 10)


def test_triplets_that_are_equally_important_do_not_all_die() -> None:
    importances = [torch.tensor([0.0, 0.0, 0.0]), torch.tensor([0.0, 5.0])]
    kept = keep_greatest(importances, budget=2)
    assert [each.tolist() for each in kept] == [[True, False, False], [False, True]]
    threshold = torch.cat(importances).kthvalue(5 - 2).values  # peft, and the authors, mask what is not above it
    assert int((torch.cat(importances) > threshold).sum()) == 1


# ---- folders ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained() -> Any:
    model = gpt2()
    add_adalora(model, r".*\.(c_attn|c_fc)", rank=RANK, alpha=ALPHA)
    train_ours(model, 20, RankSchedule(20, TARGET, interval=3, final=2))
    return model.eval()


@pytest.mark.compares("peft", technique="aigc_ref.peft.peft_format", atol=1e-15)
def test_peft_reads_our_folder_and_the_triplets_that_live(trained: Any, tmp_path: Path) -> None:
    to_peft(trained, tmp_path)
    theirs = peft.PeftModel.from_pretrained(gpt2(), tmp_path).eval()
    torch.testing.assert_close(theirs(IDS).logits, trained(IDS).logits, rtol=0, atol=1e-15)
    stored = load_file(tmp_path / "adapter_model.safetensors")
    assert sum(len(tensor) for name, tensor in stored.items() if name.endswith("lora_A")) == TARGET * 4


@pytest.mark.compares("peft", technique="aigc_ref.peft.peft_format", atol=1e-15)
def test_we_read_pefts_folder_and_put_the_triplets_at_their_places(tmp_path: Path) -> None:
    theirs = pefts(gpt2())
    train_theirs(theirs)
    theirs.save_pretrained(str(tmp_path))
    ours = gpt2()
    from_peft(ours, tmp_path)
    torch.testing.assert_close(ours(IDS).logits, theirs(IDS).logits, rtol=0, atol=1e-15)
    for name, layer in adalora_layers(ours).items():
        assert layer.mask.tolist() == theirs.peft_config["default"].rank_pattern[f"{name}.lora_E"]
        values = theirs.base_model.model.get_submodule(name).lora_E["default"][:, 0]
        assert torch.equal(layer.singular_values, values)


@pytest.mark.compares("peft", technique="aigc_ref.peft.peft_format", atol=1e-15)
def test_a_layer_without_a_rank_left_goes_both_ways(trained: Any, tmp_path: Path) -> None:
    model = deepcopy(trained)
    first = next(iter(adalora_layers(model).values()))
    first.mask.fill_(False)
    first.singular_values.data.zero_()
    to_peft(model, tmp_path)
    again = gpt2()
    from_peft(again, tmp_path)
    theirs = peft.PeftModel.from_pretrained(gpt2(), tmp_path).eval()
    for each in (again, theirs):
        torch.testing.assert_close(each(IDS).logits, model(IDS).logits, rtol=0, atol=1e-15)


def test_a_triplet_that_came_back_is_not_left_behind(trained: Any, tmp_path: Path) -> None:
    model = deepcopy(trained)
    layer = next(layer for layer in adalora_layers(model).values() if not layer.mask.all())
    layer.singular_values.data[~layer.mask] = 0.5  # as between two allocations
    to_peft(model, tmp_path)
    again = gpt2()
    from_peft(again, tmp_path)
    torch.testing.assert_close(again(IDS).logits, model(IDS).logits, rtol=0, atol=1e-15)


def test_a_pattern_that_does_not_fit_the_first_rank_is_refused(trained: Any, tmp_path: Path) -> None:
    to_peft(trained, tmp_path)
    file = tmp_path / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"init_r": RANK + 1}))
    with pytest.raises(ValueError, match=r"rank_pattern tells of 4 triplets of .*c_attn, but init_r is 5"):
        from_peft(gpt2(), tmp_path)


def test_layers_with_different_first_ranks_do_not_fit_a_folder(trained: Any, tmp_path: Path) -> None:
    model = deepcopy(trained)
    next(iter(adalora_layers(model).values())).rank = 3
    with pytest.raises(ValueError, match=r"start with one rank in peft, not with \[3, 4\]"):
        to_peft(model, tmp_path)


def test_untrained_triplets_are_written_all(tmp_path: Path) -> None:
    model = gpt2()
    add_adalora(model, r".*\.c_attn", rank=RANK)
    to_peft(model, tmp_path)
    again = gpt2()
    from_peft(again, tmp_path)
    for name, layer in adalora_layers(again).items():
        assert torch.equal(layer.P, adalora_layers(model)[name].P)


@pytest.mark.parametrize("scaling", ["lora", "peft"])
def test_scales_differ_by_pefts_epsilon(scaling: Scaling) -> None:
    layer = AdaLoRALinear(nn.Linear(3, 3), rank=4, alpha=8.0, scaling=scaling)
    assert layer.scale == {"lora": 2.0, "peft": 8 / (4 + EPSILON)}[scaling]
