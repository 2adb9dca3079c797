"""Repositories on GitHub, by owner/name: stars, releases, renames, archives."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import ceil
from typing import TYPE_CHECKING

from tools.catalogue.drift import ADVICE, Remark, remark, same_licence
from tools.catalogue.environment import Endpoint, Settings
from tools.catalogue.facts import Record, RepositoryFacts, State
from tools.catalogue.history import Point
from tools.catalogue.load import Catalogue
from tools.catalogue.part import Cost, Part, Use
from tools.catalogue.policy import REPOSITORIES_A_REQUEST
from tools.catalogue.source import Source

if TYPE_CHECKING:
    from tools.catalogue.run import Run

GITHUB = Endpoint(
    "github",
    "GitHub",
    "AIGC_GITHUB_URL",
    "https://api.github.com",
    tokens=("GITHUB_TOKEN", "GH_TOKEN"),
    hint="without a GITHUB_TOKEN GitHub answers 60 requests an hour; the rest goes on in the next run",
)


class Repositories(Part[RepositoryFacts]):
    name = "repositories"
    things = "repositories"
    endpoint = GITHUB
    facts = RepositoryFacts
    field = "code"
    news = ("latest_release",)
    has_page = "https://github.com/{}"

    def source(self, run: "Run") -> Source[RepositoryFacts]:
        from tools.catalogue.sources.github_graphql import GitHubGraphQL
        from tools.catalogue.sources.github_rest import GitHubREST

        transport, token = run.transport(self.endpoint), run.settings.token(self.endpoint)
        if token:
            return GitHubGraphQL(transport, token)
        return GitHubREST(
            transport, {key: record.etag for key, record in run.records[self.name].items() if record.etag}
        )

    def cost(self, keys: Sequence[str], settings: Settings) -> Cost:
        if not settings.token(self.endpoint):
            return Cost(len(keys), len(keys) * 0.15)
        requests = ceil(len(keys) / REPOSITORIES_A_REQUEST)
        return Cost(requests, requests * 0.3 + len(keys) * 0.02)

    def state(self, key: str, data: RepositoryFacts) -> tuple[State, str | None]:
        if data.disabled:
            return State.DISABLED, "GitHub disabled it"
        renamed = f"now {data.name}" if data.name and data.name.lower() != key.lower() else None
        if data.archived:
            return State.ARCHIVED, "archived by its owner" + (f"; {renamed}" if renamed else "")
        return (State.RENAMED, renamed) if renamed else (State.OK, None)

    def stranger(self, known: RepositoryFacts, said: RepositoryFacts) -> str | None:
        """Ours was renamed or deleted, and its name used again."""
        ours, theirs = known.github_id, said.github_id
        if ours is not None and theirs is not None and ours != theirs:
            return f"another repository answers under this name (number {theirs}, ours was {ours})"
        return None

    def points(self, key: str, data: RepositoryFacts, today: date) -> dict[str, Point]:
        if data.stars is None and not data.latest_release:
            return {}
        return {key: Point(today, data.stars, data.latest_release)}

    def remembered(self, records: Mapping[str, Record[RepositoryFacts]]) -> set[str]:
        return set(records)

    def remarks_on(
        self, catalogue: Catalogue, key: str, uses: Sequence[Use], record: Record[RepositoryFacts]
    ) -> Iterator[Remark]:
        data = record.data
        for resource, steps in uses:
            if data.name and data.name.lower() != key.lower() and record.state is not State.REPLACED:
                yield remark(catalogue, resource, steps, key, f"now {data.name}; write the new name", data.name)
            if record.state in ADVICE:
                message = f"{record.reason or record.state}; {ADVICE[record.state]}"
                if record.state is State.REPLACED:
                    message += f", then run with --forget {key}"
                yield remark(catalogue, resource, steps, key, message)
            licence = getattr(resource, "license", None)
            # Ours may say more ("Apache-2.0 (code); weights …"): only a plain identifier is compared.
            if (
                record.source == self.endpoint.name
                and resource.kind == "tool"
                and data.license_spdx
                and licence
                and re.fullmatch(r"[A-Za-z0-9.+-]+", licence)
                and not same_licence(licence, data.license_spdx)
            ):
                message = f"GitHub reads the licence as {data.license_spdx}, not {licence}"
                yield remark(catalogue, resource, ("license",), key, message, data.license_spdx)
