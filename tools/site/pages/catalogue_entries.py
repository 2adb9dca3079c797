"""A page for each entry of the catalogue: all that is known of it, how to cite it, and what of ours belongs to it.

Such a page is a title, a description and one block of HTML. So MkDocs renders the frame around them once and the hook
fills it for each entry; as pages of MkDocs' own, 5,000 entries took 24 s a language.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.catalogue.models import STEM, Book, Community, Conference, Course, Model, Paper, Resource
from tools.catalogue.parts import SHOWN
from tools.language import Language
from tools.site.exports.bibliography import bibtex_entry
from tools.site.links import page_of, source
from tools.site.pages.cards import Link, card
from tools.site.pages.templates import front_matter, html_block
from tools.site.project.curated import access_of, arxiv_of, feeds_of, license_of, people_of, venue_of
from tools.site.project.reading import Project
from tools.site.project.resource_status import ResourceStatus, status_of
from tools.site.project.ties import ties
from tools.site.words import WORDS, Words

Row = tuple[str, str, str | None]
"""Name, text, and the address that the text leads to."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    kind: str
    """Source path of the page of its kind."""
    title: str
    description: str
    block: str

    @property
    def markdown(self) -> str:
        """The page's source, for a generator that renders every page by itself."""
        head = front_matter(self.title, self.description, hide=("navigation", "toc"), searched=False)
        return f"{head}\n{self.block}\n"


def entry_pages(project: Project, language: Language) -> dict[str, Entry]:
    """Source path → the page, in the catalogue's order."""
    words, tied = WORDS[language], ties(project)
    topics = {topic.id: topic for topic in project.catalogue.topics}
    pages = {}
    for resource in project.catalogue.resources:
        here, facts = page_of(resource), status_of(resource, project.lock)
        kind = f"catalogue/{STEM[resource.kind]}.md"
        shown = card(resource, project, tied, language, here)
        block = html_block(
            "entry.html",
            card=shown,
            rows=_rows(_curated(resource, words, language)),
            fetched=_rows(_fetched(facts, words, language)),
            versions=[(point.version, point.day) for point in facts.versions if point.version],
            bibtex=bibtex_entry(resource) if isinstance(resource, Paper) else None,
            kind=Link(words.names.kinds[resource.kind], source(here, kind)),
            topics=[
                Link(topics[topic].title[language], source(here, f"catalogue/topics/{topic}.md"))
                for topic in resource.topics
            ],
            words=words,
        )
        pages[here] = Entry(resource.id, kind, shown.title, shown.why, block)
    return pages


def _rows(rows: Iterator[Row]) -> list[Row]:
    """Those that say something, each name with a capital as it begins a line."""
    return [
        (name if name.startswith("arXiv") else name[0].upper() + name[1:], text, to) for name, text, to in rows if text
    ]


def _curated(resource: Resource, words: Words, language: Language) -> Iterator[Row]:
    """What a person wrote down, as far as the head of the page does not say it."""
    names = words.names.fields
    others = f" {words.names.and_others}" if isinstance(resource, Paper) and resource.et_al else ""
    role = "instructors" if isinstance(resource, Course) else "authors"
    yield names[role], _joined(people_of(resource), words) + others, None
    yield names["published"], resource.published if isinstance(resource, Paper) else "", None
    yield names["venue"], venue_of(resource) or "", None
    if arxiv := arxiv_of(resource):
        yield names["arxiv"], arxiv, f"https://arxiv.org/abs/{arxiv}"
    if isinstance(resource, Paper):
        yield names["doi"], resource.doi or "", None
    yield names["level"], words.names.levels[resource.level], None
    yield (
        names["languages"],
        _joined([words.names.languages.get(tag, tag) for tag in resource.languages], words),
        None,
    )
    access = access_of(resource)
    yield names["access"], words.names.access[access] if access else "", None
    yield names["license"], license_of(resource) or "", None
    if isinstance(resource, Book):
        for edition in resource.editions:
            said = [
                words.names.languages.get(edition.language, edition.language),
                edition.publisher,
                str(edition.year or ""),
            ]
            isbn = f"ISBN {edition.isbn}" if edition.isbn else ""
            yield names["editions"], " · ".join(filter(None, [*said, isbn])), None
    if isinstance(resource, Conference):
        for meeting in resource.editions:
            days = f"{meeting.start} – {meeting.end}" if meeting.end else str(meeting.start)
            yield str(meeting.year), f"{days} · {meeting.place[language]}", None
    if isinstance(resource, Model) and resource.weights:
        yield names["weights"], resource.weights, resource.weights
    for address in feeds_of(resource):
        yield names["feeds" if isinstance(resource, Community) else "feed"], address, address
    if resource.code:
        yield names["code"], resource.code, f"https://github.com/{resource.code}"
    for part in SHOWN:
        yield from ((names[str(part.field)], key, part.page(key)) for key, _ in part.uses(resource))
    yield words.entry.added, str(resource.added), None


def _fetched(facts: ResourceStatus, words: Words, language: Language) -> Iterator[Row]:
    """What services said, each with the day on which it was checked."""
    if facts.paper:
        paper = facts.paper.data
        yield words.card.first_version, str(paper.published or ""), None
        version = f"v{paper.latest_version}" if paper.latest_version else ""
        yield words.entry.latest_version, " · ".join(filter(None, [version, str(paper.updated or "")])), None
        yield words.entry.categories, _joined(paper.categories or [paper.primary_category or ""], words), None
        yield words.entry.remark, paper.comment or "", None
        yield words.entry.journal, paper.journal_ref or "", None
    if facts.repository:
        repository = facts.repository.data
        yield words.entry.stars, f"{repository.stars:,}" if repository.stars is not None else "", None
        yield words.entry.risen, f"+{facts.risen:,}" if facts.risen else "", None
        yield words.card.last_commit, str(repository.last_commit or repository.pushed_at or ""), None
        commits = repository.commits_in_year
        yield words.entry.commits_in_year, f"{commits:,}" if commits else "", None
        release = [repository.latest_release or "", str(repository.latest_release_date or "")]
        yield words.card.release, " · ".join(filter(None, release)), None
        yield words.entry.main_language, repository.main_language or "", None
        yield words.entry.code_license, repository.license_spdx or "", None
    for part, record in facts.others:
        yield from ((said.name[language], said.text(language), None) for said in part.shown(record.data))
    for record in facts.records:
        if record.state not in {"ok", "unknown"} and record.since:
            said = " · ".join(filter(None, [words.names.states[record.state], str(record.since), record.reason or ""]))
            yield words.entry.state, said, None


def _joined(parts: list[str], words: Words) -> str:
    return words.names.between_names.join(filter(None, parts))
