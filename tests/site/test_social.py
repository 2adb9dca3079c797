"""What messengers show beside a link: lines by the rules of Chinese, pictures of one size, tags that hold text."""

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.site.conftest import ADDRESS
from tests.site.sites import Parsed, build, copy_project, parse, parse_pages
from tools.language import Language
from tools.site.finish import social_cards
from tools.site.finish.line_breaking import CLOSE, unbreakable_parts, wrapped
from tools.site.finish.social_cards import COLUMN, HEIGHT, PAPER, WIDTH, SocialCard, draw, drawable, drawn
from tools.site.finish.social_tags import picture_tags, tags

NEEDED = {
    *("og:type", "og:site_name", "og:title", "og:description", "og:url", "og:locale"),
    *("og:image", "og:image:width", "og:image:height", "og:image:alt", "twitter:card"),
}
HOSTILE = "\"><script>alert(1)</script><meta content='"
FONT = pytest.mark.skipif(not drawable(), reason="make system installs the font")
LONG = "生成对抗网络的训练为什么不稳定，以及 Wasserstein 距离怎样让判别器（critic）给出有用的梯度：" * 5


def _width(text: str) -> float:
    return sum(1 if ord(char) < 0x2E80 else 2 for char in text)


@given(st.text("中文模型，。、；：？！）》」（《「 abcLoRA.,…", max_size=120), st.integers(12, 40), st.integers(1, 4))
def test_lines_keep_within_the_width_and_the_rules(text: str, width: int, most: int) -> None:
    lines = wrapped(text, _width, width, most)
    assert len(lines) <= most
    assert all(_width(line) <= width for line in lines)
    assert not [line for line in lines[1:] if line[0] in CLOSE]
    words, whole = (re.findall(r"[a-zA-Z]+", said) for said in (text, "\n".join(lines)))
    if "…" not in "".join(lines):
        assert whole == words
        assert "".join("".join(lines).split()) == "".join(text.split())
    elif "…" not in text and all(_width(part) < width for part in unbreakable_parts(text)):
        assert whole == words[: len(whole)]  # shortened between words
        assert not lines[-1].endswith(("，…", "。…"))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("评测：分数从哪里来、会骗人在哪里", ["评测：分数从哪里来、", "会骗人在哪里"]),
        ("AIGC 从入门到实战", ["AIGC 从入门到实战"]),
        ("Evaluation: where scores come from", ["Evaluation: where", "scores come from"]),
        ("只写（五言）绝句，不写律诗。只写绝句", ["只写（五言）绝句，", "不写律诗。只写绝句"]),
        ("从噪声一步步走回数据；当今图像与视频生成的主流。", ["从噪声一步步走回数", "据；当今图像与视频…"]),
        ("Pneumonoultramicroscopicsilicovolcanoconiosis", ["Pneumonoultramicros…"]),
        ("", []),
    ],
)
def test_lines_end_where_the_text_pauses(text: str, lines: list[str]) -> None:
    assert wrapped(text, _width, 20, 2) == lines


@FONT
@pytest.mark.parametrize("title", ["微调", LONG, "aigc_ref.selfsup", "x" * 200, HOSTILE, ""])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_word_of_a_card_stands_in_its_middle_square(language: Language, title: str) -> None:
    picture = draw(SocialCard(language, "教程", title, LONG))
    assert len(picture) <= 40_000
    image = Image.open(io.BytesIO(picture))
    assert (image.format, image.mode, image.size) == ("PNG", "P", (WIDTH, HEIGHT))
    paper = image.convert("RGB").getpixel((5, 5))
    assert isinstance(paper, tuple)
    assert max(abs(a - int(PAPER[i : i + 2], 16)) for a, i in zip(paper, (1, 3, 5), strict=True)) <= 1
    rows = image.convert("L").point(lambda value: 255 if value < 200 else 0)
    side = (WIDTH - COLUMN) // 2
    for band in ((0, 0, WIDTH, 20), (0, HEIGHT - 20, WIDTH, HEIGHT), (side - 30, 0, side - 6, HEIGHT)):
        assert rows.crop(band).getbbox() is None, band
    assert rows.crop((side, 40, WIDTH - side, HEIGHT - 100)).getbbox()


