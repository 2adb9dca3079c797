"""The young repositories with the most stars that each search of watch.yaml finds at GitHub."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tools.catalogue.environment import Settings
from tools.catalogue.facts import Record, RepositoryHits
from tools.catalogue.history import Point
from tools.catalogue.load import Catalogue
from tools.catalogue.part import DAY, Cost
from tools.catalogue.parts.repositories import GITHUB
from tools.catalogue.search import Search, together
from tools.catalogue.source import Source

if TYPE_CHECKING:
    from tools.catalogue.run import Run

YOUNG = 180 * DAY  # what rises is young; older ones are known


class NewRepositories(Search[RepositoryHits]):
    name = "new_repositories"
    endpoint = GITHUB
    title = "GitHub, rising repositories"
    facts = RepositoryHits
    searches = "github"

    def queries(self, catalogue: Catalogue, today: date) -> dict[str, str]:
        found = super().queries(catalogue, today)
        return {key: f"{text} created:>={today - YOUNG} sort:stars-desc" for key, text in found.items()}

    def source(self, run: "Run") -> Source[RepositoryHits]:
        from tools.catalogue.sources.github_graphql import GitHubGraphQLSearches
        from tools.catalogue.sources.github_rest import GitHubRESTSearches

        transport, token = run.transport(self.endpoint), run.settings.token(self.endpoint)
        queries = self.queries(run.catalogue, datetime.now(UTC).date())
        return GitHubGraphQLSearches(transport, token, queries) if token else GitHubRESTSearches(transport, queries)

    def cost(self, keys: Sequence[str], settings: Settings) -> Cost:
        if not settings.token(self.endpoint):
            return super().cost(keys, settings)
        return Cost(1, 0.3 + len(keys) * 0.1) if keys else Cost(0, 0.0)  # one query for them all

    def merged(self, known: RepositoryHits, said: RepositoryHits, today: date) -> RepositoryHits:
        return known.model_copy(update={"hits": together(known.hits, said.hits, today)})

    def points(self, key: str, data: RepositoryHits, today: date) -> dict[str, Point]:
        return {hit.name: Point(today, hit.stars) for hit in data.hits}

    def remembered(self, records: Mapping[str, Record[RepositoryHits]]) -> set[str]:
        return {hit.name for record in records.values() for hit in record.data.hits}
