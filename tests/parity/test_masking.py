"""Masking and the masked loss against transformers, draw for draw, and what must never be hidden."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import BertConfig, BertForMaskedLM, DataCollatorForLanguageModeling, PreTrainedTokenizerFast

from aigc_ref.lm.loss import causal_loss
from aigc_ref.selfsup.mlm import mask_tokens, masked_collator, masked_language_model_loss, masked_loss
from aigc_ref.text.tokenizers import character_tokenizer
from aigc_ref.train.batch import Batch
from aigc_ref.train.loss import IGNORE_INDEX

MASK, VOCABULARY = 3, 40


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    made = character_tokenizer(["床前明月光，疑是地上霜。举头望明月，低头思故乡。"])
    made.add_special_tokens({"mask_token": "<mask>"})
    return made


@pytest.fixture(scope="module")
def examples(tokenizer: PreTrainedTokenizerFast) -> list[list[int]]:
    texts = ["明月", "床前明月光，疑是地上霜。", "举头龘月", "低头思故乡。" * 5]  # 龘 is unknown
    ids: list[list[int]] = tokenizer(texts)["input_ids"]
    return ids


@pytest.fixture(scope="module")
def model(tokenizer: PreTrainedTokenizerFast) -> BertForMaskedLM:
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    tiny = BertForMaskedLM(shape).double()
    tiny.eval()
    return tiny


@pytest.mark.compares("transformers", technique="aigc_ref.selfsup.mlm.masked_collator")
@pytest.mark.parametrize("probability", [0.0, 0.15, 0.5, 1.0])
def test_batches_are_those_of_transformers_bit_for_bit(
    tokenizer: PreTrainedTokenizerFast, examples: list[list[int]], probability: float
) -> None:
    oracle = DataCollatorForLanguageModeling(tokenizer, mlm_probability=probability, seed=5)
    collate = masked_collator(tokenizer, probability)
    torch.manual_seed(5)
    for _ in range(20):  # the generators go on alike
        theirs, ours = oracle(examples), collate(examples)
        assert torch.equal(ours["input_ids"], theirs["input_ids"])
        assert torch.equal(ours["labels"], theirs["labels"])


@pytest.mark.compares("transformers", technique="aigc_ref.selfsup.mlm.masked_language_model_loss", atol=1e-12)
def test_loss_and_gradients_are_those_of_transformers(
    model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, examples: list[list[int]]
) -> None:
    def gradients() -> list[Tensor]:
        found = [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]
        model.zero_grad()
        return found

    torch.manual_seed(0)
    batch = masked_collator(tokenizer, 0.5)(examples)
    loss = masked_language_model_loss(model, batch)
    loss.mean.backward()
    ours = gradients()
    theirs = model(**batch).loss
    theirs.backward()
    assert loss.count == (batch["labels"] != IGNORE_INDEX).sum() > 5
    torch.testing.assert_close(loss.mean, theirs, rtol=0, atol=1e-12)
    for one, other in zip(ours, gradients(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_losses_of_batches_add_up(model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast) -> None:
    torch.manual_seed(0)
    batch = masked_collator(tokenizer, 0.5)(tokenizer(["床前明月光", "疑是地上霜", "举头望明月"])["input_ids"])
    rows: list[Batch] = [{name: tensor[[row]] for name, tensor in batch.items()} for row in range(3)]
    alone = [masked_language_model_loss(model, row) for row in rows]
    together = masked_language_model_loss(model, batch)
    torch.testing.assert_close(together.sum, sum(loss.sum for loss in alone), rtol=1e-12, atol=0)
    assert together.count == sum(loss.count for loss in alone)


# ---- what is hidden -------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    rows=st.integers(1, 5),
    length=st.integers(1, 12),
    probability=st.floats(0, 1),
    seed=st.integers(0, 2**31),
)
def test_what_is_special_stays_and_every_label_is_the_token_that_was_there(
    rows: int, length: int, probability: float, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(VOCABULARY, (rows, length), generator=generator)
    special = torch.rand(rows, length, generator=generator) < 0.4
    before = ids.clone()
    masked, labels = mask_tokens(
        ids, special, mask_token_id=MASK, vocab_size=VOCABULARY, probability=probability, generator=generator
    )
    guessed = labels != IGNORE_INDEX
    assert torch.equal(ids, before)
    assert not (guessed & special).any()
    assert torch.equal(masked[~guessed], ids[~guessed])
    assert torch.equal(labels[guessed], ids[guessed])
    assert ((masked >= 0) & (masked < VOCABULARY)).all()


def test_shares_are_as_the_paper_says() -> None:
    ids = torch.full((1000, 200), 7)
    masked, labels = mask_tokens(
        ids,
        torch.zeros_like(ids),
        mask_token_id=MASK,
        vocab_size=VOCABULARY,
        generator=torch.Generator().manual_seed(0),
    )
    guessed = labels != IGNORE_INDEX

    def share(found: Tensor, of: Tensor, expected: float) -> None:
        size = int(of.sum())
        deviation = (expected * (1 - expected) / size) ** 0.5
        assert abs(float((found & of).sum()) / size - expected) < 5 * deviation

    share(guessed, torch.ones_like(guessed), 0.15)
    share(masked == MASK, guessed, 0.8 + 0.1 / VOCABULARY)
    share(masked == 7, guessed, 0.1 + 0.1 / VOCABULARY)  # left as they are, or drawn by chance
    others = (masked != MASK) & (masked != 7)
    share(others, guessed, 0.1 * (VOCABULARY - 2) / VOCABULARY)
    assert masked[others].unique().numel() == VOCABULARY - 2  # any token may stand in


def test_special_tokens_unknown_ones_and_padding_stay_even_when_all_is_hidden(
    tokenizer: PreTrainedTokenizerFast, examples: list[list[int]]
) -> None:
    batch = masked_collator(tokenizer, probability=1.0)(examples)
    for row, ids in zip(range(len(examples)), examples, strict=True):
        kept = [token for token in ids if token in tokenizer.all_special_ids]
        assert len(kept) == 2 + (tokenizer.unk_token_id in ids)
        labels = batch["labels"][row]
        assert (labels != IGNORE_INDEX).sum() == len(ids) - len(kept)
        assert (labels[len(ids) :] == IGNORE_INDEX).all()
        assert (batch["input_ids"][row, len(ids) :] == tokenizer.pad_token_id).all()


# ---- mistakes that must not come back -------------------------------------------------------------------------------


def test_the_loss_is_not_shifted() -> None:
    labels = torch.tensor([[IGNORE_INDEX, 4, IGNORE_INDEX, 6, 2]])
    knows = 50.0 * F.one_hot(labels.clamp(min=0), 10).double()
    assert masked_loss(knows, labels).mean < 1e-9
    assert causal_loss(knows, labels).mean > 40


def test_a_copier_is_paid_at_no_place_but_the_tenth_that_was_left() -> None:
    ids = torch.randint(4, VOCABULARY, (50, 100), generator=torch.Generator().manual_seed(0))
    masked, labels = mask_tokens(
        ids,
        torch.zeros_like(ids),
        mask_token_id=MASK,
        vocab_size=VOCABULARY,
        generator=torch.Generator().manual_seed(1),
    )
    copier = 10.0 * F.one_hot(masked, VOCABULARY).double()
    assert F.cross_entropy(copier.flatten(0, 1), ids.flatten()) < 1.5  # with a label at every place it looks good …
    assert masked_loss(copier, labels).mean > 8  # … but it has learnt nothing


def test_nothing_to_guess_is_a_sum_of_nothing() -> None:
    logits = torch.zeros(1, 3, 10, requires_grad=True)
    loss = masked_loss(logits, torch.full((1, 3), IGNORE_INDEX))
    loss.sum.backward()
    assert (loss.sum.item(), loss.count.item()) == (0.0, 0)
    assert logits.grad is not None
    assert (logits.grad == 0).all()


def test_half_precision_is_summed_in_single() -> None:
    assert masked_loss(torch.zeros(1, 2, 10).bfloat16(), torch.tensor([[1, 2]])).sum.dtype == torch.float32


def test_what_does_not_fit_is_refused_with_a_way_out(tokenizer: PreTrainedTokenizerFast) -> None:
    ids = torch.zeros(2, 3, dtype=torch.long)
    with pytest.raises(ValueError, match="same shape"):
        mask_tokens(ids, ids[:1], mask_token_id=1, vocab_size=4)
    with pytest.raises(ValueError, match="from 0 to 1"):
        mask_tokens(ids, ids, mask_token_id=1, vocab_size=4, probability=15)
    with pytest.raises(ValueError, match="len\\(tokenizer\\)"):  # a mask token that was added makes one more
        mask_tokens(ids, ids, mask_token_id=len(tokenizer), vocab_size=len(tokenizer))
    with pytest.raises(ValueError, match="do not fit"):
        masked_loss(torch.zeros(1, 3, 10), torch.zeros(1, 4, dtype=torch.long))
    with pytest.raises(ValueError, match="no mask_token; add one"):
        masked_collator(character_tokenizer(["a"]))
