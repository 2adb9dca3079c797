"""What a run did, as data: made once from its jobs; `report_formats` writes it for people or for programs.

Every curated key is in exactly one count of `states`, and every key that was asked for is in exactly one of
`answered` and `not_answered`; a test adds them up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from tools.catalogue.answers import NotAnswered, Reason
from tools.catalogue.drift import Remark, patch
from tools.catalogue.facts import Facts, PaperHit, Record, RepositoryHit, State
from tools.catalogue.history import risen
from tools.catalogue.load import Catalogue
from tools.catalogue.lock import Lock
from tools.catalogue.part import Part
from tools.catalogue.parts import NEW_PAPERS, NEW_REPOSITORIES, PAPERS, PARTS, REPOSITORIES
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
    """What a part is about (papers, links …) → state → curated keys in it; what nobody has answered for is unknown."""
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
        [remark for part in PARTS for remark in part.remarks(catalogue, lock[part])],
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
        job.part.label, len(job.keys), job.heard, job.requests, dict(reasons), silent[0].detail if silent else None
    )


def _changes(catalogue: Catalogue, jobs: Iterable[Job[Any]]) -> Iterator[Remark]:
    for job in jobs:
        uses = job.part.keys(catalogue)
        for key, before in job.before.items():
            for message in _differences(job.part, before, job.records.get(key, before)):
                where = key  # of a search
                if field := job.part.place(uses.get(key, ())):
                    place = catalogue.where(field[0], *field[1])
                    where = f"{place}:{place.column}"
                yield Remark(where, key, message)


def _differences(part: Part[Facts], before: Record[Facts], after: Record[Facts]) -> Iterator[str]:
    if before.checked is None:
        return  # seen for the first time: everything is new, and nothing is news
    if before.state is not after.state:
        yield f"{before.state} → {after.state}" + (f": {after.reason}" if after.reason else "")
    for name in part.news:
        old, new = getattr(before.data, name), getattr(after.data, name)
        if old != new and new is not None:
            yield f"{name.replace('_', ' ')} {old or 'none'} → {new}"
    if hits := getattr(after.data, "hits", None):
        known = {hit.key for hit in getattr(before.data, "hits", ())}
        if new := [hit.key for hit in hits if hit.key not in known]:
            yield f"{len(new)} new: {', '.join(new[:5])}{' …' if len(new) > 5 else ''}"


def _states(catalogue: Catalogue, lock: Lock) -> dict[str, dict[str, int]]:
    every: dict[str, dict[str, int]] = {}
    for part in PARTS:
        if part.things and (keys := part.keys(catalogue)):
            records = lock[part]
            found = Counter((records[key].state if key in records else State.UNKNOWN).value for key in keys)
            every[part.things] = {state.value: found[state.value] for state in State if found[state.value]}
    return every


def candidates(catalogue: Catalogue, lock: Lock, today: date) -> Iterator[Candidate]:
    """What the searches found and the catalogue has not: the newest papers, the repositories that rise most."""
    topics = {watch.id: tuple(watch.topics) for watch in catalogue.watches}
    papers: dict[str, Candidate] = {}
    repositories: dict[str, Candidate] = {}
    known_papers = PAPERS.keys(catalogue)
    known_repositories = {key.lower() for key in REPOSITORIES.keys(catalogue)}
    for search, found in lock[NEW_PAPERS].items():
        for paper in found.data.hits:
            if search in topics and paper.key not in known_papers:
                papers.setdefault(paper.key, Candidate(paper, topics[search]))
    for search, rising in lock[NEW_REPOSITORIES].items():
        for repository in rising.data.hits:
            if search in topics and repository.key.lower() not in known_repositories:
                rise = risen(lock.history.get(repository.key, ()), today - RISING)
                repositories.setdefault(repository.key, Candidate(repository, topics[search], rise))
    newest = sorted(papers.values(), key=lambda found: (found.hit.published, found.hit.key), reverse=True)  # type: ignore[union-attr]  # papers
    yield from newest[:SOME]
    most = sorted(repositories.values(), key=lambda found: (found.rise or 0, found.hit.stars), reverse=True)  # type: ignore[union-attr]  # repositories
    yield from most[:SOME]
