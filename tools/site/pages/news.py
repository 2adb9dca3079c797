"""What is new in the field, by the searches of watch.yaml, and what changed about the things of the catalogue."""

from collections.abc import Iterator

from tools.catalogue.facts import State
from tools.catalogue.history import risen
from tools.catalogue.parts import NEW_PAPERS, NEW_REPOSITORIES
from tools.language import Language
from tools.site.links import page_of, source
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter, html_block
from tools.site.project.reading import Project
from tools.site.project.resource_status import status_of
from tools.site.words import WORDS

PAGE = "catalogue/news.md"
MOST = 12
"""Of a search's finds, and of the changes."""


def pages(project: Project, language: Language) -> Pages:
    """Changes of state, newest first; then each search with its newest papers and rising repositories."""
    words = WORDS[language]
    topics = {topic.id: topic.title[language] for topic in project.catalogue.topics}
    changes = sorted(_changes(project, language), reverse=True)[:MOST]
    added = sorted(project.catalogue.resources, key=lambda resource: resource.added, reverse=True)[:MOST]
    searches = []
    for watch in project.catalogue.watches:
        papers, repositories = project.lock[NEW_PAPERS].get(watch.id), project.lock[NEW_REPOSITORIES].get(watch.id)
        found = [
            (hit.title or hit.arxiv, f"https://arxiv.org/abs/{hit.arxiv}", hit.published)
            for hit in (papers.data.hits if papers else ())[:MOST]
        ]
        rising = [
            (hit.name, f"https://github.com/{hit.name}", hit.stars, hit.description or "", _gained(project, hit.name))
            for hit in (repositories.data.hits if repositories else ())[:MOST]
        ]
        if found or rising:
            title = words.names.between_names.join(topics[topic] for topic in watch.topics)
            searches.append((watch.id, title, found, rising))
    block = html_block(
        "news.html",
        words=words,
        changes=changes,
        added=[(r.title, source(PAGE, page_of(r)), r.added, words.names.kind[r.kind]) for r in added],
        searches=searches,
    )
    head = front_matter(words.news.title, words.news.about, searched=False)
    return {PAGE: f"{head}\n# {words.news.title}\n\n{words.news.about}\n{{ .lead }}\n\n{block}\n"}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].news.title: PAGE}]


def _gained(project: Project, name: str) -> int | None:
    """Stars since it was first seen."""
    points = project.lock.history.get(name, ())
    return risen(points, points[0].day) if points else None


def _changes(project: Project, language: Language) -> Iterator[tuple[str, str, str, str, str]]:
    """Day, title, where it stands, state and reason of whatever is no longer as it was curated."""
    words = WORDS[language]
    for resource in project.catalogue.resources:
        href = source(PAGE, page_of(resource))
        for record in status_of(resource, project.lock).records:
            if record.since and record.state not in {State.OK, State.UNKNOWN}:
                yield (
                    str(record.since),
                    resource.title,
                    href,
                    words.names.states[record.state],
                    record.reason or "",
                )
