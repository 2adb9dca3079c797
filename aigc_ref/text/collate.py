"""Batches of texts: rows of token ids, padded on the right to the longest.

The attention mask says what is text and what is padding; it is made from the *lengths*, never from the pad id: where
a model uses its end token for padding, the latter would hide the real ends as well, and a language model would not
learn to stop (transformers#23530). Labels are padded with -100, which losses pass over.

    causal           labels are the input ids, not shifted: the loss compares position t's logits with label t + 1
    classification   one label a text
    token            one label a token, such as an entity's tag

A collator is a function from examples to a batch, for `torch.utils.data.DataLoader(collate_fn=…)`. The masked one
is in `aigc_ref.selfsup.mlm`, the one that pads next to nothing in `aigc_ref.text.packing`.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aigc_ref.train.batch import Batch
from aigc_ref.train.loss import IGNORE_INDEX


def pad(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """Rows of unequal length as one tensor, filled up on the right.

    Args:
        rows: at least one.
        value: what to fill up with.

    Returns:
        Integers, shape (rows, length of the longest).

    Examples:
        >>> pad([[5, 6, 7], [8]], value=0)
        tensor([[5, 6, 7],
                [8, 0, 0]])
    """
    padded = torch.full((len(rows), max(map(len, rows))), value, dtype=torch.long)
    for row, ids in zip(padded, rows, strict=True):
        row[: len(ids)] = torch.tensor(ids, dtype=torch.long)
    return padded


def padded_inputs(rows: Sequence[Sequence[int]], pad_token_id: int) -> Batch:
    """The input ids and their attention mask: 1 where there is text, 0 where there is padding.

    Examples:
        >>> padded_inputs([[5, 6, 7], [8]], pad_token_id=0)["attention_mask"]
        tensor([[1, 1, 1],
                [1, 0, 0]])
    """
    return {"input_ids": pad(rows, pad_token_id), "attention_mask": pad([[1] * len(row) for row in rows], 0)}


def left_padded_inputs(rows: Sequence[Sequence[int]], pad_token_id: int) -> Batch:
    """As `padded_inputs`, with the padding on the left: prompts end together, where generation goes on.

    Examples:
        >>> left_padded_inputs([[5, 6, 7], [8]], pad_token_id=0)["input_ids"]
        tensor([[5, 6, 7],
                [0, 0, 8]])
    """
    backwards = padded_inputs([row[::-1] for row in rows], pad_token_id)
    return {name: tensor.flip(-1) for name, tensor in backwards.items()}


def causal_collator(pad_token_id: int) -> Callable[[Sequence[Sequence[int]]], Batch]:
    """A `collate_fn` for language models that predict the next token: from token ids to a batch.

    Examples:
        >>> batch = causal_collator(0)([[5, 6, 7], [8]])
        >>> batch["input_ids"].tolist()
        [[5, 6, 7], [8, 0, 0]]
        >>> batch["labels"].tolist()
        [[5, 6, 7], [8, -100, -100]]
    """

    def collate(examples: Sequence[Sequence[int]]) -> Batch:
        return {**padded_inputs(examples, pad_token_id), "labels": pad(examples, IGNORE_INDEX)}

    return collate


def classification_collator(pad_token_id: int) -> Callable[[Sequence[tuple[Sequence[int], int]]], Batch]:
    """A `collate_fn` for classifiers of texts: from (token ids, label) to a batch with labels of shape (batch,).

    Examples:
        >>> batch = classification_collator(0)([([5, 6, 7], 1), ([8], 0)])
        >>> batch["labels"]
        tensor([1, 0])
    """

    def collate(examples: Sequence[tuple[Sequence[int], int]]) -> Batch:
        labels = torch.tensor([label for _, label in examples])
        return {**padded_inputs([ids for ids, _ in examples], pad_token_id), "labels": labels}

    return collate


def token_collator(pad_token_id: int) -> Callable[[Sequence[tuple[Sequence[int], Sequence[int]]]], Batch]:
    """A `collate_fn` for classifiers of tokens: from (token ids, their labels) to a batch.

    A token that no label belongs to, a special one or a word's second piece, comes with the label -100.

    Raises:
        ValueError: when it is called with an example that has not as many labels as tokens.

    Examples:
        >>> batch = token_collator(0)([([5, 6, 7], [-100, 2, -100]), ([8], [1])])
        >>> batch["labels"].tolist()
        [[-100, 2, -100], [1, -100, -100]]
    """

    def collate(examples: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Batch:
        for ids, labels in examples:
            if len(ids) != len(labels):
                raise ValueError(
                    f"{len(ids)} tokens with {len(labels)} labels; give special tokens and later pieces the label -100"
                )
        return {
            **padded_inputs([ids for ids, _ in examples], pad_token_id),
            "labels": pad([labels for _, labels in examples], IGNORE_INDEX),
        }

    return collate
