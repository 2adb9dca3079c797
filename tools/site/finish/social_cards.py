"""A page's card: the picture that messengers show beside a link to it.

It is a pure function of the words on it, so it is kept between builds under a hash of them. Its middle square
holds every word, for some messengers show no more. The font is that of Debian's package fonts-noto-cjk.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from PIL import __version__ as pillow

from tools.language import ForEach, Language
from tools.site.finish import line_breaking
from tools.site.finish.line_breaking import wrapped
from tools.site.words import WORDS

FONTS = Path("/usr/share/fonts/opentype/noto")
SERIF, SANS = FONTS / "NotoSerifCJK-Bold.ttc", FONTS / "NotoSansCJK-Regular.ttc"
FACES = ForEach(zh=2, en=1)
"""Place in a file of the font: that of mainland China; and Korea's, which has the quotation marks of English."""
WIDTH, HEIGHT, COLUMN = 1200, 630, 590
FINE = 4
"""How much larger shapes are drawn first, for smooth edges."""
PAPER, INK, SOFT, ACCENT = "#fbfaf7", "#1d2129", "#5a5f6a", "#b8322a"
"""As in site.css."""
RING = ((9, 0), (6.4, 6.4), (0, 9), (-6.4, 6.4), (-9, 0), (-6.4, -6.4), (0, -9), (6.4, -6.4))
"""The eight modes of the site's sign, favicon.svg, about its middle."""
SIZES, TITLE = (92, 80, 68, 58, 50), 205
"""A title has the first size at which its lines are no higher than this together; the last where none does."""


@dataclass(frozen=True, slots=True)
class SocialCard:
    language: Language
    room: str
    """The part of the site, where that is not the title already."""
    title: str
    line: str

    @property
    def name(self) -> str:
        """Of its file: another one as soon as anything on it changes, so that nobody shows an old picture."""
        shown = [repr(self), WORDS[self.language].site.name, pillow]
        shown += [path.read_text(encoding="utf-8") for path in (Path(__file__), Path(line_breaking.__file__))]
        return hashlib.sha256("\n".join(shown).encode()).hexdigest()[:16] + ".png"


def drawable() -> bool:
    """Whether the fonts are there."""
    return SERIF.is_file() and SANS.is_file()


def drawn(card: SocialCard, folder: Path) -> Path:
    """The card's picture in a folder that outlives a build, drawn where it is not yet there."""
    path = folder / card.name
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{card.language}")  # two languages are built at once
        unfinished.write_bytes(draw(card))
        unfinished.replace(path)
    return path


def draw(card: SocialCard) -> bytes:
    """The picture, as PNG."""
    image, site = _paper().copy(), WORDS[card.language].site.name
    pen = ImageDraw.Draw(image)

    for size in SIZES:
        serif = _font(SERIF, size, card.language)
        title = wrapped(card.title, serif.getlength, COLUMN, TITLE // size)
        if not any(line.endswith("…") for line in title):
            break
    small, sans = _font(SERIF, 34, card.language), _font(SANS, 29, card.language)
    blocks = [
        ([card.room] if card.room else [], small, ACCENT, 60.0),
        (title, serif, INK, size * 1.3),
        (wrapped(card.line, sans.getlength, COLUMN, 3), sans, SOFT, 44.0),
    ]
    y = (HEIGHT - 100 - sum(len(text) * height for text, _, _, height in blocks)) / 2
    for text, font, colour, height in blocks:
        for line in text:
            hung = font.size / 4 if line[-1] in "，。、；：" else 0  # the half of it that is blank
            shown = line if card.language == "zh" else line.replace("…", "...")  # which this font sets in the middle
            pen.text((WIDTH / 2 + hung, y + height / 2), shown, fill=colour, font=font, anchor="mm")
            y += height
        y += 16
    if card.title != site:
        font = _font(SANS, 25, card.language)
        start = (WIDTH - font.getlength(site) - 46) / 2
        image.paste(_sign(), (round(start), 556))
        pen.text((start + 46, 572), site, fill=INK, font=font, anchor="lm")
    file = io.BytesIO()
    palette = image.quantize(32, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette.save(file, "PNG", compress_level=6)  # the highest takes 40 ms more, for a twentieth less
    return file.getvalue()


@lru_cache
def _paper() -> Image.Image:
    """What is behind the words: points before a network has learnt eight modes, and after, as on the home page."""
    image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), PAPER)
    pen, chance = ImageDraw.Draw(image), Random(0)
    for x, learnt in ((140, False), (WIDTH - 140, True)):
        places = [(x + across * 11, HEIGHT / 2 + down * 11) for across, down in RING]
        for place in places:
            _circle(pen, *place, 18, outline="#bdb9b0", width=2 * FINE)
        for number in range(88):
            middle, spread = (places[number % len(places)], 6) if learnt else ((x, HEIGHT / 2), 34)
            _circle(pen, chance.gauss(middle[0], spread), chance.gauss(middle[1], spread), 3.2, fill=ACCENT)
    return image.reduce(FINE)


@lru_cache
def _sign() -> Image.Image:
    """favicon.svg."""
    image = Image.new("RGB", (32 * FINE, 32 * FINE), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, 32 * FINE - 1, 32 * FINE - 1), 6 * FINE, fill=ACCENT)
    for across, down in RING:
        _circle(pen, 16 + across, 16 + down, 2.6, fill=PAPER)
    return image.reduce(FINE)


def _circle(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, **look: Any) -> None:
    pen.circle((x * FINE, y * FINE), radius * FINE, **look)


@lru_cache
def _font(path: Path, size: int, language: Language) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, FACES[language], layout_engine=ImageFont.Layout.BASIC)
