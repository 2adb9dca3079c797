"""The command for labelling tokens, from its files to the folder that transformers reads."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, BertModel, PreTrainedTokenizerFast

from aigc_ref.finetune.classification import Kind, load_classifier
from aigc_ref.finetune.token_classification import TokenDataset, evaluate, labels_of, predict, train_epoch
from aigc_ref.finetune.token_classification.__main__ import main
from aigc_ref.metrics.ner import ner_report
from aigc_ref.pretrained.encoders import Encoder
from aigc_ref.text.conll import Sentence, read_conll
from aigc_ref.text.word_pieces import WordPieces
from aigc_ref.train.record import read_record
from tests.finetune.tiny import bert_folder, conll

PATIENCE = 600  # seconds for a command that takes ten


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and the data for it."""
    folder = tmp_path_factory.mktemp("ner")
    bert_folder(folder / "bert", [conll(60).replace("\t", " ")])
    for name, size, start in (("train", 60, 0), ("dev", 12, 7), ("test", 20, 31)):
        (folder / f"{name}.conll").write_text(conll(size, start), encoding="utf-8")
    return folder


def _arguments(folder: Path, output: Path) -> list[str]:
    files = [part for name in ("train", "dev", "test") for part in (f"--{name}", f"{folder}/{name}.conll")]
    options = ["--epochs", "15", "--learning-rate", "2e-3", "--head-learning-rate", "1e-2"]
    return [*files, "--model", str(folder / "bert"), "--output", str(output), *options]


