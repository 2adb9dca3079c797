"""Fine-tuning a language model, by hand and as a command."""

import json
import math
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel

from aigc_ref.finetune.causal_lm import evaluate, train_epoch, windows
from aigc_ref.finetune.causal_lm.__main__ import main
from aigc_ref.lm.generate import generate
from aigc_ref.text.datasets import TextDataset
from aigc_ref.text.tokenizers import byte_pair_tokenizer, character_tokenizer
from aigc_ref.train.record import read_record
from tests.finetune.tiny import POEMS, gpt_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and poems for it."""
    folder = tmp_path_factory.mktemp("poems")
    gpt_folder(folder / "gpt", POEMS)
    (folder / "poems.txt").write_text("\n\n".join(POEMS * 3) + "\n", encoding="utf-8")
    return folder


def _arguments(folder: Path, output: Path) -> list[str]:
    files = [part for name in ("train", "dev", "test") for part in (f"--{name}", f"{folder}/poems.txt")]
    options = ["--epochs", "12", "--learning-rate", "2e-2", "--batch-size", "6"]
    return [*files, "--model", str(folder / "gpt"), "--output", str(output), *options]


def test_a_few_poems_are_learnt_by_heart_and_read_back_from_disk(tmp_path: Path) -> None:
    tokenizer = character_tokenizer(POEMS)
    torch.manual_seed(0)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(tokenizer),
            n_positions=32,
            n_layer=2,
            n_head=2,
            n_embd=64,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    data = TextDataset(POEMS, tokenizer)
    before = evaluate(model, data, tokenizer).perplexity
    for epoch in range(40):
        train_epoch(model, data, tokenizer, learning_rate=5e-3, batch_size=4, seed=epoch, progress=False)
    assert evaluate(model, data, tokenizer).perplexity < 1.5 < before

    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    again, same_tokenizer = GPT2LMHeadModel.from_pretrained(tmp_path), type(tokenizer).from_pretrained(tmp_path)
    prompt = torch.tensor([same_tokenizer("白日")["input_ids"][:-1]])
    (text,) = generate(again, prompt, max_new_tokens=20, eos_token_id=same_tokenizer.eos_token_id, temperature=0)
    assert "白日" + same_tokenizer.decode(text) == POEMS[0]


def test_a_tokenizer_without_padding_is_told_how_to_get_it() -> None:
    tokenizer = character_tokenizer(POEMS)
    tokenizer.pad_token = None
    with pytest.raises(ValueError, match="the tokenizer has no padding token"):
        evaluate(GPT2LMHeadModel(GPT2Config(n_layer=1, n_head=1, n_embd=8)), TextDataset(POEMS, tokenizer), tokenizer)


def test_a_text_of_one_token_counts_for_nothing_beside_others() -> None:
    tokenizer = character_tokenizer(POEMS)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), n_layer=1, n_head=1, n_embd=8))
    assert evaluate(model, [[4, 5, 6], [7]], tokenizer, batch_size=1) == evaluate(model, [[4, 5, 6]], tokenizer)
    with pytest.raises(ValueError, match="no token to predict"):
        evaluate(model, [[7]], tokenizer)


@pytest.mark.parametrize("max_length", [2, 3, 4, 5, 100])
def test_windows_predict_every_token_once_however_long_the_text(max_length: int) -> None:
    tokenizer = character_tokenizer(["abcd"])
    whole = tokenizer("abcdabc")["input_ids"]
    cut = windows(["abcdabc"], tokenizer, max_length)
    assert all(2 <= len(window) <= max_length for window in cut)
    assert [token for window in cut for token in window[1:]] == whole[1:]
    assert cut[0][0] == whole[0]


def test_where_one_token_begins_and_ends_texts_it_stands_at_both_ends() -> None:
    tokenizer = byte_pair_tokenizer(["abcd"], vocab_size=259)
    tokenizer.bos_token = None  # as with GPT-2
    (window,) = windows(["ab"], tokenizer, 32)
    assert window[0] == window[-1] == tokenizer.eos_token_id
    assert len(window) == 4


def test_the_command_learns_reports_and_leaves_what_transformers_reads(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_arguments(folder, tmp_path)) == 0
    printed = capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["after"]["perplexity"] < 4 < 20 < report["before"]["perplexity"]
    assert report["after"]["texts"] == 12
    assert f"{report['after']['bits_per_byte']:.3f}" in printed
    assert len((tmp_path / "samples.txt").read_text(encoding="utf-8").splitlines()) == 5

    model = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    nats = 0.0
    for poem in POEMS:
        ids = torch.tensor([tokenizer(poem)["input_ids"]])
        with torch.no_grad():
            nats += model(ids, labels=ids).loss.item() * (ids.shape[1] - 1)
    assert report["after"]["bits_per_character"] == pytest.approx(nats / math.log(2) / sum(map(len, POEMS)), rel=1e-4)
    assert report["after"]["bits_per_byte"] == pytest.approx(report["after"]["bits_per_character"] / 3, rel=1e-9)


def test_the_report_is_the_same_however_the_file_is_cut_where_the_model_forgets_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = []
    for length in ("8", "32"):
        arguments = [*_arguments(folder, tmp_path / length), "--block", "--max-length", length, "--max-steps", "1"]
        assert main(arguments) == 0
        tokens.append(json.loads((tmp_path / length / "report.json").read_text(encoding="utf-8"))["after"]["tokens"])
    assert tokens[0] == tokens[1] == len("\n\n".join(POEMS * 3)) + 1  # every character and the end


def test_without_a_model_a_small_one_is_made_that_can_read_any_text(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test.txt").write_text("Ein Gedicht, 一首诗 🙂\n", encoding="utf-8")
    arguments = ["--train", f"{folder}/poems.txt", "--test", f"{tmp_path}/test.txt", "--output", f"{tmp_path}/run"]
    assert main([*arguments, "--max-steps", "1", "--samples", "0", "--max-length", "32"]) == 0
    assert "before" not in capsys.readouterr().out
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "run")
    assert tokenizer.decode(tokenizer("🙂")["input_ids"], skip_special_tokens=True) == "🙂"
    run, _ = read_record(tmp_path / "run" / "record.jsonl")
    assert run["model"] == "GPT2LMHeadModel"


def test_unknown_characters_are_told_for_they_flatter_the_figures(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test.txt").write_text("白日依河山\n大漠孤烟直\n", encoding="utf-8")
    change = ["--test", f"{tmp_path}/test.txt", "--max-steps", "1"]
    assert main([*_arguments(folder, tmp_path / "run"), *change]) == 0
    assert "5 tokens are not in the vocabulary" in capsys.readouterr().out


def test_a_negative_number_of_samples_is_said_before_the_training(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([*_arguments(folder, tmp_path), "--samples", "-1"])
    assert exit_.value.code == 2
    assert "argument --samples: expected a whole number from 0 to 2147483647, not -1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\n \n", "bad.txt: holds no text"), (b"fine\n\xba\xc3\n", "bad.txt:2: not UTF-8 (byte 0xba in column 1)")],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    (tmp_path / "bad.txt").write_bytes(content)
    assert main([*_arguments(folder, tmp_path / "run"), "--test", f"{tmp_path}/bad.txt"]) == 2
    assert message in capsys.readouterr().err


def test_a_file_with_the_line_ends_of_an_old_mac_is_refused_and_not_taken_for_one_text(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mac.txt").write_bytes(b"a\rb\rc\r")
    assert main([*_arguments(folder, tmp_path / "run"), "--train", f"{tmp_path}/mac.txt"]) == 2
    assert f"{tmp_path}/mac.txt:1:2: a carriage return without line feed; save" in capsys.readouterr().err
