"""Generation against transformers: the filters of logits, and greedy decoding with a cache."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.generation.logits_process import TopKLogitsWarper, TopPLogitsWarper

from aigc_ref.lm.generate import choose, generate, keep_top_k, keep_top_p

EOS = 1


@pytest.fixture(scope="module")
def model() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    tiny = GPT2LMHeadModel(GPT2Config(vocab_size=40, n_positions=64, n_layer=2, n_head=2, n_embd=32))
    tiny.eval()
    return tiny


@given(st.integers(0, 2**16), st.integers(1, 50))
def test_top_k_keeps_what_transformers_keeps(seed: int, k: int) -> None:
    logits = torch.randn(3, 40, generator=torch.Generator().manual_seed(seed))
    theirs = TopKLogitsWarper(k)(torch.zeros(3, 1, dtype=torch.long), logits)
    assert torch.equal(keep_top_k(logits, k), theirs)


@given(st.integers(0, 2**16), st.floats(0.01, 0.99))
def test_top_p_keeps_what_transformers_keeps(seed: int, p: float) -> None:
    logits = 3 * torch.randn(3, 40, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    theirs = TopPLogitsWarper(p)(torch.zeros(3, 1, dtype=torch.long), logits)
    assert torch.equal(keep_top_p(logits, p), theirs)


def test_greedy_decoding_is_that_of_transformers(model: GPT2LMHeadModel) -> None:
    prompts = torch.tensor([[5, 6, 7], [8, 9, 10], [11, 12, 13]])
    ours = generate(model, prompts, max_new_tokens=20, eos_token_id=EOS, temperature=0)
    theirs = model.generate(  # type: ignore[misc]  # transformers types it for a protocol of its own
        prompts,
        attention_mask=torch.ones_like(prompts),
        max_new_tokens=20,
        do_sample=False,
        eos_token_id=EOS,
        pad_token_id=0,
    )
    for text, row in zip(ours, theirs[:, 3:].tolist(), strict=True):
        assert text == (row[: row.index(EOS)] if EOS in row else row)


def test_the_end_token_ends_a_text_and_stays_out_of_it(model: GPT2LMHeadModel) -> None:
    texts = generate(model, torch.full((64, 1), 3), max_new_tokens=60, eos_token_id=EOS, temperature=2.0)
    assert all(EOS not in text for text in texts)
    assert any(len(text) < 60 for text in texts)


def test_samples_follow_the_distribution() -> None:
    shares = torch.tensor([0.5, 0.3, 0.2])
    chosen = choose(shares.log().expand(20_000, 3), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(chosen.bincount(minlength=3) / 20_000, shares, rtol=0, atol=0.02)


def test_the_seed_decides(model: GPT2LMHeadModel) -> None:
    prompts = torch.full((4, 1), 3)
    one, same, other = (generate(model, prompts, max_new_tokens=10, eos_token_id=EOS, seed=seed) for seed in (0, 0, 1))
    assert one == same != other
