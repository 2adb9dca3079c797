"""What a service can say about one key. Each is a value, so that `merge` is one match and the type checker sees a gap.

    Answer = Found | Unchanged | Missing | Blocked | NotAnswered

Only the first four are answers in the sense of a date: the service was heard. NotAnswered says why it was not.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic

from tools.catalogue.facts import Facts


class Reason(StrEnum):
    """Why there is no answer. The value is what a person reads."""

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed out"
    RATE_LIMITED = "rate limited"
    UNAUTHORIZED = "token refused"
    REFUSED = "refused"
    SERVER_ERROR = "server error"
    MALFORMED = "malformed answer"
    IMPLAUSIBLE = "implausible answer"
    COOLING_DOWN = "cooling down"
    """The service asked for more patience than a run has."""
    OVER_BUDGET = "over budget"
    """The run had used up the requests or the time that it was given."""
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Found(Generic[Facts]):
    key: str
    data: Facts
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing changed since the answer with our etag."""

    key: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The service said that there is no such thing: a strike, not yet a verdict."""

    key: str
    gone: bool = False
    """It said also that it will not come back (410)."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """It may not be shown, or not to us; whether it is there is not said."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """The service did not say. Nothing about the resource follows from it; what was known stays."""

    key: str
    reason: Reason
    detail: str


Answer = Found[Facts] | Unchanged | Missing | Blocked | NotAnswered
