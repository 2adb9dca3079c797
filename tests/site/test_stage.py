"""The site's sources as files, which another generator builds as well."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.site.sites import ENVIRONMENT, ROOT, Parsed, broken_links, parse_pages
from tools.catalogue.load import load
from tools.language import LANGUAGES, configuration, root
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
        root(language) + address(path.relative_to(staged / language).as_posix()) + "index.html"
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
    for language in LANGUAGES:
        read = yaml.safe_load((staged / configuration(language)).read_text(encoding="utf-8"))
        assert read["hooks"] == []
        assert (staged / read["docs_dir"]).is_dir()
        menu = yaml.safe_dump(read["nav"], width=10_000)
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


@pytest.fixture(scope="module")
def finished(staged: Path) -> Path:
    """The staged site as Zensical builds it, before it is finished at `raw` and after."""
    if ZENSICAL is None:
        pytest.skip("Zensical is not installed")
    for name in map(configuration, LANGUAGES):
        command = [str(ZENSICAL), "build", "--clean", "--strict", "--config-file", str(staged / name)]
        run = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    shutil.copytree(staged / "site", staged.parent / "raw", dirs_exist_ok=True)
    command = [sys.executable, "-m", "tools.site.finish", str(staged / "site")]
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True)
    return staged / "site"


SAME = {
    "formulas": re.compile(r'<annotation encoding="application/x-tex">.*?</annotation>', re.DOTALL),
    "formulas that nobody typeset": re.compile(r'class="arithmatex">\\[(\[]'),
    "cited papers": re.compile(r"<p>Papers?: .*?</p>", re.DOTALL),
    "sections in boxes": re.compile(r'</h2><div class="part">'),
    "language": re.compile(r'<html lang="[^"]*"'),
}
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


def _differing(theirs: Path, ours: Path) -> set[str]:
    """What finishing gives, and some page of the two sites differs in."""
    found = set()
    for path in ours.rglob("*.html"):
        page, twin = path.read_text("utf-8"), (theirs / path.relative_to(ours)).read_text("utf-8")
        found |= {name for name, part in SAME.items() if part.findall(page) != part.findall(twin)}
        policy = POLICY.search(twin)
        if not policy or re.sub(r" 'sha256-[^']*'", "", policy[1]) != re.sub(
            r" 'sha256-[^']*'", "", POLICY.findall(page)[0]
        ):
            found.add("policy")
    return found


def test_zensical_builds_the_same_pages_with_the_same_links(finished: Path, pages: dict[str, Parsed]) -> None:
    theirs = parse_pages(finished)
    assert _main(theirs).keys() == _main(pages).keys()
    assert broken_links(finished, theirs) == []
    for page in _main(pages):
        links, ours = (set(parsed[page].every("a", "href")) for parsed in (theirs, pages))
        assert {link for link in links if link.startswith("http")} == {link for link in ours if link.startswith("http")}
        assert pages[page].ids - theirs[page].ids <= {id_ for id_ in pages[page].ids if id_.startswith("__")}


def test_finished_pages_have_the_same_formulas_policy_and_citations(finished: Path, site: Path) -> None:
    assert _differing(finished, site) == set()
    assert _differing(finished.parents[1] / "raw", site) == {*SAME, "policy"}  # what a site lacks that nobody finishes
