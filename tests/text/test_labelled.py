"""Reading texts: what is well formed is read whole, what is not is named by file and line."""

import csv
from pathlib import Path

import pytest

from aigc_ref.text.labelled import LabelledText, read_labelled
from aigc_ref.text.lines import read_lines


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'label,text\ngood,"fast, quiet\nand ""cheap"""\nbad,loud\n'),
        ("a.csv", '\ufefflabel,text\r\ngood,"fast, quiet\r\nand ""cheap"""\r\n\r\nbad,loud'),
        (
            "a.jsonl",
            '{"label": "good", "text": "fast, quiet\\nand \\"cheap\\"", "n": [1]}\n\n{"text":"loud","label":"bad"}\n',
        ),
    ],
)
def test_texts_may_hold_commas_quotes_and_lines(tmp_path: Path, name: str, content: str) -> None:
    first, second = read_labelled(_file(tmp_path, name, content))
    assert (first.text, first.label) == ('fast, quiet\nand "cheap"', "good")
    assert (second.text, second.label) == ("loud", "bad")
    assert first.line == (1 if name == "a.jsonl" else 2)


def test_a_text_may_be_as_long_as_it_likes(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    (found,) = read_labelled(_file(tmp_path, "a.csv", "text,label\n" + "很" * 140_000 + ",good\n"))
    assert len(found.text) == 140_000
    assert csv.field_size_limit() == before


def test_both_halves_of_an_emoji_are_a_text(tmp_path: Path) -> None:
    (found,) = read_labelled(_file(tmp_path, "a.jsonl", '{"text": "smile \\ud83d\\ude42", "label": "good"}\n'))
    assert found.text == "smile 🙂"


def test_tabs_part_columns_and_quotes_are_text(tmp_path: Path) -> None:
    path = _file(tmp_path, "a.tsv", 'sentence\tid\tstars\n"quiet" he said\t1\t5\n')
    assert read_labelled(path, "sentence", "stars") == [LabelledText('"quiet" he said', "5", line=2)]


def test_labels_of_json_may_be_numbers(tmp_path: Path) -> None:
    path = _file(tmp_path, "a.jsonl", '{"text": "好", "label": 1}\n{"text": "坏", "label": true}\n')
    assert [text.label for text in read_labelled(path)] == ["1", "true"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "words,label\nx,y\n", r"a\.csv:1: no column 'text', there are 'words', 'label'; .*--text-column"),
        ("a.csv", "text,stars\nx,y\n", r"a\.csv:1: no column 'label'.*--label-column"),
        ("a.csv", "text,label\nx,y\n\nz\n", r"a\.csv:4: 1 fields where the head line has 2"),
        ("a.csv", "text,label\nx,y\n , y\n", r"a\.csv:3: the text is empty"),
        ("a.csv", "text,label\nx,\n", r"a\.csv:2: the label is empty"),
        ("a.csv", 'text,label\nx,y\n"open,y\n', r"a\.csv:3: unexpected end of data"),
        ("a.csv", "text,label\rx,y\r", r"a\.csv:1:11: a carriage return without line feed"),
        ("a.tsv", "text\tlabel\nx\0\ty\n", r"a\.tsv:2:2: a null character"),
        ("a.csv", "", r"a\.csv: holds no text"),
        ("a.csv", "text,label\n", r"a\.csv: holds no text"),
        ("a.tsv", "text\tlabel\nx\ty\tz\n", r"a\.tsv:2: 3 fields where the head line has 2"),
        ("a.jsonl", '{"text": "x", "label": "y"}\n{"text": "x"\n', r"a\.jsonl:2: not JSON \(.* in column 13\)"),
        ("a.jsonl", '{"text": "x"}\n', r"a\.jsonl:1: no column 'label', there are 'text'"),
        ("a.jsonl", '["x", "y"]\n', r"a\.jsonl:1: no column 'text', there is none"),
        ("a.jsonl", '{"text": ["x"], "label": "y"}\n', r"a\.jsonl:1: 'text' holds several values"),
        ("a.jsonl", '{"text": null, "label": "y"}\n', r"a\.jsonl:1: the text is empty"),
        (
            "a.csv",
            "text,label,text\nx,y,z\n",
            r"a\.csv:1: 2 columns are called 'text'; rename all but one.*--text-column",
        ),
        ("a.tsv", "label\ttext\tlabel\nx\ty\tz\n", r"a\.tsv:1: 2 columns are called 'label'.*--label-column"),
        (
            "a.jsonl",
            '\n{"text": "\\ud83d", "label": 1}\n',
            r"a\.jsonl:2: 'text' holds \\ud83d, half of a character; write",
        ),
        ("a.jsonl", "\n" + "[" * 100_000, r"a\.jsonl:2: lists or objects too deep in one another; write one"),
        ("a.jsonl", '\n{"label": ' + "1" * 5000 + "}", r"a\.jsonl:2: a number of too many digits; write it as a text"),
        ("a.xlsx", "", r"a\.xlsx: the name must end with \.csv, \.tsv, \.jsonl"),
        ("a.csv", b"text,label\nx,y\n\xba\xc3,y\n", r"a\.csv:3: not UTF-8 \(byte 0xba in column 1\)"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_line(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_labelled(_file(tmp_path, name, content))


def test_lines_end_as_any_system_ends_them(tmp_path: Path) -> None:
    assert read_lines(_file(tmp_path, "a.txt", "\ufeff白日\r\n\r\n依山尽\u2028\n")) == ["白日", "", "依山尽\u2028"]
    assert read_lines(_file(tmp_path, "b.txt", "")) == []
