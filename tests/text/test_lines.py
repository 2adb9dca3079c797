"""Lines of text files: what ends them, and what shows that a file is of another kind."""

from pathlib import Path

import pytest

from aigc_ref.text.lines import stream_aligned_lines, stream_lines


def _written(folder: Path, content: bytes) -> Path:
    path = folder / "a.txt"
    path.write_bytes(content)
    return path


def test_lines_end_as_any_system_ends_them(tmp_path: Path) -> None:
    content = "\ufeff白日\r\n\r\n依山尽\u2028\r\r\nlast\r".encode()
    assert list(stream_lines(_written(tmp_path, content))) == ["白日", "", "依山尽\u2028", "last"]


def test_a_file_of_a_byte_order_mark_holds_no_line(tmp_path: Path) -> None:
    path = _written(tmp_path, "\ufeff".encode())
    assert list(stream_lines(path)) == []
    with pytest.raises(ValueError, match=r"a\.txt: holds no line"):
        list(stream_aligned_lines([path]))
    assert list(stream_lines(_written(tmp_path, "\ufeff\n".encode()))) == [""]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"one\rtwo\r", r"a\.txt:1:4: a carriage return without line feed; save"),
        ("白\n日\r山\n".encode(), r"a\.txt:2:2: a carriage return without line feed; save"),
        ("ab\ncd\n".encode("utf-16-le"), r"a\.txt:1:2: a null character; .* UTF-8"),
    ],
)
def test_files_of_another_kind_are_refused_with_their_place(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(stream_lines(_written(tmp_path, content)))
