"""The loss of a causal language model against transformers' own, and what the article's loop leaves out."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.lm.loss import causal_loss
from aigc_ref.text.collate import causal_collator
from aigc_ref.train.batch import Batch
from aigc_ref.train.loss import IGNORE_INDEX


@pytest.fixture(scope="module")
def model() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    tiny = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=32, n_layer=2, n_head=2, n_embd=16))
    tiny.eval()
    return tiny


@pytest.fixture(scope="module")
def texts() -> list[list[int]]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(1, 50, (length,), generator=generator).tolist() for length in (3, 9, 17, 5)]


@pytest.fixture(scope="module")
def batch(texts: list[list[int]]) -> Batch:
    return causal_collator(pad_token_id=0)(texts)


@pytest.mark.compares("transformers", technique="aigc_ref.lm.loss.causal_loss", atol=1e-6)
def test_loss_and_gradients_are_those_of_transformers(model: GPT2LMHeadModel, batch: Batch) -> None:
    def gradients() -> list[Tensor]:
        found = [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]
        model.zero_grad()
        return found

    ours = language_model_loss(model, batch).mean
    ours.backward()
    our_gradients = gradients()
    theirs = model(**batch).loss
    theirs.backward()
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
    for one, other in zip(our_gradients, gradients(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


def test_padding_costs_nothing(model: GPT2LMHeadModel, batch: Batch, texts: list[list[int]]) -> None:
    alone = [language_model_loss(model, causal_collator(0)([text])) for text in texts]
    together = language_model_loss(model, batch)
    torch.testing.assert_close(together.sum, sum(loss.sum for loss in alone), rtol=1e-6, atol=0)
    assert together.count == sum(len(text) - 1 for text in texts)


def test_an_end_that_doubles_as_padding_is_still_learnt() -> None:
    labels = causal_collator(pad_token_id=2)([[5, 6, 2], [7, 2]])["labels"]
    assert labels.tolist() == [[5, 6, 2], [7, 2, IGNORE_INDEX]]


@torch.no_grad()
def test_trainers_loss_is_not_the_corpus_nats_per_token(
    model: GPT2LMHeadModel, texts: list[list[int]], tmp_path: Path
) -> None:
    # It weighs a batch's mean by its texts, not by its tokens (transformers#39241). And it divides by all labels of a
    # GPT-2, the first of a text among them, which nothing predicts: it knows a loss that shifts by its model's name,
    # ...ForCausalLM, and this one is called GPT2LMHeadModel.
    def collate(examples: list[dict[str, list[int]]]) -> Batch:
        return causal_collator(0)([example["input_ids"] for example in examples])

    arguments = TrainingArguments(
        output_dir=str(tmp_path), per_device_eval_batch_size=1, use_cpu=True, report_to=[], disable_tqdm=True
    )
    rows = [{"input_ids": text} for text in texts]
    theirs = Trainer(model, arguments, data_collator=collate, eval_dataset=rows).evaluate()["eval_loss"]
    totals = [language_model_loss(model, causal_collator(0)([text])).sum.item() for text in texts]
    shares = [total / len(text) for total, text in zip(totals, texts, strict=True)]
    assert theirs == pytest.approx(sum(shares) / len(texts), rel=1e-5)

    ours = language_model_loss(model, causal_collator(0)(texts)).mean.item()
    assert ours == pytest.approx(sum(totals) / sum(len(text) - 1 for text in texts), rel=1e-6)
    assert ours - theirs > 0.5


def test_half_precision_is_summed_in_single(model: GPT2LMHeadModel, batch: Batch) -> None:
    logits = model(batch["input_ids"]).logits.bfloat16()
    assert causal_loss(logits, batch["labels"]).sum.dtype == torch.float32


def test_the_articles_loss_rewards_copying(batch: Batch) -> None:
    # logits that name their own input: worthless as a prediction, perfect without the shift (errata e15)
    copier = 50.0 * F.one_hot(batch["input_ids"], 50).double()
    assert F.cross_entropy(copier.flatten(0, 1), batch["input_ids"].flatten()) < 1e-9
    assert causal_loss(copier, batch["labels"]).mean > 40


@pytest.mark.parametrize("length", [1, 3])
def test_nothing_to_predict_is_a_sum_of_nothing(length: int) -> None:
    logits = torch.zeros(1, length, 10, requires_grad=True)
    loss = causal_loss(logits, torch.full((1, length), IGNORE_INDEX))
    loss.sum.backward()
    assert (loss.sum.item(), loss.count.item()) == (0.0, 0)
    assert logits.grad is not None
    assert (logits.grad == 0).all()


def test_labels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        causal_loss(torch.zeros(1, 3, 10), torch.zeros(1, 4, dtype=torch.long))
