"""Repositories from GitHub's REST API, one request each: the way without a token, 60 requests an hour.

So the stalest come first, an ETag asks only for what changed (a 304 counts against the limit all the same without a
token, but is small), and at `x-ratelimit-remaining: 0` the run stops: what is left is not answered, and goes on in
the next run. A renamed repository is a 301 within the same host, followed by the transport; its new name is in the
answer.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Reason, Unchanged
from tools.catalogue.facts import RepositoryFacts, RepositoryHits
from tools.catalogue.sources.github_graphql import FOUND, day, hits, repository_answer
from tools.catalogue.text import clean
from tools.catalogue.transport import Failure, Reply, Transport, retry_after


@dataclass(slots=True)
class GitHubREST:
    transport: Transport
    etags: Mapping[str, str] = field(default_factory=dict)
    """Key → the ETag of the answer that is known."""
    name: str = "github"
    title: str = "GitHub"

    @property
    def requests(self) -> int:
        return self.transport.requests

    def abort(self) -> None:
        self.transport.abort()

    def answers(self, keys: Sequence[str]) -> Iterator[list[Answer[RepositoryFacts]]]:
        """An answer for every key, one at a time. After a failure that concerns them all, nothing more is asked."""
        for place, key in enumerate(keys):
            answer, failure = self._ask(key)
            yield [answer]
            if failure and place + 1 < len(keys):
                yield [NotAnswered(key, failure.reason, failure.detail) for key in keys[place + 1 :]]
                return

    def _ask(self, key: str) -> tuple[Answer[RepositoryFacts], Failure | None]:
        headers = dict(_HEADERS)
        if key in self.etags:
            headers["If-None-Match"] = self.etags[key]
        reply = self.transport.ask("GET", f"{self.transport.url}/repos/{key}", headers=headers)
        if isinstance(reply, Failure):
            # 403 without a limit is "Repository access blocked" or single sign-on: about this one only.
            return NotAnswered(key, reply.reason, reply.detail), reply if reply.reason is not Reason.REFUSED else None
        used_up = reply.headers.get("x-ratelimit-remaining") == "0"
        if used_up:
            self.transport.pace.hold(retry_after(reply.headers), limited=True)
        limit = Failure(Reason.RATE_LIMITED, "60 requests an hour without a token are used up; set GITHUB_TOKEN")
        return _answer(key, reply), limit if used_up else None


@dataclass(frozen=True, slots=True)
class GitHubRESTSearches:
    """As `GitHubGraphQLSearches`, one request a search; without a token ten of them are allowed a minute."""

    transport: Transport
    queries: Mapping[str, str]
    name: str = "github"
    title: str = "GitHub, rising repositories"

    @property
    def requests(self) -> int:
        return self.transport.requests

    def abort(self) -> None:
        self.transport.abort()

    def answers(self, keys: Sequence[str]) -> Iterator[list[Answer[RepositoryHits]]]:
        for place, key in enumerate(keys):
            asked = urlencode({"q": self.queries[key], "per_page": FOUND})
            url = f"{self.transport.url}/search/repositories?{asked}"
            reply = self.transport.ask("GET", url, headers=_HEADERS)
            if isinstance(reply, Failure):
                yield [NotAnswered(key, reply.reason, reply.detail) for key in keys[place:]]
                return
            try:
                content = json.loads(reply.body)
                items = content["items"]
                yield [Found(key, RepositoryHits(hits=hits(_said_of_hit(item) for item in items)))]
            except (ValueError, RecursionError, KeyError, TypeError):
                yield [NotAnswered(key, Reason.MALFORMED, f"answers {reply.status} without a list of items")]


def _said_of_hit(item: object) -> dict[str, Any]:
    item = item if isinstance(item, dict) else {}
    license_info = item.get("license")
    return {
        "name": item.get("full_name"),
        "description": item.get("description"),
        "stars": item.get("stargazers_count"),
        "license_spdx": license_info.get("spdx_id") if isinstance(license_info, dict) else None,
        "main_language": item.get("language"),
        "pushed_at": day(item.get("pushed_at")),
    }


_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


def _answer(key: str, reply: Reply) -> Answer[RepositoryFacts]:
    try:
        content = json.loads(reply.body) if reply.body else {}
    except (ValueError, RecursionError):
        return NotAnswered(key, Reason.MALFORMED, "is not JSON")
    match reply.status:
        case 304:
            return Unchanged(key)
        case 404 | 410 as status:
            return Missing(key, gone=status == 410)
        case 451:
            block = content.get("block") if isinstance(content, dict) else None
            reason = block.get("reason") if isinstance(block, dict) else None
            return Blocked(key, f"unavailable for legal reasons ({clean(str(reason), 40)})" if reason else "451")
        case 200 if isinstance(content, dict):
            return _found(key, content, reply.headers.get("etag"))
        case 200:
            return NotAnswered(key, Reason.MALFORMED, "is not a JSON object")
        case status:
            return NotAnswered(key, Reason.REFUSED, f"answers {status}")


def _found(key: str, content: Mapping[str, Any], etag: str | None) -> Answer[RepositoryFacts]:
    license_info = content.get("license")
    said: dict[str, Any] = {
        "github_id": content.get("id"),
        "name": content.get("full_name"),
        "description": content.get("description"),
        "homepage": content.get("homepage"),
        "stars": content.get("stargazers_count"),
        "forks": content.get("forks_count"),
        "archived": content.get("archived"),
        "disabled": content.get("disabled"),
        "pushed_at": day(content.get("pushed_at")),
        "license_spdx": license_info.get("spdx_id") if isinstance(license_info, dict) else None,
        "main_language": content.get("language"),
        "topics": content.get("topics"),
    }
    return repository_answer(key, said, etag)
