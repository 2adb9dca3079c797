"""Models and datasets on the Hugging Face Hub: licence, downloads, last change, whether they are gated, moved, gone.

One request each, to /api/models/NAME or /api/datasets/NAME. `expand` names the properties that are wanted, for an
answer of a kilobyte instead of a list of every file. A renamed repository is a redirect within the Hub; the answer
bears its new name, and the number `_id` that no rename changes. For one that is gone or private the Hub answers 401 to
a stranger (404 to a member), so 401 means here what 404 does elsewhere: a strike.

HF_ENDPOINT is the variable that Hugging Face's own tools read; a mirror goes there. HF_TOKEN raises the limit of
requests and is sent to the Hub itself alone: a mirror does not get it.

    https://huggingface.co/docs/hub/api           https://huggingface.co/docs/hub/rate-limits
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import SecretStr, ValidationError

from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Reason
from tools.catalogue.drift import Remark, Steps, remark, same_licence
from tools.catalogue.environment import Endpoint
from tools.catalogue.facts import Count, FactsModel, Record, State, Text
from tools.catalogue.load import Catalogue
from tools.catalogue.models import Dataset, Resource
from tools.catalogue.part import Part, Shown, Use
from tools.catalogue.replies import Failure, Reply, json_object, retry_after
from tools.catalogue.source import Source, failed
from tools.catalogue.text import day
from tools.language import Both

if TYPE_CHECKING:
    from tools.catalogue.run import Run
    from tools.catalogue.transport import Transport

HUB = Endpoint("huggingface", "Hugging Face", "HF_ENDPOINT", "https://huggingface.co", tokens=("HF_TOKEN",))
DATASET = "datasets/"
"""How the key of a dataset begins, as its address does: a model may have the same name."""
WANTED = ("disabled", "downloads", "gated", "lastModified", "likes", "private", "tags")


class HubFacts(FactsModel):
    hub_id: Text = None
    """The Hub's number for it. The name can pass to another repository; the number cannot."""
    name: Text = None
    """owner/name as the Hub has it now."""
    license: Text = None
    """As the Hub spells it: apache-2.0, other, llama3.1."""
    downloads: Count | None = None
    """In the last thirty days."""
    likes: Count | None = None
    last_modified: date | None = None
    gated: Literal["no", "auto", "manual"] | None = None
    """Whether one must accept conditions first (auto), or be let in by a person (manual)."""
    disabled: bool | None = None


class HuggingFace(Part[HubFacts]):
    name = "huggingface"
    things = "models and datasets"
    endpoint = HUB
    facts = HubFacts
    field = "huggingface"
    news = ("gated", "license")
    has_page = "https://huggingface.co/{}"

    def uses(self, resource: Resource) -> Iterator[tuple[str, Steps]]:
        """What the entry names or, where it names nothing, what one of its addresses shows."""
        prefix = DATASET if isinstance(resource, Dataset) else ""
        named = list(super().uses(resource))
        shown = [(name, (place,)) for place, name in resource.hub_repositories.items()]
        for name, steps in (named or shown)[:1]:
            yield prefix + name, steps

    def source(self, run: "Run") -> Source[HubFacts]:
        service = run.settings.services[self.endpoint.name]
        itself = service is not None and (service.loopback or service.url == self.endpoint.url)
        return Hub(run.transport(self.endpoint), run.settings.token(self.endpoint) if itself else None)

    def state(self, key: str, data: HubFacts) -> tuple[State, str | None]:
        if data.disabled:
            return State.DISABLED, "Hugging Face disabled it"
        if _moved(key, data):
            return State.RENAMED, f"now {data.name}"
        return State.OK, None

    def stranger(self, known: HubFacts, said: HubFacts) -> str | None:
        """Ours was renamed or deleted, and its name used again."""
        if known.hub_id and said.hub_id and known.hub_id != said.hub_id:
            return f"another repository answers under this name (number {said.hub_id}, ours was {known.hub_id})"
        return None

    def remarks_on(
        self, catalogue: Catalogue, key: str, uses: Sequence[Use], record: Record[HubFacts]
    ) -> Iterator[Remark]:
        data = record.data
        for resource, steps in uses:
            if _moved(key, data) and record.state is not State.REPLACED:
                if steps == (self.field,):
                    yield remark(catalogue, resource, steps, key, f"now {data.name}; write the new name", data.name)
                yield from _moved_addresses(catalogue, resource, key, str(data.name))
            ours = getattr(resource, "license", None)
            if ours and data.license and not _agree(ours, data.license):
                message = f"the Hub's licence is {data.license}, not {ours}"
                yield remark(catalogue, resource, ("license",), key, message)
        for found in super().remarks_on(catalogue, key, uses, record):
            hint = f", then run with --forget {key}" if record.state is State.REPLACED else ""
            yield Remark(found.where, found.key, found.message + hint)

    def shown(self, data: HubFacts) -> Iterator[Shown]:
        if data.downloads is not None:
            yield Shown(Both(zh="Hugging Face 月下载量", en="downloads a month"), f"{data.downloads:,}", on_card=True)
        if data.likes is not None:
            yield Shown(Both(zh="Hugging Face 点赞", en="likes on Hugging Face"), f"{data.likes:,}")
        if data.last_modified:
            yield Shown(Both(zh="Hugging Face 最近更新", en="last change on Hugging Face"), str(data.last_modified))
        if data.license:
            yield Shown(Both(zh="Hugging Face 所标许可证", en="licence on Hugging Face"), data.license)
        if data.gated in GATES:
            yield Shown(Both(zh="获取方式", en="access to files"), GATES[data.gated], on_card=True)


