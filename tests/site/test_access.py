"""Every kind of page by axe-core: both languages, wide and narrow, light and dark, and not one thing found.

Each page is looked at wide and light, and narrow and dark; the nightly run tries the other two looks, and more pages.
"""

from collections.abc import Iterator
from importlib import resources

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.site.test_browser import NARROW, PAGES, SCHEMES, WIDE
from tools.language import LANGUAGES, Language, root

pytestmark = pytest.mark.slow(minutes=2)
LOOKS = [
    pytest.param("light", WIDE, id="light-wide"),
    pytest.param("dark", NARROW, id="dark-narrow"),
    pytest.param("light", NARROW, id="light-narrow", marks=pytest.mark.nightly),
    pytest.param("dark", WIDE, id="dark-wide", marks=pytest.mark.nightly),
]
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
FINDINGS = """async () => (await axe.run({ resultTypes: ["violations"] })).violations.map(
    ({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" … ")}`)"""

SETTLED = """async () => {
    const sideways = ".md-typeset__scrollwrap, .scroll, .picture, div.arithmatex, pre > code";
    const boxes = [...document.querySelectorAll(sideways)];
    for (const started = performance.now(); performance.now() - started < 60000; ) {
        if (boxes.every((box) => box.scrollWidth <= box.clientWidth || box.tabIndex === 0)) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}"""
"""Waits until what scrolls sideways can be reached: assets/accessible.js asks one box at a time, when idle."""


@pytest.fixture(scope="module", params=SCHEMES)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser.new_context(color_scheme=request.param, reduced_motion="reduce") as context:
        yield context.new_page()


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate("document.fonts.ready")
    page.evaluate(SETTLED)
    page.evaluate(AXE)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("page", "size"), LOOKS, indirect=["page"])
def test_a_page_is_accessible(page: Page, size: ViewportSize, address: str, language: Language, path: str) -> None:
    page.set_viewport_size(size)
    _open(page, address + root(language) + path)
    assert page.evaluate(FINDINGS) == []


def test_what_is_not_accessible_is_found(page: Page, address: str) -> None:
    _open(page, address)
    page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend', '<img src=\"#\"><a href=\"#\"></a>')"
    )
    assert [finding.split(":")[0] for finding in page.evaluate(FINDINGS)] == ["image-alt", "link-name"]


def test_nothing_moves_for_readers_who_asked_for_that(page: Page, address: str) -> None:
    _open(page, address + "catalogue/")
    moving = "[...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0)"
    assert page.evaluate(f"{moving}.length") == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
