"""What a catalogue entry is: one model a kind, and the few types that their fields are made of.

    Entry ─┬─ Book        books.yaml            Course      courses.yaml
           ├─ Paper       papers.yaml           Tool        tools.yaml
           ├─ Model       models.yaml           Dataset     datasets.yaml
           ├─ Blog        blogs.yaml            Community   communities.yaml
           └─ Conference  conferences.yaml      Report      reports.yaml

The file that an entry stands in says its kind. Every scalar arrives as the text that the curator typed (see `load`), so
`arxiv: 2301.00010` keeps its last zero and a date stays what was written; the types below turn that text into values or
say how it should have been written. Fetched facts (stars, versions, dates of commits) are never here: see `lock`.
"""

import re
import unicodedata
from datetime import date
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Kind = Literal[
    "book", "course", "paper", "tool", "model", "dataset", "blog", "community", "conference", "report"
]
Level = Literal["beginner", "intermediate", "research"]
Access = Literal["free", "partly-free", "paid"]


def _line(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if not text.strip():
        raise ValueError("is empty; write a text or leave the field out")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in text):
        raise ValueError("holds a line break or an invisible control character; write it as one plain line")
    return text.strip()


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s<>\"'\\^`{|}]", text):
        raise ValueError("is not a web address; write it whole, as in https://example.org/page")
    if parts.username or parts.password:
        raise ValueError("holds a user name or password; leave it out")
    return text


NEW_ARXIV_ID = re.compile(r"(?P<year>\d{2})(?P<month>0[1-9]|1[0-2])\.(?P<number>\d{4,5})")
OLD_ARXIV_ID = re.compile(r"[a-z]+(-[a-z]+)*/\d{2}(0[1-9]|1[0-2])\d{3}")


def canonical_arxiv_id(text: str) -> str:
    """The identifier without prefix, subject class and version, or `ValueError` saying how to write it.

    arXiv answers a malformed identifier with an error for the whole request and passes over an unknown one in silence,
    so what cannot exist is refused here (https://info.arxiv.org/help/arxiv_identifier.html): four digits after
    the point until 1412, five since 1501.

    >>> canonical_arxiv_id("arXiv:1706.03762v7"), canonical_arxiv_id("math.GT/0309136")
    ('1706.03762', 'math/0309136')
    """
    bare = re.sub(r"^(arxiv:|https?://arxiv\.org/(abs|pdf)/)", "", text.strip(), flags=re.IGNORECASE)
    bare = re.sub(r"(\.pdf)?$", "", bare)
    bare = re.sub(r"v\d+$", "", bare)
    bare = re.sub(r"^([a-z-]+)\.[A-Z]{2}/", r"\1/", bare)
    if new := NEW_ARXIV_ID.fullmatch(bare):
        first = int(new["year"] + new["month"])
        if first >= 704 and len(new["number"]) == (5 if first >= 1501 else 4):
            return bare
    elif OLD_ARXIV_ID.fullmatch(bare):
        return bare
    raise ValueError(f"{text!r} is not an arXiv identifier; write it as '1706.03762' or 'cs/0112017'")


def _arxiv_id(text: str) -> str:
    canonical = canonical_arxiv_id(text)
    if canonical != text:
        raise ValueError(f"write {canonical!r}: without prefix, subject class and version")
    return text


def _doi(text: str) -> str:
    if not re.fullmatch(r"10\.\d{4,9}/\S+", text):
        raise ValueError(f"{text!r} is not a DOI; write it bare, as in '10.1162/tacl_a_00001'")
    return text.lower()


def _isbn(text: str) -> str:
    digits = re.sub(r"[- ]", "", text)
    if not re.fullmatch(r"97[89]\d{10}", digits):
        raise ValueError(f"{text!r} is not an ISBN-13; write its thirteen digits")
    if sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10:
        raise ValueError(f"{text!r} has a wrong check digit; compare it with the book")
    return digits


def _repository(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}(?<!\.git)", text):
        raise ValueError(f"{text!r} is not a GitHub repository; write it as 'owner/name'")
    return text


def _date(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"{text!r} is not a date; write it as '2026-11-23'")
    return text


def _partial_date(text: str) -> str:
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
        raise ValueError(f"{text!r} is not a date; write what is known of it: '2017', '2017-06' or '2017-06-12'")
    date.fromisoformat(text + "-01" * (2 - text.count("-")))  # refuses the 30th of February
    return text


