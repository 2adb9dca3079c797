"""GitHub's GraphQL and REST APIs, as docs.github.com has them, for repositories.

GraphQL: a query is checked against GitHub's published schema and executed by graphql-core, so that a field that does
not exist fails here as it does there. REST: ETag and 304, 301 for a renamed repository, 404, 451, the headers of the
rate limit.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema, graphql_sync

from tests.standins.server import Request, Response, StandIn

RATE_LIMIT = (
    60  # requests an hour without a token; docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
)


@dataclass(frozen=True)
class Repository:
    """GitHub's record."""

    name: str
    """owner/name as it is now."""
    description: str | None = "A repository."
    homepage: str | None = None
    stars: int = 100
    forks: int = 10
    archived: bool = False
    disabled: bool = False
    license_spdx: str | None = "MIT"
    language: str | None = "Python"
    topics: tuple[str, ...] = ()
    pushed_at: str = "2026-11-01T00:00:00Z"
    committed_at: str = "2026-11-01T00:00:00Z"
    release: str | None = None
    released_at: str | None = None
    blocked: bool = False
    empty: bool = False
    """Has no commit yet: its default branch is null."""
    number: int | None = None

    @property
    def github_id(self) -> int:
        """GitHub's number, which stays when the name changes."""
        return zlib.crc32(self.name.encode()) if self.number is None else self.number


@cache
def schema() -> GraphQLSchema:
    text = gzip.decompress(Path(__file__).with_name("github-schema.graphql.gz").read_bytes()).decode()
    return build_schema(text, assume_valid=True)  # GitHub vouches for it; checking it costs two seconds


class GitHubStandIn(StandIn):
    """Answers from `repositories` (key: the name that is asked for), or from what `make` makes of a name."""

    def __init__(
        self,
        repositories: dict[str, Repository] | None = None,
        make: Callable[[str], Repository | None] = lambda name: None,
        token: str = "ghp_secret",
    ) -> None:
        super().__init__()
        schema()  # here, for while a request waits it may be longer than the request may take
        self.repositories = repositories or {}
        self.make = make
        self.token = token
        self.remaining = RATE_LIMIT
        self.found: list[Repository] = []
        """What every search finds."""

    def _repository(self, name: str) -> Repository | None:
        return self.repositories.get(name) or self.make(name)

    def respond(self, request: Request) -> Response:
        if request.path == "/graphql" and request.method == "POST":
            return self._graphql(request)
        return self._rest(request)

    # ---- GraphQL ------------------------------------------------------------------------------------------------

    def _graphql(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _json(401, {"message": "Bad credentials"})  # GraphQL answers nobody without a token
        asked = json.loads(request.body)
        root = {"repository": self._resolve, "search": self._search}
        result = graphql_sync(
            schema(), asked["query"], root, variable_values=asked.get("variables"), type_resolver=_type_of
        )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [
                {"type": (error.extensions or {}).get("type"), "path": error.path, "message": error.message}
                for error in result.errors
            ]
        return _json(200, answer)  # errors, too, come with 200

    def _resolve(self, info: GraphQLResolveInfo[Any], owner: str, name: str, **_: object) -> dict[str, Any]:
        repository = self._repository(f"{owner}/{name}")
        if repository is None:
            message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise GraphQLError(message, extensions={"type": "NOT_FOUND"})
        return self._node(repository)

    def _search(self, info: GraphQLResolveInfo[Any], first: int, **_: object) -> dict[str, Any]:
        return {"nodes": [self._node(repository) for repository in self.found[:first]]}

    def _node(self, repository: Repository) -> dict[str, Any]:
        return {
            "type": "Repository",
            "databaseId": repository.github_id % 2**31,
            "nameWithOwner": repository.name,
            "description": repository.description,
            "homepageUrl": repository.homepage,
            "stargazerCount": repository.stars,
            "forkCount": repository.forks,
            "isArchived": repository.archived,
            "isDisabled": repository.disabled,
            "pushedAt": repository.pushed_at,
            "licenseInfo": {"spdxId": repository.license_spdx} if repository.license_spdx else None,
            "primaryLanguage": {"name": repository.language} if repository.language else None,
            "repositoryTopics": {"nodes": [{"topic": {"name": topic}} for topic in repository.topics]},
            "latestRelease": {"tagName": repository.release, "publishedAt": repository.released_at}
            if repository.release
            else None,
            "defaultBranchRef": None
            if repository.empty
            else {"target": {"type": "Commit", "committedDate": repository.committed_at}},
        }

    # ---- REST ---------------------------------------------------------------------------------------------------

    def _rest(self, request: Request) -> Response:
        if self.remaining == 0:
            message = "API rate limit exceeded for 127.0.0.1."
            return _json(403, {"message": message}, self._limit_headers())
        self.remaining -= 1
        if request.path.startswith("/search/repositories?"):
            asked = parse_qs(urlsplit(request.path).query)
            items = [_content(repository) for repository in self.found[: int(asked["per_page"][0])]]
            return _json(200, {"total_count": len(self.found), "items": items}, self._limit_headers())
        prefix, _, name = request.path.partition("/repos/")
        if prefix.startswith("/repositories/"):  # where a 301 leads: the repository by its number
            name = bytes.fromhex(prefix.removeprefix("/repositories/")).decode()
            return self._found(request, self.repositories[name])
        repository = self._repository(name)
        if repository is None:
            return _json(404, {"message": "Not Found"}, self._limit_headers())
        if repository.blocked:
            block = {"reason": "dmca", "created_at": "2026-01-01T00:00:00Z"}
            return _json(451, {"message": "Repository access blocked", "block": block}, self._limit_headers())
        if repository.name != name:
            location = {"Location": f"{self.url}/repositories/{name.encode().hex()}"}
            return _json(301, {"message": "Moved Permanently"}, self._limit_headers() | location)
        return self._found(request, repository)

    def _found(self, request: Request, repository: Repository) -> Response:
        content = _content(repository)
        etag = f'W/"{hashlib.sha256(json.dumps(content).encode()).hexdigest()}"'
        headers = self._limit_headers() | {"ETag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(304, headers=headers)
        return _json(200, content, headers)

    def _limit_headers(self) -> dict[str, str]:
        return {"X-RateLimit-Limit": str(RATE_LIMIT), "X-RateLimit-Remaining": str(self.remaining)}


def _content(repository: Repository) -> dict[str, Any]:
    """As REST has it."""
    return {
        "id": repository.github_id % 2**31,
        "full_name": repository.name,
        "description": repository.description,
        "homepage": repository.homepage,
        "stargazers_count": repository.stars,
        "forks_count": repository.forks,
        "archived": repository.archived,
        "disabled": repository.disabled,
        "license": {"spdx_id": repository.license_spdx} if repository.license_spdx else None,
        "language": repository.language,
        "topics": list(repository.topics),
        "pushed_at": repository.pushed_at,
    }


def _type_of(value: dict[str, Any], info: GraphQLResolveInfo[Any], abstract: object) -> str:
    """Which of an interface's types it is: a branch's target is a commit, what a search finds a repository."""
    return str(value["type"])


def _json(status: int, content: object, headers: dict[str, str] | None = None) -> Response:
    return Response(
        status, json.dumps(content).encode(), {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    )
