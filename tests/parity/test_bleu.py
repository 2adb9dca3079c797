"""BLEU against sacrebleu, on corpora of random words so that every n-gram order has matches and misses."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from aigc_ref.metrics.bleu import Smoothing, corpus_bleu, sentence_bleu


def _corpus(seed: int, alphabet: str, separator: str) -> tuple[list[str], list[list[str]]]:
    rng = random.Random(seed)

    def text() -> str:
        return separator.join(rng.choices(alphabet, k=rng.randint(1, 14)))

    size = rng.randint(1, 6)
    return [text() for _ in range(size)], [[text() for _ in range(3)] for _ in range(size)]


@pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.bleu", atol=1e-9)
@pytest.mark.parametrize("smoothing", ["none", "exp", "floor"])
@pytest.mark.parametrize("alphabet", ["abcde", "abcdefghijklmnopqrstuvwxyz"], ids=["many matches", "few"])
def test_as_sacrebleu_on_words(smoothing: Smoothing, alphabet: str) -> None:
    oracle = BLEU(tokenize="none", smooth_method=smoothing)
    for seed in range(100):
        hypotheses, references = _corpus(seed, alphabet, " ")
        theirs = oracle.corpus_score(hypotheses, [list(column) for column in zip(*references, strict=True)])
        ours = corpus_bleu(hypotheses, references, smoothing=smoothing, tokenize=str.split)
        assert 100 * ours.score == pytest.approx(theirs.score, abs=1e-9)
        assert [100 * precision for precision in ours.precisions] == pytest.approx(theirs.precisions, abs=1e-9)
        assert ours.brevity_penalty == pytest.approx(theirs.bp, abs=1e-12)
        assert (ours.hypothesis_length, ours.reference_length) == (theirs.sys_len, theirs.ref_len)


@pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.bleu", atol=1e-9)
@pytest.mark.parametrize("smoothing", ["none", "exp", "floor"])
def test_a_sentence_as_sacrebleu(smoothing: Smoothing) -> None:
    oracle = BLEU(tokenize="none", smooth_method=smoothing, effective_order=True)
    for seed in range(100):
        (hypothesis, *_), (references, *_) = _corpus(seed, "abcde", " ")
        ours = sentence_bleu(hypothesis, references, smoothing=smoothing, tokenize=str.split)
        assert 100 * ours == pytest.approx(oracle.sentence_score(hypothesis, references).score, abs=1e-9)


@pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.bleu", atol=1e-9)
def test_as_sacrebleu_on_chinese() -> None:
    oracle = BLEU(tokenize="zh", smooth_method="exp")
    for seed in range(100):
        hypotheses, references = _corpus(seed, "春江花月夜，。", "")
        theirs = oracle.corpus_score(hypotheses, [list(column) for column in zip(*references, strict=True)])
        ours = corpus_bleu(hypotheses, references, smoothing="exp")
        assert 100 * ours.score == pytest.approx(theirs.score, abs=1e-9)


@pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.bleu", atol=1e-9)
def test_as_sacrebleu_on_hindi() -> None:
    words = ["मैं", "हिन्दी", "की", "कि", "किताब", "पढ़ता", "हूँ", "।"]
    oracle = BLEU(tokenize="intl", smooth_method="exp")
    for seed in range(100):
        rng = random.Random(seed)
        hypotheses, references = ([" ".join(rng.choices(words, k=9)) for _ in range(4)] for _ in range(2))
        theirs = oracle.corpus_score(hypotheses, [references])
        ours = corpus_bleu(hypotheses, [[reference] for reference in references], smoothing="exp")
        assert 100 * ours.score == pytest.approx(theirs.score, abs=1e-9)


def test_a_single_wrong_character_of_chinese_does_not_cost_everything() -> None:
    hypothesis, reference = "今天天气很好我们去公园", "今天天气真好我们去公园"
    assert BLEU(smooth_method="none").corpus_score([hypothesis], [[reference]]).score == 0  # the default tokenizer
    assert corpus_bleu([hypothesis], [[reference]]).score > 0.5


@pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.bleu", atol=1e-9)
def test_n_grams_weigh_alike_and_not_half_as_much_the_longer_they_are() -> None:
    hypothesis, reference = "the cat sat on the mat today", "the cat sat on the red mat"
    found = corpus_bleu([hypothesis], [[reference]])
    theirs = BLEU(tokenize="none").corpus_score([hypothesis], [[reference]])
    assert 100 * found.score == pytest.approx(theirs.score, abs=1e-9)
    textbook = math.prod(precision ** (0.5**n) for n, precision in enumerate(found.precisions, start=1))  # d2l's
    assert textbook > found.score + 0.1


def test_sentences_scores_do_not_average_to_the_corpus() -> None:
    hypotheses, references = ["a b c d e", "a b x d y"], [["a b c d e"], ["a b c d e"]]
    mean = sum(map(sentence_bleu, hypotheses, references)) / 2
    assert corpus_bleu(hypotheses, references).score < mean - 0.02


@pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.bleu")
def test_an_empty_sentence_has_nothing_right() -> None:
    assert sentence_bleu("", ["a b"]) == BLEU(effective_order=True).sentence_score("", ["a b"]).score == 0


def test_nothing_in_common_is_nothing_smoothed_or_not() -> None:
    for smoothing in ("none", "exp", "floor"):
        assert corpus_bleu(["甲乙丙丁戊"], [["子丑寅卯辰"]], smoothing=smoothing).score == 0
        assert BLEU(tokenize="none", smooth_method=smoothing).corpus_score(["a b c d"], [["e f g h"]]).score == 0


@given(st.text(alphabet="春江花月夜abc ，。", min_size=1).filter(str.strip))
def test_a_text_is_its_own_best_hypothesis(text: str) -> None:
    assert sentence_bleu(text, [text]) == pytest.approx(1.0)


@given(st.text(alphabet="春江花月ab ", max_size=12), st.text(alphabet="春江花月ab ", max_size=12))
def test_from_zero_to_one(hypothesis: str, reference: str) -> None:
    assert 0.0 <= sentence_bleu(hypothesis, [reference]) <= 1.0 + 1e-12


_texts = st.text(alphabet="春江花月夜", min_size=4, max_size=9)


@given(st.lists(st.tuples(_texts, st.lists(_texts, min_size=1, max_size=3)), min_size=1, max_size=5), st.randoms())
def test_neither_the_order_of_pairs_nor_that_of_references_matters(
    pairs: list[tuple[str, list[str]]], rng: random.Random
) -> None:
    shuffled = [(hypothesis, rng.sample(texts, len(texts))) for hypothesis, texts in pairs]
    rng.shuffle(shuffled)
    assert corpus_bleu(*zip(*shuffled, strict=True)) == corpus_bleu(*zip(*pairs, strict=True))


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"hypothesis 1 needs a list of references, not \[\]"):
        corpus_bleu(["a"], [[]])
    with pytest.raises(ValueError, match=r"not 'a b'; write \[reference\]"):  # else each letter would be a reference
        corpus_bleu(["a b"], ["a b"])
    with pytest.raises(ValueError, match="there are 1 lists of references and more hypotheses"):
        corpus_bleu(["a", "b"], [["a"]])
    with pytest.raises(ValueError, match="there are 1 hypotheses and more lists of references"):
        corpus_bleu(["a"], [["a"], ["b"]])
    with pytest.raises(ValueError, match="nothing to compare"):
        corpus_bleu([], [])
    with pytest.raises(ValueError, match="order must be at least 1, not 0"):
        corpus_bleu(["a"], [["a"]], order=0)
    for text in ("a", ""):
        with pytest.raises(ValueError, match="order must be at least 1, not 0"):
            sentence_bleu(text, ["a"], order=0)
    with pytest.raises(ValueError, match="smoothing is one of none, exp, floor; not 'EXP'"):
        corpus_bleu(["a"], [["a"]], smoothing="EXP")  # type: ignore[arg-type]  # that is the point
