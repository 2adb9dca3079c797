"""Complete Tang poems in simplified characters, from the collection chinese-poetry.

The 57,607 Tang poems of the npm package `chinese-poetry` stand in 58 JSON files, in traditional characters. They
are read from its archive, made simplified by OpenCC, kept once each, and cached as one text file, a poem a line.

Poems that are kept once each may still be versions of one another. A training and a test set want `ordinary` poems
`without_versions`, or the test leaks.

Licence: MIT (https://github.com/chinese-poetry/chinese-poetry).
"""

import json
import re
import tarfile
from collections.abc import Iterable
from pathlib import Path

import opencc

from aigc_ref.fetch.cache import (
    DataCorruptError,
    DataNotFoundError,
    Source,
    announce,
    atomic_path,
    cache_directory,
    npm_package,
)
from aigc_ref.text.segmentation import HAN

VERSION = "2.0.1"
DIGEST = "25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86"
SOURCE = Source(f"chinese-poetry {VERSION}", "MIT", "https://github.com/chinese-poetry/chinese-poetry")
FILES = re.compile(r".*/quantangshi/poet\.tang\.\d+\.json")
FIVE = re.compile(r"(?:[\u4e00-\u9fff]{5}，[\u4e00-\u9fff]{5}。){2}")
SEVEN = re.compile(r"(?:[\u4e00-\u9fff]{7}，[\u4e00-\u9fff]{7}。){2}")
LINE = re.compile(r"[^，。？！；]+")
PLAIN = re.compile(rf"[{HAN}，。？！；：、]+")  # nothing else: editors' notes stand in brackets or have other marks


def tang_poems() -> list[str]:
    """Every poem, without title and author, in an order that does not change.

    The first call takes the package from the npm registry (85 MB) and keeps 11 MB of text in the cache.

    Raises:
        DataNotFoundError: it is neither in the cache nor to be had; the message names the command that helps.
        DataCorruptError: the package is not the one that was checked for this project.
    """
    cached = cache_directory() / f"tang-poems-{VERSION}.txt"
    if not cached.exists():
        announce(SOURCE)
        try:
            with npm_package("chinese-poetry", VERSION, DIGEST) as archive, atomic_path(cached) as part:
                part.write_text("\n".join(read_archive(archive)) + "\n", encoding="utf-8")
        except DataNotFoundError as error:
            raise DataNotFoundError(
                f"the Tang poems are not in {cached} and cannot be fetched ({error}); "
                "install npm (Debian: `apt install npm`) and try again with a network"
            ) from None
    return cached.read_text(encoding="utf-8").splitlines()


def read_archive(archive: Path) -> list[str]:
    """The poems of the package's archive, simplified, without duplicates.

    Raises:
        DataCorruptError: it holds no poems, or not in the form that was published.
    """
    convert = opencc.OpenCC("t2s").convert
    poems: dict[str, None] = {}
    try:
        with tarfile.open(archive) as package:
            members = sorted((member for member in package if FILES.fullmatch(member.name)), key=_number)
            for member in members:
                file = package.extractfile(member)
                for poem in json.load(file) if file else ():
                    poems[convert("".join(poem["paragraphs"]))] = None
    except (tarfile.TarError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise DataCorruptError(f"{archive}: {error}") from error
    poems.pop("", None)
    if not poems:
        raise DataCorruptError(f"{archive}: holds no Tang poems")
    return list(poems)


def _number(member: tarfile.TarInfo) -> int:
    return int(member.name.rsplit(".", 2)[1])


def quatrains(poems: Iterable[str], line: int = 5) -> list[str]:
    """The poems of four lines of five (五绝) or seven (七绝) characters each.

    Raises:
        ValueError: a line is neither five nor seven characters long.

    Examples:
        >>> quatrains(["白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", "白日依山尽。"])
        ['白日依山尽，黄河入海流。欲穷千里目，更上一层楼。']
    """
    if line not in (5, 7):
        raise ValueError(f"quatrains have lines of 5 or 7 characters, not {line}")
    form = FIVE if line == 5 else SEVEN
    return [poem for poem in poems if form.fullmatch(poem)]


def lines_of(poem: str) -> list[str]:
    """What stands between its marks.

    Examples:
        >>> lines_of("白日依山尽，黄河入海流。")
        ['白日依山尽', '黄河入海流']
    """
    return LINE.findall(poem)


def ordinary(poems: Iterable[str], shortest: int = 16, longest: int = 64) -> list[str]:
    """The poems of fitting length, marks included, that are no quatrains and have no editor's notes; sorted, once each.

    Examples:
        >>> poems = ["白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", "独坐幽篁里，弹琴复长啸。（见《王右丞集》）"]
        >>> ordinary([*poems, "前不见古人，后不见来者。念天地之悠悠，独怆然而涕下。"])
        ['前不见古人，后不见来者。念天地之悠悠，独怆然而涕下。']
    """
    return [
        poem
        for poem in sorted(set(poems))
        if shortest <= len(poem) <= longest
        and PLAIN.fullmatch(poem)
        and not (FIVE.fullmatch(poem) or SEVEN.fullmatch(poem))
    ]


def without_versions(poems: Iterable[str], known: Iterable[str] = ()) -> list[str]:
    """The poems, without those of which a third of the lines or more stand in known poems or in earlier ones.

    One poem may have several versions that differ in a few characters, or half of it may stand elsewhere as a
    quatrain. Lines are compared as they are. A poem that is left out counts as an earlier one all the same.

    Args:
        poems: in an order that matters, since of two versions the first is kept.
        known: poems that are elsewhere, such as those kept for another test.

    Examples:
        >>> without_versions(["甲乙，丙丁。", "甲乙，戊己。庚辛，壬癸。", "甲乙，子丑。"])
        ['甲乙，丙丁。', '甲乙，戊己。庚辛，壬癸。']
    """
    seen = {line for poem in known for line in lines_of(poem)}
    kept = []
    for poem in poems:
        lines = lines_of(poem)
        if sum(line in seen for line in lines) < len(lines) / 3:
            kept.append(poem)
        seen.update(lines)
    return kept
