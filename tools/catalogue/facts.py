"""What services say, and how each thing stands by it. Fetched, never curated.

The facts of newer parts stand in the part's own file (`parts/`).

A field that is None was not asked for, or the service has nothing there: it is absent from the lock, and no page
shows a zero in its place. `model_fields_set` tells the two apart while an answer is merged.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tools.catalogue.text import lines, one_line, web_address

IDLE_AFTER = timedelta(days=548)  # 18 months without a commit; a shorter pause says nothing about a finished project

Text = Annotated[str | None, BeforeValidator(one_line)]
Texts = Annotated[list[str] | None, BeforeValidator(lines)]
Address = Annotated[str | None, BeforeValidator(web_address)]
Count = Annotated[int, Field(ge=0)]


class State(StrEnum):
    """How a curated paper, repository or link stands, by the last answer that settled it."""

    OK = "ok"
    RENAMED = "renamed"
    """It answers under another name."""
    ARCHIVED = "archived"
    """Its owner made it read-only."""
    DISABLED = "disabled"
    """Its host switched it off."""
    WITHDRAWN = "withdrawn"
    """Its authors took it back; the record stays, the text may be gone."""
    YANKED = "yanked"
    """Its maintainers took every release of the package back; it can be installed by its exact version alone."""
    REPLACED = "replaced"
    """Something else stands in its place: a paper's successor, or another repository under the same name."""
    NOT_FOUND = "not_found"
    """The service did not know it twice, at least a day apart."""
    GONE = "gone"
    """The same, and the service said that it will not come back."""
    BLOCKED = "blocked"
    """It may not be shown, or not to us: a legal reason, robots.txt, a log-in. Whether it is there is not said."""
    UNKNOWN = "unknown"
    """Nobody has answered for it yet."""


class FactsModel(BaseModel):
    """What a service says about one thing: the base of each part's facts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PaperFacts(FactsModel):
    """arXiv's record of a paper."""

    title: Text = None
    authors: Texts = None
    published: date | None = None
    updated: date | None = None
    latest_version: Annotated[int, Field(ge=1)] | None = None
    primary_category: Text = None
    categories: Texts = None
    comment: Text = None
    journal_ref: Text = None
    doi: Text = None
    withdrawn: Text = None
    """The words with which it was withdrawn."""
    superseded_by: Text = None
    """The identifier of the paper that its authors name in its place."""


class RepositoryFacts(FactsModel):
    """GitHub's record of a repository, or what its git history tells."""

    github_id: Count | None = None
    """GitHub's number for it. The name can pass to another repository; the number cannot."""
    name: Text = None
    """owner/name as GitHub has it now; differs from the curated one after a rename."""
    description: Text = None
    homepage: Address = None
    stars: Count | None = None
    forks: Count | None = None
    license_spdx: Text = None
    main_language: Text = None
    topics: Texts = None
    last_commit: date | None = None
    """On the default branch."""
    pushed_at: date | None = None
    """To any branch."""
    latest_release: Text = None
    latest_release_date: date | None = None
    archived: bool | None = None
    disabled: bool | None = None
    commits_in_year: Count | None = None
    """In the year up to `commits_in_year_until`. No service is asked for it: counting makes GitHub's queries fail."""
    commits_in_year_until: date | None = None
    unmaintained_notice: bool | None = None
    """Its README says that it is not maintained any more."""


class LinkFacts(FactsModel):
    """What a web server says about an address."""

    status: Count | None = None
    moved_to: Address = None
    """Where it says that the page has moved for good."""
    leads_to: Text = None
    """Set where a deep address ends on a front page or a parking service: it may be gone without saying so."""


class PaperHit(FactsModel):
    """A paper that a search of watch.yaml found."""

    arxiv: str
    title: Text = None
    authors: Texts = None
    published: date
    primary_category: Text = None
    first_seen: date | None = None
    """The day of the run that first saw it; set while it is merged."""

    @property
    def key(self) -> str:
        return self.arxiv


class RepositoryHit(FactsModel):
    """A repository that a search of watch.yaml found."""

    name: str
    description: Text = None
    stars: Count
    license_spdx: Text = None
    main_language: Text = None
    pushed_at: date | None = None
    first_seen: date | None = None

    @property
    def key(self) -> str:
        return self.name


class PaperHits(FactsModel):
    hits: tuple[PaperHit, ...] = ()


class RepositoryHits(FactsModel):
    hits: tuple[RepositoryHit, ...] = ()


Facts = TypeVar("Facts", bound=FactsModel)


class Record(BaseModel, Generic[Facts]):
    """A line of the lock: one thing, what is known of it, since when, from whom, and why it is not ok."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: State = State.UNKNOWN
    since: date | None = None
    """The day on which it was first seen in this state."""
    checked: datetime | None = None
    """The last answer, whatever it was. None: nobody has answered yet, and the record is not written."""
    source: str | None = None
    """Who said it: the name of a part's service ('arxiv', 'github' …), or of another public source."""
    reason: Text = None
    """Why it is not ok."""
    missing_since: datetime | None = None
    """The first of the answers in a row that did not know it: a strike, not yet a verdict."""
    etag: str | None = None
    data: Facts


PaperRecord = Record[PaperFacts]
RepositoryRecord = Record[RepositoryFacts]
LinkRecord = Record[LinkFacts]
PaperHitsRecord = Record[PaperHits]
RepositoryHitsRecord = Record[RepositoryHits]


def is_idle(record: RepositoryRecord) -> bool:
    """Whether the project rests: its README says so, or it had no commit in the 18 months before it was last looked at.

    Counted up to `checked`, not up to today: an old copy of a history tells nothing about the time after it.
    """
    if record.data.unmaintained_notice:
        return True
    last = record.data.last_commit or record.data.pushed_at
    return bool(last and record.checked and record.checked.date() - last >= IDLE_AFTER)
