"""Text files line by line, and several of them side by side."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

BOM = b"\xef\xbb\xbf"  # some editors begin UTF-8 with it
FAULTS = {
    "\0": "a null character; where the file is UTF-16, save it as UTF-8, for example with iconv -f UTF-16LE -t UTF-8",
    "\r": "a carriage return without line feed; save the file with line feeds, for example with tr '\\r' '\\n'",
}
"""What no line of a text has, and what it tells of the file."""


def stream_lines(path: str | Path) -> Iterator[str]:
    """The lines of a file without their ends, one by one, so that memory holds a single one of them.

    Only a line feed ends a line, with or without carriage returns before it; other separators of Unicode may be text.

    Args:
        path: a file in UTF-8, with or without byte order mark.

    Raises:
        ValueError: it is not UTF-8, or a line has a null character or a carriage return within; the message begins
            with file:line and says how to mend it.
    """
    with Path(path).open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw == BOM and number == 1:  # and nothing behind it
                return
            try:
                line = raw.removeprefix(BOM if number == 1 else b"").removesuffix(b"\n").rstrip(b"\r").decode()
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"{path}:{number}: not UTF-8 (byte 0x{error.object[error.start]:02x} in column {error.start + 1}); "
                    "save the file as UTF-8, for example with iconv -f GB18030 -t UTF-8"
                ) from None
            for character, fault in FAULTS.items():
                if character in line:
                    raise ValueError(f"{path}:{number}:{line.index(character) + 1}: {fault}")
            yield line


def read_lines(path: str | Path) -> list[str]:
    """All lines of a file, as `stream_lines` gives them."""
    return list(stream_lines(path))


def stream_aligned_lines(paths: Sequence[str | Path]) -> Iterator[tuple[str, ...]]:
    """The first line of each file, then the second, and so on.

    Raises:
        ValueError: one ends before the others, or all are empty; the message says which, and where.
    """
    number = 0
    for number, row in enumerate(zip_longest(*map(stream_lines, paths)), start=1):
        if None in row:
            short = paths[row.index(None)]
            longer = next(path for path, line in zip(paths, row, strict=True) if line is not None)
            raise ValueError(
                f"{short} ends after line {number - 1} and {longer} goes on; every line needs its counterpart"
            )
        yield row
    if not number:
        raise ValueError(f"{paths[0]}: holds no line")
