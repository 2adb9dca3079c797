"""Batches for causal language models.

A batch is padded to its longest text. The attention mask says what is text; the labels are the input ids where it is
text and -100 elsewhere, so that the loss passes over padding. They are made from the *mask*, never from the pad id:
where a model uses its end token for padding, the latter would hide the real ends as well, and the model would not
learn to stop (transformers#23530).

Labels are not shifted here. Position t's logits are compared with label t + 1 by the loss.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

IGNORE = -100
"""The label that losses pass over; torch's and transformers' default."""

Batch = dict[str, Tensor]
"""input_ids, attention_mask and labels, each of shape (batch, length)."""


def causal_collator(pad_token_id: int) -> Callable[[Sequence[Sequence[int]]], Batch]:
    """A `collate_fn` that pads on the right and makes the labels.

    Examples:
        >>> batch = causal_collator(0)([[5, 6, 7], [8]])
        >>> batch["input_ids"].tolist()
        [[5, 6, 7], [8, 0, 0]]
        >>> batch["labels"].tolist()
        [[5, 6, 7], [8, -100, -100]]
    """

    def collate(examples: Sequence[Sequence[int]]) -> Batch:
        length = max(map(len, examples))
        input_ids = torch.full((len(examples), length), pad_token_id)
        attention_mask = torch.zeros_like(input_ids)
        for row, ids in enumerate(examples):
            input_ids[row, : len(ids)] = torch.tensor(ids)
            attention_mask[row, : len(ids)] = 1
        labels = input_ids.masked_fill(attention_mask == 0, IGNORE)
        return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}

    return collate
