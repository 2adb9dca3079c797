"""Packing: several documents in one row, instead of one document and its padding.

    row            A A A A B B B C C .          two thirds of a batch are often padding; packed it is a few per cent
    position_ids   0 1 2 3 0 1 2 0 1 0          restart with each document, and with the padding
    labels         - A A A - B B - C -          -100 for a document's first token: the one before it is another's

Attention must not cross from one document into the next. transformers' models find the documents where the position
ids restart, but only where they are given neither an attention mask nor a cache. With a mask of ones, which seems to
say nothing, or with the cache that they make by default (`use_cache=False` prevents it), every document sees those
before it, and no warning is given. A packed batch therefore has no mask, and its loss is
`aigc_ref.lm.loss.packed_loss`.

Documents are placed longest first, each into the fullest row that still holds it (best fit decreasing).

Paper: paper-packing.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence

import torch

from aigc_ref.train.batch import Batch
from aigc_ref.train.loss import IGNORE_INDEX


def pack(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Which documents share a row.

    Args:
        lengths: of the documents, in tokens.
        capacity: of a row.

    Returns:
        For each row the indices of its documents; every index is in exactly one row.

    Raises:
        ValueError: a document is longer than a row. It is never dropped or cut in silence.

    Examples:
        >>> pack([4, 2, 3, 1], capacity=5)
        [[0, 3], [2, 1]]
    """
    rows: list[list[int]] = []
    space: list[tuple[int, int]] = []  # (what is left in it, row), ascending
    for index in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        length = lengths[index]
        if length > capacity:
            raise ValueError(
                f"document {index} has {length} tokens, a row holds {capacity}; cut it or make the rows longer"
            )
        place = bisect_left(space, (length, 0))
        if place == len(space):
            rows.append([])
            left, row = capacity, len(rows) - 1
        else:
            left, row = space.pop(place)
        rows[row].append(index)
        insort(space, (left - length, row))
    return rows


def packed_collator(pad_token_id: int, length: int) -> Callable[[Sequence[Sequence[int]]], Batch]:
    """A `collate_fn` for causal language models: from documents to as few rows as hold them.

    Args:
        pad_token_id: fills up what is left of a row.
        length: of a row, in tokens; at least the longest document, at most the model's context.

    Returns:
        A function whose batches have input_ids, position_ids and labels, each of shape (rows, length), and no
        attention mask.

    Examples:
        >>> batch = packed_collator(pad_token_id=0, length=5)([[5, 6, 7], [8, 9]])
        >>> {name: tensor.tolist() for name, tensor in batch.items()}
        {'input_ids': [[5, 6, 7, 8, 9]], 'position_ids': [[0, 1, 2, 0, 1]], 'labels': [[-100, 6, 7, -100, 9]]}
    """

    def collate(documents: Sequence[Sequence[int]]) -> Batch:
        input_ids, position_ids, labels = [], [], []
        for row in pack([len(document) for document in documents], length):
            packed = [documents[index] for index in row if documents[index]]
            padding = length - sum(map(len, packed))
            input_ids.append([token for document in packed for token in document] + [pad_token_id] * padding)
            position_ids.append([*(t for document in packed for t in range(len(document))), *range(padding)])
            labels.append(
                [label for document in packed for label in (IGNORE_INDEX, *document[1:])] + [IGNORE_INDEX] * padding
            )
        return {
            "input_ids": torch.tensor(input_ids),
            "position_ids": torch.tensor(position_ids),
            "labels": torch.tensor(labels),
        }

    return collate
