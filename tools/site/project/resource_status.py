"""What the lock knows about one resource, gathered: its records, how it stands by them, and how it grew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tools.catalogue.facts import LinkRecord, PaperRecord, Record, RepositoryRecord, State, is_idle
from tools.catalogue.history import Point, risen
from tools.catalogue.lock import Lock
from tools.catalogue.models import Resource
from tools.catalogue.part import Part
from tools.catalogue.parts import LINKS, PAPERS, REPOSITORIES, SHOWN
from tools.site.project.curated import arxiv_of

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    paper: PaperRecord | None
    repository: RepositoryRecord | None
    link: LinkRecord | None
    growth: Sequence[Point]
    """Of its repository."""
    versions: Sequence[Point]
    """Of its paper, or of what another part tells the versions of."""
    others: Sequence[tuple[Part[Any], Record[Any]]] = ()
    """What the parts said that show themselves (`Part.shown`)."""

    @property
    def records(self) -> list[Record[Any]]:
        named = [record for record in (self.paper, self.repository, self.link) if record]
        return named + [record for _, record in self.others]

    @property
    def states(self) -> list[str]:
        """What a filter by state finds it under: everything that is wrong, or that nothing is, or that nobody knows."""
        found = {record.state for record in self.records} - {State.UNKNOWN}
        wrong = [state.value for state in sorted(found - {State.OK})]
        if self.idle:
            wrong.append("idle")
        return wrong or ["ok" if found else "unknown"]

    @property
    def idle(self) -> bool:
        return bool(self.repository and self.repository.state is State.OK and is_idle(self.repository))

    @property
    def stars(self) -> int | None:
        return self.repository.data.stars if self.repository else None

    @property
    def risen(self) -> int | None:
        """Stars gained in the month before the last count. Not the month up to today: pages are made of data alone."""
        return risen(self.growth, self.growth[-1].day - MONTH) if self.growth else None

    @property
    def active(self) -> date | None:
        if self.repository and (last := self.repository.data.last_commit or self.repository.data.pushed_at):
            return last
        return self.paper.data.updated if self.paper else None

    @property
    def checked(self) -> date | None:
        return max((record.checked.date() for record in self.records if record.checked), default=None)


def status_of(resource: Resource, lock: Lock) -> ResourceStatus:
    arxiv = arxiv_of(resource) or ""
    code = resource.code or ""
    others = {
        (part, key): record
        for part in SHOWN
        for key, _ in part.uses(resource)
        if (record := lock[part].get(key)) is not None
    }
    named = [arxiv, *(name for (part, key), record in others.items() for name in part.remembered({key: record}))]
    return ResourceStatus(
        lock[PAPERS].get(arxiv),
        lock[REPOSITORIES].get(code),
        lock[LINKS].get(resource.url),
        lock.history.get(code, ()),
        next((lock.history[name] for name in named if name in lock.history), ()),
        [(part, record) for (part, _), record in others.items()],
    )
