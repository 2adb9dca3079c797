"""A kind of facts, whole: what of the catalogue it is about, who is asked, when, and what follows from the answers.

A part is one class in one file of `parts/`, and one line in `parts/__init__.py` registers it. Everything else
(`plan`, `lock`, `merge`, `refresh`, `report`, the command line, the pages) loops over the parts and knows none by name.

A subclass says at least:

    name, things, facts, endpoint, field    what it is called, and which field of an entry holds its keys
    source(run)                             who answers
    state(key, data)                        what the facts say of how the thing stands

and, where the defaults do not fit: when an answer is stale (`max_age`), what a request costs (`cost`), what a person
should look at (`remarks_on`), which changes are news (`news`), which points belong to its history (`points`), and what
a reader is shown (`shown`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple

from tools.catalogue.drift import ADVICE, Remark, Steps, remark
from tools.catalogue.environment import Endpoint, Settings
from tools.catalogue.facts import Facts, Record, State
from tools.catalogue.history import Point
from tools.catalogue.load import Catalogue
from tools.catalogue.models import Resource
from tools.catalogue.source import Source
from tools.language import Both, Language

if TYPE_CHECKING:
    from tools.catalogue.run import Run

DAY = timedelta(days=1)


class Use(NamedTuple):
    """A field of an entry that holds a key."""

    resource: Resource
    steps: Steps


@dataclass(frozen=True, slots=True)
class Cost:
    """What keys cost to ask for, without the gaps between requests."""

    requests: int
    seconds: float


class Shown(NamedTuple):
    """A fact for readers: its name, its value, and whether it is worth a place on the card. Plain text, all of it."""

    name: Both
    value: Both | str
    on_card: bool = False

    def text(self, language: Language) -> str:
        return self.value if isinstance(self.value, str) else self.value[language]


class Part(ABC, Generic[Facts]):
    name: ClassVar[str]
    """Of its file in the lock, `lock/NAME.json` (an underscore becomes a hyphen)."""
    option: ClassVar[str | None] = None
    """What --only calls it, where that is not its name."""
    things: ClassVar[str | None]
    """What its keys are, for the report: "papers". None: a search, whose keys are no things of the catalogue."""
    endpoint: ClassVar[Endpoint]
    """Who is asked. Parts of one service share its pace."""
    title: ClassVar[str | None] = None
    """What the report calls its questions, where that is not the service's title."""
    facts: type[Facts]
    field: ClassVar[str | None] = None
    """The field of an entry that holds its key."""
    news: ClassVar[tuple[str, ...]] = ()
    """Fields whose changes the report tells."""
    clearable: ClassVar[frozenset[str]] = frozenset()
    """Fields in which nothing is an answer as well; of others a shorter answer takes nothing away."""
    has_page: ClassVar[str | None] = None
    """The address of a key's page, with {} for the key. The service vouches for it: it is not asked for as a link."""

    # ---- what it is about ----------------------------------------------------------------------------------------

    def uses(self, resource: Resource) -> Iterator[tuple[str, Steps]]:
        """The keys of one entry, each with the steps to its field."""
        if self.field and (key := getattr(resource, self.field, None)):
            yield key, (self.field,)

    def keys(self, catalogue: Catalogue) -> dict[str, list[Use]]:
        """Key → the fields that hold it, in file order."""
        found: dict[str, list[Use]] = {}
        for resource in catalogue.resources:
            for key, steps in self.uses(resource):
                found.setdefault(key, []).append(Use(resource, steps))
        return found

    def page(self, key: str) -> str | None:
        return self.has_page.format(key) if self.has_page else None

    # ---- who answers, when, and at what cost ---------------------------------------------------------------------

    @abstractmethod
    def source(self, run: "Run") -> Source[Facts]:
        """The service, ready to be asked."""

    def max_age(self, record: Record[Facts], today: date) -> timedelta:
        """How long an answer holds."""
        return DAY

    def cost(self, keys: Sequence[str], settings: Settings) -> Cost:
        return Cost(len(keys), 0.3 * len(keys))

    # ---- what follows from an answer -----------------------------------------------------------------------------

    @abstractmethod
    def state(self, key: str, data: Facts) -> tuple[State, str | None]:
        """The state that the facts speak of, the gravest where there are several, and why it is not ok."""

    def stranger(self, known: Facts, said: Facts) -> str | None:
        """Why an answer is about another thing than the one that is known under this key."""
        return None

    def merged(self, known: Facts, said: Facts, today: date) -> Facts:
        """What is known after an answer: a field that it leaves empty stays as it was."""
        told = {name: getattr(said, name) for name in said.model_fields_set}
        kept = {name: value for name, value in told.items() if value is not None or name in self.clearable}
        return known.model_copy(update=kept)

    def points(self, key: str, data: Facts, today: date) -> dict[str, Point]:
        """Name in the history → the point that an answer adds."""
        return {}

    def remembered(self, records: Mapping[str, Record[Facts]]) -> set[str]:
        """Names whose history is kept, because of these records."""
        return set()

    # ---- what people are told ------------------------------------------------------------------------------------

    def remarks(self, catalogue: Catalogue, records: Mapping[str, Record[Facts]]) -> Iterator[Remark]:
        """Everything about the part for a person to look at."""
        for key, uses in self.keys(catalogue).items():
            if record := records.get(key):
                yield from self.remarks_on(catalogue, key, uses, record)

    def remarks_on(
        self, catalogue: Catalogue, key: str, uses: Sequence[Use], record: Record[Facts]
    ) -> Iterator[Remark]:
        """By default: that it does not stand well, with what to do about it."""
        if record.state in ADVICE:
            for use in uses:
                message = f"{record.reason or record.state}; {ADVICE[record.state]}"
                yield remark(catalogue, use.resource, use.steps, key, message)

    def place(self, uses: Sequence[Use]) -> tuple[Resource, Steps] | None:
        """The field that the report names for a key."""
        return (uses[0].resource, uses[0].steps) if uses else None

    def shown(self, data: Facts) -> Iterator[Shown]:
        """What a reader of the entry sees beside its state, where pages have no words of their own for the part."""
        yield from ()

    # ---- in words ------------------------------------------------------------------------------------------------

    @property
    def choice(self) -> str:
        """What --only calls it."""
        return self.option or self.name

    @property
    def label(self) -> str:
        """What the report calls its questions."""
        return self.title or self.endpoint.title

    @property
    def record(self) -> type[Record[Facts]]:
        """The model of a line of its file."""
        model: Any = Record
        found: type[Record[Facts]] = model[self.facts]
        return found
