"""How a language model is fed: one epoch over the same documents, the same real tokens, in batches made differently.

The model has the shape of GPT-2, 4 layers of width 256, 5.3 million parameters; the documents are of random tokens,
their lengths lognormal with a mean of 35, at most 128. Padding is computed and thrown away: what is compared is CPU
time for the same real tokens. That all feedings give the model the same loss, over the same tokens, is checked first.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers
from torch.utils.data import Dataset
from transformers import GPT2Config, GPT2LMHeadModel, PrinterCallback, Trainer, TrainingArguments

from aigc_ref.finetune.causal_lm import language_model_loss
from aigc_ref.lm.loss import packed_loss
from aigc_ref.text.collate import causal_collator
from aigc_ref.text.packing import packed_collator
from aigc_ref.text.sampling import length_buckets, token_budget
from aigc_ref.train.batch import Batch, BatchSampler
from aigc_ref.train.loop import LossFunction, evaluate, fit
from aigc_ref.train.precision import Precision, computes_bfloat16
from aigc_ref.train.recipe import Recipe
from benchmarks.timing import Comparison, compare

DOCUMENTS, BATCH, LONGEST, VOCABULARY = 256, 16, 128, 8192
COLLATE = causal_collator(pad_token_id=0)
Collate = Callable[[Sequence[list[int]]], Batch]


class Documents(Dataset[list[int]]):
    """Random tokens, in documents of random lengths."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        drawn = torch.empty(DOCUMENTS).log_normal_(3.33, 0.67, generator=generator).clamp(2, LONGEST)
        self.lengths = [int(length) for length in drawn]
        self.ids = [torch.randint(1, VOCABULARY, (length,), generator=generator).tolist() for length in self.lengths]

    def __len__(self) -> int:
        return DOCUMENTS

    def __getitem__(self, index: int) -> list[int]:
        return self.ids[index]


def run() -> Iterator[Comparison]:
    """Length buckets beside the article's padding and beside transformers' grouping, then what else helps."""
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=LONGEST, n_layer=4, n_head=4, n_embd=256, bos_token_id=0, eos_token_id=0
    )
    model, data = GPT2LMHeadModel(config), Documents()
    packed = packed_collator(pad_token_id=0, length=LONGEST)
    right = evaluate(model, data, COLLATE, language_model_loss)
    for collate, loss_function in ((_to_the_longest_there_could_be, language_model_loss), (packed, packed_loss)):
        other = evaluate(model, data, collate, loss_function)
        torch.testing.assert_close(other.sum, right.sum, rtol=1e-5, atol=0)
        assert other.count == right.count

    with TemporaryDirectory() as folder:
        trainer = _trainer(deepcopy(model), data, folder)
        fed = [batch["labels"] for batch in trainer.get_train_dataloader()]
        assert sum(int((labels[:, 1:] != -100).sum()) for labels in fed) == right.count
        batch = COLLATE(data.ids[:BATCH])
        theirs = trainer.compute_loss(trainer.model, batch)
        torch.testing.assert_close(theirs, language_model_loss(trainer.model, batch).mean, rtol=1e-5, atol=0)

        epoch = partial(_epoch, deepcopy(model), data)
        buckets = partial(epoch, batch_sampler=partial(length_buckets, data.lengths, BATCH))
        name = f"an epoch of fine-tuning, GPT-2 shape 4×256, {DOCUMENTS} documents, in length buckets"
        article = 'padding="max_length", in the same loop'
        yield compare(name, article, buckets, partial(epoch, _to_the_longest_there_could_be), goal=3.3, rounds=3)
        peer = f'transformers {transformers.__version__}, Trainer, train_sampling_strategy="group_by_length"'
        yield compare(name, peer, buckets, trainer.train, goal=1.0)
    by_tokens = partial(epoch, batch_sampler=partial(token_budget, data.lengths, BATCH * 35))
    yield compare(name.replace("length buckets", "a token budget"), "length buckets", by_tokens, buckets, goal=None)
    packing = partial(epoch, packed, packed_loss)
    yield compare(name.replace("in length buckets", "packed"), "length buckets", packing, buckets, goal=None)
    if computes_bfloat16(torch.device("cpu")):
        half = partial(buckets, precision="bfloat16")
        yield compare(f"{name}, bfloat16 in hardware", "float32, in the same loop", half, buckets, goal=1.3)


def _to_the_longest_there_could_be(examples: Sequence[list[int]]) -> Batch:
    """The article's feeding, with a loss that passes over the padding."""
    batch = COLLATE([*examples, [0] * LONGEST])
    return {name: tensor[:-1] for name, tensor in batch.items()}


def _epoch(
    model: GPT2LMHeadModel,
    data: Documents,
    collate: Collate = COLLATE,
    loss_function: LossFunction = language_model_loss,
    *,
    batch_sampler: BatchSampler | None = None,
    precision: Precision = "float32",
) -> None:
    recipe = Recipe(epochs=1, batch_size=BATCH, learning_rate=1e-4, precision=precision)
    for _ in fit(model, data, collate, loss_function, recipe, batch_sampler=batch_sampler, progress=False):
        pass


def _trainer(model: GPT2LMHeadModel, data: Documents, folder: str) -> Any:
    arguments = TrainingArguments(
        output_dir=folder,
        num_train_epochs=1,
        per_device_train_batch_size=BATCH,
        learning_rate=1e-4,
        train_sampling_strategy="group_by_length",
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    rows = [{"input_ids": ids} for ids in data.ids]  # the sampler measures what is under this name

    def collate(examples: Sequence[dict[str, list[int]]]) -> Batch:
        return COLLATE([example["input_ids"] for example in examples])

    trainer = Trainer(model, arguments, data_collator=collate, train_dataset=rows)
    trainer.remove_callback(PrinterCallback)
    return trainer
