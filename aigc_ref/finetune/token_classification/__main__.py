"""The command that fine-tunes an encoder to label tokens; `--help` says what it takes."""

import argparse

from torch import nn

from aigc_ref.finetune import classifier_command, command
from aigc_ref.finetune.token_classification import TokenDataset, evaluate, labels_of, predict
from aigc_ref.metrics.ner import ner_report
from aigc_ref.pretrained.loading import pad_token_id
from aigc_ref.text.collate import token_collator
from aigc_ref.text.conll import read_conll


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
                "and are split"
            )
        if dataset.shortened:
            command.say(f"{path}: {dataset.shortened} single words are longer than {length} tokens and are truncated")
    if new := sorted({tag for tags in chosen.gold + unseen.gold for tag in tags} - set(classifier.labels)):
        command.say(f"tags that are not in --train and cannot be predicted: {', '.join(new)}")

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
    command.finish(options, model, tokenizer, str(report), report.data())


if __name__ == "__main__":
    raise SystemExit(main())
