"""Links: asked politely, judged with care, and never within a private network."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.catalogue.conftest import PAPER, Write
from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository
from tests.standins.server import Request, Response
from tests.standins.web import WebStandIn
from tools.catalogue import cli
from tools.catalogue import lock as lock_files
from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Reason
from tools.catalogue.environment import Service
from tools.catalogue.facts import LinkFacts, LinkRecord, State
from tools.catalogue.merge import merge
from tools.catalogue.parts import LINKS
from tools.catalogue.policy import BETWEEN_STRIKES
from tools.catalogue.sources.links import LinkChecker, private_name

PAGE = "https://example.org/page"


@pytest.fixture
def web() -> Iterator[WebStandIn]:
    with WebStandIn() as stand_in:
        yield stand_in


def ask(web: WebStandIn, *addresses: str) -> dict[str, Answer[LinkFacts]]:
    links = LinkChecker(threading.Event(), web=Service(web.url, loopback=True))
    return {answer.key: answer for batch in links.query_all(addresses) for answer in batch}


def methods(web: WebStandIn) -> list[str]:
    return [request.method for request in web.requests if not request.path.endswith("/robots.txt")]


def test_head_is_enough_where_it_answers(web: WebStandIn) -> None:
    assert ask(web, PAGE)[PAGE] == Found(PAGE, LinkFacts(status=200))
    assert methods(web) == ["HEAD"]


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_get_decides_where_head_is_refused(web: WebStandIn, status: int) -> None:
    web.pages[PAGE] = lambda request: Response(status if request.method == "HEAD" else 200)
    assert isinstance(ask(web, PAGE)[PAGE], Found)
    assert methods(web) == ["HEAD", "GET"]


@pytest.mark.parametrize("status", [401, 403, 429, 451, 999])
def test_what_says_no_to_us_is_blocked_and_not_dead(web: WebStandIn, status: int) -> None:
    web.pages[PAGE] = Response(status)
    assert ask(web, PAGE)[PAGE] == Blocked(PAGE, f"answers {status} to us")


def test_a_wall_against_bots_is_blocked(web: WebStandIn) -> None:
    web.pages[PAGE] = Response(503, headers={"CF-Mitigated": "challenge"})
    assert isinstance(ask(web, PAGE)[PAGE], Blocked)


def test_robots_txt_is_obeyed(web: WebStandIn) -> None:
    web.pages["https://example.org/robots.txt"] = Response(200, b"User-agent: *\nDisallow: /page\n")
    answers = ask(web, PAGE, "https://example.org/other")
    assert answers[PAGE] == Blocked(PAGE, "its robots.txt asks not to be visited")
    assert isinstance(answers["https://example.org/other"], Found)
    assert not [request for request in web.requests if request.path.endswith("/page")]


def test_a_robots_txt_that_cannot_be_had_is_no_permission(web: WebStandIn) -> None:
    web.pages["https://example.org/robots.txt"] = Response(503)
    answer = ask(web, PAGE)[PAGE]
    assert isinstance(answer, NotAnswered)
    assert not methods(web)


@pytest.mark.parametrize(("status", "gone", "state"), [(404, False, State.NOT_FOUND), (410, True, State.GONE)])
def test_dead_only_after_two_checks_a_day_apart(web: WebStandIn, status: int, gone: bool, state: State) -> None:
    web.pages[PAGE] = Response(status)
    answer = ask(web, PAGE)[PAGE]
    assert answer == Missing(PAGE, gone)
    now = datetime(2026, 11, 25, tzinfo=UTC)
    once = merge(LINKS, PAGE, LinkRecord(data=LinkFacts()), answer, now)
    soon = merge(LINKS, PAGE, once, answer, now + timedelta(hours=2))
    later = merge(LINKS, PAGE, soon, answer, now + BETWEEN_STRIKES)
    assert [record.state for record in (once, soon, later)] == [State.UNKNOWN, State.UNKNOWN, state]


def test_a_move_for_good_is_told_and_a_passing_one_is_not(web: WebStandIn) -> None:
    web.pages[PAGE] = Response(301, headers={"Location": "https://example.com/new"})
    web.pages["https://example.com/new"] = Response(302, headers={"Location": "/today"})
    found = ask(web, PAGE)[PAGE]
    assert found == Found(PAGE, LinkFacts(status=200, moved_to="https://example.com/new"))


def test_a_deep_address_that_ends_on_a_front_page_is_told(web: WebStandIn) -> None:
    web.pages[PAGE] = Response(302, headers={"Location": "https://example.org/"})
    answer = ask(web, PAGE)[PAGE]
    assert isinstance(answer, Found)
    assert answer.data.leads_to == "the front page of example.org"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "javascript:alert(1)", "http://example.org/page", ""])
def test_a_redirect_to_what_is_no_safe_address_is_not_followed(web: WebStandIn, location: str) -> None:
    web.pages[PAGE] = Response(301, headers={"Location": location})
    answer = ask(web, PAGE)[PAGE]
    assert isinstance(answer, NotAnswered)
    assert answer.reason in {Reason.REFUSED, Reason.SERVER_ERROR}  # httpx itself refuses to read some of them
    assert not [
        request for request in web.requests if "example.org/page" not in request.path and "robots" not in request.path
    ]


def test_one_request_at_a_time_to_a_host_and_several_hosts_at_once() -> None:
    class Counting(WebStandIn):
        def __init__(self) -> None:
            super().__init__()
            self.now: dict[str, int] = {}
            self.most: dict[str, int] = {}
            self.together = 0
            self.guard = threading.Lock()

        def respond(self, request: Request) -> Response:
            host = request.path.split("/")[3]
            with self.guard:
                self.now[host] = self.now.get(host, 0) + 1
                self.most[host] = max(self.most.get(host, 0), self.now[host])
                self.together = max(self.together, sum(self.now.values()))
            time.sleep(0.03)
            with self.guard:
                self.now[host] -= 1
            return super().respond(request)

    with Counting() as web:
        addresses = [f"https://host-{host}.example/page-{page}" for host in range(6) for page in range(4)]
        answers = ask(web, *addresses)
    assert all(isinstance(answer, Found) for answer in answers.values())
    assert set(web.most.values()) == {1}
    assert web.together > 1


def test_a_host_that_is_silent_is_tried_once(web: WebStandIn) -> None:
    web.prepared = [lambda handler, response: None] * 50
    answers = ask(web, *(f"https://example.org/{page}" for page in range(5)))
    assert all(isinstance(answer, NotAnswered) for answer in answers.values())
    assert len(web.requests) <= 5


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.8", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0"]
)
def test_nothing_is_sent_into_a_private_network(host: str) -> None:
    failure = private_name(host)
    assert failure is not None
    assert failure.reason is Reason.REFUSED


def test_a_redirect_into_a_private_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the stand-in for the web: the guard is what stands between a page and this machine."""
    with WebStandIn() as inside:
        address = f"{inside.url}/secret"
        links = LinkChecker(threading.Event())
        (batch,) = list(links.query_all([address]))
        assert isinstance(batch[0], NotAnswered)
        assert "private network" in batch[0].detail
        # A name that is looked up as public and then leads inside (rebinding) is caught before anything is sent.
        monkeypatch.setattr("tools.catalogue.sources.links.private_name", lambda host: None)
        (batch,) = list(LinkChecker(threading.Event()).query_all([address]))
        assert isinstance(batch[0], NotAnswered)
        assert "private network" in batch[0].detail
        assert not inside.requests


