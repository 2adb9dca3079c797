"""Fine-tuning an encoder to label texts, such as reviews by what they think.

`train_epoch` goes once through the texts, `predict` gives each text the probabilities of the labels. As a command it
takes CSV, TSV or JSON lines:

    python -m aigc_ref.finetune.sequence_classification --train train.csv --test test.csv --model all-minilm-l6-v2

    accuracy   the share of texts that are labelled rightly
    macro-F1   the mean of the labels' F1: a rare label counts as much as a common one, and who always says the
               commonest label gets little

Paper: paper-bert.
"""

from collections.abc import Sequence

from torch import nn
from transformers import PreTrainedTokenizerBase

from aigc_ref.finetune.classification import classification_loss, predicted_logits
from aigc_ref.metrics.ner import token_report
from aigc_ref.metrics.report import Report
from aigc_ref.pretrained.loading import pad_token_id
from aigc_ref.text.collate import classification_collator
from aigc_ref.text.datasets import token_ids
from aigc_ref.text.labelled import LabelledText
from aigc_ref.train import loop
from aigc_ref.train.loss import IGNORE_INDEX


class LabelledDataset:
    """Texts as token ids with a label, for the loop.

    Args:
        texts: with their labels.
        tokenizer: of transformers.
        labels: in the order of their ids. A label that is not among them teaches nothing, and counts as an error.
        max_length: in tokens; what goes beyond it is cut off, and `shortened` counts the texts that it befell.

    Raises:
        ValueError: max_length leaves no room beside the special tokens.

    Examples:
        >>> from aigc_ref.text.tokenizers import character_tokenizer
        >>> texts = [LabelledText("好书", "good", line=1), LabelledText("很好的书", "good", line=2)]
        >>> data = LabelledDataset(texts, character_tokenizer(["很好的书"]), ["bad", "good"], max_length=5)
        >>> data[0], data.shortened
        (([2, 5, 4, 3], 1), 1)
    """

    def __init__(
        self,
        texts: Sequence[LabelledText],
        tokenizer: PreTrainedTokenizerBase,
        labels: Sequence[str],
        max_length: int = 512,
    ) -> None:
        self.labels = list(labels)
        self.texts = list(texts)
        written = [text.text for text in texts]
        self.rows = token_ids(written, tokenizer, max_length)
        self.shortened = sum(len(row) > max_length for row in tokenizer(written)["input_ids"]) if written else 0
        ids = {label: index for index, label in enumerate(labels)}
        self._wanted = [ids.get(text.label, IGNORE_INDEX) for text in texts]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[list[int], int]:
        return self.rows[index], self._wanted[index]


def train_epoch(
    model: nn.Module,
    dataset: LabelledDataset,
    tokenizer: PreTrainedTokenizerBase,
    *,
    learning_rate: float,
    batch_size: int,
    seed: int = 0,
    progress: bool = True,
) -> list[loop.StepRecord]:
    """Goes once through the texts. For several epochs under one schedule, call `aigc_ref.train.loop.fit`."""
    recipe = loop.Recipe(epochs=1, batch_size=batch_size, learning_rate=learning_rate, seed=seed)
    collate = classification_collator(pad_token_id(tokenizer))
    return list(loop.fit(model, dataset, collate, classification_loss, recipe, progress=progress))


def predict(
    model: nn.Module, dataset: LabelledDataset, tokenizer: PreTrainedTokenizerBase, batch_size: int = 64
) -> list[list[float]]:
    """For each text the probabilities of the labels, in their order."""
    logits = predicted_logits(model, dataset.rows, pad_token_id(tokenizer), batch_size)
    return [row.softmax(dim=-1).tolist() for row in logits]


def likeliest(probabilities: Sequence[Sequence[float]], labels: Sequence[str]) -> list[str]:
    """The most probable label of each text.

    Examples:
        >>> likeliest([[0.3, 0.7], [0.6, 0.4]], ["bad", "good"])
        ['good', 'bad']
    """
    return [labels[row.index(max(row))] for row in map(list, probabilities)]


def evaluate(
    model: nn.Module, dataset: LabelledDataset, tokenizer: PreTrainedTokenizerBase, batch_size: int = 64
) -> Report:
    """How well the model labels texts."""
    predicted = likeliest(predict(model, dataset, tokenizer, batch_size), dataset.labels)
    return label_report([text.label for text in dataset.texts], predicted)


def label_report(gold: Sequence[str], predicted: Sequence[str]) -> Report:
    """A row for each label that occurs; every text has one label, so that the micro average is the accuracy.

    Raises:
        ValueError: there are no texts, or not as many labels of one as of the other.

    Examples:
        >>> report = label_report(["bad", "good", "good", "good"], ["good", "good", "good", "good"])
        >>> report.micro.f1, round(report.macro.f1, 4)
        (0.75, 0.4286)
    """
    return token_report([gold], [predicted], outside=True)
