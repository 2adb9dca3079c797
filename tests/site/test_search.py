"""Search in a browser: what people type leads to the page that they want, with the theme's search and with Pagefind.

The theme's is what `mkdocs serve` has, and every site that was built without npm; it knows no single resources. Where
npm is, both are tried.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urldefrag, urlsplit

import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.site.conftest import HOSTILE
from tests.site.sites import ROOT, served
from tools.language import LANGUAGES, Language
from tools.language import root as root_of
from tools.site.finish import pagefind
from tools.site.finish.pagefind import readable

pytestmark = pytest.mark.slow

ENGINES = ["theme", "pagefind"] if shutil.which("npm") else ["theme"]
TRIED = [*(pytest.param(engine, marks=pytest.mark.nightly) for engine in ENGINES[:-1]), ENGINES[-1]]
"""All queries are tried with the engine that readers have, and nightly with the other as well."""
FLOORS = {"pagefind": (0.90, 0.97), "theme": (0.45, 0.55)}
"""The shares of queries whose page has to be the first of the results, and among the first ten."""

SETTLED = """async (begins) => {
    const said = () => document.querySelector(".md-search-result__meta").textContent.trim();
    for (const started = performance.now(); performance.now() - started < 60000; )
        if (new RegExp(`^(${begins})`).test(said())) return;
        else await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error(said());
}"""
"""Waits until the line above the results begins so; no wait_for_function, which the page's policy forbids."""
EMPTY, ANSWERED = "键入|Type", "没有|找到|No|\\d"


class Found(NamedTuple):
    pages: list[str]
    """Below the language's root, the best first."""
    entered: str
    """Where Enter leads, with its anchor."""


@pytest.fixture(scope="module")
def addresses(request: pytest.FixtureRequest, address: str) -> Iterator[dict[str, str]]:
    """Engine → where the site with it is served."""
    if ENGINES == ["theme"]:
        yield {"theme": address}
        return
    with served(request.getfixturevalue("published")) as published:
        yield {"theme": address, "pagefind": published}


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


def _queries(language: Language) -> dict[str, list[str]]:
    """Query → the pages that will do, of those that there are."""
    table = yaml.safe_load((ROOT / "tests/site/queries.yaml").read_text(encoding="utf-8"))
    tutorials = {path.stem for path in (ROOT / "docs/tutorials").glob("*.py")}
    queries = {}
    for query, pages in table[language].items():
        pages = [pages] if isinstance(pages, str) else pages
        there = [page for page in pages if not page.startswith("tutorials/") or page.split("/")[1] in tutorials]
        if there:
            queries[query] = there
    return queries


def _type(page: Page, query: str) -> None:
    field = page.locator("input.md-search__input")
    field.fill("")
    page.keyboard.press("End")  # the theme listens to keys
    page.evaluate(SETTLED, EMPTY)
    field.fill(query)
    page.keyboard.press("End")
    page.evaluate(SETTLED, ANSWERED)


def _found(page: Page, root: str) -> Found:
    links: list[list[tuple[str, float]]] = page.locator(".md-search-result__item").evaluate_all(
        """items => items.map(item => [...item.querySelectorAll("a")].map(
            link => [link.href, Number(link.firstElementChild.dataset.mdScore)]))"""
    )

    def below(url: str) -> str:
        parts = urlsplit(url)
        return parts._replace(query="").geturl().removeprefix(root)

    best = [max(item, key=lambda link: link[1])[0] for item in links[:1]]  # as the theme's key for Enter chooses
    return Found([urldefrag(below(item[0][0])).url for item in links], below(best[0]) if best else "")


