"""Which texts share a batch: those of like length, so that little is padded.

    length buckets   batches of equally many texts; a pool of shuffled texts is sorted by length and cut
    token budget     batches of nearly equal size, padding included: longest text × number of texts ≤ budget

Both are pure functions from the lengths to the batches of an epoch, lists of indices; every text is in exactly one of
them. How many batches there are depends on the lengths and not on the seed, so that a learning-rate schedule knows its
steps. `partial(length_buckets, lengths, 16)` is a `BatchSampler`, as `aigc_ref.train.loop.fit` takes it.

The price is that texts of like length share a batch more often than they would if batches were drawn at random. Texts
of equal length are shuffled, and so are the batches.
"""

from collections.abc import Sequence

import torch


def length_buckets(
    lengths: Sequence[int], batch_size: int, *, pool: int = 50, generator: torch.Generator
) -> list[list[int]]:
    """Batches of `batch_size` texts of like length.

    Args:
        lengths: of the texts, in tokens.
        batch_size: texts to a batch; one batch may have fewer.
        pool: how many batches' texts are drawn at random before they are sorted. The larger, the less padding and
            the less randomness: 1 is plain shuffling.
        generator: the source of randomness.

    Raises:
        ValueError: the batch size or the pool is not positive.

    Examples:
        >>> batches = length_buckets([7, 1, 8, 2], 2, generator=torch.Generator().manual_seed(0))
        >>> sorted(sorted(batch) for batch in batches)
        [[0, 2], [1, 3]]
    """
    if batch_size < 1 or pool < 1:
        raise ValueError(f"batch size and pool must be at least 1, not {batch_size} and {pool}")
    order = torch.randperm(len(lengths), generator=generator).tolist()
    batches = []
    for start in range(0, len(order), pool * batch_size):
        pooled = sorted(order[start : start + pool * batch_size], key=lengths.__getitem__)
        batches += [pooled[cut : cut + batch_size] for cut in range(0, len(pooled), batch_size)]
    return _shuffled(batches, generator)


def token_budget(lengths: Sequence[int], budget: int, *, generator: torch.Generator) -> list[list[int]]:
    """Batches as large as the budget allows: many short texts or few long ones.

    Args:
        lengths: of the texts, in tokens.
        budget: the most tokens in a batch, padding included.
        generator: the source of randomness.

    Raises:
        ValueError: the budget is not positive, or a text alone is longer. It is never dropped or cut in silence.

    Examples:
        >>> batches = token_budget([6, 2, 3, 2, 3], budget=6, generator=torch.Generator().manual_seed(0))
        >>> sorted(sorted(batch) for batch in batches)
        [[0], [1, 3], [2, 4]]
    """
    if budget < 1:
        raise ValueError(f"the budget must be at least 1 token, not {budget}")
    for index, length in enumerate(lengths):
        if length > budget:
            raise ValueError(
                f"text {index} has {length} tokens, more than the budget of {budget} for a whole batch; "
                "raise the budget or cut the text"
            )
    shuffled = torch.randperm(len(lengths), generator=generator).tolist()
    order = sorted(shuffled, key=lengths.__getitem__, reverse=True)
    batches, start = [], 0
    while start < len(order):
        size = budget // max(1, lengths[order[start]])  # the first is the longest
        batches.append(order[start : start + size])
        start += size
    return _shuffled(batches, generator)


def _shuffled(batches: list[list[int]], generator: torch.Generator) -> list[list[int]]:
    return [batches[index] for index in torch.randperm(len(batches), generator=generator).tolist()]
