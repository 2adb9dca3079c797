"""Every fault that we know of, tried on a whole refresh: nothing known is lost, and the run says what happened.

The table on the site, docs/faults.json, is made of what this file sees. Each test compares what it saw with its own row
of the table; with --write-faults (`make faults`) each leaves its row in a folder instead, and `conftest` collects them
when all are through. So no test needs another, in whatever order and in however many processes they run.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.catalogue.conftest import PAPER, Write
from tests.standins import faults
from tests.standins.arxiv import ArxivStandIn, Paper
from tests.standins.github import GitHubStandIn, Repository
from tests.standins.huggingface import HubRepository, HubStandIn
from tests.standins.pypi import Package, PyPIStandIn
from tests.standins.server import Misbehaviour, Response, StandIn
from tools.catalogue import cli, transport
from tools.catalogue import lock as lock_files
from tools.catalogue.lock import Lock
from tools.catalogue.part import Part
from tools.catalogue.parts import PAPERS, PARTS, REPOSITORIES

TABLE = Path(__file__).resolve().parents[2] / "docs" / "faults.json"
TOKEN, HUB_TOKEN = "ghp_secret", "hf_secret"
NUMBERS = range(4)
KEYS = {
    "arXiv": [f"2301.{number:05}" for number in NUMBERS],
    "GitHub": [f"owner/repository-{number}" for number in NUMBERS],
}
KEYS["REST"] = KEYS["GitHub"]
KEYS["Hub"] = [f"owner/model-{number}" for number in NUMBERS]
KEYS["PyPI"] = [f"package-{number}" for number in NUMBERS]
PART: dict[str, Part[Any]] = {
    "arXiv": PAPERS,
    "GitHub": REPOSITORIES,
    "REST": REPOSITORIES,
    "Hub": next(part for part in PARTS if part.name == "huggingface"),
    "PyPI": next(part for part in PARTS if part.name == "pypi"),
}
TITLE = {"GitHub": "GitHub GraphQL", "REST": "GitHub REST", "Hub": "Hugging Face"}
DEADLINE = 0.8  # seconds for a request that is to time out; any other may take as long as a busy machine needs
SILENCE = 0.5  # between two bytes of it


@dataclass(frozen=True)
class Stage:
    """What a fault acts on."""

    arxiv: ArxivStandIn
    github: GitHubStandIn
    hub: HubStandIn
    pypi: PyPIStandIn
    environment: pytest.MonkeyPatch


Act = Callable[[Stage, StandIn], None]


@dataclass(frozen=True)
class Fault:
    """A fault of one service, and what the run should make of it."""

    name: str
    zh: str
    en: str
    services: tuple[str, ...]
    act: Act
    outcome: str
    """How each key ends: the reason for no answer, a state, or "answered" where the fault is got over."""
    some: str | None = None
    """The outcome of the first key, where it differs from the others'."""


def always(*responses: Response | Misbehaviour) -> Act:
    """Every request gets these, again and again."""

    def act(stage: Stage, stand_in: StandIn) -> None:
        stand_in.prepared = list(responses) * 40

    return act


def once(*responses: Response | Misbehaviour) -> Act:
    def act(stage: Stage, stand_in: StandIn) -> None:
        stand_in.prepared = list(responses)

    return act


def closing(make: Callable[..., Misbehaviour], *arguments: Any) -> Act:
    """What hangs must let go when the test ends."""

    def act(stage: Stage, stand_in: StandIn) -> None:
        stand_in.prepared = [make(stand_in.closing, *arguments)] * 40

    return act


def papers(change: Callable[[Paper], Paper | None]) -> Act:
    """arXiv answers otherwise for the first paper."""

    def act(stage: Stage, stand_in: StandIn) -> None:
        first = KEYS["arXiv"][0]
        stage.arxiv.make = lambda arxiv_id: change(Paper(arxiv_id)) if arxiv_id == first else Paper(arxiv_id)

    return act


def repositories(change: Callable[[Repository], Repository | None]) -> Act:
    """GitHub answers otherwise for the first repository."""

    def act(stage: Stage, stand_in: StandIn) -> None:
        first = KEYS["GitHub"][0]
        stage.github.make = lambda name: change(Repository(name)) if name == first else Repository(name)

    return act


