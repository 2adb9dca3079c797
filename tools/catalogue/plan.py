"""What is stale, and what it costs to ask. A run over a catalogue that is fresh asks nothing.

How long an answer holds is the part's to say (`Part.max_age`). While a strike is open it holds for a day. What no
service has answered for yet, or what came from elsewhere (the history of a git copy), is stale.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tools.catalogue.environment import Endpoint, Settings
from tools.catalogue.facts import Facts, Record
from tools.catalogue.load import Catalogue
from tools.catalogue.lock import Lock
from tools.catalogue.part import Cost, Part
from tools.catalogue.parts import PARTS
from tools.catalogue.policy import BETWEEN_STRIKES, LEEWAY

CHOICES = tuple(dict.fromkeys(part.choice for part in (*(p for p in PARTS if p.things), *PARTS)))
"""What --only takes: parts about things of the catalogue, then its searches."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a run is about: what is due of these parts and names."""

    choices: frozenset[str] = frozenset(CHOICES)
    names: frozenset[str] = frozenset()
    """Ids of entries or searches, arXiv identifiers, owner/name; empty for all."""
    force: bool = False
    """Also what is fresh."""
    max_age: timedelta | None = None
    """Instead of the parts' own ages."""

    def includes(self, key: str, ids: Iterable[str]) -> bool:
        return not self.names or key in self.names or not self.names.isdisjoint(ids)


@dataclass(frozen=True, slots=True)
class Plan:
    """Keys to ask for, the stalest first, by the part's name."""

    keys: Mapping[str, Sequence[str]]

    def __getitem__(self, part: Part[Any]) -> Sequence[str]:
        return self.keys.get(part.name, ())

    def __len__(self) -> int:
        return sum(map(len, self.keys.values()))


def plan(catalogue: Catalogue, lock: Lock, now: datetime, selection: Selection, settings: Settings) -> Plan:
    """What is due, of the services that may be asked."""
    due: dict[str, Sequence[str]] = {}
    for part in PARTS:
        if part.choice in selection.choices and settings.asks(part.endpoint):
            uses = part.keys(catalogue)
            wanted = [key for key in uses if selection.includes(key, (use.resource.id for use in uses[key]))]
            due[part.name] = _stale(part, wanted, lock[part], now, selection)
    return Plan(due)


def unknown_names(catalogue: Catalogue, names: Iterable[str]) -> list[str]:
    """Those that the catalogue has not."""
    known = {watch.id for watch in catalogue.watches} | {resource.id for resource in catalogue.resources}
    return sorted(set(names).difference(known, *(part.keys(catalogue) for part in PARTS)))


def _stale(
    part: Part[Facts], keys: Iterable[str], records: Mapping[str, Record[Facts]], now: datetime, chosen: Selection
) -> tuple[str, ...]:
    due: list[tuple[float, str]] = []
    for key in keys:
        record = records.get(key)
        if record is None or record.checked is None:
            due.append((0.0, key))
            continue
        age = now - record.checked
        most = _max_age(part, record, now) if chosen.max_age is None else chosen.max_age
        # Also what a wrong clock dated into the future.
        if chosen.force or record.source != part.endpoint.name or not timedelta(0) <= age < most:
            due.append((record.checked.timestamp(), key))
    return tuple(key for _, key in sorted(due))


def _max_age(part: Part[Facts], record: Record[Facts], now: datetime) -> timedelta:
    return BETWEEN_STRIKES if record.missing_since else part.max_age(record, now.date()) - LEEWAY


def endpoints() -> list[Endpoint]:
    """Every service, in the order of its parts."""
    return list({part.endpoint.name: part.endpoint for part in PARTS}.values())


def parts_of(endpoint: Endpoint) -> Iterator[Part[Any]]:
    return (part for part in PARTS if part.endpoint.name == endpoint.name)


def cost_of(parts: Collection[Part[Any]], due: Plan, settings: Settings, gap: float) -> Cost:
    """Of one service: its requests and the seconds that they take, the gaps between them among these."""
    costs = [part.cost(due[part], settings) for part in parts]
    requests = sum(cost.requests for cost in costs)
    return Cost(requests, sum(cost.seconds for cost in costs) + max(0, requests - 1) * gap)
