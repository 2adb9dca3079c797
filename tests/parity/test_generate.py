"""Generation against transformers: the filters of logits, and decoding with a cache, for its models and for ours."""

import itertools
from copy import deepcopy
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel
from transformers.generation.logits_process import (
    RepetitionPenaltyLogitsProcessor,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from aigc_ref.lm.generate import choose, generate, keep_top_k, keep_top_p, penalise_repetition, stream
from aigc_ref.lm.gpt import GPT
from aigc_ref.lm.gpt2 import load_gpt2
from aigc_ref.text.collate import left_padded_inputs

EOS, PAD = 1, 0
ENDS = [1, 20, 21, 22, 23, 24, 25]
PROMPTS = torch.tensor([[5, 6, 7], [8, 9, 10], [11, 12, 13]])
RAGGED = [[5, 6, 7, 8, 9], [10, 11], [12, 13, 14]]


@pytest.fixture(scope="module")
def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=40,
        n_positions=64,
        n_layer=2,
        n_head=2,
        n_embd=32,
        initializer_range=0.2,
        bos_token_id=EOS,
        eos_token_id=EOS,
    )
    model = GPT2LMHeadModel(config)
    model.eval()
    return model


@pytest.fixture(scope="module", params=["gpt2", "llama", "ours"])
def pair(request: pytest.FixtureRequest, gpt2: GPT2LMHeadModel) -> tuple[GPT | PreTrainedModel, PreTrainedModel]:
    """The model that we generate with, and the one that transformers generates with."""
    if request.param == "ours":
        return load_gpt2(gpt2), gpt2
    if request.param == "gpt2":
        return gpt2, gpt2
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=40,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
        initializer_range=0.2,
        bos_token_id=EOS,
        eos_token_id=EOS,
    )
    llama = LlamaForCausalLM(config).eval()
    return llama, llama


def _theirs(
    model: Any,  # transformers types `generate` for a protocol of its own
    input_ids: Tensor,
    attention_mask: Tensor | None = None,
    repetition_penalty: float = 1.0,
    eos: int | list[int] = EOS,
) -> list[list[int]]:
    rows = model.generate(
        input_ids,
        attention_mask=torch.ones_like(input_ids) if attention_mask is None else attention_mask,
        max_new_tokens=20,
        do_sample=False,
        eos_token_id=eos,
        pad_token_id=PAD,
        repetition_penalty=repetition_penalty,
    )[:, input_ids.shape[1] :].tolist()
    ends = [eos] if isinstance(eos, int) else eos
    return [list(itertools.takewhile(lambda token: token not in ends, row)) for row in rows]


def _greedy(
    model: GPT | PreTrainedModel,
    input_ids: Tensor,
    attention_mask: Tensor | None = None,
    repetition_penalty: float = 1.0,
    eos: int | list[int] = EOS,
) -> list[list[int]]:
    return generate(
        model,
        input_ids,
        attention_mask=attention_mask,
        max_new_tokens=20,
        eos_token_id=eos,
        temperature=0,
        repetition_penalty=repetition_penalty,
    )


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.keep_top_k")
@given(st.integers(0, 2**16), st.integers(1, 50))
def test_top_k_keeps_what_transformers_keeps(seed: int, k: int) -> None:
    logits = torch.randn(3, 40, generator=torch.Generator().manual_seed(seed))
    theirs = TopKLogitsWarper(k)(torch.zeros(3, 1, dtype=torch.long), logits)
    assert torch.equal(keep_top_k(logits, k), theirs)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.keep_top_p")
