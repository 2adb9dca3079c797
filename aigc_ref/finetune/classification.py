"""What classifiers of texts and of tokens have in common: a pre-trained encoder under a new head, and their loss.

    L = - 1/N · Σ log p(label | text)      over the texts, or over the tokens whose label is not -100; N is their number

An encoder comes from a folder, from a package (see `aigc_ref.pretrained.encoders`), or from the Hugging Face hub. What
its checkpoint does not hold, the head, is new: it begins at random and wants a greater learning rate than the rest,
and over tokens also standardised states (see `aigc_ref.finetune.standardised_head`).

Paper: paper-bert.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from aigc_ref.finetune.standardised_head import Standardised, fold, states_before
from aigc_ref.pretrained.encoders import PACKAGES, load_encoder
from aigc_ref.pretrained.loading import load_tokenizer, named_errors
from aigc_ref.pretrained.vocabulary_pruning import prune_vocabulary
from aigc_ref.text.collate import padded_inputs
from aigc_ref.train.batch import Batch
from aigc_ref.train.loss import SummedLoss, summed_cross_entropy

Kind = Literal["token", "sequence"]
HEADS: Mapping[Kind, Any] = {
    "token": AutoModelForTokenClassification,
    "sequence": AutoModelForSequenceClassification,
}


def classification_loss(model: nn.Module, batch: Batch) -> SummedLoss:
    """The loss function of a classifier, of texts or of tokens, for the loop."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    return summed_cross_entropy(logits, batch["labels"])


@torch.no_grad()
def predicted_logits(
    model: nn.Module, rows: Sequence[Sequence[int]], pad_token_id: int, batch_size: int = 64
) -> list[Tensor]:
    """A classifier's logits for rows of token ids, in their order; those of like length share a batch.

    Returns:
        For each row a tensor of shape (classes,) or, from a classifier of tokens, (length of the row, classes).
    """
    model.eval()
    device = next(model.parameters()).device
    by_length = sorted(range(len(rows)), key=lambda index: len(rows[index]))
    found: dict[int, Tensor] = {}
    for start in range(0, len(rows), batch_size):
        chosen = by_length[start : start + batch_size]
        batch = padded_inputs([rows[index] for index in chosen], pad_token_id)
        logits = model(**{name: tensor.to(device) for name, tensor in batch.items()}).logits.float().cpu()
        for index, row in zip(chosen, logits, strict=True):
            found[index] = row[: len(rows[index])] if row.dim() > 1 else row
    return [found[index] for index in range(len(rows))]


@dataclass(frozen=True, slots=True)
class Classifier:
    """A model of transformers with its tokenizer, and what of it is new."""

    kind: Kind
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    newly_initialised: tuple[str, ...]
    """The modules that the checkpoint holds no weights of."""

    @property
    def labels(self) -> list[str]:
        """In the order of their ids."""
        return _labels(self.model.config)


def load_classifier(
    name: str, kind: Kind, labels: Sequence[str], *, vocabulary_of: Sequence[str] | None = None
) -> Classifier:
    """An encoder with a head for these labels.

    Args:
        name: a folder, an encoder that comes in a package, or a name on the Hugging Face hub.
        kind: what gets a label, each token or each text.
        labels: of the training data. What is a classifier already must know them all, and keeps its head.
        vocabulary_of: texts; whatever they do not need of a packaged encoder's vocabulary is left out.

    Raises:
        ValueError: nothing of that name can be read, it is a classifier with other labels, or it has no tokenizer.
    """
    if len(labels) < 2:
        raise ValueError(f"a classifier needs two labels at least, not {list(labels)}")
    if name in PACKAGES and not Path(name).exists():
        encoder = load_encoder(name)
        if vocabulary_of is not None:
            encoder = prune_vocabulary(encoder, vocabulary_of)
        model = HEADS[kind].from_config(_labelled(encoder.model.config, labels))
        weights = encoder.model.state_dict()
        model.base_model.load_state_dict(weights, strict=False)
        old = {f"{model.base_model_prefix}.{weight}" for weight in weights}
        missing = [weight for weight, _ in model.named_parameters() if weight not in old]
        return Classifier(kind, model, encoder.tokenizer, _modules(missing))
    if vocabulary_of is not None:
        raise ValueError(f"only a packaged encoder's vocabulary can be pruned: {', '.join(sorted(PACKAGES))}")
    with named_errors(name):
        config = AutoConfig.from_pretrained(name)
    tokenizer = load_tokenizer(name)
    if any(architecture.endswith(f"For{kind.title()}Classification") for architecture in config.architectures or ()):
        labels = _known(labels, config, name)
    with named_errors(name):
        model, loading = HEADS[kind].from_pretrained(
            name, config=_labelled(config, labels), dtype=torch.float32, output_loading_info=True
        )
    return Classifier(kind, model, tokenizer, _modules(loading["missing_keys"]))


def standardise_head(classifier: Classifier, batches: Iterable[Batch]) -> None:
    """Lets the new head of a token classifier see standardised states, by the statistics of these batches.

    A head that has learnt already stays as it is, and so does one that is not a dropout before a linear layer. So do
    the heads of text classifiers, which gained nothing by it: on Chinese reviews, after 75 steps of
    multilingual-e5-small, accuracy was 0.805 with it and 0.797 without.
    """
    model, dropout = classifier.model, getattr(classifier.model, "dropout", None)
    if classifier.kind == "token" and "classifier" in classifier.newly_initialised and isinstance(dropout, nn.Dropout):
        model.dropout = Standardised(dropout, states_before(model, "dropout", batches))


def fold_head(classifier: Classifier) -> None:
    """Makes the head an ordinary one of its architecture again, with the same logits."""
    model = classifier.model
    dropout, linear = getattr(model, "dropout", None), getattr(model, "classifier", None)
    if isinstance(dropout, Standardised) and isinstance(linear, nn.Linear):
        fold(dropout, linear)
        model.dropout = dropout.inner


def _modules(weights: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({weight.rpartition(".")[0] for weight in weights}))


def _labels(config: PreTrainedConfig) -> list[str]:
    names: Mapping[Any, str] = config.id2label or {}
    return [names[index] for index in sorted(names)]


def _labelled(config: PreTrainedConfig, labels: Sequence[str]) -> PreTrainedConfig:
    names = dict(enumerate(labels))
    content = config.to_dict() | {"id2label": names, "label2id": {label: index for index, label in names.items()}}
    return type(config).from_dict(content)


def _known(labels: Sequence[str], config: PreTrainedConfig, name: str) -> list[str]:
    """The labels of a classifier, where they hold those of the data."""
    known = _labels(config)
    if unknown := sorted(set(labels) - set(known)):
        raise ValueError(
            f"{name} is a classifier that knows {', '.join(known)}, but not {', '.join(unknown)}; "
            "begin with the encoder that it was made of, or with data of the same labels"
        )
    return known
