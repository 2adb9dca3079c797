"""What comes of one request: a Reply or a Failure. Apart from `transport`: naming them should not cost httpx."""

from collections.abc import Mapping
from dataclasses import dataclass

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
