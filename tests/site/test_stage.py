"""The site's sources as files, which another generator builds as well."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.site.sites import ENVIRONMENT, ROOT, Parsed, broken_links, parse_pages
from tools.catalogue.load import load
from tools.language import LANGUAGES
from tools.site.links import address
from tools.site.pages.templates import BEGIN
from tools.stage_site import stage

ZENSICAL = shutil.which("zensical", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("staged")
    stage(ROOT, folder)
    return folder


def _main(pages: dict[str, Parsed]) -> dict[str, Parsed]:
    return {page: parsed for page, parsed in pages.items() if not page.endswith("404.html")}


def test_what_is_staged_is_what_mkdocs_builds(staged: Path, site: Path, pages: dict[str, Parsed]) -> None:
    sources = {
        ("en/" if language == "en" else "") + address(path.relative_to(staged / language).as_posix()) + "index.html"
        for language in LANGUAGES
        for path in (staged / language).rglob("*.md")
    }
    assert sources == _main(pages).keys()
    for name in ("catalogue/catalogue.json", "catalogue/catalogue.csv", "llms.txt", "tutorials/gan/gan.ipynb"):
        assert (staged / "zh" / name).read_bytes() == (site / name).read_bytes()
        assert (staged / "en" / name).read_bytes() == (site / "en" / name).read_bytes()
    assert (staged / "en/assets/site.css").is_file()
    assert not [path for path in staged.rglob("*.md") if BEGIN in path.read_text(encoding="utf-8")]


def test_the_staged_configuration_names_every_page_and_no_hook(staged: Path) -> None:
    for name, language in (("mkdocs.yml", "zh"), ("mkdocs.en.yml", "en")):
        configuration = yaml.safe_load((staged / name).read_text(encoding="utf-8"))
        assert configuration["hooks"] == []
        assert (staged / configuration["docs_dir"]).is_dir()
        menu = yaml.safe_dump(configuration["nav"], width=10_000)
        missing = {path.relative_to(staged / language).as_posix() for path in (staged / language).rglob("*.md")}
        missing = {path for path in missing if path not in menu}
        assert missing == {f"catalogue/{resource.id}.md" for resource in load(ROOT / "resources").resources}


def test_staging_again_replaces_and_never_touches_another_folder(tmp_path: Path, staged: Path) -> None:
    (staged / "zh/old.md").write_text("# Old\n", encoding="utf-8")
    stage(ROOT, staged)
    assert not (staged / "zh/old.md").exists()
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh/mine.md").write_text("mine", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"notes\.txt"):
        stage(ROOT, tmp_path)
    assert (tmp_path / "zh/mine.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(ZENSICAL is None, reason="Zensical is not installed")
def test_zensical_builds_the_same_pages_with_the_same_links(staged: Path, pages: dict[str, Parsed]) -> None:
    for name in ("mkdocs.yml", "mkdocs.en.yml"):
        command = [str(ZENSICAL), "build", "--clean", "--strict", "--config-file", str(staged / name)]
        run = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    theirs = parse_pages(staged / "site")
    assert _main(theirs).keys() == _main(pages).keys()
    assert broken_links(staged / "site", theirs) == []
    for page in (
        "index.html",
        "catalogue/index.html",
        "en/catalogue/papers/index.html",
        "catalogue/paper-gan/index.html",
        "en/errata/index.html",
    ):
        links, ours = (set(parsed[page].every("a", "href")) for parsed in (theirs, pages))
        assert {link for link in links if link.startswith("http")} == {link for link in ours if link.startswith("http")}
        assert pages[page].ids - theirs[page].ids <= {id_ for id_ in pages[page].ids if id_.startswith("__")}