def models(change: Callable[[HubRepository], HubRepository | None]) -> Act:
    """The Hub answers otherwise for the first model."""

    def act(stage: Stage, stand_in: StandIn) -> None:
        first = KEYS["Hub"][0]
        stage.hub.make = lambda key: change(HubRepository(key)) if key == first else HubRepository(key)

    return act


def packages(change: Callable[[Package], Package | None]) -> Act:
    """PyPI answers otherwise for the first package."""

    def act(stage: Stage, stand_in: StandIn) -> None:
        first = KEYS["PyPI"][0]
        stage.pypi.make = lambda name: change(Package(name)) if name == first else Package(name)

    return act


def moved(stage: Stage, stand_in: StandIn) -> None:
    first = KEYS["Hub"][0]
    stage.hub.make = lambda key: HubRepository(key, number=HubRepository(first).hub_id if key == "other/new" else None)
    stage.hub.moved[first] = "other/new"


def refused(stage: Stage, stand_in: StandIn) -> None:
    stand_ins = {
        "AIGC_ARXIV_URL": stage.arxiv,
        "AIGC_GITHUB_URL": stage.github,
        "HF_ENDPOINT": stage.hub,
        "AIGC_PYPI_URL": stage.pypi,
    }
    variable = next(name for name, known in stand_ins.items() if known is stand_in)
    stage.environment.setenv(variable, "http://127.0.0.1:9/")


def no_such_host(stage: Stage, stand_in: StandIn) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(-2, "Name or service not known")

    stage.environment.setattr("socket.create_connection", fails)


def changed(change: Callable[[bytes], bytes]) -> Act:
    """The service's own answer with other bytes."""

    def act(stage: Stage, stand_in: StandIn) -> None:
        answer = stand_in.respond
        stage.environment.setattr(stand_in, "respond", lambda request: _with(answer(request), change))

    return act


def _with(response: Response, change: Callable[[bytes], bytes]) -> Response:
    return Response(response.status, change(response.body), response.headers)


def graphql(change: Callable[[dict[str, Any]], None]) -> Act:
    """GraphQL's answer with another content."""

    def edited(body: bytes) -> bytes:
        content = json.loads(body)
        change(content)
        return json.dumps(content).encode()

    return changed(edited)


def _partial(kind: str, alias: str = "r0", *more: str) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        if alias in content["data"] and not more:
            content["data"][alias] = None
        content.setdefault("errors", []).append({"type": kind, "path": [alias, *more], "message": kind})

    return change


def _whole(kind: str) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content.clear()
        content["errors"] = [{"type": kind, "message": kind}]

    return change


