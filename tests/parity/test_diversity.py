"""Diversity against nltk's BLEU, and against the definition on sets."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction
from nltk.translate.bleu_score import sentence_bleu as nltk_sentence_bleu

from aigc_ref.metrics.bleu import Smoothing, sentence_bleu
from aigc_ref.metrics.diversity import distinct, self_bleu

_texts = st.lists(st.text(alphabet="春江花月", max_size=9), min_size=2, max_size=6)


@pytest.mark.compares("nltk", technique="aigc_ref.metrics.diversity.self_bleu", atol=1e-12)
def test_self_bleu_as_nltk_in_texygen() -> None:
    smooth = SmoothingFunction().method1
    for seed in range(100):
        rng = random.Random(seed)
        texts = [rng.choices("abcdef", k=rng.randint(4, 12)) for _ in range(rng.randint(2, 8))]
        for order in (2, 3, 4):
            expected = [
                nltk_sentence_bleu(
                    [*texts[:index], *texts[index + 1 :]], text, [1 / order] * order, smoothing_function=smooth
                )
                for index, text in enumerate(texts)
            ]
            ours = self_bleu(list(map(" ".join, texts)), order=order, tokenize=str.split)
            assert ours == pytest.approx(sum(expected) / len(texts), abs=1e-12)


@given(_texts, st.sampled_from(["none", "exp", "floor"]))
def test_two_passes_find_what_comparing_each_with_each_does(texts: list[str], smoothing: Smoothing) -> None:
    others = [[*texts[:index], *texts[index + 1 :]] for index in range(len(texts))]
    scores = [sentence_bleu(text, rest, smoothing=smoothing) for text, rest in zip(texts, others, strict=True)]
    assert self_bleu(texts, smoothing=smoothing) == pytest.approx(sum(scores) / len(texts), abs=1e-12)


@pytest.mark.compares("definition", technique="aigc_ref.metrics.diversity.distinct")
@given(_texts, st.integers(1, 5))
def test_distinct_counts_sets(texts: list[str], order: int) -> None:
    for n, share in enumerate(distinct(iter(texts), order), start=1):
        grams = [text[start : start + n] for text in texts for start in range(len(text) - n + 1)]
        assert share == (len(set(grams)) / len(grams) if grams else 0)


@given(_texts, st.randoms())
def test_the_order_of_texts_does_not_matter(texts: list[str], rng: random.Random) -> None:
    shuffled = rng.sample(texts, len(texts))
    assert self_bleu(shuffled) == pytest.approx(self_bleu(texts), abs=1e-12)
    assert distinct(shuffled) == distinct(texts)


def test_the_extremes() -> None:
    different, same = ["春眠不觉晓", "白日依山尽", "床前明月光"], ["春眠不觉晓"] * 3
    assert distinct(different, 4) == (1, 1, 1, 1)
    assert self_bleu(different) == 0
    assert distinct(same, 4) == (1 / 3,) * 4
    assert self_bleu(same) == 1


def test_repetition_lowers_distinct_and_raises_self_bleu() -> None:
    diverse = ["春眠不觉晓处处", "白日依山尽黄河", "床前明月光疑是"]
    dull = ["春眠不觉晓处处", "春眠不觉晓黄河", "春眠不觉晓疑是"]
    assert all(less < more for less, more in zip(distinct(dull), distinct(diverse), strict=True))
    assert self_bleu(dull) > self_bleu(diverse)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="order must be at least 1, not 0"):
        distinct(["a"], 0)
    with pytest.raises(ValueError, match="self-BLEU needs two texts and an order of 1 at least, not 1 and 4"):
        self_bleu(["a"])
    with pytest.raises(ValueError, match="a single text where several are expected"):
        distinct("the cat")
    with pytest.raises(ValueError, match="a single text where several are expected"):
        self_bleu("the cat")
