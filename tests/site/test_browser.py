"""The site in a browser: every kind of page, both languages, wide and narrow, light and dark; the filter; search.

One page of each kind is opened in every run, and of the tutorials the one that weighs most; the others are marked
`nightly`, so that what a run takes does not grow with the course.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, ViewportSize, expect

from tests.site.sites import ROOT
from tools.language import LANGUAGES, Language, root

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 844}
SCHEMES = {"light": "default", "dark": "slate"}
"""What the reader's system prefers → Material's name for it."""
RESULTS = sorted((ROOT / "docs/tutorials/executed").glob("*.ipynb"), key=lambda path: path.stat().st_size)
*LIGHTER, HEAVIEST = (f"tutorials/{path.stem}/" for path in RESULTS)
KINDS = [
    *("", "paths/", "tutorials/", HEAVIEST, "catalogue/", "catalogue/papers/", "catalogue/topics/gan/"),
    *("catalogue/paper-lora/", "catalogue/timeline/", "catalogue/news/", "reference/", "reference/gan/", "errata/"),
    *("contributing/", "faults/", "oracles/", "speed/", "glossary/", "404.html"),
]
PAGES = [*KINDS, *(pytest.param(path, marks=pytest.mark.nightly) for path in (*LIGHTER, "upkeep/", "publishing/"))]
WITH_FORMULAS = {"tutorials/gan/", "tutorials/gpt/", "errata/"}

pytestmark = pytest.mark.slow(minutes=2)

OUT_OF_SIGHT = """() => {
    const reachable = (element) => {
        for (let parent = element.parentElement; parent; parent = parent.parentElement)
            if (/auto|scroll/.test(getComputedStyle(parent).overflowX)) return true;
        return false;
    };
    const out = (element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1
        && !element.closest(".katex-mathml, .katex .hide-tail") && !reachable(element);
    // Asked twice: the first element of a part that is not painted may answer with the width that it had before.
    const wide = [...document.querySelectorAll("article *")].filter(out).filter(out);
    return wide.map((element) => element.outerHTML.slice(0, 100));
}"""
"""Elements that reach beyond the window and that no scrolling brings into it."""


@dataclass
class Watched:
    """A page, what it asked the network for, and what went wrong on it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        self.page.on("response", self._answered)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._said)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status} {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def open(self, address: str) -> Page:
        self.requests.clear()
        self.errors.clear()
        self.page.goto(address)
        return self.page


@pytest.fixture(scope="module", params=SCHEMES)
def watched(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Watched]:
    with browser.new_context(viewport=WIDE, color_scheme=request.param) as context:
        yield Watched(context.new_page())


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport=WIDE) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_whole_wherever_it_is_read(watched: Watched, address: str, language: Language, path: str) -> None:
    watched.page.set_viewport_size(WIDE)
    page = watched.open(address + root(language) + path)
    scheme = SCHEMES[page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")]
    assert page.locator("body").get_attribute("data-md-color-scheme") == scheme
    formulas = page.locator(".arithmatex")
    assert formulas.count() == page.locator(".arithmatex .katex").count()
    assert page.locator(".katex-error").count() == 0
    if path in WITH_FORMULAS:
        assert formulas.count() > 5
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.evaluate(OUT_OF_SIGHT) == []
        cut = "[...document.querySelectorAll('article img')].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
        assert page.evaluate(cut) == []
    assert [url for url in watched.requests if not url.startswith((address, "data:", "blob:"))] == []
    assert watched.errors == []
    assert len(watched.requests) > 3


def test_what_would_be_wrong_with_a_page_is_noticed(watched: Watched, address: str) -> None:
    page = watched.open(address + "errata/")
    page.set_viewport_size(NARROW)
    page.evaluate(
        """() => {
            console.error("seen");
            const image = document.createElement("img");
            image.src = "/nowhere.png";
            image.style.minWidth = "500px";
            document.querySelector("article").append(image);
        }"""
    )
    page.wait_for_event("response", lambda answer: answer.url.endswith("/nowhere.png"))
    assert page.evaluate("document.documentElement.scrollWidth") > NARROW["width"]
    assert "nowhere.png" in page.evaluate(OUT_OF_SIGHT)[0]
    assert "seen" in watched.errors
    assert any(error.startswith("404") for error in watched.errors)


UNMARKED = """() => {
    const element = document.activeElement;
    const look = () => { const style = getComputedStyle(element); return style.borderColor + style.color; };
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    if (element.matches("body, input") || (outlineStyle !== "none" && parseFloat(outlineWidth) > 0)) return "";
    const focused = look();
    element.blur();
    const same = focused === look();
    element.focus();
    return same ? element.outerHTML.slice(0, 100) : "";
}"""
"""The element that has the focus, where nothing shows it; a text field has its caret."""


@pytest.mark.parametrize("path", ["", "catalogue/", "tutorials/gan/"])
def test_whatever_the_keyboard_reaches_shows_it(watched: Watched, address: str, path: str) -> None:
    page = watched.open(address + path)
    page.set_viewport_size(WIDE)

    def unmarked() -> set[str]:
        found = set()
        for _ in range(25):
            page.keyboard.press("Tab")
            found.add(page.evaluate(UNMARKED))
        return found - {""}

    assert unmarked() == set()
    page.add_style_tag(content="* { outline: none !important; }")
    assert unmarked()


@pytest.fixture(scope="module")
def entries(site: Path) -> list[dict[str, Any]]:
    data: dict[str, Any] = json.loads((site / "catalogue/catalogue.json").read_text(encoding="utf-8"))
    resources: list[dict[str, Any]] = data["resources"]
    return resources


def _shown(page: Page) -> list[str]:
    """The cards that fit, in their order, all of them brought out."""
    more = page.locator(".more button")
    while more.is_visible():
        more.click()
    ids: list[str] = page.evaluate("[...document.querySelectorAll('.card:not([hidden])')].map(card => card.id)")
    said = page.locator(".filter output").inner_text()
    assert said.split()[0] == str(len(ids))
    return ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_filter_shows_what_fits_and_counts_it(
    page: Page, address: str, entries: list[dict[str, Any]], language: Language
) -> None:
    page.goto(f"{address}{root(language)}catalogue/")
    ids = [entry["id"] for entry in entries]
    assert _shown(page) == ids
    chosen: list[dict[str, Any]] = entries
    for name, value, fits in (
        ("kind", "paper", lambda entry: entry["kind"] == "paper"),
        ("topic", "gan", lambda entry: "gan" in entry["topics"]),
        ("level", "beginner", lambda entry: entry["level"] == "beginner"),
        ("language", "en", lambda entry: "en" in entry["languages"]),
    ):
        page.locator(f"input[name={name}][value={value}]").check()
        chosen = [entry for entry in chosen if fits(entry)]
        assert _shown(page) == [entry["id"] for entry in chosen]
    assert 0 < len(chosen) < 20
    assert page.url.endswith("catalogue/?kind=paper&topic=gan&level=beginner&language=en")


def test_the_filter_finds_words_in_any_width_and_case_and_authors_that_a_card_does_not_name(
    page: Page, address: str, entries: list[dict[str, Any]]
) -> None:
    page.goto(f"{address}catalogue/papers/")
    text = page.locator("input[name=find]")
    text.fill("ＡＴＴＥＮＴＩＯＮ　need")
    assert _shown(page) == ["paper-attention-is-all-you-need"]
    (gan,) = [entry for entry in entries if entry["id"] == "paper-gan"]
    text.fill(gan["authors"][-1])
    assert "paper-gan" in _shown(page)
    text.fill("没有这样的资源")
    assert _shown(page) == []
    nothing = page.locator(".nothing")
    expect(nothing).to_be_visible()
    page.locator(".filter [type=reset]").click()
    papers = sum(entry["kind"] == "paper" for entry in entries)
    expect(page.locator(".filter output")).to_have_text(f"{papers} 条")  # fields are reset after the event
    expect(nothing).to_be_hidden()
    assert len(_shown(page)) == papers
    assert page.url.endswith("catalogue/papers/")


def test_an_address_holds_the_filter_and_the_way_back_restores_it(page: Page, address: str) -> None:
    query = "find=gan&kind=paper&kind=tool&level=research&sort=newest&length=7&topic=no-such-topic"
    page.goto(f"{address}catalogue/?{query}")
    assert page.locator("input[name=find]").input_value() == "gan"
    assert page.locator(".facets input:checked").evaluate_all("boxes => boxes.map(box => box.value)") == [
        *("paper", "tool", "research")
    ]
    chosen = _shown(page)
    assert 0 < len(chosen) < 83
    page.locator("input[name=level][value=research]").uncheck()
    wider = _shown(page)
    assert set(chosen) < set(wider)
    page.locator(".card:not([hidden]) .ties a").first.click()
    page.wait_for_url(lambda url: "/catalogue/" not in url)
    page.go_back()
    page.wait_for_url("**/catalogue/?*")
    assert _shown(page) == wider
    assert page.locator("select[name=sort]").input_value() == "newest"
    page.reload()
    assert _shown(page) == wider


def test_a_link_to_an_entry_brings_it_into_view(page: Page, address: str) -> None:
    page.goto(f"{address}catalogue/papers/#paper-gan")
    expect(page.locator("#paper-gan")).to_be_in_viewport()


@pytest.mark.parametrize("path", ["catalogue/", "en/catalogue/tools/"])
def test_without_scripts_every_entry_is_there_and_no_filter(browser: Browser, address: str, path: str) -> None:
    with browser.new_context(viewport=NARROW, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address + path)
        assert page.locator(".card").count() > 40
        assert page.locator(".card:visible").count() == page.locator(".card").count()
        expect(page.locator(".filter")).to_be_hidden()
        expect(page.locator(".nothing")).to_be_hidden()


def test_the_language_switch_goes_to_the_same_page_and_back(page: Page, address: str) -> None:
    page.goto(f"{address}catalogue/topics/gan/")
    page.locator("a.language").click()
    assert page.url == f"{address}en/catalogue/topics/gan/"
    expect(page.locator("h1")).to_contain_text("Generative adversarial networks")
    page.locator("a.language").click()
    assert page.url == f"{address}catalogue/topics/gan/"
    expect(page.locator("h1")).to_contain_text("生成对抗网络")


def test_the_colours_are_the_readers_choice_on_every_page(browser: Browser, address: str) -> None:
    with browser.new_context(viewport=WIDE, color_scheme="light") as context:
        page = context.new_page()
        page.goto(address)
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        expect(page.locator(".home img.light")).to_be_visible()
        page.locator("label[for=__palette_1]").click()
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
        expect(page.locator(".home img.dark")).to_be_visible()
        expect(page.locator(".home img.light")).to_be_hidden()
        page.goto(f"{address}tutorials/gan/")
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
        expect(page.locator("article img[src$='figure-1-dark.svg#only-dark']")).to_be_visible()


def test_a_picture_of_several_panels_is_scrolled_on_a_phone_and_not_shrunk(page: Page, address: str) -> None:
    page.set_viewport_size(NARROW)
    page.goto(f"{address}tutorials/gan/")
    picture = page.locator(".picture").first
    shown = picture.locator("img:visible").bounding_box()
    assert shown
    assert shown["width"] >= 500
    expect(picture).to_have_attribute("tabindex", "0")
