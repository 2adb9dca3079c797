"""The field's papers in time: a drawing with a row for each topic, and the same as a list by year."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from tools.catalogue.models import Paper
from tools.language import Language
from tools.site.links import page_of, source
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter, html_block
from tools.site.project.reading import Project
from tools.site.project.ties import ties
from tools.site.words import WORDS

PAGE = "catalogue/timeline.md"
LEFT, RIGHT, TOP = 150, 990, 26
"""Of the drawing's 1000 units of width, where time begins and ends; where the first row begins."""
EARLIEST = 2012
"""Papers before it share its column: there are few, and the years between them are long and empty."""
DOT, GAP = 4.5, 10.5
"""Radius of a dot, and how far apart two of one quarter stand."""


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    href: str
    about: str
    ours: bool
    """Whether aigc_ref implements it."""


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    y: float
    height: float
    dots: tuple[Dot, ...]


def pages(project: Project, language: Language) -> Pages:
    """The drawing is for the eye alone; who does not see it reads the list, which says the same."""
    words, tied = WORDS[language], ties(project)
    papers = [paper for paper in project.catalogue.by_kind("paper") if isinstance(paper, Paper)]
    papers.sort(key=lambda paper: (paper.published, paper.id))
    first, last = max(EARLIEST, int(papers[0].published[:4])), int(papers[-1].published[:4]) + 1
    rows = []
    top = float(TOP)
    for topic in project.catalogue.topics:
        quarters: defaultdict[int, list[Paper]] = defaultdict(list)
        for paper in papers:
            if paper.topics[0] == topic.id:
                quarters[int(4 * max(_year(paper), EARLIEST))].append(paper)
        if not quarters:
            continue
        height = GAP * (max(map(len, quarters.values())) + 1)
        dots = tuple(
            Dot(
                round(LEFT + (quarter / 4 + 0.125 - first) * (RIGHT - LEFT) / (last - first), 1),
                round(top + height - GAP * (place + 1), 1),
                source(PAGE, page_of(paper)),
                f"{paper.title} ({paper.published[:7]})",
                paper.id in tied.modules,
            )
            for quarter, together in quarters.items()
            for place, paper in enumerate(together)
        )
        rows.append(Row(topic.title[language], round(top, 1), round(height, 1), dots))
        top += height + 6
    years = [
        (f"≤ {year}" if year == EARLIEST else year, round(LEFT + (year - first) * (RIGHT - LEFT) / (last - first), 1))
        for year in range(first, last)
    ]
    topics = {topic.id: topic.title[language] for topic in project.catalogue.topics}
    listed = [
        (
            year,
            [
                (
                    paper.title,
                    source(PAGE, page_of(paper)),
                    paper.published,
                    topics[paper.topics[0]],
                    paper.id in tied.modules,
                )
                for paper in together
            ],
        )
        for year, together in groupby(reversed(papers), key=lambda paper: paper.published[:4])
    ]
    about = words.timeline.about.format(len(papers))
    block = html_block(
        "timeline.html",
        rows=rows,
        years=years,
        height=round(top + 6),
        radius=DOT,
        right=RIGHT,
        listed=listed,
        words=words,
    )
    head = front_matter(words.timeline.title, about, hide=("toc",), searched=False)
    return {PAGE: f"{head}\n# {words.timeline.title}\n\n{about}\n{{ .lead }}\n\n{block}\n"}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].timeline.title: PAGE}]


def _year(paper: Paper) -> float:
    """When it was published, as a fraction of years; a paper whose month is not known stands in the middle."""
    year, _, rest = paper.published.partition("-")
    if not rest:
        return int(year) + 0.5
    day = date.fromisoformat(paper.published if len(rest) == 5 else f"{paper.published}-15")
    return day.year + (day.timetuple().tm_yday - 1) / 366
