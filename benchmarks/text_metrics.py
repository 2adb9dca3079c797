"""Text metrics against the libraries that they are checked against, on sentences of words as rare as Zipf says."""

import math
import random
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from seqeval.metrics import classification_report

from aigc_ref.metrics.bleu import corpus_bleu
from aigc_ref.metrics.chrf import corpus_chrf
from aigc_ref.metrics.ner import entity_report
from aigc_ref.metrics.rouge import corpus_rouge, rouge_l
from benchmarks.timing import Comparison, compare

WORDS = [f"{first}{middle}{last}" for first in "bdfglmnprst" for middle in "aeiou" for last in "bdfglmnprstvxyz"]
FREQUENCIES = [1 / rank for rank in range(3, len(WORDS) + 3)]
TAGS = ["O", *(f"{prefix}-{kind}" for kind in ("PER", "LOC", "ORG", "MISC") for prefix in "BI")]


def run() -> Iterator[Comparison]:
    yield _bleu(100_000)
    yield _chrf(5_000)
    yield _rouge(10_000)
    yield _long_rouge(200, 370)
    yield _ner(100_000)


def _bleu(size: int) -> Comparison:
    hypotheses, references = _pairs(size, 10, 40)
    lists, columns = [[reference] for reference in references], [references]
    oracle = BLEU(tokenize="none", force=True)

    def ours() -> float:
        return 100 * corpus_bleu(hypotheses, lists, tokenize=str.split).score

    def theirs() -> float:
        return float(oracle.corpus_score(hypotheses, columns).score)

    _same([ours()], [theirs()])
    peer = f"sacrebleu {version('sacrebleu')}, tokenize=none"
    return compare(f"corpus BLEU, {size:,} pairs", peer, ours, theirs, goal=2, rounds=3)


def _chrf(size: int) -> Comparison:
    hypotheses, references = _pairs(size, 10, 40)
    lists, columns = [[reference] for reference in references], [references]
    oracle = CHRF()

    def ours() -> float:
        return 100 * corpus_chrf(hypotheses, lists)

    def theirs() -> float:
        return float(oracle.corpus_score(hypotheses, columns).score)

    _same([ours()], [theirs()])
    peer = f"sacrebleu {version('sacrebleu')}"
    return compare(f"corpus chrF, {size:,} pairs", peer, ours, theirs, goal=None, rounds=3)


def _rouge(size: int) -> Comparison:
    hypotheses, references = _pairs(size, 5, 25)
    names = ["rouge1", "rouge2", "rougeL"]
    oracle = RougeScorer(names)

    def ours() -> list[float]:
        return [score.f1 for score in corpus_rouge(hypotheses, references)[:3]]

    def theirs() -> list[float]:
        scores = [oracle.score(*pair) for pair in zip(references, hypotheses, strict=True)]
        return [sum(score[name].fmeasure for score in scores) / size for name in names]

    _same(ours(), theirs())
    peer = f"rouge-score {version('rouge-score')}"
    return compare(f"ROUGE-1, -2 and -L, {size:,} short pairs", peer, ours, theirs, goal=4, rounds=3)


def _long_rouge(size: int, tokens: int) -> Comparison:
    hypotheses, references = _pairs(size, tokens, tokens)
    oracle = RougeScorer(["rougeL"])

    def ours() -> list[float]:
        return [rouge_l(*pair).f1 for pair in zip(hypotheses, references, strict=True)]

    def theirs() -> list[float]:
        return [oracle.score(*pair)["rougeL"].fmeasure for pair in zip(references, hypotheses, strict=True)]

    _same(ours(), theirs())
    peer = f"rouge-score {version('rouge-score')}"
    return compare(f"ROUGE-L, {size} documents of {tokens} tokens", peer, ours, theirs, goal=50, rounds=2)


def _ner(size: int) -> Comparison:
    rng = random.Random(0)
    gold = [_tags(rng) for _ in range(size)]
    predicted = [[rng.choice(TAGS) if rng.random() < 0.03 else tag for tag in tags] for tags in gold]

    def ours() -> list[float]:
        report = entity_report(gold, predicted)
        return [*(row.f1 for row in report.rows.values()), report.micro.f1, report.macro.f1, report.weighted.f1]

    def theirs() -> list[float]:
        report = classification_report(gold, predicted, output_dict=True)
        return [row["f1-score"] for row in report.values()]

    _same(ours(), theirs())
    peer = f"seqeval {version('seqeval')}"
    return compare(f"report on entities, {size:,} sentences", peer, ours, theirs, goal=10, rounds=2)


def _pairs(size: int, least: int, most: int) -> tuple[list[str], list[str]]:
    """Hypotheses that have three quarters of their references' words, and others between them."""
    rng = random.Random(0)
    hypotheses, references = [], []
    for _ in range(size):
        words = rng.choices(WORDS, FREQUENCIES, k=rng.randint(least, most))
        others = iter(rng.choices(WORDS, FREQUENCIES, k=len(words)))
        references.append(" ".join(words))
        hypotheses.append(" ".join(word if rng.random() < 0.75 else next(others) for word in words))
    return hypotheses, references


def _tags(rng: random.Random) -> list[str]:
    tags: list[str] = []
    for _ in range(rng.randint(4, 16)):
        kind = rng.choice(("PER", "LOC", "ORG", "MISC"))
        tags += [f"B-{kind}", *[f"I-{kind}"] * rng.randint(0, 2)] if rng.random() < 0.15 else ["O"]
    return tags


def _same(ours: Sequence[float], theirs: Sequence[float]) -> None:
    if not all(math.isclose(*pair, rel_tol=1e-12) for pair in zip(ours, theirs, strict=True)):
        raise AssertionError(f"ours {ours}, theirs {theirs}: what differs is not compared")
