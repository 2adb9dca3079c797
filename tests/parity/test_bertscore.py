"""BERTScore against bert-score, on a tiny BERT with random weights."""

import math
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from bert_score import BERTScorer
from bert_score.utils import greedy_cos_idf
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig, BertModel, BertTokenizer

from aigc_ref.metrics.bertscore import BertScore, bertscore, greedy_match, inverse_document_frequencies

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"春江花月夜山水白日，。"]
HYPOTHESES = ["春江花月夜", "白日山水", "月", "江月白", "花，春水。花", "春江鱼"]
REFERENCES = ["春江月夜，花", "白日", "江水月", "江月白", "山", "春江水"]


class Tiny(NamedTuple):
    path: Path
    model: BertModel
    tokenizer: BertTokenizer


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    path = tmp_path_factory.mktemp("bert")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = BertModel(
            BertConfig(
                vocab_size=len(VOCABULARY),
                hidden_size=16,
                num_hidden_layers=3,
                num_attention_heads=2,
                intermediate_size=32,
                max_position_embeddings=16,
                initializer_range=0.5,  # or every token is like every other
            )
        ).double()
    tokenizer = BertTokenizer(vocab={token: index for index, token in enumerate(VOCABULARY)}, model_max_length=16)
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return Tiny(path, model, tokenizer)


def _ours(tiny: Tiny, layer: int = 2, idf: bool = False, batch_size: int = 32) -> torch.Tensor:
    scores = bertscore(HYPOTHESES, REFERENCES, tiny.model, tiny.tokenizer, layer=layer, idf=idf, batch_size=batch_size)
    rows = [[score.precision, score.recall, score.f1] for score in scores]
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.compares("bert-score", technique="aigc_ref.metrics.bertscore", atol=1e-7)
@pytest.mark.parametrize("layer", [1, 2, 3])
@pytest.mark.parametrize("idf", [False, True])
def test_as_bert_score(tiny: Tiny, layer: int, idf: bool) -> None:
    peer = BERTScorer(str(tiny.path), num_layers=layer, idf=idf, idf_sents=REFERENCES, nthreads=0, device="cpu")
    theirs = torch.stack(peer.score(HYPOTHESES, REFERENCES), dim=1)
    torch.testing.assert_close(_ours(tiny, layer, idf), theirs, rtol=0, atol=1e-7)  # its weights are float32


def test_layers_and_weights_do_matter(tiny: Tiny) -> None:
    assert (_ours(tiny, layer=1) - _ours(tiny, layer=2)).abs().max() > 1e-2
    assert (_ours(tiny, idf=True) - _ours(tiny)).abs().max() > 1e-2


def test_dropping_the_special_tokens_before_matching_gives_another_number(tiny: Tiny) -> None:
    dropped = []
    for hypothesis, reference in zip(HYPOTHESES, REFERENCES, strict=True):
        one, other = (
            tiny.model(**tiny.tokenizer(text, return_tensors="pt"), output_hidden_states=True).hidden_states[2][0, 1:-1]
            for text in (hypothesis, reference)
        )
        dropped.append(greedy_match(one, other, torch.ones(len(one)), torch.ones(len(other))).f1)
    assert (torch.tensor(dropped) - _ours(tiny)[:, 2]).abs().max() > 1e-2


def test_the_batch_does_not_matter(tiny: Tiny) -> None:
    for batch_size in (1, 4):
        torch.testing.assert_close(_ours(tiny, batch_size=batch_size), _ours(tiny), rtol=0, atol=1e-12)


def test_padding_is_no_candidate_where_bert_score_lets_it_be_one() -> None:
    hypothesis = torch.tensor([[1.0, 0.0], [1.0, 0.1], [1.0, -0.1]])
    reference = torch.tensor([[-1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0], [2.0, 2.0]])  # of three tokens; the last pads
    ours = greedy_match(hypothesis, reference[:3], torch.ones(3), torch.ones(3))
    precision, _, _ = greedy_cos_idf(
        reference.unsqueeze(0).clone(),
        torch.tensor([[1, 1, 1, 0]]),
        torch.tensor([[1.0, 1.0, 1.0, 0.0]]),
        hypothesis.unsqueeze(0).clone(),
        torch.ones(1, 3),
        torch.ones(1, 3),
    )
    assert ours.precision < -0.99
    assert precision.item() == 0  # padding has the cosine 0, more than any token has here


def test_a_text_of_no_tokens_scores_zero(tiny: Tiny) -> None:
    scores = bertscore(["", "春江"], ["春江", " "], tiny.model, tiny.tokenizer, layer=2)
    assert scores == [BertScore(0.0, 0.0)] * 2
    assert scores[0].f1 == 0


def test_a_long_text_is_cut_and_a_tokenizer_without_limit_does_not_overflow(tiny: Tiny) -> None:
    unlimited = BertTokenizer(vocab={token: index for index, token in enumerate(VOCABULARY)})
    assert unlimited.model_max_length > 10**20
    long = ["春江花月夜" * 10]
    cut = [long[0][:14]]
    for tokenizer, limit in ((unlimited, 16), (tiny.tokenizer, 512)):
        scores = [bertscore(texts, ["山水"], tiny.model, tokenizer, layer=2, max_length=limit) for texts in (long, cut)]
        assert scores[0] == scores[1]


def test_a_text_says_all_of_itself(tiny: Tiny) -> None:
    for score in bertscore(HYPOTHESES, HYPOTHESES, tiny.model, tiny.tokenizer, layer=3):
        assert (score.precision, score.recall, score.f1) == pytest.approx((1, 1, 1))


def test_dropout_is_off(tiny: Tiny) -> None:
    tiny.model.train()
    assert torch.equal(_ours(tiny), _ours(tiny))


def test_weights_by_document_frequency() -> None:
    weights = inverse_document_frequencies([[5, 5, 6], [5, 7], [5]])
    assert weights == pytest.approx({5: 0.0, 6: math.log(2), 7: math.log(2)})


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 6))
def test_precision_and_recall_change_places_with_the_texts(seed: int, tokens: int, others: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    one, other = torch.randn(tokens, 4, generator=generator), torch.randn(others, 4, generator=generator)
    weights, other_weights = torch.rand(tokens, generator=generator), torch.rand(others, generator=generator)
    score = greedy_match(one, other, weights, other_weights)
    swapped = greedy_match(other, one, other_weights, weights)
    assert (swapped.precision, swapped.recall) == pytest.approx((score.recall, score.precision))
    assert -1 - 1e-12 <= score.precision <= 1 + 1e-12


def test_bad_input_is_refused(tiny: Tiny) -> None:
    with pytest.raises(ValueError, match="2 hypotheses need as many references, not 1"):
        bertscore(["春", "江"], ["春"], tiny.model, tiny.tokenizer, layer=1)
    with pytest.raises(ValueError, match="hidden states 0 to 3, not 4"):
        bertscore(["春"], ["春"], tiny.model, tiny.tokenizer, layer=4)
    with pytest.raises(ValueError, match="references must differ"):
        bertscore(["春"], ["春"], tiny.model, tiny.tokenizer, layer=1, idf=True)
    with pytest.raises(ValueError, match="batch_size must be at least 1, not -1"):
        bertscore(["春"], ["春"], tiny.model, tiny.tokenizer, layer=1, batch_size=-1)
    with pytest.raises(ValueError, match="max_length must be at least 3 for this tokenizer, not 2"):
        bertscore(["春"], ["春"], tiny.model, tiny.tokenizer, layer=1, max_length=2)
