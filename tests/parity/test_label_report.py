"""The report on labelled texts against scikit-learn's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import classification_report, f1_score

from aigc_ref.finetune.sequence_classification import label_report
from aigc_ref.finetune.sequence_classification.__main__ import table

PAIRS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcde")), min_size=1, max_size=40)


@pytest.mark.compares("scikit-learn", technique="aigc_ref.finetune.sequence_classification.label_report", atol=1e-12)
@settings(max_examples=100, deadline=None)
@given(pairs=PAIRS)
def test_every_score_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = zip(*pairs, strict=True)
    oracle = classification_report(gold, predicted, output_dict=True, zero_division=0)
    ours = label_report(gold, predicted)
    assert ours.micro.f1 == sum(one == other for one, other in pairs) / len(pairs)
    assert ours.macro.f1 == pytest.approx(oracle["macro avg"]["f1-score"], abs=1e-12)
    expected = f1_score(gold, predicted, average="macro", zero_division=0)
    assert ours.macro.f1 == pytest.approx(expected, abs=1e-12)
    for label, scores in ours.rows.items():
        row = oracle[label]
        theirs = [row["precision"], row["recall"], row["f1-score"]]
        assert [scores.precision, scores.recall, scores.f1] == pytest.approx(theirs, abs=1e-12)
        assert scores.support == row["support"]


def test_who_always_says_the_commonest_label_has_its_share_and_a_poor_mean() -> None:
    report = label_report(["a"] * 9 + ["b"], ["a"] * 10)
    assert report.micro.f1 == 0.9
    assert report.macro.f1 < 0.5
    assert "the accuracy; who always says the commonest label has 0.900" in table(report)
