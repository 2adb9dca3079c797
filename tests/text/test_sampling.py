"""Batches of texts of like length: nothing is lost, nothing twice, and chance is repeatable."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from aigc_ref.text.collate import causal_collator
from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.sampling import length_buckets, token_budget
from aigc_ref.text.tokenizers import character_tokenizer
from aigc_ref.train.batch import EpochSampler

lengths_of_texts = st.lists(st.integers(0, 40), max_size=80)
seeds = st.integers(0, 2**32 - 1)


def _chance(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _padding(lengths: list[int], batches: list[list[int]]) -> float:
    """The share of a batch that is padding."""
    size = sum(max(lengths[index] for index in batch) * len(batch) for batch in batches)
    return 1 - sum(lengths) / size


@given(lengths_of_texts, st.integers(1, 9), st.integers(1, 4), seeds)
def test_buckets_hold_every_text_once(lengths: list[int], batch_size: int, pool: int, seed: int) -> None:
    batches = length_buckets(lengths, batch_size, pool=pool, generator=_chance(seed))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= batch_size for batch in batches)
    assert len(batches) == -(-len(lengths) // batch_size)


@given(lengths_of_texts, st.integers(40, 200), seeds, seeds)
def test_no_batch_exceeds_the_budget_and_every_text_is_in_one(
    lengths: list[int], budget: int, seed: int, other: int
) -> None:
    batches = token_budget(lengths, budget, generator=_chance(seed))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[index] for index in batch) <= budget for batch in batches)
    assert len(batches) == len(token_budget(lengths, budget, generator=_chance(other)))


def test_a_text_longer_than_the_budget_is_an_error_and_not_dropped() -> None:
    with pytest.raises(ValueError, match="text 1 has 9 tokens, more than the budget of 8"):
        token_budget([3, 9], 8, generator=_chance(0))


def test_sizes_that_make_no_batch_are_refused() -> None:
    for batch_size, pool in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="at least 1"):
            length_buckets([1], batch_size, pool=pool, generator=_chance(0))
    with pytest.raises(ValueError, match="the budget must be at least 1 token, not 0"):
        token_budget([0, 0], 0, generator=_chance(0))


def test_buckets_pad_a_tenth_where_chance_pads_half() -> None:
    drawn = torch.empty(256).log_normal_(3.3, 0.7, generator=_chance(0)).clamp(2, 128)
    lengths = [int(length) for length in drawn]
    shuffled = length_buckets(lengths, 16, pool=1, generator=_chance(0))
    assert _padding(lengths, shuffled) > 0.5
    assert _padding(lengths, length_buckets(lengths, 16, generator=_chance(0))) < 0.12
    assert _padding(lengths, token_budget(lengths, 16 * 35, generator=_chance(0))) < 0.12


def test_an_epoch_depends_on_seed_and_epoch_alone() -> None:
    lengths = [index % 7 for index in range(50)]
    plan = partial(length_buckets, lengths, 4)
    one, same, other = EpochSampler(plan, seed=1), EpochSampler(plan, seed=1), EpochSampler(plan, seed=2)
    first = list(one)
    torch.manual_seed(5)
    assert list(one) == list(same) == first != list(other)
    one.set_epoch(1)
    assert list(one) != first
    one.set_epoch(0)
    assert list(one) == first


def test_a_data_loader_takes_it() -> None:
    data = TextDataset(["春眠不", "晓", "处处", "闻啼鸟", "夜"], character_tokenizer(["春眠不觉晓处闻啼鸟夜"]))
    sampler = EpochSampler(partial(token_budget, data.lengths, 10))
    loader = DataLoader(data, batch_sampler=sampler, collate_fn=causal_collator(0))
    firsts = [token for batch in loader for token in batch["labels"][:, 1].tolist()]
    assert sorted(firsts) == sorted(data[index][1] for index in range(5))
    assert len(loader) == len(sampler) == 3  # of 5 and 5, 4 and 3, 3 tokens
