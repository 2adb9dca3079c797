"""What is known after an answer. Nothing else changes a record.

A failed fetch never removes data, and neither does a shorter answer: a field that the service was not asked for, or
that it leaves empty, stays as it was known (`Part.merged`). One Missing is a strike; the second, about a day after, is
the verdict.
"""

from datetime import datetime
from typing import assert_never

from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Unchanged
from tools.catalogue.facts import Facts, Record, State
from tools.catalogue.part import Part
from tools.catalogue.policy import BETWEEN_STRIKES


def merge(part: Part[Facts], key: str, record: Record[Facts], answer: Answer[Facts], now: datetime) -> Record[Facts]:
    match answer:
        case Found(data=data, etag=etag):
            if stranger := part.stranger(record.data, data):
                heard = record.model_copy(update={"missing_since": None})  # its facts are not those of ours
                return _settled(heard, State.REPLACED, stranger, now)
            merged, source = part.merged(record.data, data, now.date()), part.endpoint.name
            heard = record.model_copy(update={"data": merged, "etag": etag, "source": source, "missing_since": None})
            return _settled(heard, *part.state(key, merged), now)
        case Unchanged():
            heard = record.model_copy(update={"missing_since": None})
            return _settled(heard, *part.state(key, record.data), now)
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
