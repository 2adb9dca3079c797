"""Batches: what a model learns from at once, and which examples share one.

The order of the data depends on seed and epoch alone, so that a run that was interrupted, or that many processes
share, draws the same batches again. `EpochSampler` hands them to a DataLoader of torch.
"""

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import Sampler

from aigc_ref.train.rng import derived_seed

Batch = dict[str, Tensor]
"""Tensors by the name of the model's argument, such as input_ids, images, labels; the first dimension is the batch."""


class BatchSampler(Protocol):
    """An epoch's batches as lists of indices, as many in every epoch, so that a schedule knows its steps.

    `functools.partial` makes one of `shuffled_batches`, or of the functions in `aigc_ref.text.sampling`.
    """

    def __call__(self, *, generator: torch.Generator) -> list[list[int]]: ...


def shuffled_batches(size: int, batch_size: int, *, generator: torch.Generator) -> list[list[int]]:
    """Batches at random; the last one may have fewer examples.

    Examples:
        >>> batches = shuffled_batches(5, 2, generator=torch.Generator().manual_seed(0))
        >>> [len(batch) for batch in batches], sorted(index for batch in batches for index in batch)
        ([2, 2, 1], [0, 1, 2, 3, 4])
    """
    order = torch.randperm(size, generator=generator).tolist()
    return [order[start : start + batch_size] for start in range(0, size, batch_size)]


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """What an epoch's batches are drawn with."""
    return torch.Generator().manual_seed(derived_seed(seed, "epoch", epoch))


class EpochSampler(Sampler[list[int]]):
    """A `batch_sampler` for a DataLoader; what it draws depends on seed and epoch alone.

    Args:
        batch_sampler: such as `partial(length_buckets, lengths, 16)`.
        seed: of the chance.

    Examples:
        >>> from functools import partial
        >>> sampler = EpochSampler(partial(shuffled_batches, 5, 2))
        >>> len(sampler), sorted(index for batch in sampler for index in batch)
        (3, [0, 1, 2, 3, 4])
    """

    def __init__(self, batch_sampler: BatchSampler, seed: int = 0) -> None:
        self._batch_sampler = batch_sampler
        self._seed = seed
        self._epoch = 0
        self._size = len(self._batches())

    def set_epoch(self, epoch: int) -> None:
        """To be called before each epoch, as for torch's DistributedSampler; without it every epoch is the first."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._batches())

    def _batches(self) -> list[list[int]]:
        return self._batch_sampler(generator=epoch_generator(self._seed, self._epoch))
