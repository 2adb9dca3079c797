"""chrF and chrF++ against sacrebleu."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from aigc_ref.metrics.chrf import corpus_chrf, sentence_chrf, spaced_words


def _corpus(seed: int, alphabet: str) -> tuple[list[str], list[list[str]]]:
    rng = random.Random(seed)

    def text() -> str:
        return " ".join("".join(rng.choices(alphabet, k=rng.randint(1, 5))) for _ in range(rng.randint(0, 6)))

    size = rng.randint(1, 4)
    return [text() for _ in range(size)], [[text() for _ in range(3)] for _ in range(size)]


@pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.chrf", atol=2e-14)
@pytest.mark.parametrize("word_order", [0, 1, 2], ids=["chrF", "chrF+", "chrF++"])
@pytest.mark.parametrize("alphabet", ["abc", "abc,.("], ids=["words", "punctuation"])
def test_as_sacrebleu(word_order: int, alphabet: str) -> None:
    oracle = CHRF(word_order=word_order)
    for seed in range(100):
        hypotheses, references = _corpus(seed, alphabet)
        theirs = oracle.corpus_score(hypotheses, [list(column) for column in zip(*references, strict=True)])
        assert 100 * corpus_chrf(hypotheses, references, word_order=word_order) == pytest.approx(
            theirs.score, abs=2e-14
        )
        sentence = sentence_chrf(hypotheses[0], references[0], word_order=word_order)
        assert 100 * sentence == pytest.approx(oracle.sentence_score(hypotheses[0], references[0]).score, abs=2e-14)


@pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.chrf", atol=2e-14)
@pytest.mark.parametrize("beta", [1, 3])
@pytest.mark.parametrize("order", [1, 4])
def test_as_sacrebleu_with_other_settings(beta: int, order: int) -> None:
    oracle = CHRF(char_order=order, beta=beta)
    for seed in range(50):
        hypotheses, references = _corpus(seed, "春江花月夜，")
        theirs = oracle.corpus_score(hypotheses, [list(column) for column in zip(*references, strict=True)])
        assert 100 * corpus_chrf(hypotheses, references, order=order, beta=beta) == pytest.approx(
            theirs.score, abs=2e-14
        )


@pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.chrf", atol=2e-14)
def test_chinese_has_words_that_can_match() -> None:
    hypothesis, reference = "今天天气很好我们去公园", "今天天气真好我们去公园"
    without, with_words = (CHRF(word_order=n).sentence_score(hypothesis, [reference]).score for n in (0, 2))
    assert with_words < 0.9 * without  # to sacrebleu the sentence is one word, and that is wrong
    assert 100 * sentence_chrf(hypothesis, [reference]) == pytest.approx(without, abs=2e-14)
    assert sentence_chrf(hypothesis, [reference], word_order=2) > sentence_chrf(hypothesis, [reference])


def test_recall_counts_more_than_precision() -> None:
    assert sentence_chrf("春江花月夜", ["春江花"]) > sentence_chrf("春江花", ["春江花月夜"])
    assert sentence_chrf("春江花月夜", ["春江花"], beta=0.5) < sentence_chrf("春江花", ["春江花月夜"], beta=0.5)


@given(st.text(alphabet="春江花月夜abc ,。", min_size=1).filter(str.strip))
def test_a_text_is_its_own_best_hypothesis(text: str) -> None:
    assert sentence_chrf(text, [text]) == pytest.approx(1.0)
    assert sentence_chrf(text, [text], word_order=2) == pytest.approx(1.0)


@given(st.text(alphabet="春江ab ,", max_size=12), st.text(alphabet="春江ab ,", max_size=12))
def test_from_zero_to_one(hypothesis: str, reference: str) -> None:
    assert 0.0 <= sentence_chrf(hypothesis, [reference], word_order=2) <= 1.0 + 1e-12


@given(st.text(alphabet="春江ab ,。"))
def test_words_lose_no_character(text: str) -> None:
    assert "".join(spaced_words(text)) == "".join(text.split())


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="order must be at least 1 and word_order at least 0, not 0 and 2"):
        corpus_chrf(["a"], [["a"]], order=0, word_order=2)
    with pytest.raises(ValueError, match="needs a list of references"):
        sentence_chrf("a", "a")
    for beta in (math.inf, math.nan):
        with pytest.raises(ValueError, match=f"beta is a finite number, not {beta}"):
            sentence_chrf("ab", ["abc"], beta=beta)