@given(st.integers(0, 2**16), st.floats(0.01, 0.99))
def test_top_p_keeps_what_transformers_keeps(seed: int, p: float) -> None:
    logits = 3 * torch.randn(3, 40, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    theirs = TopPLogitsWarper(p)(torch.zeros(3, 1, dtype=torch.long), logits)
    assert torch.equal(keep_top_p(logits, p), theirs)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.keep_top_p")
def test_top_p_of_all_the_mass_keeps_every_token() -> None:
    logits = 3 * torch.randn(3, 5000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(TopPLogitsWarper(1.0)(torch.zeros(3, 1, dtype=torch.long), logits), logits)
    assert torch.equal(keep_top_p(logits, 1.0), logits)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.penalise_repetition")
@given(st.integers(0, 2**16), st.floats(0.5, 3.0))
def test_repetition_is_penalised_as_in_transformers(seed: int, penalty: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits, ids = torch.randn(3, 40, generator=generator), torch.randint(40, (3, 9), generator=generator)
    seen = torch.zeros(3, 40, dtype=torch.bool).scatter(1, ids, value=True)
    theirs = RepetitionPenaltyLogitsProcessor(penalty)(ids, logits)
    assert torch.equal(penalise_repetition(logits, seen, penalty), theirs)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.generate")
@pytest.mark.parametrize("repetition_penalty", [1.0, 1.5])
def test_greedy_decoding_is_that_of_transformers(
    pair: tuple[GPT | PreTrainedModel, PreTrainedModel], repetition_penalty: float
) -> None:
    model, oracle = pair
    ours = _greedy(model, PROMPTS, repetition_penalty=repetition_penalty)
    assert ours == _theirs(oracle, PROMPTS, repetition_penalty=repetition_penalty)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.generate")
def test_logits_of_a_model_in_half_precision_are_penalised_in_single(gpt2: GPT2LMHeadModel) -> None:
    half = deepcopy(gpt2)
    nn.Module.to(half, torch.bfloat16)
    prompts = torch.randint(3, 40, (60, 3), generator=torch.Generator().manual_seed(0))
    ours = _greedy(half, prompts, repetition_penalty=1.1)
    assert ours == _theirs(half, prompts, repetition_penalty=1.1)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.generate")
@pytest.mark.parametrize("ends", [[5], [EOS, 5, 20]])
def test_any_of_several_end_tokens_ends_a_text(gpt2: GPT2LMHeadModel, ends: list[int]) -> None:
    prompts = torch.randint(3, 40, (30, 3), generator=torch.Generator().manual_seed(0))
    ours = _greedy(gpt2, prompts, eos=ends)
    assert ours == _theirs(gpt2, prompts, eos=ends)
    assert any(len(text) < 20 for text in ours)


def test_without_an_end_token_no_text_ends(gpt2: GPT2LMHeadModel) -> None:
    prompts = torch.randint(3, 40, (30, 3), generator=torch.Generator().manual_seed(0))
    ours = _greedy(gpt2, prompts, eos=[])
    assert ours == _greedy(gpt2, prompts, eos=40)  # a token that there is not
    assert all(len(text) == 20 for text in ours)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.generate")
def test_ragged_prompts_go_on_as_each_would_alone(pair: tuple[GPT | PreTrainedModel, PreTrainedModel]) -> None:
    model, oracle = pair
    ids, mask = left_padded_inputs(RAGGED, PAD).values()
    together = _greedy(model, ids, mask)
    alone = [_greedy(model, torch.tensor([prompt]))[0] for prompt in RAGGED]
    assert together == alone == _theirs(oracle, ids, mask)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.generate")
def test_padding_is_not_penalised_as_if_it_were_text(gpt2: GPT2LMHeadModel) -> None:
    alone = [_greedy(gpt2, torch.tensor([prompt]), repetition_penalty=5.0)[0] for prompt in RAGGED]
    ids, mask = left_padded_inputs(RAGGED, pad_token_id=alone[1][0]).values()  # what the second would begin with
    assert _greedy(gpt2, ids, mask, repetition_penalty=5.0) == alone
    assert _theirs(gpt2, ids, mask, repetition_penalty=5.0) == alone


@pytest.mark.compares("transformers", technique="aigc_ref.lm.generate.stream")
def test_a_stream_joined_is_the_text_and_marks_what_has_ended(
    pair: tuple[GPT | PreTrainedModel, PreTrainedModel],
) -> None:
    model, oracle = pair
    ids, mask = left_padded_inputs(RAGGED, PAD).values()
    texts: list[list[int]] = [[] for _ in RAGGED]
    ended = torch.zeros(len(RAGGED), dtype=torch.bool)
    for new in stream(model, ids, attention_mask=mask, max_new_tokens=20, eos_token_id=ENDS, temperature=0):
        assert not (new.running & ended).any()  # nobody comes back
        ended = ~new.running
        for text, token, runs in zip(texts, new.tokens.tolist(), new.running.tolist(), strict=True):
            text += [token] * runs
    assert texts == _theirs(oracle, ids, mask, eos=ENDS) == _greedy(model, ids, mask, eos=ENDS)
    assert len({len(text) for text in texts}) > 1  # so that some had ended while others ran


def test_whoever_stops_asking_stops_the_work_and_may_begin_again(
    pair: tuple[GPT | PreTrainedModel, PreTrainedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, _ = pair
    calls = []
    forward = model.forward

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return forward(*args, **kwargs)

    monkeypatch.setattr(model, "forward", counted)
    new = stream(model, PROMPTS, max_new_tokens=20, eos_token_id=None, seed=3)
    assert not calls  # nothing was asked for
    first = [next(new).tokens.tolist() for _ in range(2)]
    assert torch.is_grad_enabled()  # here, between two tokens
    assert len(calls) == 2
    del new
    again = generate(model, PROMPTS, max_new_tokens=20, eos_token_id=None, seed=3)
    assert [list(column) for column in zip(*again, strict=True)][:2] == first


@pytest.mark.parametrize("penalty", [1.0, 1.5])
def test_samples_of_a_prompt_are_what_the_prompt_repeated_would_give(
    pair: tuple[GPT | PreTrainedModel, PreTrainedModel], penalty: float
) -> None:
    model, _ = pair
    ids, mask = left_padded_inputs(RAGGED, PAD).values()
    options: dict[str, Any] = {"max_new_tokens": 12, "eos_token_id": EOS, "repetition_penalty": penalty}
    once = generate(model, ids, attention_mask=mask, samples=4, **options)
    repeated = generate(model, ids.repeat_interleave(4, 0), attention_mask=mask.repeat_interleave(4, 0), **options)
    assert once == repeated
    assert len(set(map(tuple, once))) == 12  # no two alike


def test_prompts_that_do_not_fit_are_refused(pair: tuple[GPT | PreTrainedModel, PreTrainedModel]) -> None:
    model, _ = pair
    with pytest.raises(ValueError, match="a prompt of 3 and 62 new tokens exceed the model's context of 64"):
        generate(model, PROMPTS, max_new_tokens=62, eos_token_id=EOS)
    assert len(generate(model, PROMPTS, max_new_tokens=61, eos_token_id=None)[0]) == 61
    for mask in ([[1, 1, 0]] * 3, [[1, 0, 1]] * 3, [[0, 1]] * 3):
        with pytest.raises(ValueError, match="pad prompts on the left"):
            generate(model, PROMPTS, attention_mask=torch.tensor(mask), max_new_tokens=5, eos_token_id=EOS)
    with pytest.raises(ValueError, match="exceed the model's context"):
        stream(model, PROMPTS, max_new_tokens=62, eos_token_id=EOS)  # before the first token is asked for
    with pytest.raises(ValueError, match="at least 1 sample"):
        generate(model, PROMPTS, max_new_tokens=5, eos_token_id=EOS, samples=0)
    with pytest.raises(ValueError, match="there must be a prompt"):
        generate(model, PROMPTS[:, :0], max_new_tokens=5, eos_token_id=EOS)


def test_options_outside_their_range_are_refused() -> None:
    logits = torch.zeros(1, 4)
    with pytest.raises(ValueError, match="temperature is at least 0"):
        choose(logits, temperature=-1.0)
    with pytest.raises(ValueError, match="at least 1 token, not 0"):
        choose(logits, top_k=0)
    with pytest.raises(ValueError, match=r"from 0 to 1, not 1\.5"):
        choose(logits, top_p=1.5)
    with pytest.raises(ValueError, match=r"above 0, and 1 for none; not 0"):
        penalise_repetition(logits, logits > 0, penalty=0)


def test_the_end_token_ends_a_text_and_stays_out_of_it(gpt2: GPT2LMHeadModel) -> None:
    texts = generate(gpt2, torch.full((64, 1), 3), max_new_tokens=60, eos_token_id=EOS, temperature=2.0)
    assert all(EOS not in text for text in texts)
    assert any(len(text) < 60 for text in texts)


def test_samples_follow_the_distribution() -> None:
    shares = torch.tensor([0.5, 0.3, 0.2])
    chosen = choose(shares.log().expand(20_000, 3), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(chosen.bincount(minlength=3) / 20_000, shares, rtol=0, atol=0.02)


def test_the_seed_decides_and_both_models_draw_alike(gpt2: GPT2LMHeadModel) -> None:
    prompts = torch.full((4, 1), 3)
    one, same, other = (generate(gpt2, prompts, max_new_tokens=10, eos_token_id=EOS, seed=seed) for seed in (0, 0, 1))
    assert one == same != other
    assert one == generate(load_gpt2(gpt2), prompts, max_new_tokens=10, eos_token_id=EOS, seed=0)
