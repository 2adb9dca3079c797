"""What a page costs a reader on a slow line: compressed, without pictures, everything that its browser asks for."""

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.sites import served

pytestmark = pytest.mark.slow
KILOBYTES = {"": 200, "tutorials/": 200, "catalogue/": 300}
"""The most that a page may weigh, by how its address begins; the longest beginning counts."""


def _weight(browser: Browser, address: str) -> dict[str, int]:
    """Bytes by address, with scripts and fonts, as the server sends them."""
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page, sizes = context.new_page(), {}
        page.on("requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]}))
        page.goto(address)
        page.wait_for_load_state("networkidle")
        return {url: size for url, size in sizes.items() if not url.endswith((".svg", ".png", ".webp"))}


@pytest.mark.parametrize("number", [1, pytest.param(None, id="all", marks=pytest.mark.nightly)])
def test_no_page_is_heavy(browser: Browser, published: Path, number: int | None) -> None:
    """The heaviest tutorial stands for all, but not at night."""
    pages = sorted(published.glob("tutorials/*/index.html"), key=lambda page: -len(gzip.compress(page.read_bytes())))
    tutorials = [f"tutorials/{page.parent.name}/" for page in pages[:number]]
    assert tutorials
    with served(published, compressed=True) as address:
        for language in ("", "en/"):
            for path in ["", "catalogue/", "catalogue/papers/", *tutorials]:
                sizes = _weight(browser, address + language + path)
                limit = KILOBYTES[max((start for start in KILOBYTES if path.startswith(start)), key=len)]
                assert len(sizes) > 5, path
                assert sum(sizes.values()) <= 1000 * limit, (path, sizes)


def test_weight_is_what_is_sent(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<script src="a.js"></script><img src="a.svg">', encoding="utf-8")
    (tmp_path / "a.js").write_text("//" + "a" * 100_000, encoding="utf-8")
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    with served(tmp_path, compressed=True) as address:
        sizes = _weight(browser, address)
    assert sizes == {
        url: len(gzip.compress(tmp_path.joinpath(file).read_bytes(), 6))
        for url, file in (
            (address, "index.html"),
            (f"{address}a.js", "a.js"),
        )
    }
