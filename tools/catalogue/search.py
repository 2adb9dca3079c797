"""What the searches of watch.yaml have in common: the keys are their ids, and finds are kept a while."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import ClassVar, TypeVar

from tools.catalogue.environment import Settings
from tools.catalogue.facts import Facts, PaperHit, RepositoryHit, State
from tools.catalogue.load import Catalogue
from tools.catalogue.part import Cost, Part, Use

HITS_KEPT = 40  # of a search, the newest: a page shows a dozen, and a month's finds are not forgotten

Hit = TypeVar("Hit", PaperHit, RepositoryHit)


class Search(Part[Facts]):
    option = "watch"
    things = None
    searches: ClassVar[str]
    """The field of a search that holds the query."""

    def keys(self, catalogue: Catalogue) -> dict[str, list[Use]]:
        return {watch.id: [] for watch in catalogue.watches if getattr(watch, self.searches)}

    def queries(self, catalogue: Catalogue, today: date) -> dict[str, str]:
        """Id → the query, as it is sent."""
        return {watch.id: getattr(watch, self.searches) for watch in catalogue.watches if getattr(watch, self.searches)}

    def cost(self, keys: Sequence[str], settings: Settings) -> Cost:
        return Cost(len(keys), 0.5 * len(keys))

    def state(self, key: str, data: Facts) -> tuple[State, str | None]:
        return State.OK, None

    @abstractmethod
    def merged(self, known: Facts, said: Facts, today: date) -> Facts: ...


def together(known: tuple[Hit, ...], said: tuple[Hit, ...], today: date) -> tuple[Hit, ...]:
    """Those of both, as they were said last, each with the day on which it was first seen; the newest first."""
    first_seen = {hit.key: hit.first_seen for hit in known}
    latest: dict[str, Hit] = {}
    for hits in (known, said):
        latest |= {hit.key: hit for hit in hits}
    dated = [hit.model_copy(update={"first_seen": first_seen.get(hit.key) or today}) for hit in latest.values()]
    dated.sort(key=lambda hit: (hit.first_seen or today, getattr(hit, "published", today)), reverse=True)
    return tuple(dated[:HITS_KEPT])