@pytest.mark.parametrize("engine", TRIED)
def test_what_people_type_leads_to_the_page_that_they_want(page: Page, addresses: dict[str, str], engine: str) -> None:
    first, within, asked, missed = 0, 0, 0, []
    for language in LANGUAGES:
        home = addresses[engine] + root_of(language)
        page.goto(home)
        page.locator("input.md-search__input").click()
        for query, wanted in _queries(language).items():
            _type(page, query)
            found = _found(page, home)
            right = any(found.entered == want if "#" in want else found.pages[:1] == [want] for want in wanted)
            asked, first = asked + 1, first + right
            within += bool({urldefrag(want).url for want in wanted} & set(found.pages[:10]))
            if not right:
                missed.append(f"{language} {query}: {found.entered}")
    print(f"{engine}: {first}/{asked} first, {within}/{asked} found", *missed, sep="\n  ")
    least_first, least_within = FLOORS[engine]
    assert asked > 150
    assert first / asked >= least_first, missed
    assert within / asked >= least_within, missed


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_pasted_without_a_key_is_looked_for(page: Page, addresses: dict[str, str], engine: str) -> None:
    page.goto(addresses[engine])
    page.locator("input.md-search__input").click()
    page.evaluate(SETTLED, EMPTY)
    page.locator("input.md-search__input").fill("判别器")  # an input event and no key
    page.evaluate(SETTLED, ANSWERED)
    assert "tutorials/gan/" in _found(page, addresses[engine]).pages


@pytest.fixture
def root(addresses: dict[str, str]) -> str:
    if "pagefind" not in addresses:
        pytest.skip("there is no npm")
    return addresses["pagefind"]


def test_a_page_fetches_no_index_before_a_reader_types(page: Page, root: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(root)
    page.locator("input.md-search__input").click()
    page.evaluate(SETTLED, EMPTY)
    assert [url for url in asked if "/pagefind/" in url or "material.json" in url] == []
    assert len((page.request.get(f"{root}search/search_index.json")).body()) < 1000
    _type(page, "判别器")
    assert any("/pagefind/" in url for url in asked)
    assert not any("material.json" in url for url in asked)


def test_results_are_gone_through_by_keyboard_and_counted_aloud(page: Page, root: str) -> None:
    page.goto(root + "en/")
    page.keyboard.press("/")
    expect(page.locator("input.md-search__input")).to_be_focused()
    _type(page, "gradient_penalty")
    count = page.locator(".md-search-result__item").count()
    expect(page.locator(".md-search-result__meta")).to_contain_text(str(count) if count > 1 else "1")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('.md-search-result__link')")
    page.keyboard.press("ArrowUp")
    expect(page.locator("input.md-search__input")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/reference/gan/?h=*#aigc_ref.gan.penalties.gradient_penalty")
    expect(page.locator("article mark").first).to_have_text("gradient_penalty")
    page.keyboard.press("/")
    _type(page, "LoRA")
    page.keyboard.press("Escape")
    expect(page.locator(".md-search-result__list")).to_be_hidden()


def test_where_pagefind_does_not_load_the_themes_search_answers(page: Page, root: str) -> None:
    page.route("**/pagefind/**", lambda route: route.abort())
    page.goto(root)
    page.locator("input.md-search__input").click()
    _type(page, "判别器")
    assert "tutorials/gan/" in _found(page, root).pages
    _type(page, "xyzzyx")
    assert _found(page, root).pages == []


def test_what_a_page_and_a_query_say_is_text(page: Page, root: str) -> None:
    page.goto(root + "en/")
    page.evaluate("() => { window.owned = () => { window.wasOwned = true; }; }")
    page.locator("input.md-search__input").click()
    for query in (
        "<img src=x onerror=owned()> GAN",
        '"><script>owned()</script> LoRA',
        "&lt;b&gt; (* [ \\ GAN",
        "softmax",
    ):
        _type(page, query)
        assert page.locator(".md-search-result").locator("img, script, b").count() == 0
        if "zyzzyva" in query:
            assert _found(page, root + "en/").pages == ["hostile/"]
            expect(page.locator(".md-search-result__item h1")).to_have_text(HOSTILE)
    assert page.evaluate("window.wasOwned") is None


def test_a_page_is_read_with_every_chinese_character_a_word_and_by_its_names() -> None:
    page = '<article class="md-content__inner md-typeset"><h1 title="判别">判别器 GAN</h1></article>'
    staged = readable(page, Path("tutorials/gan/index.html"), "zh")
    assert ">判 别 器 GAN<" in staged
    assert 'title="判别"' in staged
    assert 'data-known="教 程 gan"' in staged


def test_without_pagefind_a_site_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagefind, "PAGEFIND", tmp_path / "nowhere")
    (tmp_path / "index.html").write_text("as it was")
    assert "keeps the theme's search" in pagefind.main(tmp_path)
    assert (tmp_path / "index.html").read_text() == "as it was"
