"""Every word of the interface, by the part of the site that says it: what frames the prose of docs/ and resources/.

Dataclasses, so that a word missing in one language is an error of the type checker and not a gap on a page.
"""

from dataclasses import dataclass

from tools.catalogue.facts import State
from tools.catalogue.models import Access, Kind, Level


@dataclass(frozen=True, slots=True)
class SiteWords:
    name: str
    description: str
    contributing: str
    contribute: str
    upkeep: str
    publishing: str


@dataclass(frozen=True, slots=True)
class HomeWords:
    title: str
    headline: tuple[str, ...]
    """Line by line."""
    lead: str
    start: str
    ways: str
    """Before the learning paths, each for a kind of reader."""
    doors: tuple[tuple[str, str, str, str], ...]
    """Character, title, text and page of each door."""
    strip_resources: str
    strip_papers: str
    strip_tutorials: str
    strip_parity: str
    strip_checked: str


@dataclass(frozen=True, slots=True)
class NameWords:
    """Names for the values of fields, and how several are said together."""

    kinds: dict[Kind, str]
    kind: dict[Kind, str]
    """What a single resource of each kind is called."""
    kinds_about: dict[Kind, str]
    levels: dict[Level, str]
    access: dict[Access, str]
    languages: dict[str, str]
    states: dict[State, str]
    uses: dict[str, str]
    fields: dict[str, str]
    """Names of fields, where a card says that one is unchecked."""
    services: dict[str, str]
    and_others: str
    between_names: str
    between_facts: str


@dataclass(frozen=True, slots=True)
class StatusWords:
    """What a badge says of how a resource stands."""

    of_code: str
    """Where a state is that of its code and not of the resource itself."""
    of_link: str
    idle: str
    idle_about: str
    unchecked: str
    unchecked_about: str


@dataclass(frozen=True, slots=True)
class CatalogueWords:
    """The lists of the catalogue."""

    title: str
    about: str
    by_kind: str
    by_topic: str
    everything: str
    lists: str
    downloads_before: str


@dataclass(frozen=True, slots=True)
class FilterWords:
    title: str
    find: str
    facets: dict[str, str]
    states: dict[str, str]
    """Of the facet: the states, and idle."""
    sort: str
    sorts: dict[str, str]
    shown: str
    more: str
    nothing_found: str
    reset: str


@dataclass(frozen=True, slots=True)
class CardWords:
    implemented: str
    tutorial: str
    erratum: str
    first_version: str
    stars: str
    last_commit: str
    commits_in_year: str
    release: str
    checked_on: str
    growth: str
    details: str
    details_of: str


@dataclass(frozen=True, slots=True)
class EntryWords:
    """An entry's own page."""

    open: str
    code: str
    here: str
    about: str
    added: str
    fetched: str
    latest_version: str
    categories: str
    remark: str
    journal: str
    stars: str
    risen: str
    commits_in_year: str
    main_language: str
    code_license: str
    state: str
    versions: str
    seen_on: str


@dataclass(frozen=True, slots=True)
class ExportWords:
    downloads: dict[str, str]
    """File name below catalogue/ → what it is."""
    columns: tuple[str, ...]
    """Of the table."""
    feed_title: str
    changes_title: str
    changed: str
    opml_title: str
    calendar_title: str


@dataclass(frozen=True, slots=True)
class TutorialWords:
    title: str
    about: str
    minutes: str
    facts: str
    prerequisites: str
    answer: str
    figure_code: str
    downloads: str
    colab: str
    resources: str
    install: str


@dataclass(frozen=True, slots=True)
class TimelineWords:
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class NewsWords:
    title: str
    about: str
    changed: str
    added: str
    field: str
    no_field: str
    gained: str


@dataclass(frozen=True, slots=True)
class PathWords:
    title: str
    about: str
    tutorial: str


@dataclass(frozen=True, slots=True)
class ErrataWords:
    title: str
    about: str
    severities: dict[str, str]
    claim: str
    correction: str
    section: str
    see: str


@dataclass(frozen=True, slots=True)
class ReferenceWords:
    title: str
    about: str
    module: str
    what: str


@dataclass(frozen=True, slots=True)
class FaultWords:
    title: str
    about: str
    fault: str
    lost: str
    outcomes: dict[str, str]
    """How a key ends that a fault struck: a state, a reason for no answer, or answered."""


@dataclass(frozen=True, slots=True)
class OracleWords:
    title: str
    about: str
    limits: str
    columns: tuple[str, ...]
    definition: str
    equal: str
    relative: str
    """Of a tolerance that is a share of the oracle's number."""


@dataclass(frozen=True, slots=True)
class SpeedWords:
    title: str
    about: str
    columns: tuple[str, ...]
    machine: str
    refresh: str
    refresh_about: str
    refresh_columns: tuple[str, ...]
    explorer: str
    explorer_about: str
    explorer_columns: tuple[str, ...]
    site: str
    site_about: str
    audit: str
    audit_about: str
    audit_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GlossaryWords:
    title: str
    about: str
    note: str


@dataclass(frozen=True, slots=True)
class Words:
    site: SiteWords
    home: HomeWords
    names: NameWords
    status: StatusWords
    catalogue: CatalogueWords
    filter: FilterWords
    card: CardWords
    entry: EntryWords
    exports: ExportWords
    tutorials: TutorialWords
    timeline: TimelineWords
    news: NewsWords
    paths: PathWords
    errata: ErrataWords
    reference: ReferenceWords
    faults: FaultWords
    oracles: OracleWords
    speed: SpeedWords
    glossary: GlossaryWords