def test_no_network_is_noticed_after_a_few_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []

    def fails(host: str, *_: object, **__: object) -> None:
        looked_up.append(host)
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", fails)
    addresses = [f"https://host-{number}.example/" for number in range(100)]
    answers = [answer for batch in LinkChecker(threading.Event()).query_all(addresses) for answer in batch]
    assert len(answers) == 100
    assert all(isinstance(answer, NotAnswered) and answer.reason is Reason.UNREACHABLE for answer in answers)
    assert len(looked_up) < 30


def test_a_refresh_asks_links_and_leaves_out_what_services_vouch_for(
    catalogue: Write, web: WebStandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    second = PAPER.replace("paper-gan", "paper-two").replace("1406.2661", "1406.2662")
    second = second.replace("一页讲完", "两页讲完").replace("One page", "Two pages")
    folder = catalogue(
        papers=PAPER + second.replace("https://arxiv.org/abs/1406.2662", PAGE).replace("goodfeli/", "b/")
    )
    web.pages[PAGE] = Response(308, headers={"Location": "https://example.org/moved"})
    with ArxivStandIn(make=Paper) as arxiv, GitHubStandIn(make=Repository) as github:
        monkeypatch.setenv("AIGC_ARXIV_URL", arxiv.url)
        monkeypatch.setenv("AIGC_GITHUB_URL", github.url)
        monkeypatch.setenv("AIGC_LINKS_URL", web.url)
        assert cli.main(["--resources", str(folder), "--json"]) == cli.OK
    assert list(lock_files.read(folder)[LINKS]) == [PAGE]
    report = json.loads(capsys.readouterr().out)
    (moved,) = [row for row in report["to_do"] if row["key"] == PAGE]
    assert "\n+  url: https://example.org/moved\n" in moved["patch"]
    assert report["states"]["links"] == {"renamed": 1}


def test_a_run_against_stand_ins_reaches_nobody_else(
    catalogue: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = catalogue(papers=PAPER.replace("https://arxiv.org/abs/1406.2661", PAGE))
    with ArxivStandIn(make=Paper) as arxiv, GitHubStandIn(make=Repository) as github:
        monkeypatch.setenv("AIGC_ARXIV_URL", arxiv.url)
        monkeypatch.setenv("AIGC_GITHUB_URL", github.url)
        assert cli.main(["--resources", str(folder)]) == cli.OK
    assert "Links: not asked for" in capsys.readouterr().out
    assert not lock_files.read(folder)[LINKS]
