"""The Hugging Face Hub's API for models and datasets: `expand`, 401 for what is not there, 307 for what was renamed.

By its documentation (huggingface.co/docs/hub/api, /rate-limits) and what its client makes of the answers
(huggingface_hub/utils/_http.py).
"""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.standins.server import Request, Response, StandIn

WINDOW = 500  # requests in five minutes, without a token
KNOWN = {"author", "cardData", "createdAt", "disabled", "downloads", "gated", "lastModified", "likes", "private"}
KNOWN |= {"sha", "siblings", "tags", "trendingScore"}


@dataclass(frozen=True)
class HubRepository:
    """The Hub's record."""

    name: str
    """owner/name as it is now."""
    license: str | None = "apache-2.0"
    downloads: int = 1000
    likes: int = 10
    modified: str = "2026-11-01T02:03:04.000Z"
    gated: bool | str = False
    private: bool = False
    disabled: bool = False
    number: str | None = None

    @property
    def hub_id(self) -> str:
        """The number, which stays when the name changes."""
        return f"{zlib.crc32(self.name.encode()):024x}" if self.number is None else self.number


class HubStandIn(StandIn):
    """Answers from `repositories` (key: owner/name or datasets/owner/name), or from what `make` makes of a name."""

    def __init__(
        self,
        repositories: dict[str, HubRepository] | None = None,
        make: Callable[[str], HubRepository | None] = lambda name: None,
        token: str = "hf_secret",
    ) -> None:
        super().__init__()
        self.repositories = repositories or {}
        self.make = make
        self.token = token
        self.remaining = WINDOW
        self.moved: dict[str, str] = {}
        """Key → the key that it has now."""

    def respond(self, request: Request) -> Response:
        given = request.headers.get("authorization")
        if given is not None and given != f"Bearer {self.token}":
            return self._error(401, None, "Invalid credentials in Authorization header")
        if self.remaining == 0:
            return self._error(429, None, "We had to rate limit you")
        self.remaining -= 1
        parts = urlsplit(request.path)
        key = parts.path.removeprefix("/api/").removeprefix("models/")
        wanted = parse_qs(parts.query).get("expand", [])
        if unknown := set(wanted) - KNOWN:
            return self._error(400, None, f"Invalid expand: {', '.join(sorted(unknown))}")
        if key in self.moved:
            kind = "" if self.moved[key].startswith("datasets/") else "models/"
            return Response(307, headers={"Location": f"/api/{kind}{self.moved[key]}?{parts.query}", **self._limit()})
        repository = self.repositories.get(key) or self.make(key)
        if repository is None or (repository.private and given is None):
            # A stranger is not told whether it is private or not there.
            return self._error(404 if given else 401, "RepoNotFound", "Repository not found")
        if repository.disabled:
            return self._error(403, None, "Access to this resource is disabled.")
        content = _content(repository)
        said = {"_id": content["_id"], "id": content["id"], **{name: content.get(name) for name in wanted}}
        return Response(200, json.dumps(said).encode(), {"Content-Type": "application/json", **self._limit()})

    def _error(self, status: int, code: str | None, message: str) -> Response:
        headers = {"Content-Type": "application/json", "X-Error-Message": message, **self._limit()}
        if code:
            headers["X-Error-Code"] = code
        return Response(status, json.dumps({"error": message}).encode(), headers)

    def _limit(self) -> dict[str, str]:
        return {
            "RateLimit": f'"api";r={self.remaining};t=240',
            "RateLimit-Policy": f'"fixed window";"api";q={WINDOW};w=300',
        }


def _content(repository: HubRepository) -> dict[str, Any]:
    return {
        "_id": repository.hub_id,
        "id": repository.name,
        "disabled": repository.disabled,
        "downloads": repository.downloads,
        "gated": repository.gated,
        "lastModified": repository.modified,
        "likes": repository.likes,
        "private": repository.private,
        "tags": ["region:us", *([f"license:{repository.license}"] if repository.license else [])],
    }
