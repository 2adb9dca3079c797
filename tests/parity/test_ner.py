"""Entities against seqeval, tokens against scikit-learn; and what is wrong with a table of tokens."""

import random
from itertools import chain, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report as seqeval_report
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Entities
from sklearn.metrics import classification_report

from aigc_ref.metrics.ner import entity_report, ner_report, token_report
from aigc_ref.metrics.report import Counts, Mean, Report
from aigc_ref.text.tags import OUTSIDE, entities

TAGS = [OUTSIDE, *(f"{prefix}-{kind}" for kind in ("PER", "LOC", "work-of-art") for prefix in "BI")]


def _random_sentences(rng: random.Random, size: int) -> list[list[str]]:
    return [rng.choices(TAGS, weights=[4, *[1] * 6], k=rng.randint(1, 12)) for _ in range(size)]


def _noisy(rng: random.Random, sentence: list[str]) -> list[str]:
    return [rng.choice(TAGS) if rng.random() < 0.2 else tag for tag in sentence]


def _lenient_oracle(tags: list[str]) -> list[tuple[str, int, int]]:
    return [(kind, start, end + 1) for kind, start, end in get_entities(tags)]


def _strict_oracle(tags: list[str]) -> list[tuple[str, int, int]]:
    return [(entity.tag, entity.start, entity.end) for entity in Entities([tags], IOB2).entities[0]]


@pytest.mark.compares("seqeval", technique="aigc_ref.text.tags.entities")
def test_entities_as_seqeval_in_random_sentences() -> None:
    for tags in _random_sentences(random.Random(0), 3_000):
        assert entities(tags) == _lenient_oracle(tags)
        assert entities(tags, strict=True) == _strict_oracle(tags)


@pytest.mark.compares("seqeval", technique="aigc_ref.text.tags.entities")
def test_entities_as_seqeval_in_every_short_sentence() -> None:
    for length in range(1, 5):
        for tags in map(list, product(TAGS[:5], repeat=length)):
            assert entities(tags) == _lenient_oracle(tags)
            assert entities(tags, strict=True) == _strict_oracle(tags)
    with_ends = [OUTSIDE, *(f"{prefix}-{kind}" for kind in ("PER", "LOC") for prefix in "BIES")]
    for length in range(1, 4):
        for tags in map(list, product(with_ends, repeat=length)):
            assert entities(tags) == _lenient_oracle(tags)


@given(st.lists(st.sampled_from(TAGS)))
def test_an_entity_is_made_of_tokens_of_its_type_and_no_token_is_in_two(tags: list[str]) -> None:
    inside = [place for entity in entities(tags) for place in range(entity.start, entity.end)]
    assert inside == [place for place, tag in enumerate(tags) if tag != OUTSIDE]
    assert all(
        tags[place].endswith(entity.type) for entity in entities(tags) for place in range(entity.start, entity.end)
    )


AVERAGES = ("micro", "macro", "weighted")


@pytest.mark.compares("seqeval", technique="aigc_ref.metrics.ner.entity_report", atol=1e-15)
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("strict", [False, True])
def test_entity_report_as_seqeval(seed: int, strict: bool) -> None:
    rng = random.Random(seed)
    gold = _random_sentences(rng, 30)
    predicted = [_noisy(rng, sentence) for sentence in gold]
    ours = entity_report(gold, predicted, strict=strict)
    scheme = {"mode": "strict", "scheme": IOB2} if strict else {}
    theirs = seqeval_report(gold, predicted, output_dict=True, zero_division=0, **scheme)
    assert set(theirs) == {*ours.rows, *(f"{name} avg" for name in AVERAGES)}
    for name, row in [*ours.rows.items(), *((f"{name} avg", getattr(ours, name)) for name in AVERAGES)]:
        expected = [theirs[name][key] for key in ("precision", "recall", "f1-score")]
        assert [row.precision, row.recall, row.f1] == pytest.approx(expected, abs=1e-15)
    assert ours.micro.support == theirs["micro avg"]["support"]


@pytest.mark.compares("scikit-learn", technique="aigc_ref.metrics.ner.token_report", atol=1e-14)
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("outside", [False, True])
def test_token_report_as_scikit_learn(seed: int, outside: bool) -> None:
    rng = random.Random(seed)
    gold = _random_sentences(rng, 30)
    predicted = [_noisy(rng, sentence) for sentence in gold]
    ours = token_report(gold, predicted, outside=outside)
    theirs = classification_report(
        list(chain(*gold)),
        list(chain(*predicted)),
        labels=sorted(TAGS)[: None if outside else -1],  # O is the last
        output_dict=True,
        zero_division=0,
    )
    averages: dict[str, Counts | Mean] = {"macro avg": ours.macro, "weighted avg": ours.weighted}
    if not outside:
        averages["micro avg"] = ours.micro
    for name, row in (dict(ours.rows) | averages).items():
        expected = [theirs[name][key] for key in ("precision", "recall", "f1-score")]
        assert [row.precision, row.recall, row.f1] == pytest.approx(expected, abs=1e-14)
    if outside:  # which scikit-learn calls by its name
        assert (
            ours.micro.f1 == ours.micro.precision == ours.micro.recall == pytest.approx(theirs["accuracy"], abs=1e-14)
        )