def test_the_command_learns_reports_and_leaves_what_transformers_reads(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*_arguments(folder, tmp_path), "--tracker", "tensorboard"]) == 0
    printed = capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["entities"]["micro"]["f1"] > 0.9
    assert set(report["entities"]["rows"]) == {"LOC", "ORG", "PER"}
    assert "what to report" in printed
    assert "with O" in printed  # what the article printed
    assert printed == (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert list((tmp_path / "record").glob("events.out.tfevents.*"))

    test, predicted = read_conll(folder / "test.conll"), read_conll(tmp_path / "predictions.conll")
    assert [sentence.tokens for sentence in predicted] == [sentence.tokens for sentence in test]
    again = ner_report([sentence.tags for sentence in test], [sentence.tags for sentence in predicted])
    assert f"{again}\n" == printed
    middle = [
        line.split("\t")[1] for line in (tmp_path / "predictions.conll").read_text(encoding="utf-8").split("\n") if line
    ]
    assert middle == [tag for sentence in test for tag in sentence.tags]

    model = AutoModelForTokenClassification.from_pretrained(tmp_path).eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    for sentence, other in zip(test[:5], predicted, strict=False):
        encoding = tokenizer(list(sentence.tokens), is_split_into_words=True, return_tensors="pt")
        words = encoding.word_ids()
        with torch.no_grad():
            best = model(**encoding).logits[0].argmax(-1).tolist()
        firsts = [words.index(number) for number in range(len(sentence.tokens))]
        assert tuple(model.config.id2label[best[first]] for first in firsts) == other.tags


def test_the_scheme_of_the_file_does_not_matter(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text(conll(60, scheme="IOB1"), encoding="utf-8")
    sentences = read_conll(tmp_path / "train.conll")
    assert labels_of(sentences) == ["O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER"]
    tokenizer = AutoTokenizer.from_pretrained(folder / "bert")
    data = TokenDataset(sentences, tokenizer, labels_of(sentences))
    other = TokenDataset(read_conll(folder / "train.conll"), tokenizer, labels_of(sentences))
    assert data.gold == other.gold
    assert [data[index] for index in range(len(data))] == [other[index] for index in range(len(other))]


def test_sentences_that_are_too_long_are_read_in_parts_and_lose_no_word(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    word = "Lundportonewhaven" * 3
    with (tmp_path / "test.conll").open("w", encoding="utf-8") as file:
        file.write(conll(3) + f"{word}\tB-LOC\n" + conll(2))
    change = ["--test", f"{tmp_path}/test.conll", "--max-length", "6", "--max-steps", "1"]
    assert main([*_arguments(folder, tmp_path / "run"), *change]) == 0
    said = capsys.readouterr().err
    assert f"{tmp_path}/test.conll: 5 of 5 sentences are longer than 6 tokens and are split" in said
    assert f"{tmp_path}/test.conll: 1 single words are longer than 6 tokens and are truncated" in said
    test, predicted = read_conll(tmp_path / "test.conll"), read_conll(tmp_path / "run" / "predictions.conll")
    assert [sentence.tokens for sentence in predicted] == [sentence.tokens for sentence in test]


def test_predictions_do_not_depend_on_what_shares_the_batch(folder: Path) -> None:
    sentences = read_conll(folder / "test.conll")
    torch.manual_seed(0)
    classifier = load_classifier(str(folder / "bert"), "token", labels_of(sentences))
    data = TokenDataset(sentences, classifier.tokenizer, classifier.labels, max_length=8)
    one = predict(classifier.model, data, classifier.tokenizer, batch_size=1)
    assert one == predict(classifier.model, data, classifier.tokenizer, batch_size=64)
    assert [len(tags) for tags in one] == [len(sentence.tokens) for sentence in sentences]


def test_a_tag_that_is_new_teaches_nothing_and_counts_as_missed(folder: Path) -> None:
    torch.manual_seed(0)
    classifier = load_classifier(str(folder / "bert"), "token", ["O", "B-PER"])
    data = TokenDataset([Sentence(("Tom", "left"), ("B-GOD", "O"), 1)], classifier.tokenizer, classifier.labels)
    assert sorted(data[0][1]) == [-100, -100, -100, 0]
    assert evaluate(classifier.model, data, classifier.tokenizer).entities.rows["GOD"].support == 1


def test_epochs_by_hand_learn_too(folder: Path) -> None:
    sentences = read_conll(folder / "train.conll")
    torch.manual_seed(0)
    classifier = load_classifier(str(folder / "bert"), "token", labels_of(sentences))
    data = TokenDataset(sentences, classifier.tokenizer, classifier.labels)
    for seed in range(4):
        train_epoch(
            classifier.model, data, classifier.tokenizer, learning_rate=1e-2, batch_size=8, seed=seed, progress=False
        )
    assert evaluate(classifier.model, data, classifier.tokenizer).entities.micro.f1 > 0.9


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Tom\tB-PER\nleft\n", "bad.conll:2: "),
        (b"Tom\tB-PER\n\xba\xc3\tO\n", "bad.conll:2: not UTF-8"),
        (b"Tom\tPERSON\n", "bad.conll:1: unknown form of tag 'PERSON'"),
        (b"\n\n", "bad.conll: holds no sentence"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    (tmp_path / "bad.conll").write_bytes(content)
    assert main([*_arguments(folder, tmp_path / "run"), "--train", f"{tmp_path}/bad.conll"]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1


@pytest.mark.slow
def test_ctrl_c_leaves_a_checkpoint_and_the_same_command_goes_on_to_the_same_end(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    straight, broken = tmp_path / "straight", tmp_path / "broken"

    def arguments(output: Path) -> list[str]:
        return [*_arguments(folder, output), "--epochs", "30", "--threads", "1"]

    # A process of its own is interrupted; what goes on needs none, for starting one takes longer than its work.
    command = [sys.executable, "-m", "aigc_ref.finetune.token_classification", *arguments(broken)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    first = subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True)
    record = broken / "record.jsonl"
    deadline = time.monotonic() + PATIENCE
    while not (record.exists() and len(record.read_text(encoding="utf-8").splitlines()) > 5):
        assert time.monotonic() < deadline, first.communicate()
        assert first.poll() is None, first.communicate()
        time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=PATIENCE)
    assert first.returncode == 130
    assert said.splitlines()[-1] == "interrupted; run the same command again to resume"
    assert (broken / "checkpoint.pt").exists()

    capsys.readouterr()
    assert main(arguments(broken)) == 0
    assert f"resuming from {broken}/checkpoint.pt" in capsys.readouterr().err
    assert not (broken / "checkpoint.pt").exists()

    assert main(arguments(straight)) == 0
    assert read_record(broken / "record.jsonl")[1] == read_record(straight / "record.jsonl")[1]
    for name in ("report.txt", "predictions.conll", "model.safetensors"):
        assert (broken / name).read_bytes() == (straight / name).read_bytes()


def test_another_recipe_data_or_model_does_not_go_on_with_an_unfinished_run(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("aigc_ref.finetune.token_classification.__main__.predict", interrupted)
    without_dev = [part for part in _arguments(folder, tmp_path) if "dev" not in part]
    assert main([*without_dev, "--max-steps", "2"]) == 130
    monkeypatch.undo()
    assert main([*without_dev, "--max-steps", "3"]) == 2
    assert "belongs to another run (max_steps was 2, is 3" in capsys.readouterr().err
    (tmp_path / "other.conll").write_text(conll(60, 1), encoding="utf-8")  # as many sentences
    shutil.copytree(folder / "bert", tmp_path / "bert")
    for name, value in (("--train", "other.conll"), ("--dev", "other.conll"), ("--model", "bert")):
        assert main([*without_dev, "--max-steps", "2", name, str(tmp_path / value)]) == 2
        assert f"{name} was " in capsys.readouterr().err
    assert main([*without_dev, "--max-steps", "2", "--max-length", "24"]) == 2
    assert "belongs to another run (--max-length was 'None', is '24'); remove it" in capsys.readouterr().err
    assert main([*without_dev, "--max-steps", "2"]) == 0


def test_packaged_encoders_get_a_new_head_and_a_smaller_vocabulary(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = BertModel.from_pretrained(folder / "bert", add_pooling_layer=False)
    packaged = Encoder(model, PreTrainedTokenizerFast.from_pretrained(folder / "bert"))
    monkeypatch.setattr("aigc_ref.finetune.classification.load_encoder", lambda _: packaged)
    heads: list[tuple[Kind, tuple[str, ...]]] = [
        ("token", ("classifier",)),
        ("sequence", ("bert.pooler.dense", "classifier")),
    ]
    for kind, new in heads:
        classifier = load_classifier("all-minilm-l6-v2", kind, ["O", "B-PER"])
        assert classifier.newly_initialised == new
        for name, weight in model.state_dict().items():
            assert torch.equal(weight, classifier.model.base_model.state_dict()[name])
    pruned = load_classifier("all-minilm-l6-v2", "token", ["O", "B-PER"], vocabulary_of=["Tom"])
    assert len(pruned.tokenizer) < len(packaged.tokenizer)
    assert len(WordPieces(pruned.tokenizer, ["Tom"])["Tom"]) == len(WordPieces(packaged.tokenizer, ["Tom"])["Tom"])
