"""What is stale, and what it costs to ask. A run over a catalogue that is fresh asks nothing.

Papers change rarely: a week, but a day while they are young (new versions, a withdrawal) and while a strike is
open. Repositories and searches: a day. Links: a month, a week where they are blocked. What no service has answered
for yet, or what came from elsewhere (the history of a git copy), is stale.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from math import ceil

from tools.catalogue.facts import Facts, LinkFacts, PaperFacts, Record, State
from tools.catalogue.load import Catalogue, entries_by
from tools.catalogue.lock import Lock
from tools.catalogue.merge import BETWEEN_STRIKES
from tools.catalogue.models import Resource

DAY = timedelta(days=1)
PAPER, YOUNG_PAPER, REPOSITORY, SEARCH = 7 * DAY, DAY, DAY, DAY
LINK, BLOCKED_LINK = 30 * DAY, 7 * DAY
YOUNG = timedelta(days=90)
YOUNG_REPOSITORY = 180 * DAY  # what rises is young; older ones are known
LEEWAY = timedelta(hours=2)  # a nightly job does not start on the second
SERVICES = {"arxiv", "github", "links"}
PARTS = ("papers", "repositories", "links", "watch")

PAPERS_A_REQUEST = 200
REPOSITORIES_A_REQUEST = 50


@dataclass(frozen=True, slots=True)
class Selection:
    """What of the catalogue a run is about; everything that is due, as it stands here."""

    parts: frozenset[str] = frozenset(PARTS)
    names: frozenset[str] = frozenset()
    """Ids of entries or searches, arXiv identifiers, owner/name; empty for all."""
    force: bool = False
    """Also what is fresh."""
    max_age: timedelta | None = None
    """Instead of the ages above."""

    def includes(self, key: str, ids: Iterable[str]) -> bool:
        return not self.names or key in self.names or not self.names.isdisjoint(ids)


@dataclass(frozen=True, slots=True)
class Plan:
    """Keys to ask for, the stalest first."""

    papers: tuple[str, ...]
    repositories: tuple[str, ...]
    links: tuple[str, ...]
    new_papers: tuple[str, ...]
    new_repositories: tuple[str, ...]

    def __len__(self) -> int:
        return sum(len(getattr(self, part.name)) for part in fields(self))


def plan(catalogue: Catalogue, lock: Lock, now: datetime, selection: Selection | None = None) -> Plan:
    chosen = selection or Selection()

    def due(part: str, keys: Mapping[str, Iterable[str]], records: Mapping[str, Record[Facts]]) -> tuple[str, ...]:
        if part not in chosen.parts:
            return ()
        wanted = [key for key, ids in keys.items() if chosen.includes(key, ids)]
        return _stale(wanted, records, now, chosen)

    return Plan(
        due("papers", _named(entries_by(catalogue.resources, "arxiv")), lock.papers),
        due("repositories", _named(entries_by(catalogue.resources, "code")), lock.repositories),
        due("links", _named(addresses(catalogue)), lock.links),
        due("watch", {watch.id: () for watch in catalogue.watches if watch.arxiv}, lock.new_papers),
        due("watch", {watch.id: () for watch in catalogue.watches if watch.github}, lock.new_repositories),
    )


def unknown_names(catalogue: Catalogue, names: Iterable[str]) -> list[str]:
    """Those that the catalogue has not."""
    known = {watch.id for watch in catalogue.watches} | {resource.id for resource in catalogue.resources}
    for keys in (
        entries_by(catalogue.resources, "arxiv"),
        entries_by(catalogue.resources, "code"),
        addresses(catalogue),
    ):
        known |= keys.keys()
    return sorted(set(names) - known)


def _named(keys: Mapping[str, Iterable[Resource]]) -> dict[str, list[str]]:
    return {key: [resource.id for resource in resources] for key, resources in keys.items()}


def _stale(
    keys: Iterable[str], records: Mapping[str, Record[Facts]], now: datetime, chosen: Selection
) -> tuple[str, ...]:
    due: list[tuple[float, str]] = []
    for key in keys:
        record = records.get(key)
        if record is None or record.checked is None:
            due.append((0.0, key))
            continue
        age = now - record.checked
        most = _max_age(record, now) if chosen.max_age is None else chosen.max_age
        # Also what a wrong clock dated into the future.
        if chosen.force or record.source not in SERVICES or not timedelta(0) <= age < most:
            due.append((record.checked.timestamp(), key))
    return tuple(key for _, key in sorted(due))


def _max_age(record: Record[Facts], now: datetime) -> timedelta:
    if record.missing_since:
        return BETWEEN_STRIKES
    if isinstance(record.data, PaperFacts):
        published = record.data.published
        return (YOUNG_PAPER if published and now.date() - published < YOUNG else PAPER) - LEEWAY
    if isinstance(record.data, LinkFacts):
        return (BLOCKED_LINK if record.state is State.BLOCKED else LINK) - LEEWAY
    return REPOSITORY - LEEWAY


def addresses(catalogue: Catalogue) -> dict[str, list[Resource]]:
    """Web address → the entries that hold it; without those that arXiv and GitHub vouch for."""
    found: dict[str, list[Resource]] = {}
    for resource in catalogue.resources:
        for _, address in address_fields(resource):
            found.setdefault(address, []).append(resource)
    return found


def address_fields(resource: Resource) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each address of an entry that is asked for by itself, with the steps to its field."""
    arxiv = getattr(resource, "arxiv", None)
    vouched = {f"https://arxiv.org/abs/{arxiv}", f"https://github.com/{resource.code}"}
    for field in ("url", "feed", "weights"):
        address = getattr(resource, field, None)
        if address and address.rstrip("/") not in vouched:
            yield (field,), address
    for place, address in enumerate(getattr(resource, "feeds", ())):
        yield ("feeds", place), address


def searches(catalogue: Catalogue, service: str, today: date) -> dict[str, str]:
    """Id → the query of each search at a service ("arxiv", "github"), as it is sent."""
    found = {watch.id: getattr(watch, service) for watch in catalogue.watches if getattr(watch, service)}
    if service == "github":
        return {key: f"{text} created:>={today - YOUNG_REPOSITORY} sort:stars-desc" for key, text in found.items()}
    return found


@dataclass(frozen=True, slots=True)
class Cost:
    requests: int
    seconds: float


def cost_of_papers(count: int, searches: int, gap: float) -> Cost:
    """Requests to arXiv and the seconds they take: half a second each, 4 ms an entry, and the gaps between them."""
    requests = ceil(count / PAPERS_A_REQUEST) + searches
    return Cost(requests, requests * 0.5 + count * 0.004 + max(0, requests - 1) * gap)


def cost_of_repositories(count: int, searches: int, *, token: bool) -> Cost:
    """Requests to GitHub and their seconds: 0.3 s a query and 20 ms a repository, or 0.15 s each without a token."""
    if not token:
        return Cost(count + searches, count * 0.15 + searches * 0.5)
    requests = ceil(count / REPOSITORIES_A_REQUEST) + bool(searches)
    return Cost(requests, requests * 0.3 + count * 0.02 + searches * 0.1)


def cost_of_links(count: int, hosts: int, most_of_a_host: int) -> Cost:
    """Requests to all hosts, a robots.txt each; the slowest host, asked once in two seconds, sets the time."""
    return Cost(count + hosts, (most_of_a_host + 1) * 2.0 if count else 0.0)
