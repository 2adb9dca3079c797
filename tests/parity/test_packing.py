"""Packed rows against the same documents alone, in transformers' GPT-2 and in ours."""

import pytest
import torch
from torch import Tensor
from transformers import DataCollatorWithFlattening, GPT2Config, GPT2LMHeadModel

from aigc_ref.lm.gpt import GPT
from aigc_ref.lm.gpt2 import load_gpt2
from aigc_ref.lm.loss import causal_loss, packed_loss
from aigc_ref.text.packing import packed_collator

DOCUMENTS = [[5, 6, 7, 8, 9], [10, 11, 12], [13, 14, 15, 16], [17], [18, 19]]
PACKED = packed_collator(pad_token_id=0, length=8)(DOCUMENTS)  # two rows, one of them with a rest


@pytest.fixture(scope="module")
def theirs() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    shape = GPT2Config(
        vocab_size=20,
        n_positions=16,
        n_layer=2,
        n_head=2,
        n_embd=16,
        initializer_range=0.3,
        bos_token_id=1,
        eos_token_id=1,
    )
    model = GPT2LMHeadModel(shape)
    model.eval()
    model.double()
    return model


@pytest.fixture(scope="module", params=["transformers", "ours"])
def model(request: pytest.FixtureRequest, theirs: GPT2LMHeadModel) -> GPT | GPT2LMHeadModel:
    return theirs if request.param == "transformers" else load_gpt2(theirs)


def _logits_by_document(logits: Tensor) -> dict[int, Tensor]:
    """From a document's first token to its logits."""
    found = {}
    starts = (PACKED["position_ids"] == 0).nonzero().tolist()
    lengths = {document[0]: len(document) for document in DOCUMENTS}
    for row, place in starts:
        if token := int(PACKED["input_ids"][row, place]):
            found[token] = logits[row, place : place + lengths[token]]
    return found


def test_a_packed_document_has_the_logits_that_it_has_alone(model: GPT | GPT2LMHeadModel) -> None:
    logits = model(PACKED["input_ids"], position_ids=PACKED["position_ids"], use_cache=False).logits
    packed = _logits_by_document(logits)
    assert len(packed) == len(DOCUMENTS)
    for document in DOCUMENTS:
        alone = model(torch.tensor([document])).logits[0]
        torch.testing.assert_close(packed[document[0]], alone, rtol=0, atol=1e-12)


def test_the_loss_of_packed_documents_is_the_sum_of_their_losses(model: GPT | GPT2LMHeadModel) -> None:
    packed = packed_loss(model, PACKED)
    several = [torch.tensor([document]) for document in DOCUMENTS if len(document) > 1]
    alone = [causal_loss(model(ids).logits, ids) for ids in several]
    torch.testing.assert_close(packed.sum, sum(loss.sum for loss in alone), rtol=0, atol=1e-11)
    assert packed.count == sum(len(document) - 1 for document in DOCUMENTS)


@pytest.mark.parametrize("with_what", ["a mask of ones", "a cache"])
def test_documents_see_each_other_in_transformers_and_not_in_ours(theirs: GPT2LMHeadModel, with_what: str) -> None:
    ids, positions = PACKED["input_ids"], PACKED["position_ids"]
    ones = torch.ones_like(ids) if with_what == "a mask of ones" else None
    for model, leaks in ((theirs, True), (load_gpt2(theirs), False)):
        right = model(ids, position_ids=positions, use_cache=False).logits
        other = model(ids, position_ids=positions, attention_mask=ones, use_cache=ones is None).logits
        assert bool((right - other).abs().max() > 0.05) is leaks


@pytest.mark.compares("transformers", technique="aigc_ref.text.packing.packed_collator")
def test_positions_and_labels_of_a_row_are_those_of_transformers_collator() -> None:
    row = packed_collator(pad_token_id=0, length=15)(DOCUMENTS)  # one row, exactly full, longest first
    ordered = sorted(DOCUMENTS, key=len, reverse=True)
    theirs = DataCollatorWithFlattening()([{"input_ids": document} for document in ordered])
    for name in ("input_ids", "position_ids", "labels"):
        assert torch.equal(row[name], theirs[name])
