"""Repositories from GitHub's GraphQL API, fifty at a time. It needs a token.

Each repository is an alias of one query, with its owner and name as variables, never as text of the query. One
answer speaks of each alias by itself: a repository that is gone is null with a NOT_FOUND that names its alias, and
the others are there. Light fields only: with commit history or hundreds of nodes GitHub gives up (502 after ten
seconds, or RESOURCE_LIMITS_EXCEEDED with half the data); then the batch is halved, and stays so.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError

from tools.catalogue.answers import Answer, Found, Missing, NotAnswered, Reason
from tools.catalogue.facts import RepositoryFacts, RepositoryHit, RepositoryHits
from tools.catalogue.policy import PASSING, REPOSITORIES_A_REQUEST
from tools.catalogue.replies import Failure, Reply, retry_after
from tools.catalogue.source import Source, not_answered
from tools.catalogue.text import clean, day
from tools.catalogue.transport import Transport

FOUND = 20  # repositories of a search: what rises is near its top
SMALLEST = 6  # 50, 25, 12, 6: an outage costs four requests, not one for each repository

FRAGMENT = """
fragment Facts on Repository {
  databaseId nameWithOwner description homepageUrl stargazerCount forkCount isArchived isDisabled pushedAt
  licenseInfo { spdxId }
  primaryLanguage { name }
  repositoryTopics(first: 20) { nodes { topic { name } } }
  latestRelease { tagName publishedAt }
  defaultBranchRef { target { ... on Commit { committedDate } } }
}
"""

HIT = """
fragment Hit on Repository {
  nameWithOwner description stargazerCount pushedAt licenseInfo { spdxId } primaryLanguage { name }
}
"""


def query(keys: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The query for these repositories and its variables."""
    declared = ", ".join(f"$o{i}: String!, $n{i}: String!" for i in range(len(keys)))
    aliases = "\n".join(
        f"  r{i}: repository(owner: $o{i}, name: $n{i}, followRenames: true) {{ ...Facts }}" for i in range(len(keys))
    )
    variables: dict[str, str] = {}
    for i, key in enumerate(keys):
        variables[f"o{i}"], _, variables[f"n{i}"] = key.partition("/")
    return f"query({declared}) {{\n{aliases}\n}}\n{FRAGMENT}", variables


