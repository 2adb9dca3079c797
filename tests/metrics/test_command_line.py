"""python -m aigc_ref.metrics: streams, tables, JSON, and one clear line where a file cannot be used."""

import gc
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aigc_ref.metrics.__main__ import COMMANDS, main
from aigc_ref.metrics.bleu import corpus_bleu
from aigc_ref.metrics.chrf import corpus_chrf
from aigc_ref.metrics.diversity import distinct, self_bleu
from aigc_ref.metrics.ner import ner_report
from aigc_ref.metrics.rouge import corpus_rouge, rouge_lsum
from aigc_ref.text.conll import read_conll
from aigc_ref.text.tags import OUTSIDE

HYPOTHESES = ["白日依山近", "the cat  sat", "", "a <n> b c"]
REFERENCES = ["白日依山尽", "the cat sat on", "x", "b c <n> a"]
OTHERS = ["白日依山落", "a cat sat", "", "c"]
GOLD = "EU B-ORG\nrejects O\n\nPeter B-PER\nBlackburn I-PER\n"
PREDICTED = "EU B-ORG\nrejects O\n\nPeter B-PER\nBlackburn B-PER\n"

Write = Callable[[str, object], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes lines, text or bytes to a file."""

    def written(name: str, content: object) -> str:
        path = tmp_path / name
        if isinstance(content, list):
            content = "".join(f"{line}\n" for line in content)
        path.write_bytes(content if isinstance(content, bytes) else str(content).encode())
        return str(path)

    return written


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_every_command_gives_what_its_function_does(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    hypotheses, references, others = write("h", HYPOTHESES), write("r", REFERENCES), write("o", OTHERS)
    both = list(zip(REFERENCES, OTHERS, strict=True))

    found = _json(capsys, "bleu", hypotheses, references, others, "--order", "2", "--smoothing", "exp")
    bleu = corpus_bleu(HYPOTHESES, both, order=2, smoothing="exp")
    assert found == {
        "metric": "bleu",
        "score": bleu.score,
        "precisions": list(bleu.precisions),
        "brevity_penalty": bleu.brevity_penalty,
        "hypothesis_length": bleu.hypothesis_length,
        "reference_length": bleu.reference_length,
        "order": 2,
        "smoothing": "exp",
        "tokenizer": "tokens",
    }
    found = _json(capsys, "bleu", hypotheses, references, "--tokenizer", "spaces", "--order", "1")
    ours = corpus_bleu(HYPOTHESES, [[text] for text in REFERENCES], order=1, tokenize=str.split)
    assert found["score"] == ours.score

    found = _json(capsys, "chrf", hypotheses, references, others, "--word-order", "2", "--beta", "1")
    assert found["score"] == corpus_chrf(HYPOTHESES, both, word_order=2, beta=1)

    found = _json(capsys, "rouge", hypotheses, references)
    rouge = corpus_rouge(HYPOTHESES, REFERENCES)
    assert found["rouge_1"] == rouge.rouge_1._asdict()
    assert found["rouge_l"] == rouge.rouge_l._asdict()
    assert "rouge_lsum" not in found
    found = _json(capsys, "rouge", hypotheses, references, "--newline", "<n>")
    pairs = [[text.replace("<n>", "\n") for text in pair] for pair in zip(HYPOTHESES, REFERENCES, strict=True)]
    assert found["rouge_lsum"]["f1"] == pytest.approx(sum(rouge_lsum(*pair).f1 for pair in pairs) / len(pairs))

    found = _json(capsys, "distinct", hypotheses, "--order", "3", "--tokenizer", "characters")
    shares = distinct(HYPOTHESES, 3, tokenize=lambda text: list("".join(text.split())))
    assert [found[f"distinct_{n}"] for n in (1, 2, 3)] == list(shares)

    assert _json(capsys, "self-bleu", hypotheses)["score"] == self_bleu(HYPOTHESES)


def test_ner_prints_both_figures(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    gold, predicted = write("gold", GOLD), write("predicted", PREDICTED)
    report = ner_report(*([sentence.tags for sentence in read_conll(path)] for path in (gold, predicted)))
    assert main(["ner", gold, predicted]) == 0
    assert capsys.readouterr().out == f"{report}\n"
    found = _json(capsys, "ner", gold, predicted)
    assert found["entities"]["micro"]["f1"] == report.entities.micro.f1 == 0.4
    assert found["entities"]["rows"]["PER"] == {
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "true_positives": 0,
        "predicted": 2,
        "support": 1,
    }
    assert found["tokens"]["micro"]["f1"] == report.tokens.without(OUTSIDE).micro.f1
    assert found["tokens_with_outside"]["micro"]["f1"] == report.tokens.micro.f1 == 0.75
    broken = write("broken", GOLD.replace("B-", "I-"))
    assert _json(capsys, "ner", gold, broken)["entities"]["micro"]["f1"] == 1
    assert _json(capsys, "ner", gold, broken, "--strict")["entities"]["micro"]["f1"] == 0


def test_a_table_for_people(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bleu", write("h", HYPOTHESES[:1]), write("r", REFERENCES[:1])]) == 0
    assert capsys.readouterr().out == (
        "bleu: order 4, smoothing none, tokenizer tokens\n"
        "score                0.6687\n"
        "precisions           0.8000   0.7500   0.6667   0.5000\n"
        "brevity penalty      1.0000\n"
        "hypothesis length    5\n"
        "reference length     5\n"
    )


def test_line_ends_and_byte_order_marks_change_nothing(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    plain, windows = write("plain", "a b\nc\n"), write("windows", "\ufeffa b\r\nc")
    assert _json(capsys, "bleu", windows, plain, "--order", "1", "--tokenizer", "spaces")["score"] == 1


def test_without_arguments_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("usage: python -m aigc_ref.metrics")
    assert all(f"  {command} " in printed or f"  {command}\n" in printed for command in COMMANDS)


@pytest.mark.parametrize(
    ("command", "files", "message"),
    [
        ("bleu", [None, b"a\n"], "0: No such file or directory"),
        ("bleu", [b"a\nb\n", b"a\n"], "1 ends after line 1 and 0 goes on; every line needs its counterpart"),
        ("chrf", [b"a\n", b"a\n", b"a\nb\n"], "0 ends after line 1 and 2 goes on; every line needs its counterpart"),
        ("rouge", [b"", b""], "0: holds no line"),
        ("distinct", [b""], "0: holds no line"),
        (
            "rouge",
            [b"a\nb\n", "a\n白\n".encode("gb18030")],
            "1:2: not UTF-8 (byte 0xb0 in column 1); "
            "save the file as UTF-8, for example with iconv -f GB18030 -t UTF-8",
        ),
        ("ner", [b"a O\n", b"b O\n"], "0:1 has 'a' where 1:1 has 'b'; tag the same tokens in both files"),
        (
            "ner",
            [b"a O\n", b"a\n"],
            "1:1: one column, 'a'; write the token, a space or tab and its tag, as in 'Paris B-LOC'",
        ),
        ("self-bleu", [b"a\n"], "self-BLEU needs two texts and an order of 1 at least, not 1 and 4"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_code_2(
    tmp_path: Path,
    command: str,
    files: list[bytes | None],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, content in enumerate(files):
        if content is not None:
            Path(str(number)).write_bytes(content)
    assert main([command, *map(str, range(len(files)))]) == 2
    assert capsys.readouterr() == ("", f"error: {message}\n")


@pytest.mark.parametrize(
    ("command", "option", "value", "bounds"),
    [
        ("bleu", "--order", "0", "a whole number from 1 to 2147483647"),
        ("chrf", "--word-order", "-1", "a whole number from 0 to 2147483647"),
        ("chrf", "--beta", "nan", "a number of 0 or more"),
        ("prdc", "--neighbours", "two", "a whole number from 1 to 2147483647"),
        ("kernel-distance", "--subset-size", "1", "a whole number from 2 to 2147483647"),
    ],
)
def test_a_number_out_of_bounds_is_said_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], command: str, option: str, value: str, bounds: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([command, "absent", "absent", option, value])
    assert exit_.value.code == 2
    assert f"argument {option}: expected {bounds}, not {value}\n" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["bleu", "chrf", "rouge", "distinct", "ner"])
def test_memory_does_not_grow_with_the_files(write: Write, capsys: pytest.CaptureFixture[str], command: str) -> None:
    def peak(size: int) -> int:
        if command == "ner":
            files = [write("gold", (GOLD + "\n") * size), write("predicted", (PREDICTED + "\n") * size)]
        else:
            files = [write("h", HYPOTHESES[:2] * size), write("r", REFERENCES[:2] * size)][
                : 1 if command == "distinct" else 2
            ]
        gc.disable()  # when it collects is chance, and what waits for it takes up to 20,000 bytes
        tracemalloc.start()
        try:
            assert main([command, *files]) == 0
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.enable()

    peak(1_000)  # what is made once: compiled expressions, and the tuples that CPython keeps for later
    assert peak(1_000) < peak(100) + 20_000  # its lines alone would take 200,000 bytes more


def test_it_starts_without_torch(write: Write) -> None:
    code = "import sys, runpy; runpy.run_module('aigc_ref.metrics', run_name='__main__', alter_sys=True)"
    path = write("h", HYPOTHESES)
    checked = f"import atexit, sys; atexit.register(lambda: print('torch' in sys.modules)); {code}"
    done = subprocess.run(
        [sys.executable, "-c", checked, "bleu", path, path],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert done.stdout.splitlines()[1].split() == ["score", "1.0000"]
    assert done.stdout.splitlines()[-1] == "False"


def _written_to(output: int, *arguments: str) -> tuple[int, str]:
    """The exit code and what stands on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "aigc_ref.metrics", *arguments],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        encoding="utf-8",
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no disk that is always full")
def test_a_full_disk_is_said(write: Write) -> None:
    path = write("h", HYPOTHESES)
    with Path("/dev/full").open("wb") as full:
        code, said = _written_to(full.fileno(), "bleu", path, path)
    assert (code, said) == (2, "error: standard output: No space left on device; free some space, or write elsewhere\n")


def test_a_closed_pipe_ends_quietly(write: Write) -> None:
    path = write("h", HYPOTHESES)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert _written_to(writer, "bleu", path, path) == (128 + 13, "")
    finally:
        os.close(writer)
