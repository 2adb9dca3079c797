"""BLEU against sacrebleu, on corpora of random words so that every n-gram order has matches and misses."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from aigc_ref.metrics.bleu import Smoothing, corpus_bleu, sentence_bleu


def _corpus(seed: int, alphabet: str, separator: str) -> tuple[list[str], list[list[str]]]:
    chance = random.Random(seed)

    def text() -> str:
        return separator.join(chance.choices(alphabet, k=chance.randint(1, 14)))

    size = chance.randint(1, 6)
    return [text() for _ in range(size)], [[text() for _ in range(3)] for _ in range(size)]


@pytest.mark.parametrize("smoothing", ["none", "exp", "floor"])
def test_as_sacrebleu_on_words(smoothing: Smoothing) -> None:
    oracle = BLEU(tokenize="none", smooth_method=smoothing)
    for seed in range(100):
        hypotheses, references = _corpus(seed, "abcde", " ")
        theirs = oracle.corpus_score(hypotheses, [list(column) for column in zip(*references, strict=True)])
        ours = corpus_bleu(hypotheses, references, smoothing=smoothing, tokenize=str.split)
        assert 100 * ours.score == pytest.approx(theirs.score, abs=1e-9)
        assert ours.brevity_penalty == pytest.approx(theirs.bp, abs=1e-12)
        assert (ours.hypothesis_length, ours.reference_length) == (theirs.sys_len, theirs.ref_len)


def test_as_sacrebleu_on_chinese() -> None:
    oracle = BLEU(tokenize="zh", smooth_method="exp")
    for seed in range(100):
        hypotheses, references = _corpus(seed, "春江花月夜，。", "")
        theirs = oracle.corpus_score(hypotheses, [list(column) for column in zip(*references, strict=True)])
        ours = corpus_bleu(hypotheses, references, smoothing="exp")
        assert 100 * ours.score == pytest.approx(theirs.score, abs=1e-9)


def test_a_single_wrong_character_of_chinese_does_not_cost_everything() -> None:
    hypothesis, reference = "今天天气很好我们去公园", "今天天气真好我们去公园"
    assert BLEU(smooth_method="none").corpus_score([hypothesis], [[reference]]).score == 0  # the default tokenizer
    assert corpus_bleu([hypothesis], [[reference]]).score > 0.5


@given(st.text(alphabet="春江花月夜abc ，。", min_size=1).filter(str.strip))
def test_a_text_is_its_own_best_hypothesis(text: str) -> None:
    assert sentence_bleu(text, [text]) == pytest.approx(1.0)


@given(st.text(alphabet="春江花月ab ", max_size=12), st.text(alphabet="春江花月ab ", max_size=12))
def test_from_zero_to_one(hypothesis: str, reference: str) -> None:
    assert 0.0 <= sentence_bleu(hypothesis, [reference]) <= 1.0 + 1e-12


def test_no_hypothesis_goes_without_reference() -> None:
    with pytest.raises(ValueError, match="need as many lists of references"):
        corpus_bleu(["a"], [[]])
