"""Fine-tuning an encoder to label tokens, such as the names of people, places and organisations in a text.

`train_epoch` goes once through the sentences, `evaluate` tells how many entities a model finds in others. As a
command it does all of it, on any files in CoNLL format:

    python -m aigc_ref.finetune.token_classification --train train.conll --test test.conll --model all-minilm-l6-v2

The report has both figures that one finds in print: how many *entities* are right, which counts, and how many tokens,
to which the many easy O add what they like (see `aigc_ref.metrics.ner`).

Papers: paper-bert (section 5.3), paper-conll2003.
"""

from collections import Counter
from collections.abc import Sequence

from torch import nn
from transformers import PreTrainedTokenizerBase

from aigc_ref.finetune.classification import classification_loss, predicted_logits
from aigc_ref.metrics.ner import NerReport, ner_report
from aigc_ref.pretrained.loading import pad_token_id
from aigc_ref.text.collate import token_collator
from aigc_ref.text.conll import Sentence
from aigc_ref.text.tags import OUTSIDE, to_iob2
from aigc_ref.text.word_pieces import Window, WordPieces, windows
from aigc_ref.train import loop
from aigc_ref.train.loss import IGNORE_INDEX


class TokenDataset:
    """Sentences as windows of token ids with labels, for the loop.

    Args:
        sentences: with tags of any scheme; the labels are of IOB2.
        tokenizer: of transformers.
        labels: in the order of their ids. A tag that is not among them teaches nothing, and counts as missed.
        max_length: of a window, in tokens; a longer sentence is cut into several.

    Examples:
        >>> from aigc_ref.text.tokenizers import character_tokenizer
        >>> sentence = Sentence(("王", "维", "写"), ("B-PER", "I-PER", "O"), line=1)
        >>> TokenDataset([sentence], character_tokenizer(["王维写"]), ["O", "B-PER", "I-PER"])[0]
        ([2, 5, 6, 4, 3], [-100, 1, 2, 0, -100])
    """

    def __init__(
        self,
        sentences: Sequence[Sentence],
        tokenizer: PreTrainedTokenizerBase,
        labels: Sequence[str],
        max_length: int = 512,
    ) -> None:
        self.labels = list(labels)
        self.sentences = list(sentences)
        self.gold = [to_iob2(sentence.tags) for sentence in sentences]
        pieces = WordPieces(tokenizer, (word for sentence in sentences for word in sentence.tokens))
        ids = {label: index for index, label in enumerate(labels)}
        self.windows: list[Window] = []
        for number, (sentence, tags) in enumerate(zip(sentences, self.gold, strict=True)):
            wanted = [ids.get(tag, IGNORE_INDEX) for tag in tags]
            self.windows += windows(number, sentence.tokens, wanted, pieces, max_length)
        parts = Counter(window.sentence for window in self.windows)
        self.divided = sum(number > 1 for number in parts.values())
        """Sentences in more than one window."""
        room = max_length - len(pieces.before) - len(pieces.behind)
        self.shortened = sum(len(pieces[word]) > room for sentence in sentences for word in sentence.tokens)
        """Words that alone do not fit into a window."""

    @property
    def rows(self) -> list[list[int]]:
        """The token ids of each window."""
        return [window.ids for window in self.windows]

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> tuple[list[int], list[int]]:
        return self.windows[index].ids, self.windows[index].labels


def labels_of(sentences: Sequence[Sentence]) -> list[str]:
    """O, and the other tags of IOB2 that occur, by type.

    Examples:
        >>> labels_of([Sentence(("王", "维", "写"), ("I-PER", "I-PER", "O"), line=1)])
        ['O', 'B-PER', 'I-PER']
    """
    found = {tag for sentence in sentences for tag in to_iob2(sentence.tags)} - {OUTSIDE}
    return [OUTSIDE, *sorted(found, key=lambda tag: (tag.partition("-")[2], tag))]


def train_epoch(
    model: nn.Module,
    dataset: TokenDataset,
    tokenizer: PreTrainedTokenizerBase,
    *,
    learning_rate: float,
    batch_size: int,
    seed: int = 0,
    progress: bool = True,
) -> list[loop.StepRecord]:
    """Goes once through the sentences. For several epochs under one schedule, call `aigc_ref.train.loop.fit`."""
    recipe = loop.Recipe(epochs=1, batch_size=batch_size, learning_rate=learning_rate, seed=seed)
    collate = token_collator(pad_token_id(tokenizer))
    return list(loop.fit(model, dataset, collate, classification_loss, recipe, progress=progress))


def predict(
    model: nn.Module, dataset: TokenDataset, tokenizer: PreTrainedTokenizerBase, batch_size: int = 64
) -> list[list[str]]:
    """The model's tags, one for every word of every sentence."""
    logits = predicted_logits(model, dataset.rows, pad_token_id(tokenizer), batch_size)
    tags: list[list[str]] = [[] for _ in dataset.sentences]
    for window, row in zip(dataset.windows, logits, strict=True):
        tags[window.sentence] += [dataset.labels[label] for label in row[window.starts].argmax(dim=-1).tolist()]
    return tags


def evaluate(
    model: nn.Module, dataset: TokenDataset, tokenizer: PreTrainedTokenizerBase, batch_size: int = 64
) -> NerReport:
    """How many entities and tokens the model labels rightly."""
    return ner_report(dataset.gold, predict(model, dataset, tokenizer, batch_size))
