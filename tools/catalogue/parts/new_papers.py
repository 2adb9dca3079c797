"""The newest papers that each search of watch.yaml finds at arXiv."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tools.catalogue.facts import PaperHits
from tools.catalogue.parts.papers import ARXIV
from tools.catalogue.search import Search, together
from tools.catalogue.source import Source

if TYPE_CHECKING:
    from tools.catalogue.run import Run


class NewPapers(Search[PaperHits]):
    name = "new_papers"
    endpoint = ARXIV
    title = "arXiv, new papers"
    facts = PaperHits
    searches = "arxiv"

    def source(self, run: "Run") -> Source[PaperHits]:
        from tools.catalogue.sources.arxiv import ArxivSearches

        return ArxivSearches(run.transport(self.endpoint), self.queries(run.catalogue, datetime.now(UTC).date()))

    def merged(self, known: PaperHits, said: PaperHits, today: date) -> PaperHits:
        return known.model_copy(update={"hits": together(known.hits, said.hits, today)})
