"""Our GPT by itself: its cache, its limits, how it begins."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_ref.lm.gpt import GPT, GPTConfig
from aigc_ref.lm.loss import causal_loss

SHAPE = GPTConfig(vocab_size=30, block_size=12, n_layer=2, n_head=2, n_embd=16)


def _model(config: GPTConfig = SHAPE) -> GPT:
    torch.manual_seed(0)
    return GPT(config).double().eval()


MODEL = _model()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4).filter(lambda cuts: sum(cuts) <= 12))
@settings(deadline=None, max_examples=25)
def test_a_text_read_in_pieces_has_the_logits_of_the_whole(cuts: list[int]) -> None:
    ids = torch.randint(30, (2, sum(cuts)), generator=torch.Generator().manual_seed(len(cuts)))
    cache = MODEL.new_cache(batch=2, capacity=12)
    pieces = [MODEL(piece, past_key_values=cache).logits for piece in ids.split(cuts, dim=1)]
    torch.testing.assert_close(torch.cat(pieces, dim=1), MODEL(ids).logits, rtol=0, atol=1e-12)
    assert cache.length == sum(cuts)


def test_pieces_of_padded_texts_too() -> None:
    ids = torch.randint(30, (2, 7), generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[0, 0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]])
    cache = MODEL.new_cache(batch=2, capacity=7)
    pieces = [
        MODEL(ids[:, start:end], attention_mask=mask[:, :end], past_key_values=cache).logits
        for start, end in ((0, 4), (4, 5), (5, 7))
    ]
    whole = MODEL(ids, attention_mask=mask).logits
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, rtol=0, atol=1e-12)


def test_no_position_sees_what_comes_after_it() -> None:
    ids = torch.arange(8).unsqueeze(0)
    changed = ids.clone()
    changed[0, 5:] = 29
    one, other = MODEL(ids).logits, MODEL(changed).logits
    assert torch.equal(one[:, :5], other[:, :5])
    assert not torch.equal(one[:, 5], other[:, 5])


def test_it_begins_with_as_many_nats_as_a_uniform_guess() -> None:
    ids = torch.randint(30, (8, 12), generator=torch.Generator().manual_seed(0))
    assert causal_loss(MODEL(ids).logits, ids).mean.item() == pytest.approx(math.log(30), abs=0.05)


def test_branches_that_are_added_up_begin_smaller() -> None:
    model = _model(GPTConfig(vocab_size=30, block_size=12, n_layer=8, n_head=2, n_embd=64))
    for name, parameter in model.named_parameters():
        if name.endswith(("projection.weight", "down.weight")):
            assert parameter.std().item() == pytest.approx(0.02 / 4, rel=0.05)
        elif name.endswith(("query_key_value.weight", "up.weight")):
            assert parameter.std().item() == pytest.approx(0.02, rel=0.05)
        elif name.endswith("norm.weight"):
            assert (parameter == 1).all()


def test_dropout_is_for_training_alone() -> None:
    model = _model(GPTConfig(vocab_size=30, block_size=12, n_layer=2, n_head=2, n_embd=16, dropout=0.5))
    ids = torch.arange(8).unsqueeze(0)
    assert torch.equal(model(ids).logits, model(ids).logits)
    model.train()
    assert not torch.equal(model(ids).logits, model(ids).logits)


def test_more_tokens_than_it_has_room_for_are_refused() -> None:
    with pytest.raises(ValueError, match="13 tokens, and room for 12"):
        MODEL(torch.zeros(1, 13, dtype=torch.long))
    cache = MODEL.new_cache(batch=1, capacity=5)
    MODEL(torch.zeros(1, 4, dtype=torch.long), past_key_values=cache)
    with pytest.raises(ValueError, match="6 tokens, and room for 5: the context is 12 long"):
        MODEL(torch.zeros(1, 2, dtype=torch.long), past_key_values=cache)
    with pytest.raises(ValueError, match="width of 10 does not divide into 4 heads"):
        GPT(GPTConfig(vocab_size=5, block_size=5, n_layer=1, n_head=4, n_embd=10))


def test_a_cache_that_is_asked_for_comes_with_the_logits() -> None:
    ids = torch.arange(6).unsqueeze(0)
    first = MODEL(ids[:, :5], use_cache=True)
    second = MODEL(ids[:, 5:], past_key_values=first.past_key_values)
    torch.testing.assert_close(second.logits[:, -1], MODEL(ids).logits[:, -1], rtol=0, atol=1e-12)
    assert MODEL(ids).past_key_values is None
