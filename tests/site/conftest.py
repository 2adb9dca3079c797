"""The site is built once a run, for all workers and all tests of this folder; a browser is started once a module."""

import html
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.site.sites import ROOT, Parsed, build, copy_project, once, parse_pages, served
from tools.site.finish import pagefind

CHROMIUM = "/usr/bin/chromium"  # tools/install_system_packages.sh
ADDRESS = "https://example.org/below/"
HOSTILE = "zyzzyva <img src=x onerror=owned()> &lt;b&gt;"
expect.set_options(timeout=60_000)  # milliseconds: a busy machine is not a fault
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this run: under pytest-xdist, the one around the folders of its workers."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def site(shared: Path) -> Path:
    """The folder of the built site, both languages; no test writes into it."""
    return once(shared / "site", lambda folder: build(ROOT, folder))


@pytest.fixture(scope="session")
def announced(shared: Path) -> Path:
    """The site as it is built for an address, with what messengers and search engines want."""

    def make(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as copy:
            project = copy_project(Path(copy))
            (project / "docs/zh/_headers").write_text("/*\n", encoding="utf-8")  # where docs/*/publishing.md puts it
            build(project, folder, SITE_URL=ADDRESS)

    return once(shared / "announced", make)


@pytest.fixture(scope="session")
def published(site: Path, shared: Path) -> Path:
    """The site with Pagefind's search, as readers get it, and a page more whose title is hostile."""
    assert pagefind.PAGEFIND.exists(), "npm is there and Pagefind is not: make .venv/node/ready"

    def make(folder: Path) -> None:
        shutil.copytree(site, folder)
        page = (site / "en/contributing/index.html").read_text(encoding="utf-8")
        page = re.sub(r"<h1.*?</h1>", f"<h1>{html.escape(HOSTILE)}</h1>", page, count=1, flags=re.DOTALL)
        (folder / "en/hostile").mkdir()
        (folder / "en/hostile/index.html").write_text(page, encoding="utf-8")
        assert "MB" in pagefind.main(folder)

    return once(shared / "published", make)


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, Parsed]:
    return parse_pages(site)


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the built site is served."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the whole session: while it runs, nothing else of this process can start an event loop.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
