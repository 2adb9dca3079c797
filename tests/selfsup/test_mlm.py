"""A masked language model learns a language that one can see through, and hides other tokens in each epoch."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import pytest
import torch
from torch import Tensor
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from aigc_ref.selfsup.mlm import evaluate, masked_collator, masked_language_model_loss
from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.tokenizers import character_tokenizer
from aigc_ref.train.batch import Batch
from aigc_ref.train.loop import Recipe, StepRecord, fit
from aigc_ref.train.loss import IGNORE_INDEX

STEMS = "甲乙丙丁戊己庚辛壬癸"  # each text repeats one of them: whoever looks at the others knows
TEXTS = [stem * 9 for stem in STEMS] * 20


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    made = character_tokenizer(TEXTS)
    made.add_special_tokens({"mask_token": "<mask>"})
    return made


def _model(tokenizer: PreTrainedTokenizerFast) -> BertForMaskedLM:
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=16,
    )
    return BertForMaskedLM(shape)


def _train(model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, epochs: int) -> list[StepRecord]:
    recipe = Recipe(epochs=epochs, batch_size=20, learning_rate=1e-2)
    data = TextDataset(TEXTS, tokenizer)
    return list(fit(model, data, masked_collator(tokenizer), masked_language_model_loss, recipe, progress=False))


def test_it_learns_more_than_how_often_each_token_occurs(tokenizer: PreTrainedTokenizerFast) -> None:
    counts = Counter("".join(TEXTS))
    entropy = -sum(count / counts.total() * math.log(count / counts.total()) for count in counts.values())
    model, data = _model(tokenizer), TextDataset(TEXTS, tokenizer)
    assert evaluate(model, data, tokenizer).mean > 0.9 * entropy  # what it costs to look at nothing
    _train(model, tokenizer, epochs=15)
    assert evaluate(model, data, tokenizer).mean < 0.2 * entropy


def test_other_tokens_are_hidden_in_each_epoch(tokenizer: PreTrainedTokenizerFast) -> None:
    seen: list[Tensor] = []
    collate = masked_collator(tokenizer)

    def remembered(examples: Sequence[Sequence[int]]) -> Batch:
        batch = collate(examples)
        seen.append(batch["labels"] != IGNORE_INDEX)
        return batch

    data = TextDataset([STEMS] * 20, tokenizer)  # in whatever order they come, they are the same
    recipe = Recipe(epochs=5, batch_size=20, learning_rate=1e-3)
    list(fit(_model(tokenizer), data, remembered, masked_language_model_loss, recipe, progress=False))
    assert len(seen) == 5
    assert all(not torch.equal(one, other) for one, other in combinations(seen, 2))


def test_the_same_seed_hides_the_same(tokenizer: PreTrainedTokenizerFast) -> None:
    first, second = _train(_model(tokenizer), tokenizer, epochs=1), _train(_model(tokenizer), tokenizer, epochs=1)
    assert first == second


def test_measuring_twice_gives_the_same_and_leaves_chance_alone(tokenizer: PreTrainedTokenizerFast) -> None:
    model, data = _model(tokenizer), TextDataset(TEXTS[:20], tokenizer)
    state = torch.get_rng_state()
    first = evaluate(model, data, tokenizer)
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(3)
    second = evaluate(model, data, tokenizer)
    assert (first.sum, first.count) == (second.sum, second.count)
    assert evaluate(model, data, tokenizer, seed=1).sum != first.sum
