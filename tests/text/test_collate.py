"""Batches: what is padding is said by the mask, and the labels do not depend on the pad id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import DataCollatorForLanguageModeling

from aigc_ref.text.collate import (
    causal_collator,
    classification_collator,
    left_padded_inputs,
    pad,
    padded_inputs,
    token_collator,
)
from aigc_ref.text.tokenizers import character_tokenizer
from aigc_ref.train.loss import IGNORE_INDEX

texts = st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=6)


@given(texts, st.integers(0, 9))
def test_what_the_mask_calls_text_is_the_text(rows: list[list[int]], pad_token_id: int) -> None:
    for batch in (padded_inputs(rows, pad_token_id), left_padded_inputs(rows, pad_token_id)):
        ids, mask = batch["input_ids"], batch["attention_mask"].bool()
        assert [row[seen].tolist() for row, seen in zip(ids, mask, strict=True)] == rows
        assert (ids[~mask] == pad_token_id).all()


@given(texts, st.integers(0, 9))
def test_every_token_of_a_text_is_a_label_whatever_the_pad_id(rows: list[list[int]], pad_token_id: int) -> None:
    batch = causal_collator(pad_token_id)(rows)
    assert batch["labels"].equal(batch["input_ids"].masked_fill(batch["attention_mask"] == 0, IGNORE_INDEX))
    assert (batch["labels"] != IGNORE_INDEX).sum() == sum(map(len, rows))


def test_ends_that_double_as_padding_are_supervised_and_with_transformers_collator_none_is() -> None:
    tokenizer = character_tokenizer(["春眠不觉晓"])
    tokenizer.pad_token = tokenizer.eos_token  # the usual advice for GPT-2
    rows = [tokenizer(text)["input_ids"] for text in ("春", "春眠", "不觉晓", "晓")]
    ours = causal_collator(tokenizer.pad_token_id)(rows)["labels"]
    theirs = DataCollatorForLanguageModeling(tokenizer, mlm=False)([{"input_ids": row} for row in rows])["labels"]
    assert (ours == tokenizer.eos_token_id).sum() == 4
    assert (theirs == tokenizer.eos_token_id).sum() == 0  # transformers#23530; if this fails, it is mended there


def test_a_text_has_one_label_or_one_a_token() -> None:
    by_text = classification_collator(0)([([5, 6, 7], 2), ([8], 1)])
    assert by_text["labels"].tolist() == [2, 1]
    by_token = token_collator(0)([([5, 6, 7], [1, 0, 2]), ([8], [3])])
    assert by_token["labels"].tolist() == [[1, 0, 2], [3, IGNORE_INDEX, IGNORE_INDEX]]
    for batch in (by_text, by_token):
        assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]


def test_labels_that_are_not_one_a_token_are_refused() -> None:
    with pytest.raises(ValueError, match="3 tokens with 2 labels"):
        token_collator(0)([([5, 6, 7], [1, 0])])


def test_padding_goes_to_the_longest_of_the_batch_and_no_further() -> None:
    assert pad([[1], [1, 2]], value=0).shape == (2, 2)
