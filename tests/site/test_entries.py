"""A page for each entry: filled into a template as if MkDocs had rendered it, with nothing left of the template."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.site.sites import ROOT, Parsed, copy_project
from tools.catalogue.facts import PaperFacts, PaperRecord, State
from tools.catalogue.history import Point
from tools.catalogue.lock import Lock
from tools.catalogue.models import Paper
from tools.catalogue.parts import SHOWN
from tools.catalogue.parts.huggingface import HubFacts
from tools.catalogue.parts.pypi import PackageFacts
from tools.language import LANGUAGES, Language
from tools.site.exports.bibliography import bibtex_entry
from tools.site.generator.entry_template import BLOCK, DESCRIPTION, ID, TITLE, EntryTemplate
from tools.site.links import page_of
from tools.site.pages.catalogue_entries import Entry, entry_pages
from tools.site.project.prose import ProseError
from tools.site.project.reading import Project, read_project


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT)


def _head(html: str) -> tuple[str, str]:
    title = re.search(r"<title>(.*?) - [^<]*</title>", html)
    description = re.search(r'<meta name="description" content="([^"]*)"', html)
    assert title
    assert description
    return unescape(title[1]), unescape(description[1])


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_entry_has_a_page_of_its_own(site: Path, project: Project, language: str) -> None:
    folder = site / ("" if language == "zh" else "en") / "catalogue"
    for resource in project.catalogue.resources:
        html = (folder / resource.id / "index.html").read_text(encoding="utf-8")
        own = resource.title_zh if language == "zh" else resource.title_en
        assert _head(html) == (own or resource.title, getattr(resource.why, language)), resource.id
        assert html.count("<h1") == 1
        assert not any(mark in html for mark in (ID, TITLE, DESCRIPTION, BLOCK)), resource.id
        assert f'href="{resource.url.replace("&", "&amp;")}"' in html
        switch = re.search(r'class="md-header__button language"[^>]*href="([^"]*)"', html, re.DOTALL)
        assert switch
        assert switch[1].endswith(f"catalogue/{resource.id}/")


@pytest.mark.slow
def test_a_page_has_the_frame_that_mkdocs_gives_to_any_other(pages: dict[str, Parsed]) -> None:
    def frame(page: str) -> list[tuple[str, str]]:
        elements = [(tag, attributes.get("class", "")) for tag, attributes in pages[page].elements]
        return [
            element for element in elements if element[0] in {"body", "header", "footer"} or "md-tabs" in element[1]
        ]

    entry = frame("catalogue/paper-gan/index.html")
    assert entry == frame("catalogue/papers/index.html")
    assert ("li", "md-tabs__item md-tabs__item--active") in entry


@pytest.mark.slow
def test_papers_are_cited_and_copied(pages: dict[str, Parsed], project: Project) -> None:
    papers = [resource for resource in project.catalogue.resources if isinstance(resource, Paper)]
    for paper in papers:
        text = "".join(pages[f"en/catalogue/{paper.id}/index.html"].text)
        assert bibtex_entry(paper) in text


@pytest.mark.slow
def test_the_template_itself_is_nowhere_and_a_published_site_lists_every_entry(announced: Path) -> None:
    assert not list(announced.rglob(f"*{ID}*"))
    for language in ("", "en/"):
        listed = [
            element.text or ""
            for element in ET.parse(announced / language / "sitemap.xml").iter()
            if element.tag.endswith("}loc")
        ]
        assert len(set(listed)) == len(listed)
        assert f"https://example.org/below/{language}catalogue/paper-gan/" in listed
        assert not [address for address in listed if ID in address]
    html = (announced / "en/catalogue/paper-gan/index.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="https://example.org/below/en/catalogue/paper-gan/">' in html


def test_what_is_filled_in_is_not_looked_through_again() -> None:
    template = EntryTemplate(f"<title>{TITLE}</title><meta content='{DESCRIPTION}'>{BLOCK}<a href='../{ID}/'>")
    entry = Entry("paper-x", "catalogue/papers.md", f"{DESCRIPTION} <b>", f"'{ID}'", "")
    assert template.fill(entry, f"<h1>{TITLE}</h1>") == (
        f"<title>{DESCRIPTION} &lt;b&gt;</title><meta content='&#x27;{ID}&#x27;'><h1>{TITLE}</h1><a href='../paper-x/'>"
    )


def test_a_page_tells_the_versions_and_the_state_of_a_paper(project: Project) -> None:
    paper = next(resource for resource in project.catalogue.resources if resource.id == "paper-gan")
    assert isinstance(paper, Paper)
    arxiv = paper.arxiv or ""
    data = PaperFacts(latest_version=2, updated=date(2026, 11, 3), comment="Corrected <b>")
    checked = datetime(2026, 11, 5, tzinfo=UTC)
    record = PaperRecord(
        state=State.WITHDRAWN, since=date(2026, 11, 4), checked=checked, source="arxiv", reason="An error", data=data
    )
    points = [Point(date(2026, 1, 2), None, "v1"), Point(date(2026, 11, 5), None, "v2")]
    lock = Lock({"papers": {arxiv: record}}, history={arxiv: points})
    block = entry_pages(replace(project, lock=lock), "en")["catalogue/paper-gan.md"].block
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", block))
    assert "Latest version v2 · 2026-11-03" in text
    assert "Corrected &lt;b&gt;" in text
    assert "State withdrawn · 2026-11-04 · An error" in text
    assert "Versions v1 seen on 2026-01-02 v2 seen on 2026-11-05" in text
    assert "checked 2026-11-05 (arXiv)" in text


def test_no_entry_takes_the_address_of_a_list(tmp_path: Path) -> None:
    folder = copy_project(tmp_path)
    path = folder / "resources/reports.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"- id: [a-z0-9-]+", "- id: papers", text, count=1), encoding="utf-8")
    with pytest.raises(ProseError, match="'papers' is the address of a list"):
        read_project(folder)


def test_what_a_part_shows_of_its_facts_is_on_the_page_in_both_languages(project: Project) -> None:
    tool = next(resource for resource in project.catalogue.resources if getattr(resource, "pypi", None) == "vllm")
    model = next(r for r in project.catalogue.resources if getattr(r, "huggingface", None) == "openai/gpt-oss-20b")
    checked = datetime(2026, 11, 20, tzinfo=UTC)
    package = PackageFacts(name="vllm", latest_release="0.9", requires_python=">=3.10", yanked=True)
    weights = HubFacts(name="openai/gpt-oss-20b", downloads=1234567, gated="manual")
    said: dict[str, Any] = {"checked": checked, "since": checked.date()}
    lock = Lock(
        {part.name: {} for part in SHOWN},
        {"pypi:vllm": [Point(date(2026, 11, day), None, f"0.{day}") for day in (8, 9)]},
    )
    for part, key, facts, state in zip(
        SHOWN, ("openai/gpt-oss-20b", "vllm"), (weights, package), (State.OK, State.YANKED), strict=True
    ):
        lock[part][key] = part.record(state=state, source=part.endpoint.name, data=facts, **said)
    texts: dict[Language, tuple[str, ...]] = {
        "zh": (
            "PyPI 最新版 0.9",
            "所需 Python >=3.10",
            "PyPI 发布已撤回",
            "需申请，由作者审批",
            "核对于 2026-11-20（PyPI）",
        ),
        "en": (
            "Release on PyPI 0.9",
            "Python >=3.10",
            "PyPI yanked",
            "on request, granted by",
            "checked 2026-11-20 (PyPI)",
        ),
    }
    for language in LANGUAGES:
        pages = entry_pages(replace(project, lock=lock), language)
        blocks = [pages[page_of(resource)].block for resource in (tool, model)]
        shown = " ".join(unescape(re.sub(r"<[^>]+>", " ", "".join(blocks))).split())
        assert [text for text in (*texts[language], "1,234,567") if text not in shown] == []
        assert 'href="https://pypi.org/project/vllm"' in blocks[0]
        assert 'href="https://huggingface.co/openai/gpt-oss-20b"' in blocks[1]
        assert "0.8" in blocks[0]  # the releases that were seen before
