"""ROUGE against rouge-score, which knows Latin letters and digits alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.scoring import Score

from aigc_ref.metrics.rouge import (
    Rouge,
    corpus_rouge,
    longest_common_subsequence,
    rouge,
    rouge_l,
    rouge_lsum,
    rouge_n,
)
from aigc_ref.text.segmentation import Tokenize, english_words, words

ORACLE = RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=False)
VOCABULARY = ["the", "Cat", "sat", "on", "2", "mats.", "it's"]


def _summary(rng: random.Random) -> str:
    lines = (" ".join(rng.choices(VOCABULARY, k=rng.randint(0, 7))) for _ in range(rng.randint(1, 4)))
    return "\n".join(lines)


def _same(ours: Rouge, theirs: Score) -> bool:
    return tuple(ours) == (theirs.precision, theirs.recall, theirs.fmeasure)


@pytest.mark.compares("rouge-score", technique="aigc_ref.metrics.rouge")
@pytest.mark.parametrize("tokenize", [words, english_words])
def test_as_rouge_score_to_the_last_digit(tokenize: Tokenize) -> None:
    rng = random.Random(0)
    for _ in range(1_500):
        hypothesis, reference = _summary(rng), _summary(rng)
        theirs = ORACLE.score(reference, hypothesis)
        assert _same(rouge_n(hypothesis, reference, 1, tokenize=tokenize), theirs["rouge1"])
        assert _same(rouge_n(hypothesis, reference, 2, tokenize=tokenize), theirs["rouge2"])
        assert _same(rouge_l(hypothesis, reference, tokenize=tokenize), theirs["rougeL"])
        assert _same(rouge_lsum(hypothesis, reference, tokenize=tokenize), theirs["rougeLsum"])
        scores = rouge(hypothesis, reference, tokenize=tokenize)
        assert all(map(_same, scores, theirs.values()))


@pytest.mark.compares("rouge-score", technique="aigc_ref.metrics.rouge")
def test_the_english_words_are_rouge_scores_in_any_text() -> None:
    rng = random.Random(0)
    for _ in range(300):
        hypothesis, reference = ("".join(rng.choices("aB1_-'éßſKİ好 \n", k=20)) for _ in range(2))
        theirs = ORACLE.score(reference, hypothesis)
        assert all(map(_same, rouge(hypothesis, reference, tokenize=english_words), theirs.values()))


@pytest.mark.compares("rouge-score", technique="aigc_ref.metrics.rouge", atol=1e-14)
def test_a_corpus_has_the_means_of_its_pairs() -> None:
    rng = random.Random(0)
    pairs = [(_summary(rng), _summary(rng)) for _ in range(50)]
    theirs = [ORACLE.score(reference, hypothesis) for hypothesis, reference in pairs]
    ours = corpus_rouge((hypothesis for hypothesis, _ in pairs), (reference for _, reference in pairs))
    for mean, name in zip(ours, ["rouge1", "rouge2", "rougeL", "rougeLsum"], strict=True):
        expected = [sum(score[name][part] for score in theirs) / len(pairs) for part in range(3)]
        assert tuple(mean) == pytest.approx(expected, abs=1e-14)
    mean = ours.rouge_1
    assert mean.f1 < 2 * mean.precision * mean.recall / (mean.precision + mean.recall) - 0.01


def test_chinese_counts() -> None:
    poem = "白日依山尽"
    assert ORACLE.score(poem, poem)["rouge1"].fmeasure == 0  # why there is one of our own
    assert {score.f1 for score in rouge(poem, poem)} == {1.0}


def test_what_has_nothing_in_common_or_nothing_at_all_scores_zero() -> None:
    assert (
        rouge_n("甲乙", "丙丁").f1 == rouge_l("", "").f1 == rouge_n("。", "！", 2).f1 == rouge_lsum("\n", "甲").f1 == 0
    )


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        rouge_n("a", "a", n=0)
    with pytest.raises(ValueError, match="there are 1 references and more hypotheses"):
        corpus_rouge(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="nothing to compare"):
        corpus_rouge([], [])
    with pytest.raises(ValueError, match=r"a single text where hypotheses and references are expected; write \[text\]"):
        corpus_rouge("a b", "a b")  # else each letter would be a pair


# ---- the longest common subsequence ---------------------------------------------------------------------------------


def _table(one: str, other: str) -> list[list[int]]:
    """Dynamic programming, as in a textbook."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, left in enumerate(one, start=1):
        for j, right in enumerate(other, start=1):
            equal = table[i - 1][j - 1] + 1
            table[i][j] = equal if left == right else max(table[i - 1][j], table[i][j - 1])
    return table


_letters = st.text(alphabet="abcd", max_size=80)


@pytest.mark.compares("definition", technique="aigc_ref.metrics.rouge.longest_common_subsequence")
@given(_letters, _letters)
def test_bits_find_what_dynamic_programming_finds(one: str, other: str) -> None:
    assert longest_common_subsequence(one, other) == _table(one, other)[-1][-1]


@given(_letters, _letters)
def test_precision_and_recall_change_places_with_the_texts(one: str, other: str) -> None:
    there, back = rouge_l(" ".join(one), " ".join(other)), rouge_l(" ".join(other), " ".join(one))
    assert (there.precision, there.recall) == (back.recall, back.precision)


@given(_letters, _letters)
def test_one_line_has_the_same_rouge_l_and_lsum(one: str, other: str) -> None:
    assert rouge_l(" ".join(one), " ".join(other)) == rouge_lsum(" ".join(one), " ".join(other))


def _lsum_matches(hypothesis: list[str], reference: list[str], *, ties_go_left: bool, clipped: bool) -> int:
    """Of lines of letters, what each reading of the formula counts."""
    left = {letter: min("".join(hypothesis).count(letter), "".join(reference).count(letter)) for letter in "abcd"}
    matches = 0
    for line in reference:
        union: set[int] = set()
        for other in hypothesis:
            table, i, j = _table(line, other), len(line), len(other)
            while i and j:
                if line[i - 1] == other[j - 1]:
                    i, j = i - 1, j - 1
                    union.add(i)
                elif table[i][j - 1] > table[i - 1][j] - ties_go_left:
                    j -= 1
                else:
                    i -= 1
        for place in sorted(union):
            if not clipped or left[line[place]]:
                left[line[place]] -= 1
                matches += 1
    return matches


@pytest.mark.compares("definition", technique="aigc_ref.metrics.rouge.rouge_lsum")
def test_other_readings_of_lsum_are_other_numbers() -> None:
    rng = random.Random(0)
    other_ties = other_counts = 0
    for _ in range(500):
        texts = [["".join(rng.choices("abcd", k=rng.randint(1, 9))) for _ in range(3)] for _ in range(2)]
        hypothesis, reference = texts
        score = rouge_lsum(*("\n".join(map(" ".join, text)) for text in texts))
        total = len("".join(reference))
        assert score.recall == _lsum_matches(hypothesis, reference, ties_go_left=False, clipped=True) / total
        other_ties += score.recall != _lsum_matches(hypothesis, reference, ties_go_left=True, clipped=True) / total
        other_counts += score.recall != _lsum_matches(hypothesis, reference, ties_go_left=False, clipped=False) / total
    assert other_ties > 100
    assert other_counts > 100