@FONT
def test_a_card_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = SocialCard("zh", "教程", "微调", "让模型学会一件事。")
    first = drawn(card, tmp_path)
    monkeypatch.setattr(social_cards, "draw", lambda card: pytest.fail(f"{card} is drawn again"))
    assert drawn(SocialCard("zh", "教程", "微调", "让模型学会一件事。"), tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [card.name]
    assert (
        len({card.name, SocialCard("en", "教程", "微调", card.line).name, SocialCard("zh", "教程", "微调", "").name})
        == 3
    )


def test_tags_hold_what_outsiders_wrote_as_text() -> None:
    card = SocialCard("en", "", HOSTILE, HOSTILE)
    page = parse(tags("en", "article", HOSTILE, HOSTILE, f"{ADDRESS}x/") + picture_tags(card, f"{ADDRESS}x.png"))
    assert {tag for tag, _ in page.elements} == {"meta"}
    said = _metas(page)
    assert said.keys() == NEEDED
    assert said["og:title"] == said["og:description"] == [HOSTILE]
    assert said["og:image:alt"][0].startswith(HOSTILE)


def _metas(page: Parsed) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for tag, attributes in page.elements:
        name = attributes.get("property") or attributes.get("name", "")
        if tag == "meta" and name.startswith(("og:", "twitter:")):
            said.setdefault(name, []).append(attributes["content"])
    return said


@pytest.mark.slow
def test_every_page_of_a_published_site_has_a_picture_that_is_there(announced: Path) -> None:
    assert (announced / "_headers").is_file()
    sizes: dict[str, tuple[int, int]] = {}
    for path, page in parse_pages(announced).items():
        if path.endswith("404.html"):
            continue
        said = _metas(page)
        assert {name: len(texts) for name, texts in said.items()} == dict.fromkeys(NEEDED, 1), path
        assert said["og:url"] == [ADDRESS + path.removesuffix("index.html")]
        assert said["og:locale"] == ["en_GB" if path.startswith("en/") else "zh_CN"]
        (address,) = said["og:image"]
        if address not in sizes:
            file = announced / address.removeprefix(ADDRESS)
            assert file.is_relative_to(announced / ("en" if path.startswith("en/") else "assets")), path
            assert file.stat().st_size <= 40_000
            sizes[address] = Image.open(file).size
    assert set(sizes.values()) == {(1200, 630)}
    assert len(list((announced / "en/assets/cards").iterdir())) * 2 == len(sizes) > 80
    entry = _metas(parse((announced / "en/catalogue/paper-gan/index.html").read_text(encoding="utf-8")))
    kind = _metas(parse((announced / "en/catalogue/papers/index.html").read_text(encoding="utf-8")))
    assert entry["og:title"] == ["Generative Adversarial Networks"]
    assert (entry["og:image"], entry["og:image:alt"]) == (kind["og:image"], kind["og:image:alt"])
    assert entry["og:description"] != kind["og:description"]


@pytest.mark.slow
def test_without_the_font_there_are_no_pictures_and_one_line_says_so(tmp_path: Path) -> None:
    project, folder = copy_project(tmp_path / "project"), tmp_path / "site"
    path = project / "tools/site/finish/social_cards.py"
    path.write_text(path.read_text(encoding="utf-8").replace(str(social_cards.FONTS), "/nowhere"), encoding="utf-8")
    said = build(project, folder, SITE_URL=ADDRESS)
    assert said.count("fonts-noto-cjk") == 1
    assert not list(folder.rglob("cards"))
    for page in ("index.html", "en/catalogue/paper-gan/index.html"):
        pictured = {name for name in NEEDED if name.startswith(("og:image", "twitter"))}
        assert _metas(parse((folder / page).read_text(encoding="utf-8"))).keys() == NEEDED - pictured


@pytest.mark.slow
def test_a_site_without_an_address_says_nothing_to_messengers(pages: dict[str, Parsed], site: Path) -> None:
    assert not [page for page, parsed in pages.items() if _metas(parsed)]
    assert not list(site.rglob("cards"))