@dataclass
class GitHubGraphQL(Source[RepositoryFacts]):
    transport: Transport
    token: SecretStr
    size: int = REPOSITORIES_A_REQUEST

    def query_all(self, keys: Sequence[str]) -> Iterator[list[Answer[RepositoryFacts]]]:
        """An answer for every key, a batch at a time. After a request that failed for good, nothing more is asked."""
        waiting = list(keys)
        while waiting:
            batch, waiting = waiting[: self.size], waiting[self.size :]
            answers, failure = self._ask(batch)
            too_much = [a.key for a in answers if isinstance(a, NotAnswered) and a.reason in _TOO_MUCH]
            if too_much and self.size > SMALLEST:
                self.size = max(SMALLEST, self.size // 2)
                self.transport.pace.hold(failure.retry_after if failure else None, limited=False)
                waiting = too_much + waiting
                failure = None
            else:
                too_much = []
            yield [answer for answer in answers if answer.key not in too_much]
            if failure:
                yield not_answered(waiting, failure)
                return

    def _ask(self, keys: Sequence[str]) -> tuple[list[Answer[RepositoryFacts]], Failure | None]:
        content = _post(self.transport, self.token, *query(keys))
        if isinstance(content, Failure):
            return not_answered(keys, content), content
        return _per_alias(keys, content)


@dataclass
class GitHubGraphQLSearches(Source[RepositoryHits]):
    """The young repositories with the most stars that each search of watch.yaml finds; keys are the searches' ids."""

    transport: Transport
    token: SecretStr
    queries: Mapping[str, str]
    """Id → GitHub's query language."""

    def query_all(self, keys: Sequence[str]) -> Iterator[list[Answer[RepositoryHits]]]:
        """All searches are aliases of one query: a point of the limit for each."""
        if not keys:
            return
        declared = ", ".join(f"$q{i}: String!" for i in range(len(keys)))
        aliases = "\n".join(
            f"  r{i}: search(query: $q{i}, type: REPOSITORY, first: {FOUND}) {{ nodes {{ ...Hit }} }}"
            for i in range(len(keys))
        )
        variables = {f"q{i}": self.queries[key] for i, key in enumerate(keys)}
        content = _post(self.transport, self.token, f"query({declared}) {{\n{aliases}\n}}\n{HIT}", variables)
        if isinstance(content, Failure):
            yield not_answered(keys, content)
            return
        data = content["data"] if isinstance(content.get("data"), dict) else {}
        whole, by_alias = _errors(content.get("errors"))
        for i, key in enumerate(keys):
            found = data.get(f"r{i}")
            nodes = found.get("nodes") if isinstance(found, dict) else None
            why = by_alias.get(f"r{i}") or (None if isinstance(nodes, list) else whole or _NULL)
            if why:
                yield [NotAnswered(key, why.reason, why.detail)]
            else:
                yield [Found(key, RepositoryHits(hits=hits(_said_of_hit(node) for node in nodes or [])))]


def _said_of_hit(node: object) -> dict[str, Any]:
    node = node if isinstance(node, dict) else {}
    return {
        "name": node.get("nameWithOwner"),
        "description": node.get("description"),
        "stars": node.get("stargazerCount"),
        "license_spdx": _inner(node, "licenseInfo", "spdxId"),
        "main_language": _inner(node, "primaryLanguage", "name"),
        "pushed_at": day(node.get("pushedAt")),
    }


def hits(said: Iterable[dict[str, Any]]) -> tuple[RepositoryHit, ...]:
    """Those that are repositories; what else a search returns is passed over."""
    found = []
    for fields in said:
        with suppress(ValidationError):
            found.append(RepositoryHit.model_validate(fields))
    return tuple(found)


def _post(transport: Transport, token: SecretStr, text: str, variables: Mapping[str, str]) -> dict[str, Any] | Failure:
    reply = transport.ask(
        "POST",
        f"{transport.url}/graphql",
        headers={
            "Authorization": f"Bearer {token.get_secret_value()}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        },
        content=json.dumps({"query": text, "variables": variables}).encode(),
        passing=PASSING - _TOO_MUCH,  # a smaller batch is the better second try
    )
    content = _content(reply)
    if isinstance(reply, Reply) and isinstance(content, dict):
        whole, _ = _errors(content.get("errors"))
        if whole and whole.reason is Reason.RATE_LIMITED:  # said with status 200: the transport did not see it
            transport.pace.hold(retry_after(reply.headers), limited=True)
    return content


_TOO_MUCH = frozenset({Reason.SERVER_ERROR, Reason.TIMED_OUT})


def _content(reply: Reply | Failure) -> dict[str, Any] | Failure:
    if isinstance(reply, Failure):
        if reply.reason is Reason.UNAUTHORIZED:
            return Failure(reply.reason, "GitHub does not accept the token in GITHUB_TOKEN or GH_TOKEN")
        return reply
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        content = None
    if reply.status != 200:
        return Failure(Reason.REFUSED, f"answers {reply.status}")
    return content if isinstance(content, dict) else Failure(Reason.MALFORMED, "is not a JSON object")


def _per_alias(keys: Sequence[str], content: dict[str, Any]) -> tuple[list[Answer[RepositoryFacts]], Failure | None]:
    data = content["data"] if isinstance(content.get("data"), dict) else {}
    whole, by_alias = _errors(content.get("errors"))
    answers: list[Answer[RepositoryFacts]] = []
    for i, key in enumerate(keys):
        node, error = data.get(f"r{i}"), by_alias.get(f"r{i}")
        if error == _NOT_FOUND:
            answers.append(Missing(key))
        elif isinstance(node, dict) and error is None:
            answers.append(_found(key, node))
        else:
            why = error or whole or _NULL
            answers.append(NotAnswered(key, why.reason, why.detail))
    return answers, whole


_NOT_FOUND = Failure(Reason.REFUSED, "NOT_FOUND")
_NULL = Failure(Reason.MALFORMED, "GitHub answers null without a reason")


def _errors(errors: object) -> tuple[Failure | None, dict[str, Failure]]:
    """What failed the query as a whole, and what failed for one alias."""
    whole: Failure | None = None
    by_alias: dict[str, Failure] = {}
    for error in errors if isinstance(errors, list) else []:
        if not isinstance(error, dict):
            continue
        kind = clean(str(error.get("type") or error.get("message") or "an error"), 100)
        path = error.get("path")
        if kind == "RATE_LIMITED":
            failure = Failure(Reason.RATE_LIMITED, "GitHub answers RATE_LIMITED")
        elif kind == "RESOURCE_LIMITS_EXCEEDED":
            failure = Failure(Reason.SERVER_ERROR, "GitHub answers RESOURCE_LIMITS_EXCEEDED")
        elif kind == "NOT_FOUND" and isinstance(path, list) and len(path) == 1:
            failure = _NOT_FOUND  # with a longer path it is something within the repository that is not there
        else:
            # FORBIDDEN (an organisation's single sign-on), a field that failed: it is not gone, ask again another day.
            failure = Failure(Reason.REFUSED, f"GitHub answers: {kind}")
        if isinstance(path, list) and path:
            by_alias[str(path[0])] = failure
        else:
            whole = failure
    return whole, by_alias


def _found(key: str, node: Mapping[str, Any]) -> Answer[RepositoryFacts]:
    topics = _inner(node, "repositoryTopics", "nodes")
    said: dict[str, Any] = {
        "github_id": node.get("databaseId"),
        "name": node.get("nameWithOwner"),
        "description": node.get("description"),
        "homepage": node.get("homepageUrl"),
        "stars": node.get("stargazerCount"),
        "forks": node.get("forkCount"),
        "archived": node.get("isArchived"),
        "disabled": node.get("isDisabled"),
        "pushed_at": day(node.get("pushedAt")),
        "license_spdx": _inner(node, "licenseInfo", "spdxId"),
        "main_language": _inner(node, "primaryLanguage", "name"),
        "topics": [node["topic"]["name"] for node in topics] if isinstance(topics, list) else [],
        "latest_release": _inner(node, "latestRelease", "tagName"),
        "latest_release_date": day(_inner(node, "latestRelease", "publishedAt")),
        "last_commit": day(_inner(node, "defaultBranchRef", "target", "committedDate")),  # null where it is empty
    }
    return repository_answer(key, said)


def _inner(node: Mapping[str, Any], *steps: str) -> Any:
    value: Any = node
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def repository_answer(key: str, said: dict[str, Any], etag: str | None = None) -> Answer[RepositoryFacts]:
    """Found, if the facts are of the right types and name a repository."""
    if said.get("license_spdx") == "NOASSERTION":
        del said["license_spdx"]  # GitHub could not tell; what was known before is better
    try:
        facts = RepositoryFacts.model_validate(said)
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"]))
        return NotAnswered(key, Reason.MALFORMED, f"GitHub's {field} is not what it should be")
    if not facts.name:
        return NotAnswered(key, Reason.MALFORMED, "GitHub names no repository")
    return Found(key, facts, etag)
