"""The built site: strict, the same pages in every language, links that lead somewhere, nothing from elsewhere."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.site.sites import ENVIRONMENT, MKDOCS, ROOT, Parsed, broken_links, parse
from tools.language import BCP47, LANGUAGES, MAIN, Language, root

LOADED = {"script": ["src"], "img": ["src", "srcset"], "iframe": ["src"], "source": ["src"], "link": ["href"]}
NOT_LOADED = {"alternate", "canonical", "next", "prev"}

pytestmark = pytest.mark.slow


def test_every_page_is_there_in_every_language(pages: dict[str, Parsed]) -> None:
    found = dict.fromkeys(LANGUAGES, frozenset[str]())
    for page in pages:
        language = _language_of(page)
        found[language] |= {page.removeprefix(root(language))}
    assert {"tutorials/gan/index.html", "tutorials/fine-tuning/index.html", "errata/index.html"} <= found[MAIN]
    assert set(found.values()) == {found[MAIN]}


def _language_of(page: str) -> Language:
    """Whose site a page is of, named by its path below that of all."""
    return next((other for other in LANGUAGES if other != MAIN and page.startswith(root(other))), MAIN)


def test_a_repository_that_is_no_owner_and_name_is_refused(tmp_path: Path) -> None:
    environment = ENVIRONMENT | {"REPOSITORY": "https://github.com/owner/name"}
    command = [*MKDOCS, "build", "--site-dir", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "'https://github.com/owner/name' is not owner/name" in run.stderr
    assert "Traceback" not in run.stderr


def test_no_title_names_the_site_twice(site: Path, pages: dict[str, Parsed]) -> None:
    name = {True: "AIGC from the ground up", False: "AIGC 从入门到实战"}
    for page in pages:
        title = re.findall(r"<title>([^<]+)</title>", (site / page).read_text(encoding="utf-8"))[0]
        assert title.count(name[page.startswith("en/")]) == 1, page


def test_no_page_loads_anything_from_elsewhere(site: Path, pages: dict[str, Parsed]) -> None:
    found = 0
    for page, parsed in pages.items():
        loaded = [
            attributes[name]
            for tag, attributes in parsed.elements
            for name in LOADED.get(tag, ())
            if name in attributes and not NOT_LOADED & set(attributes.get("rel", "").split())
        ]
        assert not [address for address in loaded if re.match(r"(https?:)?//", address)], page
        found += len(loaded)
    assert found > 100
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", style.read_text(encoding="utf-8")), style


def test_markdown_leaves_nothing_behind(pages: dict[str, Parsed]) -> None:
    """A < that Markdown takes for a tag swallows what follows: `<unk>` wants backticks, x_{<t} is x_{\\lt t}."""
    tokens = {"bos", "eos", "unk", "pad", "cls", "sep"}
    left = {page for page, parsed in pages.items() for tag, at in parsed.elements if tag in tokens or "markdown" in at}
    assert not left


def test_every_link_within_the_site_leads_to_a_page_and_an_anchor(site: Path, pages: dict[str, Parsed]) -> None:
    assert broken_links(site, pages) == []
    wrong = parse('<a href="../errata/#nowhere">x</a><a href="y/">y</a><a href="../errata/#e01">z</a>')
    assert broken_links(site, pages | {"x/index.html": wrong}) == [
        "x/index.html: ../errata/#nowhere",
        "x/index.html: y/",
    ]


def test_the_language_switch_of_every_page_stays_on_it(site: Path, pages: dict[str, Parsed]) -> None:
    for page, parsed in pages.items():
        links = {
            attributes["lang"]: attributes["href"]
            for _, attributes in parsed.elements
            if "language" in attributes.get("class", "").split()
        }
        language = _language_of(page)
        assert links.keys() == {BCP47[other] for other in LANGUAGES if other != language}
        for other in LANGUAGES:
            if other == language:
                continue
            link, twin = links[BCP47[other]], root(other) + page.removeprefix(root(language))
            if page.endswith("404.html"):  # at any address, so it leads to the other language's home
                assert link == f"/{'' if language == MAIN else '../'}{root(other)}index.html"
            else:
                assert (site / page).parent.joinpath(link).resolve() == (site / twin).parent, page


def test_a_page_that_is_not_there_says_so_in_every_language(pages: dict[str, Parsed]) -> None:
    for language in LANGUAGES:
        paragraphs = {
            said["lang"] for tag, said in pages[f"{root(language)}404.html"].elements if tag == "p" and "lang" in said
        }
        assert paragraphs == {BCP47[other] for other in LANGUAGES}


def test_every_picture_says_what_it_shows(pages: dict[str, Parsed]) -> None:
    images = [(page, attributes) for page in pages for tag, attributes in pages[page].elements if tag == "img"]
    assert len(images) > 10
    assert not [page for page, attributes in images if not attributes.get("alt", "").strip()]


def test_examples_of_the_reference_are_code(site: Path) -> None:
    pages = [page.read_text(encoding="utf-8") for page in (site / "reference").rglob("*.html")]
    assert any("corpus_bleu" in page for page in pages)
    assert not any(re.search(r"<blockquote>\s*<blockquote>", page) for page in pages)


def test_the_reference_leads_from_the_code_to_its_papers(site: Path) -> None:
    paragraphs = [
        paragraph
        for page in (site / "reference").rglob("*.html")
        for paragraph in re.findall(r"<p>Papers?: .*?</p>", page.read_text(encoding="utf-8"), re.DOTALL)
    ]
    assert any('<a href="../../catalogue/paper-gan/">' in paragraph for paragraph in paragraphs)
    unknown = {id_ for text in paragraphs for id_ in re.findall(r"(?<![#/])\bpaper-[a-z0-9-]+", text)}
    assert not unknown  # what a docstring cites has to stand in resources/papers.yaml
