"""Repositories from GitHub's REST API, one request each: the way without a token, 60 requests an hour.

So the stalest come first, an ETag asks only for what changed (a 304 counts against the limit all the same without a
token, but is small), and at `x-ratelimit-remaining: 0` the run stops: what is left is not answered, and goes on in
the next run. A renamed repository is a 301 within the same host, followed by the transport; its new name is in the
answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Reason, Unchanged
from tools.catalogue.facts import RepositoryFacts, RepositoryHits
from tools.catalogue.replies import Failure, Reply, retry_after
from tools.catalogue.source import Source
from tools.catalogue.sources.github_graphql import FOUND, hits, repository_answer
from tools.catalogue.text import clean, day
from tools.catalogue.transport import Transport


@dataclass
class GitHubREST(Source[RepositoryFacts]):
    transport: Transport
    etags: Mapping[str, str] = field(default_factory=dict)
    """Key → the ETag of the answer that is known."""

    def query(self, key: str) -> Answer[RepositoryFacts] | Failure:
        headers = dict(_HEADERS)
        if key in self.etags:
            headers["If-None-Match"] = self.etags[key]
        reply = self.transport.ask("GET", f"{self.transport.url}/repos/{key}", headers=headers)
        if isinstance(reply, Failure):
            # 403 without a limit is "Repository access blocked" or single sign-on: about this one only.
            return reply if reply.reason is not Reason.REFUSED else NotAnswered(key, reply.reason, reply.detail)
        if reply.headers.get("x-ratelimit-remaining") == "0":
            self.transport.pace.hold(retry_after(reply.headers), limited=True)
            limit = "60 requests an hour without a token are used up; set GITHUB_TOKEN"
            self.exhausted = Failure(Reason.RATE_LIMITED, limit)
        return _answer(key, reply)


@dataclass
class GitHubRESTSearches(Source[RepositoryHits]):
    """As `GitHubGraphQLSearches`, one request a search; without a token ten of them are allowed a minute."""

    transport: Transport
    queries: Mapping[str, str]

    def query(self, key: str) -> Answer[RepositoryHits] | Failure:
        asked = urlencode({"q": self.queries[key], "per_page": FOUND})
        reply = self.transport.ask("GET", f"{self.transport.url}/search/repositories?{asked}", headers=_HEADERS)
        if isinstance(reply, Failure):
            return reply
        try:
            items = json.loads(reply.body)["items"]
            return Found(key, RepositoryHits(hits=hits(_said_of_hit(item) for item in items)))
        except (ValueError, RecursionError, KeyError, TypeError):
            return NotAnswered(key, Reason.MALFORMED, f"answers {reply.status} without a list of items")


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