def test_one_pass_gives_what_two_do() -> None:
    rng = random.Random(0)
    gold = _random_sentences(rng, 50)
    predicted = [_noisy(rng, sentence) for sentence in gold]
    both = ner_report(iter(gold), iter(predicted))
    assert both.entities == entity_report(gold, predicted)
    assert both.tokens == token_report(gold, predicted, outside=True)
    assert both.tokens.without(OUTSIDE) == token_report(gold, predicted)


@given(st.lists(st.lists(st.sampled_from(TAGS), min_size=1), min_size=1))
def test_who_is_always_right_has_1_and_who_finds_nothing_0(gold: list[list[str]]) -> None:
    there = any(tag != OUTSIDE for sentence in gold for tag in sentence)
    assert entity_report(gold, gold).micro.f1 == token_report(gold, gold).micro.f1 == there
    nothing = [[OUTSIDE] * len(sentence) for sentence in gold]
    assert entity_report(gold, nothing).micro.f1 == token_report(gold, nothing).micro.f1 == 0


# What the article printed for CoNLL-2003: precision, recall and support of each tag.
PRINTED = {
    "B-LOC": (0.926, 0.906, 1668),
    "I-LOC": (0.900, 0.805, 257),
    "B-MISC": (0.875, 0.856, 702),
    "I-MISC": (0.838, 0.782, 216),
    "B-ORG": (0.914, 0.898, 1661),
    "I-ORG": (0.911, 0.894, 835),
    "B-PER": (0.964, 0.957, 1617),
    "I-PER": (0.983, 0.980, 1156),
    "O": (0.993, 0.995, 38323),
}


def test_the_articles_97_percent_are_neither_its_rows_average_nor_an_f1_of_entities() -> None:
    rows = {}
    for tag, (precision, recall, support) in PRINTED.items():
        right = round(recall * support)
        rows[tag] = Counts(right, round(right / precision), support)
    report = Report(rows)
    assert report.micro.support == 46435
    # It printed a micro avg of 0.973 for all three. Its own rows add up to something else.
    micro = report.micro
    assert [micro.precision, micro.recall, micro.f1] == pytest.approx([0.982, 0.981, 0.981], abs=5e-4)
    # With O in it, who finds nothing at all has most of that.
    nothing = {tag: Counts(0, 0, row.support) for tag, row in rows.items()} | {"O": Counts(38323, 46435, 38323)}
    assert Report(nothing).micro.f1 == pytest.approx(0.825, abs=5e-4)
    assert Report(nothing).without(OUTSIDE).micro.f1 == 0
    # Without O the tokens have 0.922; how many *entities* were right the table does not say.
    assert report.without(OUTSIDE).micro.f1 == pytest.approx(0.922, abs=5e-4)


def test_half_an_entity_is_no_entity() -> None:
    gold = [["B-PER", "I-PER", "I-PER", "O"]]
    predicted = [["B-PER", "I-PER", "O", "O"]]
    assert token_report(gold, predicted, outside=True).micro.f1 == 0.75
    assert token_report(gold, predicted).micro.f1 == 0.8
    assert entity_report(gold, predicted).micro.f1 == 0


def test_the_table_says_which_figure_is_which() -> None:
    table = str(ner_report([["B-PER", "O", "O", "O"]], [["B-PER", "O", "O", "B-LOC"]]))
    figures = [line.split("   ")[-1] for line in table.splitlines() if "micro avg" in line]
    assert figures == [
        "what to report",
        "tokens, not entities",
        "the share of tokens labelled rightly, often printed as the F1; who finds nothing has 0.750",
    ]
    assert "micro avg      0.750     0.750     0.750         4" in table


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="there are 1 predicted ones and more gold sentences"):
        entity_report([["O"], ["O"]], [["O"]])
    with pytest.raises(ValueError, match="sentence 2 has 1 gold tags and 2 predicted ones"):
        token_report([["O"], ["O"]], [["O"], ["O", "O"]])
    with pytest.raises(ValueError, match="nothing to compare"):
        ner_report([], [])
    with pytest.raises(ValueError, match="unknown form of tag 'PER-B'"):
        entities(["PER-B"])
    with pytest.raises(ValueError, match="E-PER is not of IOB2"):
        entities(["B-PER", "E-PER"], strict=True)
