"""What is known after an answer. Nothing else changes a record.

A failed fetch never removes data, and neither does a shorter answer: a field that the service was not asked for, or
that it leaves empty, stays as it was known. One Missing is a strike; the second, about a day after, is the verdict.
"""

from datetime import date, datetime, timedelta
from typing import TypeVar, assert_never

from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Unchanged
from tools.catalogue.facts import (
    Facts,
    LinkFacts,
    PaperFacts,
    PaperHit,
    PaperHits,
    Record,
    RepositoryFacts,
    RepositoryHit,
    RepositoryHits,
    State,
)

BETWEEN_STRIKES = timedelta(hours=20)  # a nightly job does not start on the second
JUDGED = {"withdrawn", "superseded_by"}  # read out of a text by us: empty there means that it is not so any more
HITS_KEPT = 40  # of a search, the newest: a page shows a dozen, and a month's finds are not forgotten

Hit = TypeVar("Hit", PaperHit, RepositoryHit)


def merge(key: str, record: Record[Facts], answer: Answer[Facts], source: str, now: datetime) -> Record[Facts]:
    match answer:
        case Found(data=data, etag=etag):
            if stranger := _stranger(record.data, data):
                heard = record.model_copy(update={"missing_since": None})  # its facts are not those of ours
                return _settled(heard, State.REPLACED, stranger, now)
            merged = _merged(record.data, data, now.date())
            heard = record.model_copy(update={"data": merged, "etag": etag, "source": source, "missing_since": None})
            return _settled(heard, *_judged(key, merged), now)
        case Unchanged():
            heard = record.model_copy(update={"missing_since": None})
            return _settled(heard, *_judged(key, record.data), now)
        case Blocked(reason=reason):
            return _settled(record, State.BLOCKED, reason, now)
        case Missing(gone=gone):
            first = record.missing_since or now
            struck = record.model_copy(update={"missing_since": first})
            if now - first >= BETWEEN_STRIKES:
                verdict = State.GONE if gone else State.NOT_FOUND
                return _settled(struck, verdict, f"not found since {first:%Y-%m-%d}", now)
            return _settled(struck, record.state, "not found once; asked again before it counts", now)
        case NotAnswered():
            return record
        case _:
            assert_never(answer)


def _settled(record: Record[Facts], state: State, reason: str | None, now: datetime) -> Record[Facts]:
    since = record.since if state is record.state and record.since else now.date()
    return record.model_copy(update={"state": state, "reason": reason, "since": since, "checked": now})


def _stranger(known: Facts, said: Facts) -> str | None:
    """Says it where another repository has taken the name: ours was renamed or deleted, and the name used again."""
    if isinstance(known, RepositoryFacts) and isinstance(said, RepositoryFacts):
        ours, theirs = known.github_id, said.github_id
        if ours is not None and theirs is not None and ours != theirs:
            return f"another repository answers under this name (number {theirs}, ours was {ours})"
    return None


def _merged(known: Facts, said: Facts, today: date) -> Facts:
    if isinstance(known, PaperHits) and isinstance(said, PaperHits):
        return known.model_copy(update={"hits": _hits(known.hits, said.hits, today)})
    if isinstance(known, RepositoryHits) and isinstance(said, RepositoryHits):
        return known.model_copy(update={"hits": _hits(known.hits, said.hits, today)})
    if isinstance(said, LinkFacts):
        return said  # each check tells all that there is to know of a link
    news = {name: getattr(said, name) for name in said.model_fields_set}
    return known.model_copy(update={name: value for name, value in news.items() if value is not None or name in JUDGED})


def _hits(known: tuple[Hit, ...], said: tuple[Hit, ...], today: date) -> tuple[Hit, ...]:
    """Those of both, as they were said last, each with the day on which it was first seen; the newest first."""
    first_seen = {hit.key: hit.first_seen for hit in known}
    together: dict[str, Hit] = {}
    for hits in (known, said):
        together |= {hit.key: hit for hit in hits}
    dated = [hit.model_copy(update={"first_seen": first_seen.get(hit.key) or today}) for hit in together.values()]
    dated.sort(key=lambda hit: (hit.first_seen or today, getattr(hit, "published", today)), reverse=True)
    return tuple(dated[:HITS_KEPT])


def _judged(key: str, data: Facts) -> tuple[State, str | None]:
    """The state that the facts speak of; the gravest where there are several."""
    if isinstance(data, PaperFacts):
        if data.superseded_by:
            return State.REPLACED, f"its authors name arXiv {data.superseded_by} in its place"
        return (State.WITHDRAWN, data.withdrawn) if data.withdrawn else (State.OK, None)
    if isinstance(data, RepositoryFacts):
        if data.disabled:
            return State.DISABLED, "GitHub disabled it"
        renamed = f"now {data.name}" if data.name and data.name.lower() != key.lower() else None
        if data.archived:
            return State.ARCHIVED, "archived by its owner" + (f"; {renamed}" if renamed else "")
        return (State.RENAMED, renamed) if renamed else (State.OK, None)
    if isinstance(data, LinkFacts):
        if data.moved_to:
            return State.RENAMED, f"moved to {data.moved_to}"
        return State.OK, f"leads to {data.leads_to}" if data.leads_to else None
    return State.OK, None