Line = Annotated[str, AfterValidator(_line), Field(max_length=600)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Url = Annotated[str, AfterValidator(_url), Field(max_length=500)]
ArxivId = Annotated[str, AfterValidator(_arxiv_id)]
Doi = Annotated[str, AfterValidator(_doi)]
Isbn = Annotated[str, AfterValidator(_isbn)]
Repository = Annotated[str, AfterValidator(_repository)]
Date = Annotated[date, BeforeValidator(_date)]
PartialDate = Annotated[str, AfterValidator(_partial_date)]
Year = Annotated[int, Field(ge=1900, le=2100)]
LanguageTag = Annotated[str, Field(pattern=r"^(mul|[a-z]{2}(-[A-Z][A-Za-z]+)?)$")]
License = Annotated[str, AfterValidator(_line), Field(max_length=120)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(_Strict):
    """The same said in both languages, each as if it were the only one."""

    zh: Line
    en: Line


class Topic(_Strict):
    """A word of the vocabulary in topics.yaml, in the order in which a learner meets it."""

    id: Slug
    title: Bilingual
    about: Bilingual


class Entry(_Strict):
    """What every resource has, whatever its kind."""

    kind: ClassVar[Kind]

    id: Slug = Field(description="Stable for ever: pages, feeds and links name the resource by it.")
    title: Line = Field(description="The title in the language of the original.")
    title_zh: Line | None = Field(None, description="Its Chinese title, where one exists.")
    title_en: Line | None = Field(None, description="Its English title, where one exists.")
    url: Url
    topics: Annotated[list[Slug], Field(min_length=1, max_length=4)] = Field(
        description="From topics.yaml, the most fitting first."
    )
    level: Level
    languages: Annotated[list[LanguageTag], Field(min_length=1)] = Field(
        description="What one must read to use it: en, zh, …; mul for many."
    )
    why: Bilingual = Field(description="One sentence of our own: why this one, and for whom.")
    note: Bilingual | None = Field(None, description="What a reader should know beforehand: an old edition, a restriction.")
    added: Date = Field(description="The day on which it entered the catalogue.")
    unchecked: list[Slug | Line] = Field(
        default=[], description="Names of the fields that no source has confirmed yet; the page says so."
    )
    code: Repository | None = Field(None, description="Its GitHub repository, as owner/name; fetched on every refresh.")

    @model_validator(mode="after")
    def _unchecked_names_fields(self) -> Self:
        for name in self.unchecked:
            if name not in type(self).model_fields:
                raise ValueError(f"unchecked names {name!r}, which is not a field of a {self.kind}")
        return self


class Edition(_Strict):
    language: LanguageTag
    publisher: Line
    year: Year | None = None
    isbn: Isbn | None = None


class Book(Entry):
    kind = "book"
    authors: Annotated[list[Line], Field(min_length=1)]
    editions: list[Edition] = []
    arxiv: ArxivId | None = None
    access: Access
    license: License | None = None


class Course(Entry):
    kind = "course"
    organization: Line | None = None
    instructors: list[Line] = []
    access: Access
    license: License | None = None


class Paper(Entry):
    kind = "paper"
    authors: Annotated[list[Line], Field(min_length=1)] = Field(description="The first twelve at most.")
    et_al: bool = Field(False, description="true where there are more authors than are listed.")
    published: PartialDate = Field(description="The day of the first version, as far as it is known.")
    venue: Line | None = None
    arxiv: ArxivId | None = None
    doi: Doi | None = None


class Tool(Entry):
    kind = "tool"
    license: License | None = None
    access: Access = "free"


class Model(Entry):
    kind = "model"
    organization: Line
    weights: Url | None = None
    license: License | None = None


class Dataset(Entry):
    kind = "dataset"
    use: Literal["training", "benchmark"]
    year: Year
    arxiv: ArxivId | None = None
    license: License | None = None
    venue: Line | None = None


class Blog(Entry):
    kind = "blog"
    organization: Line
    feed: Url | None = None


class Community(Entry):
    kind = "community"
    feeds: list[Url] = []


class ConferenceEdition(_Strict):
    year: Year
    start: Date
    end: Date | None = None
    place: Bilingual

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end and self.end < self.start:
            raise ValueError("ends before it starts")
        return self


class Conference(Entry):
    kind = "conference"
    full_name: Line
    cycle: Bilingual = Field(description="When it is held and when papers are due, in words.")
    editions: list[ConferenceEdition] = []


class Report(Entry):
    kind = "report"
    publisher: Line
    year: Year
    arxiv: ArxivId | None = None
    license: License | None = None


Resource = Book | Course | Paper | Tool | Model | Dataset | Blog | Community | Conference | Report

MODELS: dict[str, type[Resource]] = {
    "books": Book,
    "courses": Course,
    "papers": Paper,
    "tools": Tool,
    "models": Model,
    "datasets": Dataset,
    "blogs": Blog,
    "communities": Community,
    "conferences": Conference,
    "reports": Report,
}
"""File stem → the model of its entries."""
