"""Code, catalogue, tutorials and errata name each other, and every name leads somewhere, in both directions."""

import posixpath
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.site.sites import Parsed
from tools.site.pages.cards import card
from tools.site.project.reading import Project, read_project
from tools.site.project.ties import ties

ROOT = Path(__file__).resolve().parents[2]
CITED = re.compile(r"\bpaper-[a-z0-9]+(?:-[a-z0-9]+)*\b")


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT)


def _cited() -> dict[str, set[str]]:
    """Module → the papers that its text names."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): set(
            CITED.findall(path.read_text(encoding="utf-8"))
        )
        for path in sorted((ROOT / "aigc_ref").rglob("*.py"))
    }


def test_every_paper_that_code_cites_is_in_the_catalogue(project: Project) -> None:
    known = {resource.id for resource in project.catalogue.by_kind("paper")}
    unknown = {module: papers - known for module, papers in _cited().items() if papers - known}
    assert not unknown


def test_a_paper_that_code_cites_links_back_to_the_code(project: Project) -> None:
    tied = ties(project)
    resources = {resource.id: resource for resource in project.catalogue.resources}
    checked = 0
    for module, papers in _cited().items():
        if module.count(".") < 2:
            continue
        for paper in papers:
            shown = card(resources[paper], project, tied, "en", "catalogue/papers.md")
            links = [link.href for tie in shown.ties for link in tie.links]
            assert any(href.endswith(f"#{module}") for href in links), (module, paper)
            checked += 1
    assert checked > 15


def test_techniques_cite_their_papers() -> None:
    rooms = ("gan", "lm", "metrics", "peft", "selfsup")
    cited = {
        module: papers
        for module, papers in _cited().items()
        if module.split(".")[1:2] and module.split(".")[1] in rooms
    }
    assert {module.split(".")[1] for module, papers in cited.items() if papers} == set(rooms)


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["", "en/"])
def test_an_entry_and_what_belongs_to_it_lead_to_each_other(
    project: Project, pages: dict[str, Parsed], folder: str
) -> None:
    """On the built pages: from an entry's own page to the code, tutorials and errata, and from each of these back."""
    entries = {f"{folder}catalogue/{resource.id}/index.html" for resource in project.catalogue.resources}
    rooms = tuple(f"{folder}{room}" for room in ("reference/", "tutorials/", "errata/"))
    out, back = defaultdict(set), defaultdict(set)
    for page, parsed in pages.items():
        for link in parsed.every("a", "href"):
            path = link.partition("#")[0]
            if not path or re.match(r"[a-z]+:", path):
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path, "index.html"))
            if page in entries and target.startswith(rooms):
                out[page].add(target)
            if target in entries and page.startswith(rooms):
                back[target].add(page)
    tied = ties(project)
    for resource in project.catalogue.resources:
        page = f"{folder}catalogue/{resource.id}/index.html"
        expected = {f"{folder}{module.page.removesuffix('.md')}/index.html" for module in tied.modules[resource.id]}
        expected |= {f"{folder}tutorials/{tutorial.name}/index.html" for tutorial in tied.tutorials[resource.id]}
        expected |= {f"{folder}errata/index.html"} if tied.errata[resource.id] else set()
        assert expected <= out[page], page
        assert back[page] == expected, page
    assert sum(map(len, back.values())) > 40
    assert any(target.endswith("errata/index.html") for targets in back.values() for target in targets)
