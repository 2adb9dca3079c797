"""ROUGE against rouge-score, which knows Latin letters and digits alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from aigc_ref.metrics.rouge import longest_common_subsequence, rouge_l, rouge_n


def test_as_rouge_score_on_english() -> None:
    oracle = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    for seed in range(200):
        chance = random.Random(seed)
        one, other = (" ".join(chance.choices(["the", "Cat", "sat", "on", "2", "mats."], k=9)) for _ in range(2))
        theirs = oracle.score(other, one)
        ours = {"rouge1": rouge_n(one, other, 1), "rouge2": rouge_n(one, other, 2), "rougeL": rouge_l(one, other)}
        for name, score in ours.items():
            expected = (theirs[name].precision, theirs[name].recall, theirs[name].fmeasure)
            assert (score.precision, score.recall, score.f1) == pytest.approx(expected, abs=1e-12)


def test_chinese_counts() -> None:
    poem = "白日依山尽"
    assert RougeScorer(["rouge1"]).score(poem, poem)["rouge1"].fmeasure == 0  # why there is one of our own
    assert rouge_n(poem, poem).f1 == rouge_l(poem, poem).f1 == 1


def test_what_has_nothing_in_common_or_nothing_at_all_scores_zero() -> None:
    assert rouge_n("甲乙", "丙丁").f1 == rouge_l("", "").f1 == rouge_n("。", "！", 2).f1 == 0


def test_a_unigram_is_the_least() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        rouge_n("a", "a", n=0)


_words = st.text(alphabet="abcd", max_size=8)


@given(_words, _words)
def test_the_common_subsequence_is_the_longest(one: str, other: str) -> None:
    def occurs(part: tuple[str, ...], text: str) -> bool:
        rest = iter(text)
        return all(letter in rest for letter in part)

    subsequences = {tuple(c for bit, c in enumerate(one) if mask >> bit & 1) for mask in range(2 ** len(one))}
    assert longest_common_subsequence(one, other) == max(len(part) for part in subsequences if occurs(part, other))


@given(_words, _words)
def test_precision_and_recall_change_places_with_the_texts(one: str, other: str) -> None:
    there, back = rouge_l(" ".join(one), " ".join(other)), rouge_l(" ".join(other), " ".join(one))
    assert (there.precision, there.recall) == (back.recall, back.precision)
