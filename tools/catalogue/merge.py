"""What is known after an answer. Nothing else changes a record.

A failed fetch never removes data, and neither does a shorter answer: a field that the service was not asked for
stays. One Missing is a strike; the second, at least a day after the first, is the verdict.
"""

from datetime import datetime, timedelta
from typing import assert_never

from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Unchanged
from tools.catalogue.facts import Facts, PaperFacts, Record, State

BETWEEN_STRIKES = timedelta(hours=20)  # a nightly job does not start on the second


def merge(key: str, record: Record[Facts], answer: Answer[Facts], source: str, now: datetime) -> Record[Facts]:
    match answer:
        case Found(data=data, etag=etag):
            said = {name: getattr(data, name) for name in data.model_fields_set}
            merged = record.data.model_copy(update=said)
            heard = record.model_copy(update={"data": merged, "etag": etag, "source": source, "missing_since": None})
            return _settled(heard, *_judged(key, merged), now)
        case Unchanged():
            heard = record.model_copy(update={"missing_since": None})
            return _settled(heard, *_judged(key, record.data), now)
        case Blocked(reason=reason):
            return _settled(record, State.BLOCKED, reason, now)
        case Missing():
            first = record.missing_since or now
            struck = record.model_copy(update={"missing_since": first})
            if now - first >= BETWEEN_STRIKES:
                return _settled(struck, State.NOT_FOUND, f"not found since {first:%Y-%m-%d}", now)
            return _settled(struck, record.state, "not found once; asked again before it counts", now)
        case NotAnswered():
            return record
        case _:
            assert_never(answer)


def _settled(record: Record[Facts], state: State, reason: str | None, now: datetime) -> Record[Facts]:
    since = record.since if state is record.state and record.since else now.date()
    return record.model_copy(update={"state": state, "reason": reason, "since": since, "checked": now})


def _judged(key: str, data: Facts) -> tuple[State, str | None]:
    """The state that the facts speak of; the gravest where there are several."""
    if isinstance(data, PaperFacts):
        return (State.WITHDRAWN, data.withdrawn) if data.withdrawn else (State.OK, None)
    if data.disabled:
        return State.DISABLED, "GitHub disabled it"
    if data.archived:
        return State.ARCHIVED, "archived by its owner"
    if data.name and data.name.lower() != key.lower():
        return State.RENAMED, f"now {data.name}"
    return State.OK, None
