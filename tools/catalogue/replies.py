"""What comes of one request: a Reply or a Failure. Apart from `transport`: naming them should not cost httpx."""

import email.utils
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.catalogue.answers import Reason


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    reason: Reason
    detail: str
    retry_after: float | None = None


def json_object(reply: Reply) -> dict[str, Any] | None:
    """The body, if it is a JSON object."""
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `Retry-After` (a number or a date) or, with nothing remaining, by a header of the limit.

    That is `x-ratelimit-reset` (GitHub: a moment), or `ratelimit: "api";r=0;t=55` (the Hub: seconds).

    Dates are compared with the server's own `Date`, so that a clock that is wrong here does no harm.
    """
    now = _timestamp(headers.get("date")) or time.time()
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d+)?", said, re.ASCII):  # a negative number is no answer
        return float(said)
    if (moment := _timestamp(said)) is not None:
        return max(0.0, moment - now)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and re.fullmatch(r"\d{1,12}", reset, re.ASCII):
        return max(0.0, float(reset) - now)
    used_up = re.search(r";\s*r=0\s*;\s*t=(\d{1,12})", headers.get("ratelimit", ""), re.ASCII)
    return float(used_up[1]) if used_up else None


def _timestamp(text: str | None) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
        return None
