"""Web addresses, as they are written: whether they still answer, and where they lead."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tools.catalogue.drift import ADVICE, Remark, Steps, remark
from tools.catalogue.environment import Endpoint, Settings
from tools.catalogue.facts import LinkFacts, Record, State
from tools.catalogue.load import Catalogue
from tools.catalogue.models import Resource
from tools.catalogue.part import DAY, Cost, Part, Use
from tools.catalogue.policy import policy_of
from tools.catalogue.source import Source

if TYPE_CHECKING:
    from tools.catalogue.run import Run

WEB = Endpoint("links", "Links", "AIGC_LINKS_URL", None, what="the web")
A_REQUEST = 1.0  # seconds that a website takes, robots.txt as well as a page


class Links(Part[LinkFacts]):
    name = "links"
    things = "links"
    endpoint = WEB
    facts = LinkFacts

    def uses(self, resource: Resource) -> Iterator[tuple[str, Steps]]:
        """Each address of an entry, without those for which another part's service vouches."""
        from tools.catalogue.parts import PARTS  # which holds this one, too

        others = [part for part in PARTS if part.has_page]
        vouched = {part.page(key) for part in others for key, _ in part.uses(resource)}
        for field in ("url", "feed", "weights"):
            address = getattr(resource, field, None)
            if address and address.rstrip("/") not in vouched:
                yield address, (field,)
        for place, address in enumerate(getattr(resource, "feeds", ())):
            yield address, ("feeds", place)

    def source(self, run: "Run") -> Source[LinkFacts]:
        from tools.catalogue.sources.links import LinkChecker

        return LinkChecker(run.stop, run.budget, run.settings.services[self.endpoint.name], run.limits.contact)

    def max_age(self, record: Record[LinkFacts], today: date) -> timedelta:
        return 7 * DAY if record.state is State.BLOCKED else 30 * DAY

    def cost(self, keys: Sequence[str], settings: Settings) -> Cost:
        """A robots.txt for each host; the host with the most addresses sets the time."""
        hosts = Counter(urlsplit(address).netloc for address in keys)
        most = max(hosts.values(), default=0)
        each = policy_of(self.endpoint.name).gap + A_REQUEST
        return Cost(len(keys) + len(hosts), (most + 1) * each if keys else 0.0)

    def state(self, key: str, data: LinkFacts) -> tuple[State, str | None]:
        if data.moved_to:
            return State.RENAMED, f"moved to {data.moved_to}"
        return State.OK, f"leads to {data.leads_to}" if data.leads_to else None

    def merged(self, known: LinkFacts, said: LinkFacts, today: date) -> LinkFacts:
        return said  # each check tells all that there is to know of a link

    def remarks(self, catalogue: Catalogue, records: Mapping[str, Record[LinkFacts]]) -> Iterator[Remark]:
        """In the order of the entries: an address may stand in several."""
        for resource in catalogue.resources:
            for address, steps in self.uses(resource):
                if record := records.get(address):
                    yield from self.remarks_on(catalogue, address, [Use(resource, steps)], record)

    def remarks_on(
        self, catalogue: Catalogue, key: str, uses: Sequence[Use], record: Record[LinkFacts]
    ) -> Iterator[Remark]:
        data = record.data
        for resource, steps in uses:
            if data.moved_to and record.state is State.RENAMED:
                yield remark(catalogue, resource, steps, key, f"moved to {data.moved_to}", data.moved_to)
            elif data.leads_to:
                yield remark(catalogue, resource, steps, key, f"leads to {data.leads_to}; look at it")
            elif (
                record.state in ADVICE and record.state is not State.BLOCKED
            ):  # a wall against bots is no reader's wall
                yield remark(catalogue, resource, steps, key, f"{record.reason}; {ADVICE[record.state]}")

    def place(self, uses: Sequence[Use]) -> tuple[Resource, Steps] | None:
        return (uses[0].resource, ("url",)) if uses else None