GATES = {
    "auto": Both(zh="需登录并同意条款", en="after logging in and accepting conditions"),
    "manual": Both(zh="需申请，由作者审批", en="on request, granted by its owner"),
}


def _moved(key: str, data: HubFacts) -> bool:
    return bool(data.name) and str(data.name).lower() != key.removeprefix(DATASET).lower()


def _moved_addresses(catalogue: Catalogue, resource: Resource, key: str, name: str) -> Iterator[Remark]:
    """The entry's addresses at the Hub: they must name the repository that the entry names."""
    prefix = DATASET if key.startswith(DATASET) else ""
    for place, shown in resource.hub_repositories.items():
        if prefix + shown == key:
            address = f"{HUB.url}/{prefix}{name}"
            yield remark(catalogue, resource, (place,), key, f"moved to {address}", address)


def _agree(ours: str, theirs: str) -> bool:
    """Whether the Hub's tag says nothing against the curated licence. The Hub leaves versions out of some: odc-by."""
    if theirs in {"other", "unknown"} or not re.fullmatch(r"[A-Za-z0-9.+-]+", ours):
        return True  # ours may say more ("Apache-2.0 (code); weights …"): only a plain identifier is compared
    return same_licence(ours, theirs) or ours.lower().startswith(f"{theirs.lower()}-")


@dataclass
class Hub(Source[HubFacts]):
    transport: "Transport"
    token: SecretStr | None = None

    def query(self, key: str) -> Answer[HubFacts] | Failure:
        kind = "" if key.startswith(DATASET) else "models/"
        url = f"{self.transport.url}/api/{kind}{key}?{urlencode([('expand', name) for name in WANTED])}"
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        reply = self.transport.ask("GET", url, headers=headers, telling={401, 403})
        if isinstance(reply, Failure):
            return failed(key, reply)
        if (wait := retry_after(reply.headers)) is not None:  # this was the last request of the window
            self.transport.pace.hold(wait, limited=True)
        return _answer(key, reply, known=self.token is not None)


def _answer(key: str, reply: Reply, *, known: bool) -> Answer[HubFacts] | Failure:
    content, code = json_object(reply), reply.headers.get("x-error-code", "")
    match reply.status:
        case 200 if content is not None:
            return _found(key, content)
        case 200:
            return NotAnswered(key, Reason.MALFORMED, "is not a JSON object")
        case 401 | 403 if code == "GatedRepo":
            return Blocked(key, "gated, and not shown to us")
        case 403 if "disabled" in reply.headers.get("x-error-message", ""):
            return Blocked(key, "Hugging Face disabled it")
        case 401 if known and code != "RepoNotFound" and content is not None:
            return Failure(Reason.UNAUTHORIZED, "Hugging Face does not accept the token in HF_TOKEN")
        case 401 | 404 if code == "RepoNotFound" or content is not None:
            return Missing(key)
        case 410:
            return Missing(key, gone=True)
        case 451:
            return Blocked(key, "unavailable for legal reasons")
        case status:  # 404 with a page of HTML, for one: a mirror that has no such API
            return NotAnswered(key, Reason.REFUSED, f"answers {status}, and not as the Hub does")


def _found(key: str, content: Mapping[str, Any]) -> Answer[HubFacts]:
    if content.get("private") is True:
        return Blocked(key, "private: nobody but its owner sees it")
    tags, gated = content.get("tags"), content.get("gated")
    said = {
        "hub_id": content.get("_id"),
        "name": content.get("id"),
        "license": next(
            (tag.removeprefix("license:") for tag in tags if isinstance(tag, str) and tag.startswith("license:")), None
        )
        if isinstance(tags, list)
        else None,
        "downloads": content.get("downloads"),
        "likes": content.get("likes"),
        "last_modified": day(content.get("lastModified")),
        "gated": "no" if gated is False else gated,
        "disabled": content.get("disabled"),
    }
    try:
        facts = HubFacts.model_validate(said)
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"]))
        return NotAnswered(key, Reason.MALFORMED, f"the Hub's {field} is not what it should be")
    if not facts.name:
        return NotAnswered(key, Reason.MALFORMED, "the Hub names no repository")
    return Found(key, facts)
