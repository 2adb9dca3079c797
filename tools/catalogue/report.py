"""What a run did, as data: made once from its jobs, then written for people or for programs.

Every curated key is in exactly one count of `states`, and every key that was asked for is in exactly one of
`answered` and `not_answered`; a test adds them up.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tools.catalogue.answers import NotAnswered, Reason
from tools.catalogue.facts import PaperRecord, Record, RepositoryRecord, State
from tools.catalogue.load import Catalogue, entries_by
from tools.catalogue.lock import Lock
from tools.catalogue.refresh import Job


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
class Remark:
    """Something about one entry: what changed, or what a person should do."""

    where: str
    """file:line:column of the field that it is about."""
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    entries: dict[str, int]
    """Kind → entries."""
    services: list[ServiceReport] = field(default_factory=list)
    changes: list[Remark] = field(default_factory=list)
    to_do: list[Remark] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    """State → curated papers and repositories in it; a key that nobody has answered for is unknown."""

    @property
    def complete(self) -> bool:
        """Whether every key that was asked for has an answer."""
        return all(service.asked == service.answered for service in self.services)

    def as_dict(self) -> dict[str, Any]:
        return {"version": 1, **asdict(self)}

    def lines(self) -> Iterator[str]:
        """The report for people. Facts in it are single harmless lines already (see `text`)."""
        for service in self.services:
            if service.asked:
                yield f"{service.title}: {service.answered} of {service.asked} answered in {service.requests} requests"
            for reason, count in service.not_answered.items():
                detail = f" ({service.detail})" if service.detail else ""
                yield f"  {count} not answered: {reason}{detail}; what was known of them is kept"
        asked = [service for service in self.services if service.asked]
        if asked and all(set(service.not_answered) == {Reason.UNREACHABLE} for service in asked):
            titles = " and ".join(service.title for service in asked)
            yield f"No network: {titles} could not be reached, and everything known was kept."
        for title, remarks in (("Changed", self.changes), ("For a person to look at", self.to_do)):
            if remarks:
                yield f"{title}:"
                yield from (f"  {remark.where}: {remark.key}: {remark.message}" for remark in remarks)
        if self.states:
            states = ", ".join(f"{count} {state}" for state, count in self.states.items())
            yield f"{sum(self.states.values())} papers and repositories: {states}"


def counts(catalogue: Catalogue) -> dict[str, int]:
    return dict(Counter(resource.kind for resource in catalogue.resources))


def report(catalogue: Catalogue, lock: Lock, jobs: Sequence[Job[Any]]) -> Report:
    """What the jobs did to the lock, and how every curated key stands now."""
    return Report(
        counts(catalogue),
        [_service(job) for job in jobs],
        [change for job in jobs for change in _changes(catalogue, job)],
        [*_to_do(catalogue, "arxiv", lock.papers), *_to_do(catalogue, "code", lock.repositories)],
        _states(catalogue, lock),
    )


def _service(job: Job[Any]) -> ServiceReport:
    silent = [answer for answer in job.answers.values() if isinstance(answer, NotAnswered)]
    reasons = Counter(answer.reason.value for answer in silent)
    missed = len(job.keys) - len(job.answers)
    if missed:
        reasons[Reason.INTERRUPTED.value] += missed
    return ServiceReport(
        job.source.title,
        len(job.keys),
        job.heard,
        job.source.transport.requests,
        dict(reasons),
        silent[0].detail if silent else None,
    )


def _changes(catalogue: Catalogue, job: Job[Any]) -> Iterator[Remark]:
    name = "arxiv" if job.source.name == "arxiv" else "code"
    for key, before in job.before.items():
        after = job.records.get(key, before)
        for message in _differences(before, after):
            yield Remark(_where(catalogue, name, key), key, message)


def _differences(before: Record[Any], after: Record[Any]) -> Iterator[str]:
    if before.checked is None:
        return  # seen for the first time: everything is new, and nothing is news
    if before.state is not after.state:
        yield f"{before.state} → {after.state}" + (f": {after.reason}" if after.reason else "")
    for name in ("latest_version", "latest_release"):
        old, new = getattr(before.data, name, None), getattr(after.data, name, None)
        if old != new and new is not None:
            yield f"{name.replace('_', ' ')} {old or 'none'} → {new}"


def _to_do(
    catalogue: Catalogue, name: str, records: Mapping[str, PaperRecord] | Mapping[str, RepositoryRecord]
) -> Iterator[Remark]:
    advice = {
        State.RENAMED: "write the new name",
        State.WITHDRAWN: "say so in a note, or remove the entry",
        State.NOT_FOUND: "correct or remove it",
        State.BLOCKED: "say so in a note, or remove it",
        State.DISABLED: "say so in a note, or remove it",
    }
    for key in entries_by(catalogue.resources, name):
        record = records.get(key)
        if record and record.state in advice:
            message = f"{record.reason or record.state}; {advice[record.state]}"
            yield Remark(_where(catalogue, name, key), key, message)


def _where(catalogue: Catalogue, name: str, key: str) -> str:
    place = catalogue.where(entries_by(catalogue.resources, name)[key][0], name)
    return f"{place}:{place.column}"


def _states(catalogue: Catalogue, lock: Lock) -> dict[str, int]:
    papers = (lock.papers.get(key) for key in entries_by(catalogue.resources, "arxiv"))
    repositories = (lock.repositories.get(key) for key in entries_by(catalogue.resources, "code"))
    found: Counter[str] = Counter()
    for record in (*papers, *repositories):
        found[(record.state if record else State.UNKNOWN).value] += 1
    return {state.value: found[state.value] for state in State if found[state.value]}
