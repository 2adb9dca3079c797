"""The built site: strict in both languages, the same pages in both, and nothing of it from elsewhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("link", "href")}
NOT_LOADED = {"alternate", "canonical", "next", "prev"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return folder


def _pages(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}


def test_every_page_is_there_in_both_languages(site: Path) -> None:
    english = _pages(site / "en")
    chinese = {page for page in _pages(site) if not page.startswith("en/")}
    assert chinese == english
    assert {"tutorials/gan/index.html", "tutorials/fine-tuning/index.html", "errata/index.html"} <= english


class _Loads(HTMLParser):
    """Addresses that a browser fetches by itself when it shows the page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "link" and set((dict(attrs).get("rel") or "").split()) & NOT_LOADED:
            return
        self.addresses += [value for name, value in attrs if value and (tag, name) in LOADED]


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    found = 0
    for page in site.rglob("*.html"):
        loads = _Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        found += len(loads.addresses)
        elsewhere = [address for address in loads.addresses if re.match(r"(https?:)?//", address)]
        assert not elsewhere, page
    assert found > 100
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", style.read_text(encoding="utf-8")), style


def test_examples_of_the_reference_are_code(site: Path) -> None:
    pages = [page.read_text(encoding="utf-8") for page in (site / "reference").rglob("*.html")]
    assert any("corpus_bleu" in page for page in pages)
    assert not any(re.search(r"<blockquote>\s*<blockquote>", page) for page in pages)
