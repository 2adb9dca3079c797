"""Fine-tuning an encoder to label tokens, such as the names of people, places and organisations in a text.

`train_epoch` goes once through the sentences, `evaluate` tells how many entities a model finds in others. As a
command it does all of it, on any files in CoNLL format:

    python -m aigc_ref.finetune.token_classification --train train.conll --test test.conll --model all-minilm-l6-v2

The report has both figures that one finds in print: how many *entities* are right, which counts, and how many tokens,
to which the many easy O add what they like (see `aigc_ref.metrics.ner`).

Papers: paper-bert (section 5.3), paper-conll2003.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from typing import Any

from torch import nn
from transformers import PreTrainedTokenizerBase

from aigc_ref.finetune import classifier_command, command
from aigc_ref.finetune.classification import classification_loss, predicted_logits
from aigc_ref.finetune.pretrained import pad_token_id
from aigc_ref.finetune.words import Window, WordPieces, windows
from aigc_ref.metrics.ner import OUTSIDE, NerReport, ner_report
from aigc_ref.metrics.report import Report
from aigc_ref.text.collate import token_collator
from aigc_ref.text.conll import Sentence, read_conll, to_iob2
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


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.parser(
        "aigc_ref.finetune.token_classification",
        "Fine-tune an encoder to label tokens, from files in CoNLL format.",
        learning_rate=1e-4,
        batch_size=16,
        epochs=3,
    )
    classifier_command.add_arguments(parser)
    return command.run(_work, parser.parse_args(arguments))


def _work(options: argparse.Namespace) -> None:
    train, dev, test = (read_conll(path) if path else [] for path in (options.train, options.dev, options.test))
    words = sorted({word for sentence in train for word in sentence.tokens})
    classifier = classifier_command.load(options, "token", labels_of(train), words)
    model, tokenizer = classifier.model, classifier.tokenizer
    length = command.max_length(options, model, tokenizer)
    learnt, chosen, unseen = (
        TokenDataset(sentences, tokenizer, classifier.labels, length) for sentences in (train, dev, test)
    )
    for path, dataset in ((options.train, learnt), (options.dev, chosen), (options.test, unseen)):
        if dataset.divided:
            command.say(
                f"{path}: {dataset.divided} of {len(dataset.sentences)} sentences are longer than {length} tokens "
                "and are read in parts"
            )
        if dataset.shortened:
            command.say(f"{path}: {dataset.shortened} words alone are longer than {length} tokens and are cut")
    if new := sorted({tag for tags in chosen.gold + unseen.gold for tag in tags} - set(classifier.labels)):
        command.say(f"tags that --train does not have, and that will be missed: {', '.join(new)}")

    def measure(model: nn.Module) -> dict[str, float]:
        return {"entity_f1": evaluate(model, chosen, tokenizer, options.batch_size).entities.micro.f1}

    collate = token_collator(pad_token_id(tokenizer))
    classifier_command.train(options, classifier, learnt, collate, measure if dev else None, "entity_f1")
    predicted = predict(model, unseen, tokenizer, options.batch_size)
    with (options.output / "predictions.conll").open("w", encoding="utf-8") as file:
        for sentence, gold, tags in zip(test, unseen.gold, predicted, strict=True):
            file.writelines(
                f"{token}\t{one}\t{other}\n" for token, one, other in zip(sentence.tokens, gold, tags, strict=True)
            )
            file.write("\n")
    report = ner_report(unseen.gold, predicted)
    figures = {
        "entities": _figures(report.entities),
        "tokens": _figures(report.tokens.without(OUTSIDE)),
        "tokens_with_outside": _figures(report.tokens),
    }
    command.finish(options, model, tokenizer, str(report), figures)


def _figures(report: Report) -> dict[str, Any]:
    return {
        "rows": {name: command.figures(row) for name, row in report.rows.items()},
        "micro": command.figures(report.micro),
        "macro": command.figures(report.macro),
        "weighted": command.figures(report.weighted),
    }


if __name__ == "__main__":
    raise SystemExit(main())
