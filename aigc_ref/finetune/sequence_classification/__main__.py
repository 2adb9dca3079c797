"""The command that fine-tunes an encoder to label texts; `--help` says what it takes."""

import argparse
import csv

from torch import nn

from aigc_ref.finetune import classifier_command, command
from aigc_ref.finetune.sequence_classification import LabelledDataset, evaluate, label_report, likeliest, predict
from aigc_ref.metrics.report import HEAD, Report
from aigc_ref.pretrained.loading import pad_token_id
from aigc_ref.text.collate import classification_collator
from aigc_ref.text.labelled import read_labelled


def table(report: Report) -> str:
    """The report for people, with what it must be compared with."""
    texts = report.micro.support
    commonest = max(row.support for row in report.rows.values()) / texts
    remark = f"the accuracy; who always says the commonest label has {commonest:.3f}"
    return "\n".join([HEAD, *report.lines(), "", *report.averages(remark)])


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.parser(
        "aigc_ref.finetune.sequence_classification",
        "Fine-tune an encoder to label texts, from CSV, TSV or JSON lines.",
        learning_rate=1e-4,
        batch_size=16,
        epochs=3,
    )
    classifier_command.add_arguments(parser)
    columns = parser.add_argument_group("columns")
    columns.add_argument("--text-column", default="text", metavar="NAME", help="column of the texts (%(default)s)")
    columns.add_argument("--label-column", default="label", metavar="NAME", help="column of the labels (%(default)s)")
    return command.run(_work, parser.parse_args(arguments))


def _work(options: argparse.Namespace) -> None:
    train, dev, test = (
        read_labelled(path, options.text_column, options.label_column) if path else []
        for path in (options.train, options.dev, options.test)
    )
    labels = sorted({text.label for text in train})
    classifier = classifier_command.load(options, "sequence", labels, [text.text for text in train])
    model, tokenizer = classifier.model, classifier.tokenizer
    length = command.max_length(options, model, tokenizer)
    learnt, chosen, unseen = (
        LabelledDataset(texts, tokenizer, classifier.labels, length) for texts in (train, dev, test)
    )
    for path, dataset in ((options.train, learnt), (options.dev, chosen), (options.test, unseen)):
        if dataset.shortened:
            command.say(
                f"{path}: {dataset.shortened} of {len(dataset)} texts are longer than {length} tokens and are truncated"
            )
    if new := sorted({text.label for text in dev + test} - set(classifier.labels)):
        command.say(f"labels that are not in --train and cannot be predicted: {', '.join(new)}")

    def measure(model: nn.Module) -> dict[str, float]:
        report = evaluate(model, chosen, tokenizer, options.batch_size)
        return {"accuracy": report.micro.f1, "macro_f1": report.macro.f1}

    collate = classification_collator(pad_token_id(tokenizer))
    classifier_command.train(options, classifier, learnt, collate, measure if dev else None, "macro_f1")
    probabilities = predict(model, unseen, tokenizer, options.batch_size)
    predicted = likeliest(probabilities, classifier.labels)
    with (options.output / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "predicted", "probability"])
        for text, label, row in zip(test, predicted, probabilities, strict=True):
            writer.writerow([text.text, text.label, label, f"{max(row):.4f}"])
    report = label_report([text.label for text in test], predicted)
    figures = {
        "accuracy": report.micro.f1,
        "macro_f1": report.macro.f1,
        "labels": report.data(),
    }
    command.finish(options, model, tokenizer, table(report), figures)


if __name__ == "__main__":
    raise SystemExit(main())
