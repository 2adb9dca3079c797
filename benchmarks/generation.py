"""Greedy generation: our GPT with its preallocated cache, beside `generate` of transformers and beside no cache.

Both have the same random weights, start from the same prompts and write the same ids, which is checked first.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
import transformers
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.lm.generate import generate
from aigc_ref.lm.gpt import GPT
from aigc_ref.lm.gpt2 import load_gpt2
from benchmarks.timing import Comparison, compare

PROMPT, NEW = 16, 112
SHAPES = (("5 M parameters", 4, 256, 1.5), ("23 M parameters", 6, 512, 1.0))
"""Name, layers, width, goal."""


def run() -> Iterator[Comparison]:
    """A row for each model and batch size, and one for what a cache is worth."""
    peer = f"transformers {transformers.__version__}, generate"
    for size, layers, width, goal in SHAPES:
        theirs = _gpt2(layers, width)
        ours = load_gpt2(theirs)
        for batch in (1, 8):
            prompts = torch.randint(8192, (batch, PROMPT), generator=torch.Generator().manual_seed(0))
            assert _ours(ours, prompts) == _theirs(theirs, prompts)
            name = f"{NEW} greedy tokens behind {PROMPT}, {size}, batch {batch}"
            yield compare(name, peer, partial(_ours, ours, prompts), partial(_theirs, theirs, prompts), goal=goal)
    small = load_gpt2(_gpt2(*SHAPES[0][1:3]))
    prompts = torch.randint(8192, (1, PROMPT), generator=torch.Generator().manual_seed(0))
    assert _ours(small, prompts) == _without_cache(small, prompts)
    name = f"{NEW} greedy tokens behind {PROMPT}, {SHAPES[0][0]}, batch 1"
    without = partial(_without_cache, small, prompts)
    yield compare(name, "the same model without a cache", partial(_ours, small, prompts), without, goal=None)


def _gpt2(layers: int, width: int) -> GPT2LMHeadModel:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=8192,
        n_positions=128,
        n_layer=layers,
        n_head=width // 64,
        n_embd=width,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config)
    model.eval()
    return model


def _ours(model: GPT, prompts: Tensor) -> list[list[int]]:
    return generate(model, prompts, max_new_tokens=NEW, eos_token_id=None, temperature=0)


def _theirs(model: Any, prompts: Tensor) -> list[list[int]]:
    rows = model.generate(
        prompts,
        attention_mask=torch.ones_like(prompts),
        max_new_tokens=NEW,
        min_new_tokens=NEW,
        do_sample=False,
        pad_token_id=0,
        eos_token_id=None,
    )
    new: list[list[int]] = rows[:, PROMPT:].tolist()
    return new


@torch.no_grad()
def _without_cache(model: GPT, prompts: Tensor) -> list[list[int]]:
    texts = prompts
    for _ in range(NEW):
        texts = torch.cat([texts, model(texts).logits[:, -1].argmax(dim=-1, keepdim=True)], dim=1)
    new: list[list[int]] = texts[:, PROMPT:].tolist()
    return new
