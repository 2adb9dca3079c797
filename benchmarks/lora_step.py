"""A step of training with LoRA and with AdaLoRA, beside peft's: forward, backward, AdamW.

There is nothing to win: both add the same two small products to each layer. Being as fast is the promise.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib.metadata import version
from typing import Any

import peft
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.peft.adalora import adalora_layers, add_adalora, orthogonality
from aigc_ref.peft.allocation import RankSchedule, allocate, observe
from aigc_ref.peft.layers import wrapped_layers
from aigc_ref.peft.lora import LoRALinear, add_lora
from benchmarks.timing import Comparison, compare

VOCABULARY, RANK, ALPHA, STEPS, INTERVAL, GAMMA = 8192, 8, 16, 10_000, 10, 0.1
REPEATS = 4  # steps to a measurement of half a second
PEER = f"peft {version('peft')}"


def run() -> Iterator[Comparison]:
    """Yields a row for each technique, after checking that both sides give the same loss."""
    torch.manual_seed(0)
    ids = torch.randint(VOCABULARY, (8, 64))
    for name, pair, goal, most in (("LoRA", _lora, 0.95, 1.05), ("AdaLoRA", _adalora, None, None)):
        ours, theirs = pair(ids)
        if abs(ours() - theirs()) > 1e-5:
            raise ValueError(f"{name}: the losses differ")
        work = f"{REPEATS} steps of {name}, r=8, on 8 × 64 tokens, GPT-2 of 4 × 256"
        yield compare(work, PEER, _repeated(ours), _repeated(theirs), goal=goal, most=most, rounds=8)


def _repeated(step: Callable[[], float]) -> Callable[[], object]:
    return lambda: [step() for _ in range(REPEATS)]


def _lora(ids: torch.Tensor) -> tuple[Callable[[], float], Callable[[], float]]:
    ours = _gpt2()
    configuration = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=["c_attn"], fan_in_fan_out=True)
    theirs: Any = peft.get_peft_model(deepcopy(ours), configuration)
    add_lora(ours, r".*\.c_attn", rank=RANK, alpha=ALPHA)
    for name, layer in wrapped_layers(ours).items():
        assert isinstance(layer, LoRALinear)
        layer.A.data.copy_(theirs.base_model.model.get_submodule(name).lora_A["default"].weight)
    return _step(ours, ours, ids), _step(theirs, theirs, ids)


def _adalora(ids: torch.Tensor) -> tuple[Callable[[], float], Callable[[], float]]:
    ours = _gpt2()
    configuration = peft.AdaLoraConfig(
        init_r=RANK,
        target_r=RANK // 2,
        lora_alpha=ALPHA,
        total_step=STEPS,
        deltaT=INTERVAL,
        orth_reg_weight=GAMMA,
        target_modules=["c_attn"],
        fan_in_fan_out=True,
    )
    theirs: Any = peft.get_peft_model(deepcopy(ours), configuration)
    add_adalora(ours, r".*\.c_attn", rank=RANK, alpha=ALPHA, scaling="peft")
    for name, layer in adalora_layers(ours).items():
        other = theirs.base_model.model.get_submodule(name)
        layer.P.data.copy_(other.lora_B["default"])
        layer.Q.data.copy_(other.lora_A["default"])
    schedule = RankSchedule(STEPS, RANK // 2, interval=INTERVAL)

    def allocated(step: int) -> None:
        observe(ours, schedule, step)
        allocate(ours, schedule, step)

    return (
        _step(ours, ours, ids, allocated, regularised=True),
        _step(theirs, theirs.base_model, ids, theirs.base_model.update_and_allocate),
    )


def _gpt2() -> Any:
    shape = GPT2Config(
        vocab_size=VOCABULARY, n_positions=64, n_embd=256, n_layer=4, n_head=4, bos_token_id=1, eos_token_id=1
    )
    model = GPT2LMHeadModel(shape)
    model.eval()  # without dropout both see the same
    return model


def _step(
    model: Any,
    forward: Any,
    ids: torch.Tensor,
    after: Callable[[int], object] | None = None,
    *,
    regularised: bool = False,
) -> Callable[[], float]:
    optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], 1e-4)
    done = 0

    def step() -> float:
        nonlocal done
        loss = forward(input_ids=ids, labels=ids).loss
        if regularised:
            loss = loss + GAMMA * orthogonality(model, "peft")
        loss.backward()
        optimizer.step()
        done += 1
        if after:
            after(done)
        optimizer.zero_grad()
        return float(loss)

    return step
