"""Texts with labels, from CSV, TSV or JSON lines.

    .csv            a head line names the columns; a field may be quoted and then hold commas and lines
    .tsv            the same with tabs, and no quotes: a field is what stands between two tabs
    .jsonl          a JSON object a line

Files are UTF-8, with or without byte order mark. What cannot be read is an error that begins with file:line.
"""

import csv
import io
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aigc_ref.text.lines import read_lines

_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON may escape one alone, which is no character


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text and what it is called."""

    text: str
    label: str
    line: int
    """Where it starts in its file, from 1."""


def read_labelled(path: Path, text_column: str = "text", label_column: str = "label") -> list[LabelledText]:
    r"""The texts of a file with their labels.

    Args:
        path: its name ends with .csv, .tsv or .jsonl.
        text_column: the name of the column, or of the object's member, that holds the text.
        label_column: the same for the label, which may be a number.

    Raises:
        ValueError: the file cannot be read as what its name says, a column is missing or there twice, a text or a
            label is empty or no text; the message begins with file:line.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "reviews.csv")
        ...     _ = path.write_text('label,text\ngood,"fast, and quiet"\n', encoding="utf-8")
        ...     read_labelled(path)
        [LabelledText(text='fast, and quiet', label='good', line=2)]
    """
    readers = {".csv": _csv_rows, ".tsv": _tsv_rows, ".jsonl": _json_rows}
    if path.suffix not in readers:
        raise ValueError(f"{path}: the name must end with {', '.join(readers)}, so that it is clear how to read it")
    found = []
    for line, row in readers[path.suffix](path, {text_column: "--text-column", label_column: "--label-column"}):
        for column in (text_column, label_column):
            if not row[column].strip():
                raise ValueError(f"{path}:{line}: the {column} is empty; fill it in, or remove the line")
        found.append(LabelledText(row[text_column], row[label_column].strip(), line))
    if not found:
        raise ValueError(f"{path}: holds no text")
    return found


Columns = Mapping[str, str]
"""The columns that are needed, with the option that names another."""
Rows = Iterator[tuple[int, Mapping[str, str]]]
"""Rows by their columns' names, with the line that they start at."""


def _csv_rows(path: Path, needed: Columns) -> Rows:
    content = "\n".join(read_lines(path))
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    rows, start = [], 1
    limit = csv.field_size_limit(max(csv.field_size_limit(), len(content)))  # the whole process's, 131,072 by default
    try:
        for row in reader:
            rows.append((start, row))
            start = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f"{path}:{start}: {error}; a field in quotes ends with a quote, and a quote in it is doubled"
        ) from None
    finally:
        csv.field_size_limit(limit)
    return _with_names(path, rows, needed)


def _tsv_rows(path: Path, needed: Columns) -> Rows:
    return _with_names(path, [(number, line.split("\t")) for number, line in enumerate(read_lines(path), 1)], needed)


def _with_names(path: Path, rows: list[tuple[int, list[str]]], needed: Columns) -> Rows:
    """Each row below the head with the names of its columns; blank lines are passed over."""
    filled = [(line, row) for line, row in rows if any(field.strip() for field in row)]
    head: list[str] = []
    for line, row in filled:
        if not head:
            head = [name.strip() for name in row]
            _require(path, line, head, needed)
            for column, option in needed.items():
                if head.count(column) > 1:
                    raise ValueError(
                        f"{path}:{line}: {head.count(column)} columns are called {column!r}; "
                        f"rename all but one, or name another with {option}"
                    )
        elif len(row) != len(head):
            raise ValueError(f"{path}:{line}: {len(row)} fields where the head line has {len(head)}; write as many")
        else:
            yield line, dict(zip(head, row, strict=True))


def _json_rows(path: Path, needed: Columns) -> Rows:
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}:{number}: not JSON ({error.msg} in column {error.colno})") from None
        except RecursionError:
            raise ValueError(
                f"{path}:{number}: lists or objects too deep in one another; write one text, and one label"
            ) from None
        except ValueError:  # sys.set_int_max_str_digits
            raise ValueError(f"{path}:{number}: a number of too many digits; write it as a text, in quotes") from None
        _require(path, number, row if isinstance(row, dict) else [], needed)
        for column in needed:
            if isinstance(row[column], dict | list):
                raise ValueError(  # noqa: TRY004  it is the file that is wrong
                    f"{path}:{number}: {column!r} holds several values; write one text, and one label"
                )
        texts = {column: _plain(row[column]) for column in needed}
        for column, text in texts.items():
            if half := _SURROGATE.search(text):
                raise ValueError(
                    f"{path}:{number}: {column!r} holds \\u{ord(half[0]):04x}, half of a character; "
                    "write both halves, as in \\ud83d\\ude42, or the character itself, or remove it"
                )
        yield number, texts


def _plain(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _require(path: Path, line: int, names: Collection[str], needed: Columns) -> None:
    for column, option in needed.items():
        if column not in names:
            found = f"there are {', '.join(map(repr, names))}" if names else "there is none"
            raise ValueError(f"{path}:{line}: no column {column!r}, {found}; name another with {option}")
