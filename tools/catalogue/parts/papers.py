"""Papers, by their arXiv identifiers: versions, categories, withdrawals."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING

from tools.catalogue.drift import Remark, folded, remark
from tools.catalogue.environment import Endpoint, Settings
from tools.catalogue.facts import PaperFacts, Record, State
from tools.catalogue.history import Point
from tools.catalogue.load import Catalogue
from tools.catalogue.models import Paper
from tools.catalogue.part import DAY, Cost, Part, Use
from tools.catalogue.policy import PAPERS_A_REQUEST
from tools.catalogue.source import Source

if TYPE_CHECKING:
    from tools.catalogue.run import Run

ARXIV = Endpoint("arxiv", "arXiv", "AIGC_ARXIV_URL", "https://export.arxiv.org/api/query")
YOUNG = 90 * DAY  # new versions and withdrawals come early


class Papers(Part[PaperFacts]):
    name = "papers"
    things = "papers"
    endpoint = ARXIV
    facts = PaperFacts
    field = "arxiv"
    news = ("latest_version",)
    clearable = frozenset({"withdrawn", "superseded_by"})  # read out of a text by us: empty means that it is not so
    has_page = "https://arxiv.org/abs/{}"

    def source(self, run: "Run") -> Source[PaperFacts]:
        from tools.catalogue.sources.arxiv import Arxiv

        known = run.records[self.name].items()
        well = (key for key, record in known if record.state is State.OK and record.source == self.endpoint.name)
        return Arxiv(run.transport(self.endpoint), next(well, None))

    def max_age(self, record: Record[PaperFacts], today: date) -> timedelta:
        published = record.data.published
        return DAY if published and today - published < YOUNG else 7 * DAY

    def cost(self, keys: Sequence[str], settings: Settings) -> Cost:
        requests = ceil(len(keys) / PAPERS_A_REQUEST)
        return Cost(requests, requests * 0.5 + len(keys) * 0.004)

    def state(self, key: str, data: PaperFacts) -> tuple[State, str | None]:
        if data.superseded_by:
            return State.REPLACED, f"its authors name arXiv {data.superseded_by} in its place"
        return (State.WITHDRAWN, data.withdrawn) if data.withdrawn else (State.OK, None)

    def points(self, key: str, data: PaperFacts, today: date) -> dict[str, Point]:
        return {key: Point(today, None, f"v{data.latest_version}")} if data.latest_version else {}

    def remembered(self, records: Mapping[str, Record[PaperFacts]]) -> set[str]:
        return set(records)

    def remarks_on(
        self, catalogue: Catalogue, key: str, uses: Sequence[Use], record: Record[PaperFacts]
    ) -> Iterator[Remark]:
        yield from super().remarks_on(catalogue, key, uses, record)
        if record.source != self.endpoint.name:
            return  # a copy of arXiv's record is where the curated fields came from
        for paper in (use.resource for use in uses):
            if isinstance(paper, Paper):  # a book or dataset has a title and a year of its own
                yield from _differences(catalogue, paper, key, record.data)


def _differences(catalogue: Catalogue, paper: Paper, key: str, data: PaperFacts) -> Iterator[Remark]:
    if data.title and folded(data.title) not in {folded(t) for t in (paper.title, paper.title_en) if t}:
        yield remark(catalogue, paper, ("title",), key, f"arXiv's title is {data.title!r}", data.title)
    if data.authors:
        ours, theirs = [folded(name) for name in paper.authors], [folded(name) for name in data.authors]
        if ours != theirs[: len(ours)] or (len(theirs) > len(ours)) != paper.et_al:
            first = ", ".join(data.authors[:12]) + (" …" if len(data.authors) > 12 else "")
            yield remark(catalogue, paper, ("authors",), key, f"arXiv's authors are {first}")
    if data.published and not str(data.published).startswith(paper.published):
        message = f"arXiv's first version is of {data.published}, not of {paper.published}"
        yield remark(catalogue, paper, ("published",), key, message, str(data.published))
