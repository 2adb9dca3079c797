"""Perplexity against the loss of transformers over a whole corpus."""

import math

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from aigc_ref.finetune.causal_lm import evaluate
from aigc_ref.metrics.perplexity import bits_per_byte, bits_per_character, perplexity
from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.tokenizers import character_tokenizer

POEMS = ["白日依山尽，黄河入海流。", "欲穷千里目", "更上一层楼。", "月", "床前明月光，疑是地上霜。举头望明月"]


@pytest.mark.compares("transformers", technique="aigc_ref.metrics.perplexity", rtol=1e-6)
def test_the_corpus_is_one_and_not_a_mean_of_batches() -> None:
    tokenizer = character_tokenizer(POEMS)
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), n_layer=1, n_head=2, n_embd=16)).eval()
    nats, tokens = 0.0, 0
    with torch.no_grad():
        for poem in POEMS:
            ids = torch.tensor([tokenizer(poem)["input_ids"]])
            nats += model(ids, labels=ids).loss.item() * (ids.shape[1] - 1)
            tokens += ids.shape[1] - 1
    for batch_size in (1, 2, 5):
        ours = evaluate(model, TextDataset(POEMS, tokenizer), tokenizer, batch_size)
        assert ours.tokens == tokens
        assert ours.perplexity == pytest.approx(math.exp(nats / tokens), rel=1e-6)


def test_a_uniform_model_chooses_among_its_whole_vocabulary() -> None:
    assert perplexity(nats=7 * math.log(50), tokens=7) == pytest.approx(50)


@pytest.mark.compares("torch", technique="aigc_ref.metrics.perplexity", rtol=1e-6)
@pytest.mark.parametrize("nats", [70900.0, 71000.0, math.inf])
def test_what_no_float_can_hold_is_infinite_as_in_torch(nats: float) -> None:
    assert perplexity(nats, 100) == pytest.approx(torch.tensor(nats / 100, dtype=torch.float64).exp().item())


def test_nothing_has_no_perplexity() -> None:
    with pytest.raises(ValueError, match="without tokens"):
        perplexity(0.0, 0)
    with pytest.raises(ValueError, match="empty text"):
        bits_per_character(0.0, "")
    with pytest.raises(ValueError, match="empty corpus"):
        bits_per_byte(0.0, ["", ""])


def test_a_byte_takes_fewer_bits_than_a_character_that_is_longer() -> None:
    nats = 60.0
    ascii_text, chinese = ["abc", "de"], ["白日依", "山尽"]
    assert bits_per_byte(nats, ascii_text) == bits_per_character(nats, "".join(ascii_text))
    assert bits_per_byte(nats, iter(chinese)) == pytest.approx(bits_per_character(nats, "".join(chinese)) / 3)


def test_a_model_that_knows_nothing_needs_eight_bits_per_byte() -> None:
    texts = ["白日依山尽", "abc"]
    nats = sum(len(text.encode()) for text in texts) * math.log(256)
    assert bits_per_byte(nats, texts) == pytest.approx(8)