def _http_date(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def limited(status: int, **headers: str) -> Act:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return always(Response(status, b"slow down", named))


def elsewhere(location: str) -> Act:
    return always(Response(301, headers={"Location": location}))


def empty(stage: Stage, stand_in: StandIn) -> None:
    stage.arxiv.make = lambda arxiv_id: None


def circle(stage: Stage, stand_in: StandIn) -> None:
    stand_in.prepared = [Response(302, headers={"Location": f"{stand_in.url}/again"})] * 40


ALL = ("arXiv", "GitHub", "REST")
EVERY = (*ALL, "Hub", "PyPI")
JSON = ("GitHub", "REST", "Hub", "PyPI")
ANSWERED = "answered"
FAULTS = [
    # below HTTP
    Fault("refused", "连接被拒绝", "connection refused", EVERY, refused, "unreachable"),
    Fault("no-such-host", "域名解析失败", "the name does not resolve", EVERY, no_such_host, "unreachable"),
    Fault("hang", "收下请求后一声不吭", "takes the request and says nothing", EVERY, closing(faults.hang), "timed out"),
    Fault("hang-in-body", "正文发到一半停住", "stops in the middle of the body", ALL, closing(faults.hang_in_body), "timed out"),
    Fault("drip", "一个字节一个字节地滴，每次都快于读超时", "drips a byte at a time, each below the read time-out", EVERY, closing(faults.drip, 0.05), "timed out"),
    Fault("reset", "一言不发就断开", "hangs up without a word", ALL, always(faults.reset), "server error"),
    Fault("cut", "正文比 Content-Length 短", "the body is shorter than its Content-Length", EVERY, always(faults.cut), "server error"),
    Fault("cut-chunk", "分块传输中途断开", "hangs up within a chunk", EVERY, always(faults.cut_chunk), "server error"),
    Fault("nonsense-length", "Content-Length 为 -1", "Content-Length: -1", ALL, always(faults.nonsense_length), "server error"),
    Fault("not-http", "回的根本不是 HTTP", "does not speak HTTP", ALL, always(faults.not_http), "server error"),
    Fault("gzip-bomb", "gzip 炸弹：解开后 64 MB", "a gzip bomb of 64 MB", EVERY, always(faults.gzip_bomb(64)), "malformed answer"),
    Fault("broken-gzip", "gzip 数据残缺", "gzip that ends too soon", ALL, always(faults.broken_gzip), "malformed answer"),
    Fault("other-encoding", "没要过的压缩格式", "an encoding that was not asked for", ALL, always(faults.other_encoding), "malformed answer"),
    Fault("oversize", "正文 20 MB", "a body of 20 MB", EVERY, always(faults.oversize(20)), "malformed answer"),
    Fault("truncated", "消息完整，内容残缺（XML 或 JSON 只有三分之二）", "a whole message whose XML or JSON ends two thirds in", EVERY, always(faults.truncated), "malformed answer"),
    Fault("passing", "第一次 503，第二次正常", "503 once, then well", EVERY, once(Response(503)), ANSWERED),
    # statuses
    *(
        Fault(f"status-{status}", f"状态 {status}", f"status {status}", services, always(Response(status, b"{}")), outcome)
        for status, services, outcome in (
            (400, ("GitHub", "REST"), "refused"),
            (401, ("GitHub",), "token refused"),
            (403, EVERY, "refused"),
            (404, ("arXiv", "GitHub"), "refused"),
            (406, ALL, "refused"),
            (410, ("arXiv", "GitHub"), "refused"),
            (414, ("arXiv",), "refused"),
            (429, EVERY, "rate limited"),
            (451, ("arXiv", "GitHub"), "refused"),
            (500, EVERY, "server error"),
            (502, ALL, "server error"),
            (503, EVERY, "server error"),
            (504, ALL, "server error"),
        )
    ),
    # patience
    Fault("retry-seconds", "429，Retry-After: 3600", "429 with Retry-After: 3600", EVERY, limited(429, retry_after="3600"), "rate limited"),
    Fault("retry-zero", "429，Retry-After: 0", "429 with Retry-After: 0", ALL, limited(429, retry_after="0"), "rate limited"),
    Fault("retry-negative", "429，Retry-After: -5", "429 with Retry-After: -5", ALL, limited(429, retry_after="-5"), "rate limited"),
    Fault("retry-huge", "429，Retry-After: 10⁹", "429 with Retry-After: 10⁹", ALL, limited(429, retry_after="1000000000"), "rate limited"),
    Fault("retry-date", "429，Retry-After 是一个日期", "429 with a date in Retry-After", EVERY, limited(429, retry_after=_http_date(7200)), "rate limited"),
    Fault("retry-past", "429，Retry-After 是过去的日期", "429 with a date that is past", ALL, limited(429, retry_after=_http_date(-7200)), "rate limited"),
    Fault("retry-nonsense", "429，Retry-After 是乱写的", "429 with nonsense in Retry-After", ALL, limited(429, retry_after="soon"), "rate limited"),
    Fault("secondary-limit", "403 且带 Retry-After（次级限额）", "403 with Retry-After (the secondary limit)", ("GitHub", "REST"), limited(403, retry_after="3600"), "rate limited"),
    Fault("primary-limit", "403，余额为 0，一小时后重置", "403 with nothing remaining, reset in an hour", ("GitHub", "REST"), limited(403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(time.time()) + 3600)), "rate limited"),
    Fault("reset-in-the-past", "403，余额为 0，重置时刻已过", "403 with nothing remaining, reset in the past", ("GitHub", "REST"), limited(403, x_ratelimit_remaining="0", x_ratelimit_reset="1000000000"), "rate limited"),
    Fault("clock-skew", "双方时钟差了一天", "the clocks are a day apart", ("GitHub", "REST"), limited(403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(time.time()) + 86400 + 5), date=_http_date(86400)), "rate limited"),
    # redirects
    Fault("to-another-host", "跳转到别的主机", "redirects to another host", EVERY, elsewhere("http://127.0.0.2/steal"), "refused"),
    Fault("to-a-file", "跳转到 file:", "redirects to file:", ALL, elsewhere("file:///etc/passwd"), "refused"),
    Fault("downgraded", "跳转到明文 http", "redirects to plain http elsewhere", ALL, elsewhere("http://example.org/"), "refused"),
    Fault("circle", "跳转成环", "redirects in a circle", EVERY, circle, "refused"),
    # arXiv's content
    Fault("rate-exceeded", "200，正文是 “Rate exceeded.”", "200 with the body “Rate exceeded.”", ("arXiv",), always(Response(200, b"Rate exceeded.")), "rate limited"),
    Fault("html", "200，正文是一个网页", "200 with a page of HTML", ("arXiv",), always(Response(200, b"<!doctype html><p>Down for maintenance")), "malformed answer"),
    Fault("empty-feed", "空而合法的 feed，连发两次", "an empty, valid feed, twice", ("arXiv",), empty, "implausible answer"),
    Fault("doctype", "feed 带 DTD 与实体", "a feed with a DTD and entities", ("arXiv",), changed(lambda body: body.replace(b"?>\n", b'?>\n<!DOCTYPE feed [<!ENTITY a "b">]>\n', 1)), "malformed answer"),
    Fault("charset", "声明了不存在的编码", "an encoding that does not exist", ("arXiv",), changed(lambda body: body.replace(b"UTF-8", b"klingon", 1)), "malformed answer"),
    Fault("wrong-charset", "声明 ASCII，内容却是 UTF-8", "declared as ASCII, written as UTF-8", ("arXiv",), changed(lambda body: body.replace(b"UTF-8", b"US-ASCII", 1).replace(b"A Title", "标题".encode())), "malformed answer"),
    Fault("malformed-id", "说其中一个编号格式不对", "calls one identifier malformed", ("arXiv",), once(Response(400, b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><summary>incorrect id format for 2301.00000</summary></entry></feed>")), ANSWERED, "refused"),
    Fault("missing", "漏掉一篇，一声不响", "leaves a paper out without a word", ("arXiv",), papers(lambda paper: None), ANSWERED),
    Fault("no-authors", "条目没有作者", "an entry without authors", ("arXiv",), papers(lambda paper: Paper(paper.arxiv_id, authors=())), ANSWERED, "malformed answer"),
    Fault("many-authors", "条目有三千位作者", "an entry with 3,000 authors", ("arXiv",), papers(lambda paper: Paper(paper.arxiv_id, authors=tuple(f"A. {n}" for n in range(3000)))), ANSWERED),
    Fault("title-0", "题名就是 “0”", "a paper whose title is “0”", ("arXiv",), papers(lambda paper: Paper(paper.arxiv_id, title="0")), ANSWERED),
    Fault("hostile-title", "题名里有换行、控制字符、反向书写符", "line breaks, controls and direction marks in a title", ("arXiv",), papers(lambda paper: Paper(paper.arxiv_id, title="A\n \u202e\u200f\u2028title")), ANSWERED),
    Fault("bad-date", "日期不成日期", "a date that is none", ("arXiv",), papers(lambda paper: Paper(paper.arxiv_id, published="yesterday")), "malformed answer"),
    Fault("withdrawn", "论文已撤稿", "a withdrawn paper", ("arXiv",), papers(lambda paper: Paper(paper.arxiv_id, comment="This paper has been withdrawn")), ANSWERED, "withdrawn"),
    Fault("superseded", "作者另指一篇取代它", "a paper whose authors name another in its place", ("arXiv",), papers(lambda paper: Paper(paper.arxiv_id, comment="Superseded by arXiv:2302.00001")), ANSWERED, "replaced"),
    # GitHub's content
    Fault("json-list", "JSON 不是对象", "JSON that is no object", JSON, always(Response(200, b"[]")), "malformed answer"),
    Fault("deep-json", "嵌套十万层的 JSON", "JSON nested 100,000 deep", JSON, always(Response(200, b"[" * 100_000)), "malformed answer"),
    Fault("lone-surrogate", "描述里有 NUL 与孤立代理项", "NUL and a lone surrogate in a description", ("GitHub", "REST"), changed(lambda body: body.replace(b'"A repository."', b'"A \\u0000\\ud83d repository."')), ANSWERED),
    Fault("wrong-type", "星数是一段文字", "stars that are a text", ("GitHub",), graphql(lambda content: content["data"]["r0"].update(stargazerCount="many")), ANSWERED, "malformed answer"),
    Fault("partial", "部分结果：一个仓库 FORBIDDEN", "partial data: one repository FORBIDDEN", ("GitHub",), graphql(_partial("FORBIDDEN")), ANSWERED, "refused"),
    Fault("nested-error", "错误的路径指向仓库内部", "an error whose path lies within a repository", ("GitHub",), graphql(_partial("SOMETHING", "r0", "parent")), ANSWERED, "refused"),
    Fault("no-path", "没有路径的错误与空数据", "an error without a path, and no data", ("GitHub",), graphql(_whole("SOMETHING")), "refused"),
    Fault("rate-limited", "200，RATE_LIMITED", "200 with RATE_LIMITED", ("GitHub",), graphql(_whole("RATE_LIMITED")), "rate limited"),
    Fault("resource-limits", "200，RESOURCE_LIMITS_EXCEEDED", "200 with RESOURCE_LIMITS_EXCEEDED", ("GitHub",), graphql(_whole("RESOURCE_LIMITS_EXCEEDED")), "server error"),
    Fault("null", "data 为 null，不给理由", "data: null without a reason", ("GitHub",), graphql(lambda content: content.update(data=None)), "malformed answer"),
    Fault("null-branch", "空仓库：默认分支为 null", "an empty repository: its branch is null", ("GitHub",), repositories(lambda known: Repository(known.name, empty=True)), ANSWERED),
    Fault("renamed", "仓库改名", "a renamed repository", ("GitHub",), repositories(lambda known: Repository("owner/new", number=known.github_id)), ANSWERED, "renamed"),
    Fault("transferred", "仓库转给了别人", "a transferred repository", ("GitHub",), repositories(lambda known: Repository("other/repository-0", number=known.github_id)), ANSWERED, "renamed"),
    Fault("swapped", "改名后旧名被别的仓库占用", "its name taken by another repository", ("GitHub", "REST"), repositories(lambda known: Repository(known.name, number=99)), ANSWERED, "replaced"),
    Fault("archived", "仓库归档", "an archived repository", ("GitHub", "REST"), repositories(lambda known: Repository(known.name, archived=True)), ANSWERED, "archived"),
    Fault("disabled", "仓库被停用", "a disabled repository", ("GitHub", "REST"), repositories(lambda known: Repository(known.name, disabled=True)), ANSWERED, "disabled"),
    Fault("deleted", "仓库删除或转为私有", "a deleted or private repository", ("GitHub", "REST"), repositories(lambda known: None), ANSWERED),
    Fault("no-licence", "许可证无法识别", "a licence that GitHub cannot tell", ("GitHub", "REST"), repositories(lambda known: Repository(known.name, license_spdx="NOASSERTION")), ANSWERED),
    Fault("no-description", "没有描述、语言与许可证", "no description, language or licence", ("GitHub", "REST"), repositories(lambda known: Repository(known.name, description=None, language=None, license_spdx=None)), ANSWERED),
    Fault("dmca", "451：因法律原因屏蔽", "451: blocked for legal reasons", ("REST",), repositories(lambda known: Repository(known.name, blocked=True)), ANSWERED, "blocked"),
    # the Hub's content
    Fault("hub-limit", "429，余额为 0，一小时后重置（RateLimit 头）", "429 with nothing remaining, reset in an hour (RateLimit)", ("Hub",), limited(429, ratelimit='"api";r=0;t=3600'), "rate limited"),
    Fault("hub-removed", "401：模型删除或转为私有", "401: a model deleted or private", ("Hub",), models(lambda known: None), ANSWERED),
    Fault("hub-mirror", "镜像没有这个接口，回 404 网页", "a mirror without this API: 404 with a page of HTML", ("Hub", "PyPI"), always(Response(404, b"<!doctype html><p>Not Found")), "refused"),
    Fault("hub-login", "镜像要求登录，回 401 网页", "a mirror that wants a log-in: 401 with a page of HTML", ("Hub",), always(Response(401, b"<!doctype html><p>Log in")), "refused"),
    Fault("hub-moved", "模型改名或转给了别人（307）", "a model renamed or transferred (307)", ("Hub",), moved, ANSWERED, "renamed"),
    Fault("hub-another-name", "不跳转，却答了另一个名字", "answers under another name without a redirect", ("Hub",), models(lambda known: HubRepository("owner/other", number=known.hub_id)), ANSWERED, "renamed"),
    Fault("hub-swapped", "改名后旧名被别的模型占用", "its name taken by another model", ("Hub",), models(lambda known: HubRepository(known.name, number="99")), ANSWERED, "replaced"),
    Fault("hub-gated", "模型改为需申请才能下载", "a model that has become gated", ("Hub",), models(lambda known: HubRepository(known.name, gated="manual")), ANSWERED),
    Fault("hub-disabled", "模型被停用（403）", "a disabled model (403)", ("Hub",), models(lambda known: HubRepository(known.name, disabled=True)), ANSWERED, "blocked"),
    Fault("hub-wrong-type", "下载量是一段文字", "downloads that are a text", ("Hub",), changed(lambda body: body.replace(b'"downloads": 1000', b'"downloads": "many"')), "malformed answer"),
    Fault("hub-hostile", "许可证标签里有控制字符、反向书写符、孤立代理项", "controls, direction marks and a lone surrogate in a licence tag", ("Hub",), changed(lambda body: body.replace(b"license:apache-2.0", b"license:a\\u001b[31m\\u202e\\ud83d")), ANSWERED),
    # PyPI's content
    Fault("pypi-missing", "404：软件包不存在或已删除", "404: no such package, or deleted", ("PyPI",), packages(lambda known: None), ANSWERED),
    Fault("pypi-yanked", "所有发布都已撤回", "every release is yanked", ("PyPI",), packages(lambda known: Package(known.name, yanked=True, yanked_reason="broken")), ANSWERED, "yanked"),
    Fault("pypi-another", "答的是另一个软件包", "answers for another package", ("PyPI",), packages(lambda known: Package("other")), ANSWERED, "implausible answer"),
    Fault("pypi-moved", "跳转到另一个软件包", "redirects to another package", ("PyPI",), once(Response(301, headers={"Location": "/pypi/other/json"})), ANSWERED, "implausible answer"),
    Fault("pypi-no-info", "JSON 里没有 info", "JSON without info", ("PyPI",), always(Response(200, b"{}")), "malformed answer"),
    Fault("pypi-hostile", "版本与许可证里有控制字符、换行，长一万字", "controls and line breaks in a release and a licence of 10,000 characters", ("PyPI",), packages(lambda known: Package(known.name, version="1\x1b[31m\n\u202e2", license_expression="x" * 10_000)), ANSWERED),
]  # fmt: skip


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    arxiv, github = ArxivStandIn(make=Paper), GitHubStandIn(make=Repository, token=TOKEN)
    hub, pypi = HubStandIn(make=HubRepository, token=HUB_TOKEN), PyPIStandIn(make=Package)
    with arxiv, github, hub, pypi:
        monkeypatch.setenv("AIGC_ARXIV_URL", arxiv.url)
        monkeypatch.setenv("AIGC_GITHUB_URL", github.url)
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", HUB_TOKEN)
        monkeypatch.setenv("AIGC_PYPI_URL", pypi.url)
        yield Stage(arxiv, github, hub, pypi, monkeypatch)


ENTRY = """\
- id: {kind}-{number}
  title: T
  url: https://example.org/{kind}/{number}
{fields}  topics: [gan]
  level: beginner
  languages: [en]
  why: {{zh: "{kind} 第 {number} 个。", en: "{kind} {number}."}}
  added: "2026-11-23"
"""


def _catalogue() -> dict[str, str]:
    """So many papers with a repository each, models and tools."""
    papers = (
        PAPER.replace("paper-gan", f"paper-{number}")
        .replace("1406.2661", arxiv)
        .replace("goodfeli/adversarial", repository)
        .replace("一页", f"第 {number} 页")
        .replace("One page", f"Page {number}")
        for number, arxiv, repository in zip(NUMBERS, KEYS["arXiv"], KEYS["GitHub"], strict=True)
    )
    models = (
        ENTRY.format(kind="model", number=number, fields=f"  organization: O\n  huggingface: {key}\n")
        for number, key in enumerate(KEYS["Hub"])
    )
    tools = (
        ENTRY.format(kind="tool", number=number, fields=f"  pypi: {key}\n") for number, key in enumerate(KEYS["PyPI"])
    )
    return {"papers": "\n".join(papers), "models": "\n".join(models), "tools": "\n".join(tools)}


def _facts(lock: Lock) -> dict[tuple[str, str], object]:
    """Key and field → what is known."""
    return {
        (key, name): value
        for records in lock.records.values()
        for key, record in records.items()
        for name, value in record.data
        if value is not None
    }


pytestmark = pytest.mark.slow
TRIED = [(fault, service) for fault in FAULTS for service in fault.services]
CASES = [pytest.param(fault, service, id=f"{fault.name}-{service}") for fault, service in TRIED]


def row_file(folder: Path, fault: str, service: str) -> Path:
    """Where a test leaves its row of the table, for `conftest` to collect."""
    return folder / f"{fault}-{service}.json"


@pytest.mark.parametrize(("fault", "service"), CASES)
def test_nothing_is_lost(
    fault: Fault,
    service: str,
    stage: Stage,
    catalogue: Write,
    capfd: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    if service != "REST":
        stage.environment.setenv("GITHUB_TOKEN", TOKEN)
    folder, part = catalogue(**_catalogue()), PART[service]
    assert cli.main(["--resources", str(folder)]) == cli.OK
    lock = lock_files.read(folder)
    before = _facts(lock)
    assert len(before) > 80
    for key, record in lock[part].items():  # else an ETag lets the server answer without a body
        lock[part][key] = record.model_copy(update={"etag": None})
    lock_files.write(folder, lock)
    capfd.readouterr()

    stand_ins = {"arXiv": stage.arxiv, "Hub": stage.hub, "PyPI": stage.pypi}
    fault.act(stage, stand_ins.get(service, stage.github))
    if fault.outcome == "timed out":
        stage.environment.setattr(transport, "DEADLINE", DEADLINE)
        stage.environment.setattr(transport, "SILENCE", SILENCE)
    code = cli.main(["--resources", str(folder), "--only", part.choice, "--force", "--json"])
    captured = capfd.readouterr()
    report = json.loads(captured.out)

    lock = lock_files.read(folder)
    lost = before.keys() - _facts(lock).keys()
    assert not lost
    written = captured.out + captured.err
    written += "".join(path.read_text(encoding="utf-8") for path in (folder / "lock").glob("*.json"))
    assert not any(token in written for token in (TOKEN, HUB_TOKEN))
    (asked,) = [row for row in report["services"] if row["asked"]]
    assert asked["answered"] + sum(asked["not_answered"].values()) == len(NUMBERS)
    expected = [fault.some or fault.outcome] + [fault.outcome] * (len(NUMBERS) - 1)
    assert sorted(_outcomes(lock, service, asked)) == sorted(expected)
    assert code == (cli.OK if asked["answered"] == len(NUMBERS) else cli.NOT_ANSWERED)
    row = {
        "fault": fault.name,
        "zh": fault.zh,
        "en": fault.en,
        "service": TITLE.get(service, service),
        "outcome": fault.some or fault.outcome,
        "exit": code,
        "lost": len(lost),
    }
    if request.config.getoption("--write-faults"):
        text = json.dumps(row, ensure_ascii=False)
        row_file(request.config.cache.mkdir("faults"), fault.name, service).write_text(text, encoding="utf-8")
    else:
        assert row in json.loads(TABLE.read_text(encoding="utf-8")), "the table is out of date; run `make faults`"


def _outcomes(lock: Lock, service: str, asked: dict[str, Any]) -> list[str]:
    """One for each key: the state that is not ok, the reason for no answer, or "answered"."""
    states = [lock[PART[service]][key].state.value for key in KEYS[service]]
    silent = [reason for reason, count in asked["not_answered"].items() for _ in range(count)]
    fine = [ANSWERED if state == "ok" else state for state in states]
    return silent + sorted(fine, key=lambda outcome: outcome == ANSWERED)[: len(fine) - len(silent)]


def test_the_table_on_the_site_has_a_row_for_each_fault_and_service(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--write-faults"):
        pytest.skip("it is written when all are through")
    rows = [(row["fault"], row["service"]) for row in json.loads(TABLE.read_text(encoding="utf-8"))]
    assert rows == [(fault.name, TITLE.get(service, service)) for fault, service in TRIED], "run `make faults`"
