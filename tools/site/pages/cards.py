"""A resource as its card shows it: the curator's words, then what was fetched, and what of ours belongs to it.

Every value is plain text or an address below the site; the template escapes it.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.catalogue.facts import PaperRecord, Record, RepositoryRecord, State
from tools.catalogue.models import (
    Blog,
    Book,
    Conference,
    Course,
    Dataset,
    Model,
    Paper,
    Report,
    Resource,
    Tool,
)
from tools.language import Language
from tools.site.links import page_of, source
from tools.site.pages.growth import Growth, growth
from tools.site.pages.pinyin import initials
from tools.site.project.curated import access_of, license_of, newest, people_of, year_of
from tools.site.project.reading import Project
from tools.site.project.resource_status import ResourceStatus, status_of
from tools.site.project.ties import Ties
from tools.site.words import WORDS, Words

MOST_AUTHORS = 3


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Badge:
    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A kind of thing of ours, and those of it that belong to the resource."""

    label: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Card:
    id: str
    kind: str
    url: str
    title: str
    title_language: str
    other_title: str | None
    by: str
    why: str
    note: str | None
    badges: tuple[Badge, ...]
    topics: tuple[Link, ...]
    tags: tuple[str, ...]
    code: Link | None
    ties: tuple[Tie, ...]
    live: tuple[str, ...]
    checked: tuple[str, ...]
    growth: Growth | None
    growth_text: str
    page: str
    """The entry's own page."""
    data: tuple[tuple[str, str], ...]
    """What the filter reads: facets by name, numbers to sort by, and `find`: words that the card does not show."""


def card(resource: Resource, project: Project, tied: Ties, language: Language, here: str) -> Card:
    """The card of one resource on the page `here`."""
    words = WORDS[language]
    facts = status_of(resource, project.lock)
    line = growth(facts.growth)
    title, other = _titles(resource, language)
    topics = {topic.id: topic for topic in project.catalogue.topics}
    return Card(
        id=resource.id,
        kind=resource.kind,
        url=resource.url,
        title=title,
        title_language="zh-CN" if _is_chinese(title) else "en",
        other_title=other,
        by=" · ".join(filter(None, _by(resource, language, words))),
        why=resource.why[language],
        note=resource.note[language] if resource.note else None,
        badges=tuple(_badges(resource, facts, words)),
        topics=tuple(
            Link(topics[topic].title[language], source(here, f"catalogue/topics/{topic}.md"))
            for topic in resource.topics
        ),
        tags=tuple(_tags(resource, words)),
        code=Link(resource.code, f"https://github.com/{resource.code}") if resource.code else None,
        ties=tuple(tie for tie in _ties(resource, tied, language, words, here) if tie.links),
        live=(*_live(facts.paper, facts.repository, words), *_shown(facts, language)),
        checked=tuple(_checked(facts, words)),
        growth=line,
        growth_text=words.card.growth.format(line.first, line.since, line.last, line.until) if line else "",
        page=source(here, page_of(resource)),
        data=tuple((name, value) for name, value in _data(resource, facts) if value),
    )


def _data(resource: Resource, facts: ResourceStatus) -> Iterator[tuple[str, str]]:
    yield "kind", resource.kind
    yield "topic", " ".join(resource.topics)
    yield "level", resource.level
    yield "language", " ".join(resource.languages)
    yield "free", access_of(resource) or ""
    yield "state", " ".join(facts.states)
    yield "year", str(year_of(resource) or "")
    yield "newest", _number(newest(resource))
    yield "stars", str(facts.stars or "")
    yield "rising", str(facts.risen or "")
    yield "active", _number(str(facts.active or newest(resource)))
    yield "checked", _number(str(facts.checked or ""))
    people = people_of(resource)[MOST_AUTHORS:]
    titles = [resource.title, resource.title_zh or "", resource.title_en or ""]
    yield "find", " ".join(filter(None, [*people, *titles[1:], *map(initials, titles[:2])]))


def _number(day: str) -> str:
    """A date as a number that sorts as dates do, what is not known of it as zeros.

    >>> _number("2017"), _number("2017-06-12"), _number("")
    ('20170000', '20170612', '')
    """
    return day.replace("-", "").ljust(8, "0") if day else ""


def _is_chinese(text: str) -> bool:
    return any("CJK UNIFIED" in unicodedata.name(character, "") for character in text)


def _titles(resource: Resource, language: Language) -> tuple[str, str | None]:
    """The title in the reader's language where there is one, and the original beside it."""
    own = resource.title_in(language)
    if own and own != resource.title:
        return own, resource.title
    return resource.title, None


