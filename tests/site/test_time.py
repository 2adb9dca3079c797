"""The timeline and the news: every paper once, in its year and row; what changed and what was found, as text."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.site.sites import ROOT
from tools.catalogue.facts import (
    PaperFacts,
    PaperHit,
    PaperHits,
    PaperHitsRecord,
    PaperRecord,
    RepositoryHit,
    RepositoryHits,
    RepositoryHitsRecord,
    State,
)
from tools.catalogue.history import Point
from tools.catalogue.lock import Lock
from tools.site.pages import news, timeline
from tools.site.project.reading import Project, read_project

HOSTILE = "<img src=x onerror=alert(1)>{{ 7*7 }}"


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT)


def test_every_paper_is_a_dot_and_a_line_of_the_list(project: Project) -> None:
    papers = project.catalogue.by_kind("paper")
    page = str(timeline.pages(project, "zh")["catalogue/timeline.md"])
    assert page.count("<circle") == len(papers) == page.count("<time")
    for paper in papers:
        assert page.count(f'href="{paper.id}.md"') == 2
    assert page.index('id="y2024"') < page.index('id="y2014"')


def test_a_later_paper_stands_further_right(project: Project) -> None:
    page = str(timeline.pages(project, "en")["catalogue/timeline.md"])

    def x(paper: str) -> float:
        return float(page.split(f'href="{paper}.md" tabindex="-1"')[1].split('cx="')[1].split('"')[0])

    assert 150 < x("paper-gan") < x("paper-attention-is-all-you-need") < x("paper-dpo") < 990


def _told(project: Project) -> Project:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    watch = project.catalogue.watches[0].id
    lock = Lock(
        {
            "papers": {
                "1406.2661": PaperRecord(
                    state=State.WITHDRAWN, since=date(2026, 11, 2), checked=now, reason=HOSTILE, data=PaperFacts()
                )
            },
            "new_papers": {
                watch: PaperHitsRecord(
                    checked=now,
                    data=PaperHits(hits=(PaperHit(arxiv="2611.00001", title=HOSTILE, published=now.date()),)),
                )
            },
            "new_repositories": {
                watch: RepositoryHitsRecord(
                    checked=now, data=RepositoryHits(hits=(RepositoryHit(name="a/b", stars=1500, description=HOSTILE),))
                )
            },
        },
        history={"a/b": (Point(date(2026, 11, 1), 1000), Point(date(2026, 11, 20), 1500))},
    )
    return replace(project, lock=lock)


def test_news_tell_what_changed_and_what_was_found(project: Project) -> None:
    page = str(news.pages(_told(project), "en")["catalogue/news.md"])
    assert "withdrawn" in page
    assert 'href="paper-gan.md"' in page
    assert "https://arxiv.org/abs/2611.00001" in page
    assert "1,500" in page
    assert "500 more" in page


def test_news_are_text(project: Project) -> None:
    page = str(news.pages(_told(project), "zh")["catalogue/news.md"])
    assert "<img" not in page
    assert page.count("&lt;img src=x") == 3


def test_without_a_search_the_page_says_how_to_get_one(project: Project) -> None:
    assert "refresh_resources.py" in str(news.pages(replace(project, lock=Lock()), "zh")["catalogue/news.md"])
