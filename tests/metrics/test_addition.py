"""Counts of the parts of a corpus add up to those of the whole: what processes and streams are merged by."""

import json
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigc_ref.metrics.bleu import BleuCounts, bleu_counts, corpus_bleu
from aigc_ref.metrics.chrf import ChrfCounts, chrf_counts, corpus_chrf
from aigc_ref.metrics.ner import NerReport, ner_report
from aigc_ref.metrics.report import Counts, Report
from aigc_ref.metrics.rouge import RougeSums, corpus_rouge, rouge_sums

Pairs = Sequence[tuple[Any, Any]]

_texts = st.text("abc 白日山\n", max_size=12)
_one_reference = st.tuples(_texts, _texts)
_references = st.tuples(_texts, st.lists(_texts, min_size=1, max_size=3))
_tags = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
_sentences = st.lists(st.tuples(_tags, _tags), min_size=1, max_size=6).map(lambda rows: tuple(zip(*rows, strict=True)))


def _in_parts(pairs: Pairs, cuts: Sequence[int]) -> list[Pairs]:
    """The pairs cut at these places into parts, of which some may be empty."""
    places = [0, *sorted(cut % (len(pairs) + 1) for cut in cuts), len(pairs)]
    return [pairs[start:end] for start, end in pairwise(places)]


def _added(count: Callable[..., Any], empty: Any, pairs: Pairs, cuts: Sequence[int]) -> Any:
    parts = _in_parts(pairs, cuts)
    random.Random(0).shuffle(parts)
    return sum((count(*zip(*part, strict=True)) for part in parts if part), empty)


_cuts = st.lists(st.integers(0, 20), max_size=3)


@given(st.lists(_references, min_size=1, max_size=6), _cuts)
def test_bleu(pairs: Pairs, cuts: list[int]) -> None:
    added = _added(bleu_counts, BleuCounts.empty(), pairs, cuts)
    assert added == bleu_counts(*zip(*pairs, strict=True))
    assert added.bleu("exp") == corpus_bleu(*zip(*pairs, strict=True), smoothing="exp")


@given(st.lists(_references, min_size=1, max_size=6), _cuts)
def test_chrf(pairs: Pairs, cuts: list[int]) -> None:
    def count(hypotheses: Sequence[str], references: Sequence[list[str]]) -> ChrfCounts:
        return chrf_counts(hypotheses, references, word_order=2)

    added = _added(count, ChrfCounts.empty(word_order=2), pairs, cuts)
    assert added == count(*zip(*pairs, strict=True))
    assert added.score == corpus_chrf(*zip(*pairs, strict=True), word_order=2)


@given(st.lists(_one_reference, min_size=1, max_size=8), _cuts)
def test_rouge_in_any_order_to_the_last_digit(pairs: Pairs, cuts: list[int]) -> None:
    added = _added(rouge_sums, RougeSums(), pairs, cuts)
    assert added == rouge_sums(*zip(*pairs, strict=True))
    assert added.means == corpus_rouge(*zip(*pairs, strict=True))


@given(st.lists(_sentences, min_size=1, max_size=6), _cuts, st.booleans())
def test_ner(pairs: Pairs, cuts: list[int], strict: bool) -> None:
    def count(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> NerReport:
        return ner_report(gold, predicted, strict=strict)

    added, whole = _added(count, NerReport(strict=strict), pairs, cuts), count(*zip(*pairs, strict=True))
    assert added == whole
    assert str(added) == str(whole)
    assert json.dumps(added.data()) == json.dumps(whole.data())  # in the same order, too


def test_floating_point_sums_would_not_do() -> None:
    pairs = [("a" + " b" * length, "a") for length in range(9)] * 3
    values = [rouge_sums([one], [other]).means.rouge_1.f1 for one, other in pairs]
    assert sum(values) != sum(sorted(values))


def test_what_was_counted_otherwise_is_not_added() -> None:
    with pytest.raises(ValueError, match="orders 4 and 2 cannot be added"):
        BleuCounts.empty() + BleuCounts.empty(order=2)
    with pytest.raises(ValueError, match="other orders or of another beta"):
        ChrfCounts.empty() + ChrfCounts.empty(beta=1.0)
    with pytest.raises(ValueError, match="one report read its tags strictly"):
        NerReport() + NerReport(strict=True)
    with pytest.raises(ValueError, match="nothing to average"):
        _ = RougeSums().means


def test_a_report_is_one_shape_wherever_it_is_written() -> None:
    data = Report({"good": Counts(1, predicted=2, support=4)}).data()
    counts = {"true_positives": 1, "predicted": 2, "support": 4}
    figures = {"precision": 0.5, "recall": 0.25, "f1": pytest.approx(1 / 3)}
    assert data == {
        "rows": {"good": figures | counts},
        "micro": figures | counts,
        "macro": figures,
        "weighted": figures,
    }