def _by(resource: Resource, language: Language, words: Words) -> Iterator[str]:
    match resource:
        case Paper():
            yield _people(resource.authors, words, more=resource.et_al)
            yield resource.venue or ""
            yield resource.published[:4] if not resource.venue or resource.published[:4] not in resource.venue else ""
        case Book():
            yield _people(resource.authors, words)
            own = [e for e in resource.editions if e.language.startswith(language)] or list(resource.editions)
            yield from (f"{e.publisher} {e.year or ''}".strip() for e in own[:1])
        case Course():
            yield resource.organization or ""
            yield _people(resource.instructors, words) if resource.instructors else ""
        case Model() | Blog():
            yield resource.organization if resource.organization != resource.title else ""
        case Dataset():
            yield words.names.uses[resource.use]
            yield resource.venue or str(resource.year)
        case Conference():
            yield resource.full_name
            yield resource.cycle[language]
        case Report():
            yield f"{resource.publisher} {resource.year}"
        case _:
            return


def _people(names: list[str], words: Words, *, more: bool = False) -> str:
    shown = words.names.between_names.join(names[:MOST_AUTHORS])
    return f"{shown} {words.names.and_others}" if more or len(names) > MOST_AUTHORS else shown


def _badges(resource: Resource, facts: ResourceStatus, words: Words) -> Iterator[Badge]:
    of_code = "{}" if isinstance(resource, Tool) else words.status.of_code  # a paper is not idle, its code is
    named: list[tuple[str, Record[Any] | None]] = [
        ("{}", facts.paper),
        (of_code, facts.repository),
        (words.status.of_link, facts.link),
        *((f"{part.endpoint.title} {{}}", record) for part, record in facts.others),
    ]
    for form, record in named:
        if record and record.state not in {State.OK, State.UNKNOWN}:
            yield Badge(form.format(words.names.states[record.state]), record.reason or "")
    if facts.idle:
        yield Badge(of_code.format(words.status.idle), words.status.idle_about)
    if resource.unchecked:
        names = words.names.between_names.join(words.names.fields[name] for name in resource.unchecked)
        yield Badge(words.status.unchecked.format(names), words.status.unchecked_about)


def _tags(resource: Resource, words: Words) -> Iterator[str]:
    yield words.names.levels[resource.level]
    yield from (words.names.languages.get(language, language) for language in resource.languages)
    free_tool = isinstance(resource, Tool) and resource.access == "free"  # as a tool is unless it says otherwise
    if isinstance(resource, Book | Course | Tool) and not free_tool:
        yield words.names.access[resource.access]
    if license_ := license_of(resource):
        yield license_


def _ties(resource: Resource, tied: Ties, language: Language, words: Words, here: str) -> Iterator[Tie]:
    yield Tie(
        words.card.implemented,
        tuple(
            Link(module.name.removeprefix("aigc_ref."), source(here, f"{module.page}#{module.name}"))
            for module in tied.modules.get(resource.id, ())
        ),
    )
    yield Tie(
        words.card.tutorial,
        tuple(
            Link(tutorial.header.title[language], source(here, f"tutorials/{tutorial.name}.md"))
            for tutorial in tied.tutorials.get(resource.id, ())
        ),
    )
    yield Tie(
        words.card.erratum,
        tuple(
            Link(erratum.title[language], source(here, f"errata.md#{erratum.id}"))
            for erratum in tied.errata.get(resource.id, ())
        ),
    )


def _live(paper: PaperRecord | None, repository: RepositoryRecord | None, words: Words) -> Iterator[str]:
    if paper:
        if version := paper.data.latest_version:
            yield f"arXiv v{version}"
        if published := paper.data.published:
            yield f"{words.card.first_version} {published}"
        if category := paper.data.primary_category:
            yield category
    if repository:
        data = repository.data
        if data.stars is not None:
            yield words.card.stars.format(f"{data.stars:,}")
        if last := data.last_commit or data.pushed_at:
            yield f"{words.card.last_commit} {last}"
        if data.latest_release:
            yield f"{words.card.release} {data.latest_release}"
        if data.commits_in_year:
            yield words.card.commits_in_year.format(f"{data.commits_in_year:,}")
        if data.main_language:
            yield data.main_language


def _shown(facts: ResourceStatus, language: Language) -> Iterator[str]:
    """What other parts say that is worth a place on the card."""
    for part, record in facts.others:
        yield from (f"{said.name[language]} {said.text(language)}" for said in part.shown(record.data) if said.on_card)


def _checked(facts: ResourceStatus, words: Words) -> Iterator[str]:
    for record in facts.records:
        if record.checked and record is not facts.link:
            service = words.names.services.get(record.source or "", record.source or "")
            yield words.card.checked_on.format(date=record.checked.date(), source=service)
    if not facts.paper and not facts.repository and facts.link and facts.link.checked:
        yield words.card.checked_on.format(date=facts.link.checked.date(), source=words.names.services["links"])
