"""Packages on PyPI: the latest release, the Python that it wants, its licence, and whether it was yanked.

One request each, to /pypi/NAME/json, with the ETag of the last answer: most nights the reply is a 304 without a body.
`info` describes the latest release; it is a yanked one only where every release is yanked.

AIGC_PYPI_URL may name a mirror that serves the same paths.

    https://docs.pypi.org/api/json/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tools.catalogue.answers import Answer, Found, Missing, NotAnswered, Reason, Unchanged
from tools.catalogue.environment import Endpoint, Settings
from tools.catalogue.facts import FactsModel, Record, State, Text
from tools.catalogue.history import Point
from tools.catalogue.models import canonical_package
from tools.catalogue.part import Cost, Part, Shown
from tools.catalogue.replies import Failure, json_object
from tools.catalogue.source import Source, failed
from tools.catalogue.text import day
from tools.language import Both

if TYPE_CHECKING:
    from tools.catalogue.run import Run
    from tools.catalogue.transport import Transport

PYPI = Endpoint("pypi", "PyPI", "AIGC_PYPI_URL", "https://pypi.org")
LONGEST_LICENCE = 80  # characters; some packages put the whole text of it there


class PackageFacts(FactsModel):
    name: Text = None
    latest_release: Text = None
    latest_release_date: date | None = None
    requires_python: Text = None
    license: Text = None
    yanked: bool | None = None
    """The latest release, and with it every other."""
    yanked_reason: Text = None


class Packages(Part[PackageFacts]):
    name = "pypi"
    things = "packages"
    endpoint = PYPI
    facts = PackageFacts
    field = "pypi"
    news = ("latest_release", "requires_python")
    clearable = frozenset({"requires_python", "yanked_reason"})
    has_page = "https://pypi.org/project/{}"

    def source(self, run: "Run") -> Source[PackageFacts]:
        etags = {key: record.etag for key, record in run.records[self.name].items() if record.etag}
        return PyPI(run.transport(self.endpoint), etags)

    def cost(self, keys: Sequence[str], settings: Settings) -> Cost:
        return Cost(len(keys), 0.2 * len(keys))

    def state(self, key: str, data: PackageFacts) -> tuple[State, str | None]:
        if data.yanked:
            why = f": {data.yanked_reason}" if data.yanked_reason else ""
            return State.YANKED, f"release {data.latest_release} was yanked{why}"
        return State.OK, None

    def points(self, key: str, data: PackageFacts, today: date) -> dict[str, Point]:
        return {_remembered(key): Point(today, None, data.latest_release)} if data.latest_release else {}

    def remembered(self, records: Mapping[str, Record[PackageFacts]]) -> set[str]:
        return {_remembered(key) for key in records}

    def shown(self, data: PackageFacts) -> Iterator[Shown]:
        if data.latest_release:
            released = f" · {data.latest_release_date}" if data.latest_release_date else ""
            yield Shown(Both(zh="PyPI 最新版", en="release on PyPI"), data.latest_release + released, on_card=True)
        if data.requires_python:
            yield Shown(Both(zh="所需 Python", en="Python"), data.requires_python, on_card=True)
        if data.license:
            yield Shown(Both(zh="软件包许可证", en="licence of the package"), data.license)


def _remembered(key: str) -> str:
    """Its name in the history, which no repository's can be."""
    return f"pypi:{key}"


@dataclass
class PyPI(Source[PackageFacts]):
    transport: "Transport"
    etags: Mapping[str, str] = field(default_factory=dict)
    """Key → the ETag of the answer that is known."""

    def query(self, key: str) -> Answer[PackageFacts] | Failure:
        headers = {"Accept": "application/json"}
        if key in self.etags:
            headers["If-None-Match"] = self.etags[key]
        reply = self.transport.ask("GET", f"{self.transport.url}/pypi/{key}/json", headers=headers)
        if isinstance(reply, Failure):
            return failed(key, reply)
        content = json_object(reply)
        match reply.status:
            case 304:
                return Unchanged(key)
            case 200 if content is not None:
                return _found(key, content, reply.headers.get("etag"))
            case 200:
                return NotAnswered(key, Reason.MALFORMED, "is not a JSON object")
            case 404 | 410 if content is not None:
                return Missing(key, gone=reply.status == 410)
            case status:  # 404 with a page of HTML, for one: a mirror that has no such API
                return NotAnswered(key, Reason.REFUSED, f"answers {status}, and not as PyPI does")


def _found(key: str, content: Mapping[str, Any], etag: str | None) -> Answer[PackageFacts]:
    info, files = content.get("info"), content.get("urls")
    if not isinstance(info, dict):
        return NotAnswered(key, Reason.MALFORMED, "PyPI's answer has no info")
    uploads = [file.get("upload_time_iso_8601") for file in files or [] if isinstance(file, dict)] if files else []
    said = {
        "name": info.get("name"),
        "latest_release": info.get("version"),
        "latest_release_date": day(min((moment for moment in uploads if isinstance(moment, str)), default=None)),
        "requires_python": info.get("requires_python"),
        "license": _licence(info),
        "yanked": info.get("yanked"),
        "yanked_reason": info.get("yanked_reason"),
    }
    try:
        facts = PackageFacts.model_validate(said)
    except ValidationError as error:
        wrong = ".".join(map(str, error.errors()[0]["loc"]))
        return NotAnswered(key, Reason.MALFORMED, f"PyPI's {wrong} is not what it should be")
    if not facts.name or canonical_package(facts.name) != key:
        return NotAnswered(key, Reason.IMPLAUSIBLE, f"PyPI answers for {facts.name!r}")
    if not facts.latest_release:
        return NotAnswered(key, Reason.MALFORMED, "PyPI names no release")
    return Found(key, facts, etag)


def _licence(info: Mapping[str, Any]) -> str | None:
    """The SPDX expression where there is one, else the free text where it is a name and no text of a licence."""
    for name in ("license_expression", "license"):
        text = info.get(name)
        if isinstance(text, str) and 0 < len(text.strip()) <= LONGEST_LICENCE and "\n" not in text.strip():
            return text
    return None
