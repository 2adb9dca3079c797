"""The command for labelling texts, from its files to the folder that transformers reads."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from aigc_ref.finetune.classification import load_classifier
from aigc_ref.finetune.sequence_classification import LabelledDataset, evaluate, train_epoch
from aigc_ref.finetune.sequence_classification.__main__ import main
from aigc_ref.text.labelled import read_labelled
from aigc_ref.train.record import read_record
from tests.finetune.tiny import bert_folder, reviews


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and the data for it."""
    folder = tmp_path_factory.mktemp("reviews")
    bert_folder(folder / "bert", [reviews(80, "csv")])
    for name, size, seed in (("train", 80, 0), ("dev", 20, 1), ("test", 30, 2)):
        (folder / f"{name}.csv").write_text(reviews(size, "csv", seed), encoding="utf-8")
        (folder / f"{name}.jsonl").write_text(reviews(size, "jsonl", seed), encoding="utf-8")
    return folder


def _arguments(folder: Path, output: Path, ending: str = "csv") -> list[str]:
    files = [part for name in ("train", "dev", "test") for part in (f"--{name}", f"{folder}/{name}.{ending}")]
    options = ["--epochs", "12", "--learning-rate", "2e-3", "--head-learning-rate", "1e-2", "--patience", "6"]
    return [*files, "--model", str(folder / "bert"), "--output", str(output), *options]


