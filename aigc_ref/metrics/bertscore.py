"""BERTScore: how much of one text is said by the other, by the likeness of token embeddings in context.

    precision   Σ_i w(hᵢ) max_j cos(hᵢ, rⱼ) / Σ_i w(hᵢ)      over the tokens h of the hypothesis
    recall      Σ_j w(rⱼ) max_i cos(hᵢ, rⱼ) / Σ_j w(rⱼ)      over the tokens r of the reference
    F1          2PR / (P + R)

Every token goes to the most similar of the other text, whichever others chose it too. w is 1, or the inverse document
frequency over the references, log((M + 1) / (m + 1)) of a token in m of M. [CLS] and [SEP] have the weight 0 but may
be chosen: who drops them before matching gets another number.

Embeddings share directions, so that texts which have nothing to do with each other do not score 0: English ones 0.35
under bert-base-uncased and 0.83 under roberta-large (bert-score's baselines). Compare scores only under one model and
layer, and say which.

Paper: paper-bertscore.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from aigc_ref.text.datasets import token_ids


@dataclass(frozen=True, slots=True)
class BertScore:
    """Precision and recall are means of cosines: from -1 to 1, and in practice above 0."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """0 where precision and recall cancel."""
        together = self.precision + self.recall
        return 2 * self.precision * self.recall / together if together else 0.0


def greedy_match(
    hypothesis: Tensor, reference: Tensor, hypothesis_weights: Tensor, reference_weights: Tensor
) -> BertScore:
    """The score of one pair, from its token embeddings.

    Args:
        hypothesis: shape (tokens, features), of any length but 0; without padding.
        reference: the same of the reference.
        hypothesis_weights: w, shape (tokens,), ≥ 0.
        reference_weights: the same of the reference.

    Returns:
        Precision and recall; both 0 where a text has no weight at all, such as one of [CLS] and [SEP] alone.

    Examples:
        >>> one = torch.tensor([1.0])
        >>> greedy_match(torch.tensor([[2.0, 0.0]]), torch.tensor([[3.0, 4.0]]), one, one).f1
        0.6
    """
    mine, theirs = hypothesis_weights.double(), reference_weights.double()
    if not (mine.any() and theirs.any()):
        return BertScore(0.0, 0.0)
    cosines = F.normalize(hypothesis.double(), dim=1) @ F.normalize(reference.double(), dim=1).mT
    precision = (mine * cosines.amax(dim=1)).sum() / mine.sum()
    recall = (theirs * cosines.amax(dim=0)).sum() / theirs.sum()
    return BertScore(precision.item(), recall.item())


def inverse_document_frequencies(documents: Sequence[Sequence[int]]) -> dict[int, float]:
    """The weight of each token that occurs; one that does not occur weighs log(M + 1).

    Args:
        documents: token ids of each of the M documents.

    Examples:
        >>> weights = inverse_document_frequencies([[1, 7], [1, 8, 8]])
        >>> weights[1], round(weights[8], 4)
        (0.0, 0.4055)
    """
    frequencies = Counter(token for document in documents for token in set(document))
    return {token: math.log((len(documents) + 1) / (count + 1)) for token, count in frequencies.items()}


@torch.no_grad()
def bertscore(
    hypotheses: Sequence[str],
    references: Sequence[str],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    layer: int,
    idf: bool = False,
    max_length: int = 512,
    batch_size: int = 32,
) -> list[BertScore]:
    """The score of each hypothesis against its reference.

    Args:
        hypotheses: what was generated.
        references: one for each.
        model: an encoder of transformers; it is put into evaluation mode.
        tokenizer: the model's; for RoBERTa with add_prefix_space=True, as bert-score has it.
        layer: whose hidden states are compared, from 0, the embeddings, to the number of layers. By the authors'
            choice 8 for bert-base-chinese, 9 for bert-base-uncased, 17 for roberta-large.
        idf: weights tokens by their inverse document frequency over the references.
        max_length: of a text in tokens, [CLS] and [SEP] included; what is longer is cut.
        batch_size: pairs at a time, at least 1.

    Raises:
        ValueError: there are not as many references as hypotheses, the model has no such layer, batches hold no pair,
            max_length leaves no room beside the special tokens, or all references have the same tokens, so that none
            would have a weight.

    Examples:
        >>> from transformers import BertConfig, BertModel, BertTokenizer
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "明", "月"]
        >>> tokenizer = BertTokenizer(vocab={token: index for index, token in enumerate(vocabulary)})
        >>> model = BertModel(BertConfig(vocab_size=7, hidden_size=8, num_hidden_layers=1, num_attention_heads=1))
        >>> [score] = bertscore(["明月"], ["明月"], model, tokenizer, layer=1)
        >>> round(score.f1, 6)
        1.0
    """
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses need as many references, not {len(references)}")
    layers: int = model.config.num_hidden_layers
    if not 0 <= layer <= layers:
        raise ValueError(f"the model has hidden states 0 to {layers}, not {layer}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    # A tokenizer that knows no limit says 1e30, which overflows where it cuts (bert_score#205).
    limit = min(max_length, tokenizer.model_max_length)
    mine, theirs = (token_ids([text.strip() for text in texts], tokenizer, limit) for texts in (hypotheses, references))
    weights = inverse_document_frequencies(theirs) if idf else {}
    if idf and not any(weights.values()):
        raise ValueError("with idf=True references must differ: a token that all of them have weighs 0")
    unseen = math.log(len(theirs) + 1) if idf else 1.0
    weights |= {tokenizer.cls_token_id: 0.0, tokenizer.sep_token_id: 0.0}

    def weighed(ids: Sequence[int]) -> Tensor:
        return torch.tensor([weights.get(token, unseen) for token in ids], dtype=torch.float64)

    model.eval()
    scores: list[BertScore] = []
    for start in range(0, len(mine), batch_size):
        batch, other_batch = mine[start : start + batch_size], theirs[start : start + batch_size]
        states, other_states = _hidden_states(model, batch, layer), _hidden_states(model, other_batch, layer)
        scores += map(greedy_match, states, other_states, map(weighed, batch), map(weighed, other_batch))
    return scores


def _hidden_states(model: PreTrainedModel, batch: Sequence[Sequence[int]], layer: int) -> list[Tensor]:
    """Of each text at a layer, shape (tokens, features), without those of padding."""
    rows = [torch.tensor(ids) for ids in batch]
    input_ids = pad_sequence(rows, batch_first=True).to(model.device)  # with 0, which the mask hides
    attention_mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True).to(model.device)
    output = model(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
    return [states[: len(row)].cpu() for states, row in zip(output.hidden_states[layer], rows, strict=True)]
