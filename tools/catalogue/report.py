"""What a run did, as data: made once from its jobs; `report_formats` writes it for people or for programs.

Every curated key is in exactly one count of `states`, and every key that was asked for is in exactly one of
`answered` and `not_answered`; a test adds them up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from tools.catalogue.answers import NotAnswered, Reason
from tools.catalogue.drift import Remark, patch, remarks
from tools.catalogue.facts import PaperHit, Record, RepositoryHit, State
from tools.catalogue.history import risen
from tools.catalogue.load import Catalogue, entries_by
from tools.catalogue.lock import Lock
from tools.catalogue.models import Resource
from tools.catalogue.plan import addresses
from tools.catalogue.refresh import Job

RISING = timedelta(days=30)
SOME = 10
"""Candidates of each sort: more are not looked at."""


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """How one service answered."""

    title: str
    asked: int
    answered: int
    requests: int
    not_answered: dict[str, int]
    """Reason → keys."""
    detail: str | None
    """What the first failure said."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that a search found and the catalogue has not."""

    hit: PaperHit | RepositoryHit
    topics: tuple[str, ...]
    rise: int | None = None
    """Stars gained in a month, where that is known."""


@dataclass(frozen=True, slots=True)
class Report:
    entries: dict[str, int]
    """Kind → entries."""
    services: list[ServiceReport] = field(default_factory=list)
    changes: list[Remark] = field(default_factory=list)
    to_do: list[Remark] = field(default_factory=list)
    states: dict[str, dict[str, int]] = field(default_factory=dict)
    """Papers, repositories, links → state → curated keys in it; a key that nobody has answered for is unknown."""
    candidates: list[Candidate] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every key that was asked for has an answer, but for what a budget left to the next run."""
        return all(
            service.asked == service.answered + service.not_answered.get(Reason.OVER_BUDGET, 0)
            for service in self.services
        )

    def as_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"version": 2, **asdict(self)}
        for name in ("changes", "to_do"):
            for remark, row in zip(getattr(self, name), plain[name], strict=True):
                row["patch"] = patch([remark.edit]) if remark.edit else None
                del row["edit"]
        plain["candidates"] = [
            {**candidate.hit.model_dump(mode="json"), "topics": candidate.topics, "rise": candidate.rise}
            for candidate in self.candidates
        ]
        return plain


def counts(catalogue: Catalogue) -> dict[str, int]:
    return dict(Counter(resource.kind for resource in catalogue.resources))


def report(
    catalogue: Catalogue, lock: Lock, jobs: Sequence[Job[Any]], dropped: Sequence[str] = (), today: date | None = None
) -> Report:
    """What the jobs did to the lock, and how every curated key stands now."""
    forgotten = [Remark("resources/lock", key, "no longer in the catalogue; its record was dropped") for key in dropped]
    return Report(
        counts(catalogue),
        [_service(job) for job in jobs],
        [*_changes(catalogue, jobs), *forgotten],
        list(remarks(catalogue, lock)),
        _states(catalogue, lock),
        list(candidates(catalogue, lock, today or date.today())),
    )


def _service(job: Job[Any]) -> ServiceReport:
    silent = [answer for answer in job.answers.values() if isinstance(answer, NotAnswered)]
    reasons = Counter(answer.reason.value for answer in silent)
    missed = len(job.keys) - len(job.answers)
    if missed:
        reasons[Reason.INTERRUPTED.value] += missed
    return ServiceReport(
        job.source.title, len(job.keys), job.heard, job.requests, dict(reasons), silent[0].detail if silent else None
    )


def _changes(catalogue: Catalogue, jobs: Iterable[Job[Any]]) -> Iterator[Remark]:
    fields = _fields(catalogue)
    for job in jobs:
        for key, before in job.before.items():
            for message in _differences(before, job.records.get(key, before)):
                where = key  # of a search
                if key in fields:
                    place = catalogue.where(*fields[key])
                    where = f"{place}:{place.column}"
                yield Remark(where, key, message)


def _differences(before: Record[Any], after: Record[Any]) -> Iterator[str]:
    if before.checked is None:
        return  # seen for the first time: everything is new, and nothing is news
    if before.state is not after.state:
        yield f"{before.state} → {after.state}" + (f": {after.reason}" if after.reason else "")
    for name in ("latest_version", "latest_release"):
        old, new = getattr(before.data, name, None), getattr(after.data, name, None)
        if old != new and new is not None:
            yield f"{name.replace('_', ' ')} {old or 'none'} → {new}"
    if hits := getattr(after.data, "hits", None):
        known = {hit.key for hit in before.data.hits}
        if new := [hit.key for hit in hits if hit.key not in known]:
            yield f"{len(new)} new: {', '.join(new[:5])}{' …' if len(new) > 5 else ''}"


def _fields(catalogue: Catalogue) -> dict[str, tuple[Resource, str]]:
    """Key → the entry and the field that it stands in."""
    found: dict[str, tuple[Resource, str]] = {}
    for field_name in ("arxiv", "code"):
        for key, resources in entries_by(catalogue.resources, field_name).items():
            found[key] = resources[0], field_name
    for address, resources in addresses(catalogue).items():
        found.setdefault(address, (resources[0], "url"))
    return found


def _states(catalogue: Catalogue, lock: Lock) -> dict[str, dict[str, int]]:
    def counted(keys: Mapping[str, object], records: Mapping[str, Record[Any]]) -> dict[str, int]:
        found = Counter((records[key].state if key in records else State.UNKNOWN).value for key in keys)
        return {state.value: found[state.value] for state in State if found[state.value]}

    every = {
        "papers": counted(entries_by(catalogue.resources, "arxiv"), lock.papers),
        "repositories": counted(entries_by(catalogue.resources, "code"), lock.repositories),
        "links": counted(addresses(catalogue), lock.links),
    }
    return {name: states for name, states in every.items() if states}


def candidates(catalogue: Catalogue, lock: Lock, today: date) -> Iterator[Candidate]:
    """What the searches found and the catalogue has not: the newest papers, the repositories that rise most."""
    topics = {watch.id: tuple(watch.topics) for watch in catalogue.watches}
    papers: dict[str, Candidate] = {}
    repositories: dict[str, Candidate] = {}
    known_papers = entries_by(catalogue.resources, "arxiv").keys()
    known_repositories = {key.lower() for key in entries_by(catalogue.resources, "code")}
    for search, found in lock.new_papers.items():
        for paper in found.data.hits:
            if search in topics and paper.key not in known_papers:
                papers.setdefault(paper.key, Candidate(paper, topics[search]))
    for search, rising in lock.new_repositories.items():
        for repository in rising.data.hits:
            if search in topics and repository.key.lower() not in known_repositories:
                rise = risen(lock.history.get(repository.key, ()), today - RISING)
                repositories.setdefault(repository.key, Candidate(repository, topics[search], rise))
    newest = sorted(papers.values(), key=lambda found: (found.hit.published, found.hit.key), reverse=True)  # type: ignore[union-attr]  # papers
    yield from newest[:SOME]
    most = sorted(repositories.values(), key=lambda found: (found.rise or 0, found.hit.stars), reverse=True)  # type: ignore[union-attr]  # repositories
    yield from most[:SOME]