def test_the_command_learns_reports_and_leaves_what_transformers_reads(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_arguments(folder, tmp_path)) == 0
    printed = capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["accuracy"] > 0.9
    assert report["labels"]["rows"]["good"]["support"] + report["labels"]["rows"]["bad"]["support"] == 30
    assert f"{report['macro_f1']:.3f}" in printed
    assert printed == (tmp_path / "report.txt").read_text(encoding="utf-8")

    with (tmp_path / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [text.text for text in read_labelled(folder / "test.csv")]
    assert sum(row["label"] == row["predicted"] for row in rows) / len(rows) == pytest.approx(report["accuracy"])

    model = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    with torch.no_grad():
        logits = model(**tokenizer([row["text"] for row in rows], padding=True, return_tensors="pt")).logits
    again = [model.config.id2label[index] for index in logits.argmax(-1).tolist()]
    assert again == [row["predicted"] for row in rows]

    run, steps = read_record(tmp_path / "record.jsonl")
    assert run["recipe"]["learning_rates"] == {"bert.pooler.dense": 1e-2, "classifier": 1e-2}
    assert {"accuracy", "macro_f1"} == next(step["scores"] for step in steps if step["scores"]).keys()
    assert not (tmp_path / "checkpoint.pt").exists()


def test_what_the_command_left_can_be_trained_further(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = _arguments(folder, tmp_path / "first", "jsonl")
    assert main([*first, "--max-steps", "2"]) == 0
    second = [*_arguments(folder, tmp_path / "second"), "--model", str(tmp_path / "first"), "--max-steps", "2"]
    assert main(second) == 0
    run, _ = read_record(tmp_path / "second" / "record.jsonl")
    assert run["recipe"]["learning_rates"] == {}  # nothing is new


def test_one_epoch_by_hand_learns_too(folder: Path) -> None:
    torch.manual_seed(0)
    classifier = load_classifier(str(folder / "bert"), "sequence", ["bad", "good"])
    data = LabelledDataset(read_labelled(folder / "train.csv"), classifier.tokenizer, classifier.labels)
    for seed in range(6):
        train_epoch(
            classifier.model, data, classifier.tokenizer, learning_rate=1e-2, batch_size=8, seed=seed, progress=False
        )
    assert evaluate(classifier.model, data, classifier.tokenizer).micro.f1 > 0.9


def test_texts_that_are_cut_and_labels_that_are_new_are_said(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test.csv").write_text("text,label\nthe film is good,great\n", encoding="utf-8")
    arguments = [*_arguments(folder, tmp_path / "run"), "--test", f"{tmp_path}/test.csv"]
    assert main([*arguments, "--max-steps", "1", "--max-length", "5"]) == 0
    said = capsys.readouterr()
    assert f"{folder}/train.csv: 80 of 80 texts are longer than 5 tokens and are truncated" in said.err
    assert "labels that are not in --train and cannot be predicted: great" in said.err
    assert json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))["accuracy"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--test", "nowhere.csv"], "nowhere.csv: No such file or directory"),
        (["--text-column", "words"], "train.csv:1: no column 'words', there are 'text', 'label'"),
        (["--model", "./nowhere"], "no folder ./nowhere"),
        (["--max-length", "900"], "the model reads at most 64 tokens of a text, not 900"),
        (["--max-length", "2"], "max_length must be at least 3 for this tokenizer, not 2"),
        (["--device", "abacus"], "--device abacus:"),
        (["--prune-vocabulary"], "only a packaged encoder's vocabulary can be pruned"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_two(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], message: str
) -> None:
    assert main([*_arguments(folder, tmp_path), *change]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


@pytest.mark.parametrize(
    ("option", "value", "bounds"),
    [
        ("--batch-size", "0", "a whole number from 1 to 2147483647"),
        ("--batch-size", "-1", "a whole number from 1 to 2147483647"),
        ("--epochs", "1.5", "a whole number from 1 to 2147483647"),
        ("--max-length", "-5", "a whole number from 1 to 2147483647"),
        ("--threads", "-1", "a whole number from 1 to 2147483647"),
        ("--seed", "99999999999999999999", "a whole number from 0 to 2147483647"),
        ("--warmup-ratio", "15", "a number from 0 to 1"),
        ("--learning-rate", "nan", "a number of 0 or more"),
        ("--learning-rate", "inf", "a number of 0 or more"),
        ("--head-learning-rate", "-1", "a number of 0 or more"),
    ],
)
def test_a_number_out_of_bounds_is_said_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], option: str, value: str, bounds: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--train", "absent.csv", "--test", "absent.csv", "--model", "absent", option, value])
    assert exit_.value.code == 2
    assert f"argument {option}: expected {bounds}, not {value}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("model.safetensors", "garbage, garbage", "Error while deserializing header"),
        ("config.json", None, "config.json and the weights are of different sizes"),
        ("tokenizer.json", "{", "Expecting property name"),
    ],
)
def test_a_model_with_damaged_files_is_named(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | None, reason: str
) -> None:
    model = shutil.copytree(folder / "bert", tmp_path / "bert")
    file = model / name
    file.write_text(content or file.read_text().replace('"hidden_size": 32', '"hidden_size": 64'), encoding="utf-8")
    assert main([*_arguments(folder, tmp_path / "run"), "--model", str(model)]) == 2
    said = capsys.readouterr().err
    assert f"cannot use the model '{model}': {reason}" in said
    assert "save or download it again" in said
    assert len(said.splitlines()) == 1


def test_patience_needs_something_to_look_at(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = _arguments(folder, tmp_path)
    del arguments[2:4]
    assert main(arguments) == 2
    assert "--dev" in capsys.readouterr().err


def test_a_classifier_of_other_labels_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = load_classifier(str(folder / "bert"), "sequence", ["cold", "warm"])
    other.model.save_pretrained(tmp_path / "other")
    other.tokenizer.save_pretrained(tmp_path / "other")
    assert main([*_arguments(folder, tmp_path / "run"), "--model", str(tmp_path / "other")]) == 2
    assert "knows cold, warm, but not bad, good" in capsys.readouterr().err


def test_a_folder_without_tokenizer_is_refused_and_not_given_an_empty_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_classifier(str(folder / "bert"), "sequence", ["bad", "good"]).model.save_pretrained(tmp_path / "bare")
    assert main([*_arguments(folder, tmp_path / "run"), "--model", str(tmp_path / "bare")]) == 2
    assert "holds no tokenizer" in capsys.readouterr().err
