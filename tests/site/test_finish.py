"""What finishing does to a page, by whatever generator; and that it does it once."""

import base64
import hashlib
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from tests.site.sites import ROOT, parse
from tools.catalogue.load import load
from tools.language import Language
from tools.site.finish import Facts, __main__, finish, picture
from tools.site.finish.formulas import typeset
from tools.site.finish.sections import BOX
from tools.site.finish.sitemap import sitemap

SITE = "https://example.org/below/"
SCRIPT = "document.title += 1"


@pytest.fixture(scope="module")
def facts() -> Facts:
    resources = {resource.id: resource for resource in load(ROOT / "resources").resources}
    return Facts("en", resources, typeset({r"\(x^2\)": "a page"}), pictures=True)


def _page(content: str, path: str, *, title: str = "A &amp; B", head: str = "") -> str:
    """A page as a generator with Material's templates leaves it."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} - AIGC from the ground up</title>'
        f'<meta name="description" content="Says `what` it is."><link rel="canonical" href="{SITE}en/{path}">{head}'
        f'<script>{SCRIPT}</script></head><body><nav><ul><li class="md-tabs__item md-tabs__item--active">\n'
        f'<a href="../" class="md-tabs__link">\n Tutorials </a></li></ul></nav>'
        f'<article class="md-content__inner md-typeset">\n{content}\n</article></body></html>'
    )


def test_a_page_is_finished_in_every_way_and_once(facts: Facts) -> None:
    formula = r'<span class="arithmatex">\(x^2\)</span>, and'
    page = _page(f'<h1>A</h1><p>{formula}</p><h2 id="b">B</h2><p>c</p>', "tutorials/gan/")
    path = "tutorials/gan/index.html"
    finished = finish(page, path, facts)
    assert 'class="katex"' in finished
    assert r"\(x^2\)" not in finished
    assert f'<h2 id="b">B</h2>{BOX}<p>c</p></div>' in finished
    hashed = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', finished)
    assert f"script-src 'self' 'wasm-unsafe-eval' 'sha256-{hashed}';" in policy
    said = {a.get("property"): a["content"] for tag, a in parse(finished).elements if tag == "meta" and "property" in a}
    assert (said["og:title"], said["og:type"], said["og:url"]) == ("A & B", "article", f"{SITE}en/tutorials/gan/")
    card = picture(page, path, facts)
    assert card
    assert (card.room, card.title, card.line) == ("Tutorials", "A & B", "Says what it is.")
    assert said["og:image"] == f"{SITE}en/assets/cards/{card.name}"
    assert finish(finished, path, facts) == finished


def test_a_page_that_is_served_while_it_is_edited_has_no_policy_and_no_card(facts: Facts) -> None:
    page = _page(r'<span class="arithmatex">\(x^2\)</span>', "")
    served = finish(page, "index.html", replace(facts, published=False))
    assert 'class="katex"' in served
    assert "Content-Security-Policy" not in served
    assert "og:title" not in served


def test_the_reference_names_papers_by_their_titles_once(facts: Facts) -> None:
    content = (
        '<p>Papers: paper-gan (section 3), <a href="#x">paper-wgan-gp</a>, paper-of-nobody, <i id="paper-gan">.</i></p>'
    )
    content += "<p>paper-gan</p>"
    finished = finish(_page(content, "reference/gan/"), "reference/gan/index.html", facts)
    link = '<a href="../../catalogue/paper-gan/">Generative Adversarial Networks</a>'
    cited = content.replace("Papers: paper-gan", f"Papers: {link}")
    assert cited in finished
    assert finish(finished, "reference/gan/index.html", facts) == finished
    assert content in finish(_page(content, "errata/"), "errata/index.html", facts)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_entry_shows_the_card_of_its_kind_and_home_none_of_a_room(facts: Facts, language: Language) -> None:
    facts = replace(facts, language=language)
    entry = picture(_page("", "catalogue/paper-gan/"), "catalogue/paper-gan/index.html", facts)
    home = picture(_page("", ""), "index.html", facts)
    assert entry
    assert home
    assert entry.title == {"zh": "论文", "en": "Papers"}[language]
    assert home.room == ""


def test_a_page_without_an_address_is_announced_to_nobody(facts: Facts) -> None:
    page = re.sub(r'<link rel="canonical"[^>]*>', "", _page("", ""))
    assert picture(page, "index.html", facts) is None
    assert "og:title" not in finish(page, "index.html", facts)


def test_a_sitemap_names_each_page_and_its_twin() -> None:
    listed = ET.fromstring(sitemap(["b/", "", "a&b/"], "en", SITE).encode())
    locations = [element.text for element in listed.iter() if element.tag.endswith("}loc")]
    assert locations == [f"{SITE}en/", f"{SITE}en/a&b/", f"{SITE}en/b/"]
    twins = [element.attrib["href"] for element in listed.iter() if element.attrib.get("hreflang") == "zh-CN"]
    assert twins == [SITE, f"{SITE}a&b/", f"{SITE}b/"]
    assert len(ET.fromstring(sitemap(["b/"], "en", "").encode())) == 0


def test_a_folder_without_a_site_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([str(tmp_path)]) == 1
    assert "holds no built site" in capsys.readouterr().err


@pytest.mark.slow
def test_what_mkdocs_builds_is_finished(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = shutil.copytree(site, tmp_path / "site")
    assert __main__.main([str(copy)]) == 0
    assert capsys.readouterr().out.startswith("0 files finished")
    assert all(file.read_bytes() == (site / file.relative_to(copy)).read_bytes() for file in copy.rglob("*.html"))
