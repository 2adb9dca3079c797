"""The services' answers, from servers that follow their rules."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository
from tests.standins.server import Response, StandIn
from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Reason, Unchanged
from tools.catalogue.environment import Service
from tools.catalogue.facts import PaperFacts, RepositoryFacts
from tools.catalogue.pace import Pace
from tools.catalogue.sources.arxiv import Arxiv
from tools.catalogue.sources.github_graphql import GitHubGraphQL
from tools.catalogue.sources.github_rest import GitHubREST
from tools.catalogue.transport import Transport


@contextmanager
def transport(stand_in: StandIn) -> Iterator[Transport]:
    with stand_in, Transport(Service(stand_in.url, loopback=True), Pace.none(threading.Event())) as opened:
        yield opened


def ask_arxiv(stand_in: ArxivStandIn, keys: list[str]) -> dict[str, Answer[PaperFacts]]:
    with transport(stand_in) as opened:
        return {answer.key: answer for batch in Arxiv(opened).query_all(keys) for answer in batch}


def ask_graphql(stand_in: GitHubStandIn, keys: list[str]) -> dict[str, Answer[RepositoryFacts]]:
    with transport(stand_in) as opened:
        source = GitHubGraphQL(opened, SecretStr("ghp_secret"))
        return {answer.key: answer for batch in source.query_all(keys) for answer in batch}


def ask_rest(
    stand_in: GitHubStandIn, keys: list[str], etags: dict[str, str] | None = None
) -> dict[str, Answer[RepositoryFacts]]:
    with transport(stand_in) as opened:
        source = GitHubREST(opened, etags or {})
        return {answer.key: answer for batch in source.query_all(keys) for answer in batch}


# ---- arXiv --------------------------------------------------------------------------------------------------------


def test_arxiv_reads_every_field() -> None:
    paper = Paper(
        "cs/0112017",
        version=3,
        title="A title\n  over two lines",
        authors=("É. One", "李四"),
        comment="12 pages",
        journal_ref="J. 1",
        doi="10.1/x",
        categories=("cs.CL", "cs.AI"),
        updated="2021-05-06T00:00:00Z",
    )
    answer = ask_arxiv(ArxivStandIn([paper]), ["cs/0112017"])["cs/0112017"]
    assert isinstance(answer, Found)
    assert answer.data.model_dump(mode="json", exclude_none=True) == {
        "title": "A title over two lines",
        "authors": ["É. One", "李四"],
        "published": "2020-01-02",
        "updated": "2021-05-06",
        "latest_version": 3,
        "primary_category": "cs.CL",
        "categories": ["cs.CL", "cs.AI"],
        "comment": "12 pages",
        "journal_ref": "J. 1",
        "doi": "10.1/x",
    }


def test_arxiv_order_does_not_matter_and_an_unknown_paper_is_missing() -> None:
    papers = [Paper(f"2301.{number:05}", title=f"Paper {number}") for number in range(5)]
    keys = [paper.arxiv_id for paper in papers] + ["2301.99999"]
    answers = ask_arxiv(ArxivStandIn(papers), keys)
    assert list(answers) == keys
    for paper in papers:
        answer = answers[paper.arxiv_id]
        assert isinstance(answer, Found)
        assert answer.data.title == paper.title
    assert answers["2301.99999"] == Missing("2301.99999")


def test_arxiv_withdrawn_papers_are_seen() -> None:
    paper = Paper("2301.00001", version=2, comment="This paper has been withdrawn by the author: wrong lemma 3")
    answer = ask_arxiv(ArxivStandIn([paper]), ["2301.00001"])["2301.00001"]
    assert isinstance(answer, Found)
    assert answer.data.withdrawn


def test_arxiv_a_malformed_identifier_costs_the_others_nothing() -> None:
    answers = ask_arxiv(ArxivStandIn(make=Paper), ["2301.00001", "abc", "2301.00002"])
    assert isinstance(answers["abc"], NotAnswered)
    assert isinstance(answers["2301.00001"], Found)
    assert isinstance(answers["2301.00002"], Found)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response(200, b"Rate exceeded."), Reason.RATE_LIMITED),
        (Response(429, b"Rate exceeded."), Reason.RATE_LIMITED),
        (Response(503), Reason.SERVER_ERROR),
        (Response(403), Reason.REFUSED),
        (Response(200, b"<feed xmlns='http://www.w3.org/2005/Atom'><entry>"), Reason.MALFORMED),
        (Response(200, b"<!DOCTYPE x [<!ENTITY a 'b'>]><feed xmlns='http://www.w3.org/2005/Atom'/>"), Reason.MALFORMED),
        (Response(302, headers={"Location": "http://127.0.0.2/"}), Reason.REFUSED),
    ],
)
def test_arxiv_what_is_no_feed_says_nothing_about_papers(response: Response, reason: Reason) -> None:
    stand_in = ArxivStandIn(make=Paper)
    stand_in.prepared = [response, response]
    answer = ask_arxiv(stand_in, ["2301.00001"])["2301.00001"]
    assert isinstance(answer, NotAnswered)
    assert answer.reason is reason


def test_arxiv_asks_once_more_after_a_passing_failure() -> None:
    stand_in = ArxivStandIn(make=Paper)
    stand_in.prepared = [Response(503)]
    assert isinstance(ask_arxiv(stand_in, ["2301.00001"])["2301.00001"], Found)
    assert len(stand_in.requests) == 2


# ---- GitHub, GraphQL ----------------------------------------------------------------------------------------------


def test_graphql_reads_every_field() -> None:
    repository = Repository(
        "owner/name",
        description="Does\x1b[31m things",
        homepage="javascript:alert(1)",
        stars=7,
        topics=("gan",),
        release="v1.2",
        released_at="2026-05-06T07:08:09Z",
        number=7,
    )
    answer = ask_graphql(GitHubStandIn({"owner/name": repository}), ["owner/name"])["owner/name"]
    assert isinstance(answer, Found)
    assert answer.data.model_dump(mode="json", exclude_none=True) == {
        "github_id": 7,
        "name": "owner/name",
        "description": "Does[31m things",
        "stars": 7,
        "forks": 10,
        "license_spdx": "MIT",
        "main_language": "Python",
        "topics": ["gan"],
        "last_commit": "2026-11-01",
        "pushed_at": "2026-11-01",
        "latest_release": "v1.2",
        "latest_release_date": "2026-05-06",
        "archived": False,
        "disabled": False,
    }


def test_graphql_one_repository_that_is_gone_leaves_the_others() -> None:
    stand_in = GitHubStandIn(make=lambda name: None if name.endswith("-3") else Repository(name))
    keys = [f"owner/name-{number}" for number in range(60)]
    answers = ask_graphql(stand_in, keys)
    assert answers["owner/name-3"] == Missing("owner/name-3")
    assert sum(isinstance(answer, Found) for answer in answers.values()) == 59
    assert len(stand_in.requests) == 2


def test_graphql_halves_a_batch_that_is_too_much() -> None:
    stand_in = GitHubStandIn(make=Repository)
    stand_in.prepared = [Response(502)]
    keys = [f"owner/name-{number}" for number in range(50)]
    assert all(isinstance(answer, Found) for answer in ask_graphql(stand_in, keys).values())
    assert len(stand_in.requests) == 3


def test_graphql_a_refused_token_is_named_and_not_shown() -> None:
    answer = ask_graphql(GitHubStandIn(make=Repository, token="another"), ["owner/name"])["owner/name"]
    assert isinstance(answer, NotAnswered)
    assert "GITHUB_TOKEN" in answer.detail
    assert "ghp_secret" not in answer.detail


# ---- GitHub, REST -------------------------------------------------------------------------------------------------


def test_rest_asks_for_what_changed_by_etag() -> None:
    stand_in = GitHubStandIn({"owner/name": Repository("owner/name")})
    first = ask_rest(stand_in, ["owner/name"])["owner/name"]
    assert isinstance(first, Found)
    assert first.etag
    again = GitHubStandIn({"owner/name": Repository("owner/name")})
    assert ask_rest(again, ["owner/name"], {"owner/name": first.etag})["owner/name"] == Unchanged("owner/name")


def test_rest_follows_a_rename_within_the_origin() -> None:
    answer = ask_rest(GitHubStandIn({"owner/old": Repository("owner/new")}), ["owner/old"])["owner/old"]
    assert isinstance(answer, Found)
    assert answer.data.name == "owner/new"


def test_rest_goes_to_no_other_origin() -> None:
    with ArxivStandIn() as elsewhere:
        stand_in = GitHubStandIn()
        stand_in.prepared = [Response(301, headers={"Location": f"{elsewhere.url}/repos/owner/name"})]
        assert isinstance(ask_rest(stand_in, ["owner/name"])["owner/name"], NotAnswered)
        assert not elsewhere.requests


def test_rest_missing_and_blocked() -> None:
    stand_in = GitHubStandIn({"owner/blocked": Repository("owner/blocked", blocked=True)})
    answers = ask_rest(stand_in, ["owner/gone", "owner/blocked"])
    assert answers["owner/gone"] == Missing("owner/gone")
    assert isinstance(answers["owner/blocked"], Blocked)


def test_rest_stops_at_the_limit() -> None:
    stand_in = GitHubStandIn(make=Repository)
    stand_in.remaining = 3
    answers = ask_rest(stand_in, [f"owner/name-{number}" for number in range(6)])
    assert sum(isinstance(answer, Found) for answer in answers.values()) == 3
    assert len(stand_in.requests) == 3
    assert all(a.reason is Reason.RATE_LIMITED for a in answers.values() if isinstance(a, NotAnswered))
