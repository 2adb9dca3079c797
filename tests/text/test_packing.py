"""Packing loses no token and mixes no documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigc_ref.text.packing import pack, packed_collator
from aigc_ref.train.loss import IGNORE_INDEX

documents_of_tokens = st.lists(st.lists(st.integers(1, 9), max_size=12), min_size=1, max_size=20)


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(30, 64))
def test_every_document_is_in_one_row_and_no_row_overflows(lengths: list[int], capacity: int) -> None:
    rows = pack(lengths, capacity)
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in row) <= capacity for row in rows)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60), st.integers(30, 64))
def test_no_two_rows_would_fit_in_one(lengths: list[int], capacity: int) -> None:
    filled = sorted(sum(lengths[index] for index in row) for row in pack(lengths, capacity))
    assert len(filled) == 1 or filled[0] + filled[1] > capacity


@given(documents_of_tokens)
def test_every_token_comes_out_again_with_its_position_and_label(documents: list[list[int]]) -> None:
    batch = packed_collator(pad_token_id=0, length=16)(documents)
    found: list[list[int]] = []
    columns = [batch[name].flatten().tolist() for name in ("input_ids", "position_ids", "labels")]
    for token, position, label in zip(*columns, strict=True):
        if token == 0:
            assert label == IGNORE_INDEX
            continue
        if position == 0:
            found.append([])
        assert position == len(found[-1])
        assert label == (token if position else IGNORE_INDEX)
        found[-1].append(token)
    assert sorted(found) == sorted(document for document in documents if document)


def test_padding_is_no_part_of_the_last_document() -> None:
    batch = packed_collator(pad_token_id=0, length=6)([[5, 6, 7], [8]])
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0, 0, 1]]
    assert "attention_mask" not in batch  # transformers would take it to mean that all may see all


def test_a_document_longer_than_a_row_is_an_error_and_not_cut() -> None:
    with pytest.raises(ValueError, match="document 1 has 7 tokens, a row holds 6"):
        packed_collator(pad_token_id=0, length=6)([[5], [6] * 7])
