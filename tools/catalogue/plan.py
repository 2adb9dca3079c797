"""What is stale, and what it costs to ask. A run over a catalogue that is fresh asks nothing.

Papers change rarely: a week, but a day while they are young (new versions, a withdrawal) and while a strike is
open. Repositories: a day. What no service has answered for yet, or what came from elsewhere (the history of a git
copy), is stale.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from tools.catalogue.facts import Facts, PaperFacts, Record
from tools.catalogue.load import Catalogue, entries_by
from tools.catalogue.lock import Lock

DAY = timedelta(days=1)
PAPER, YOUNG_PAPER, REPOSITORY = 7 * DAY, DAY, DAY
YOUNG = timedelta(days=90)
SERVICES = {"arxiv", "github"}

PAPERS_A_REQUEST = 200
REPOSITORIES_A_REQUEST = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """Keys to ask for, the stalest first."""

    papers: tuple[str, ...]
    repositories: tuple[str, ...]


def plan(catalogue: Catalogue, lock: Lock, now: datetime) -> Plan:
    return Plan(
        _stale(entries_by(catalogue.resources, "arxiv"), lock.papers, now),
        _stale(entries_by(catalogue.resources, "code"), lock.repositories, now),
    )


def _stale(keys: Iterable[str], records: Mapping[str, Record[Facts]], now: datetime) -> tuple[str, ...]:
    due: list[tuple[float, str]] = []
    for key in keys:
        record = records.get(key)
        if record is None or record.checked is None:
            due.append((0.0, key))
        elif record.source not in SERVICES or not timedelta(0) <= now - record.checked < _max_age(record, now):
            due.append((record.checked.timestamp(), key))  # also what a wrong clock dated into the future
    return tuple(key for _, key in sorted(due))


def _max_age(record: Record[Facts], now: datetime) -> timedelta:
    if record.missing_since:
        return DAY
    if not isinstance(record.data, PaperFacts):
        return REPOSITORY
    published = record.data.published
    return YOUNG_PAPER if published and now.date() - published < YOUNG else PAPER


@dataclass(frozen=True, slots=True)
class Cost:
    requests: int
    seconds: float


def cost_of_papers(count: int, gap: float) -> Cost:
    """Requests to arXiv and the seconds they take: half a second each, 4 ms an entry, and the gaps between them."""
    requests = ceil(count / PAPERS_A_REQUEST)
    return Cost(requests, requests * 0.5 + count * 0.004 + max(0, requests - 1) * gap)


def cost_of_repositories(count: int, *, token: bool) -> Cost:
    """Requests to GitHub and their seconds: 0.3 s a query and 20 ms a repository, or 0.15 s each without a token."""
    if not token:
        return Cost(count, count * 0.15)
    requests = ceil(count / REPOSITORIES_A_REQUEST)
    return Cost(requests, requests * 0.3 + count * 0.02)
