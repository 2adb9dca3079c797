"""Beam search against transformers' generate(num_beams=…), and against trying every text there is."""

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.lm.beam_search import beam_search
from aigc_ref.lm.generate import generate
from aigc_ref.lm.gpt2 import load_gpt2
from aigc_ref.text.collate import left_padded_inputs

EOS, PAD = 1, 0
PROMPTS = torch.tensor([[5, 6, 7], [8, 9, 10], [11, 12, 13]])


def _gpt2(seed: int, vocab_size: int = 40) -> GPT2LMHeadModel:
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=vocab_size,
        n_positions=32,
        n_layer=1,
        n_head=2,
        n_embd=16,
        initializer_range=0.5,
        bos_token_id=EOS,
        eos_token_id=EOS,
    )
    model = GPT2LMHeadModel(config)
    model.eval()
    return model


def _theirs(
    model: Any,  # transformers types `generate` for a protocol of its own
    input_ids: Tensor,
    attention_mask: Tensor,
    beams: int,
    length_penalty: float,
    eos: int | list[int] = EOS,
) -> tuple[list[list[int]], list[float]]:
    found = model.generate(
        input_ids,
        attention_mask=attention_mask,
        num_beams=beams,
        num_return_sequences=beams,
        length_penalty=length_penalty,
        max_new_tokens=10,
        do_sample=False,
        eos_token_id=eos,
        pad_token_id=PAD,
        return_dict_in_generate=True,
        output_scores=True,
    )
    rows = found.sequences[:, input_ids.shape[1] :].tolist()
    ends = [eos] if isinstance(eos, int) else eos
    texts = [list(itertools.takewhile(lambda token: token not in ends, row)) for row in rows]
    return texts, found.sequences_scores.tolist()


@pytest.mark.compares("transformers", technique="aigc_ref.lm.beam_search", rtol=1e-5)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("beams", "length_penalty"), [(2, 1.0), (4, 1.0), (4, 0.0), (3, 2.0), (3, -1.0)])
def test_texts_and_scores_are_those_of_transformers(seed: int, beams: int, length_penalty: float) -> None:
    theirs = _gpt2(seed)
    texts, scores = _theirs(theirs, PROMPTS, torch.ones_like(PROMPTS), beams, length_penalty)
    for model in (theirs, load_gpt2(theirs)):
        found = beam_search(
            model, PROMPTS, beams=beams, max_new_tokens=10, eos_token_id=EOS, length_penalty=length_penalty
        )
        ours = list(itertools.chain.from_iterable(found))
        assert [beam.ids for beam in ours] == texts
        assert [beam.score for beam in ours] == pytest.approx(scores, rel=1e-5)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.beam_search", rtol=1e-5)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("ends", [[5], [EOS, 3, 4, 5, 6, 7, 8, 9, 10]])
def test_any_of_several_end_tokens_ends_a_text(seed: int, ends: list[int]) -> None:
    model = _gpt2(seed)
    texts, scores = _theirs(model, PROMPTS, torch.ones_like(PROMPTS), beams=4, length_penalty=0.0, eos=ends)
    found = beam_search(model, PROMPTS, beams=4, max_new_tokens=10, eos_token_id=ends, length_penalty=0.0)
    ours = list(itertools.chain.from_iterable(found))
    assert [beam.ids for beam in ours] == texts
    assert [beam.score for beam in ours] == pytest.approx(scores, rel=1e-5)


def test_some_of_those_texts_end_before_the_limit() -> None:
    found = beam_search(_gpt2(0), PROMPTS, beams=4, max_new_tokens=10, eos_token_id=EOS, length_penalty=0.0)
    lengths = {len(beam.ids) for prompt in found for beam in prompt}
    assert min(lengths) < 10


@pytest.mark.compares("transformers", technique="aigc_ref.lm.beam_search")
def test_ragged_prompts_are_searched_as_each_would_be_alone() -> None:
    prompts = [[5, 6, 7, 8, 9], [10, 11], [12, 13, 14]]
    theirs = _gpt2(1)
    ids, mask = left_padded_inputs(prompts, PAD).values()
    texts, _ = _theirs(theirs, ids, mask, beams=3, length_penalty=1.0)
    for model in (theirs, load_gpt2(theirs)):
        together = beam_search(model, ids, attention_mask=mask, beams=3, max_new_tokens=10, eos_token_id=EOS)
        assert [beam.ids for row in together for beam in row] == texts
        for prompt, row in zip(prompts, together, strict=True):
            (alone,) = beam_search(model, torch.tensor([prompt]), beams=3, max_new_tokens=10, eos_token_id=EOS)
            assert [beam.ids for beam in alone] == [beam.ids for beam in row]


def test_one_beam_is_greedy_decoding() -> None:
    model = _gpt2(2)
    greedy = generate(model, PROMPTS, max_new_tokens=10, eos_token_id=EOS, temperature=0)
    found = beam_search(model, PROMPTS, beams=1, max_new_tokens=10, eos_token_id=EOS)
    assert [beam.ids for (beam,) in found] == greedy


@pytest.mark.compares("definition", technique="aigc_ref.lm.beam_search", rtol=1e-5)
def test_enough_beams_find_the_most_probable_text_of_all() -> None:
    model = _gpt2(3, vocab_size=8)
    prompt = torch.tensor([[5, 6]])
    (found,) = beam_search(model, prompt, beams=4, max_new_tokens=2, eos_token_id=None, length_penalty=0.0)
    every = torch.tensor(list(itertools.product(range(8), repeat=2)))
    texts = torch.cat([prompt.expand(len(every), -1), every], dim=1)
    log_probabilities = model(texts).logits[:, 1:-1].log_softmax(dim=-1)
    totals = log_probabilities.gather(2, every.unsqueeze(-1)).squeeze(-1).sum(dim=-1)
    assert found[0].ids == every[totals.argmax()].tolist()
    assert found[0].score == pytest.approx(totals.max().item(), rel=1e-5)


def test_more_beams_than_there_are_tokens_for_are_refused() -> None:
    with pytest.raises(ValueError, match="21 beams of 40 tokens"):
        beam_search(_gpt2(0), PROMPTS, beams=21, max_new_tokens=3, eos_token_id=EOS)
    with pytest.raises(ValueError, match="14 beams of 40 tokens: there must be at least one, and 3 tokens for each"):
        beam_search(_gpt2(0), PROMPTS, beams=14, max_new_tokens=3, eos_token_id=[EOS, 5])
