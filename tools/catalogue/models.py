"""What a catalogue entry is: one model a kind, and the few types that their fields are made of.

    Entry ─┬─ Book        books.yaml            Course      courses.yaml
           ├─ Paper       papers.yaml           Tool        tools.yaml
           ├─ Model       models.yaml           Dataset     datasets.yaml
           ├─ Blog        blogs.yaml            Community   communities.yaml
           └─ Conference  conferences.yaml      Report      reports.yaml

    Topic  topics.yaml, the vocabulary          Watch  watch.yaml, the searches behind "what is new"

The file that an entry stands in says its kind. Every scalar arrives as the text that the curator typed (see `load`), so
`arxiv: 2301.00010` keeps its last zero and a date stays what was written; the types below turn that text into values or
say how it should have been written. Fetched facts (stars, versions, dates of commits) are never here: see `lock`.
"""

import re
import unicodedata
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from tools.catalogue.text import DROPPED, TURNING
from tools.language import Both, ForEach, Language

Kind = Literal["book", "course", "paper", "tool", "model", "dataset", "blog", "community", "conference", "report"]
Level = Literal["beginner", "intermediate", "research"]
Access = Literal["free", "partly-free", "paid"]

INVISIBLE = TURNING | {"\u200b", "\ufeff"}  # no typist means them; joiners are part of emoji and of scripts


def _line(text: str) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        raise ValueError("is empty; write a text or leave the field out")
    if found := next((c for c in text if unicodedata.category(c) in DROPPED or c in INVISIBLE), None):
        raise ValueError(
            f"holds a line break or the invisible character U+{ord(found):04X}; write it as one plain line"
        )
    return text


def _chinese(text: str) -> str:
    if found := re.search(r"[㐀-鿿，。：；、] +[㐀-鿿]|[㐀-鿿] +[，。：；、]", text):
        raise ValueError(
            f"holds a space within Chinese, {found[0]!r}; YAML reads a line break as one, so keep it on one line"
        )
    return text


def _why_in_chinese(text: str) -> str:
    if not re.search(r"[一-鿿]", text) or not text.endswith(("。", "？", "！")):
        raise ValueError("is not a Chinese sentence; end it with 。, ？ or ！")
    if len(text) > 75:
        raise ValueError(f"has {len(text)} characters; say it in 75")
    return text


def _why_in_english(text: str) -> str:
    if not text.endswith((".", "?", "!")):
        raise ValueError("is not a sentence; end it with a full stop")
    if len(text.split()) > 40:
        raise ValueError(f"has {len(text.split())} words; say it in 40")
    return text


def _slug(text: str) -> str:
    if not re.fullmatch(SLUG, text):
        raise ValueError(f"{text!r} must be lower-case letters and digits, joined by single hyphens")
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = f".{parts.hostname}:{parts.port}"
    except ValueError:  # an unclosed bracket, a port that there is not
        parts, host = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not re.fullmatch(HOST, host) or re.search(r"[\s<>\"'\\^`{|}]", text):
        raise ValueError("is not a web address; write it whole, as in https://example.org/page")
    if parts.username or parts.password:
        raise ValueError("holds a user name or password; leave it out")
    return text


HOST = r"(\.[\w-]+){2,}:\w+"
NEW_ARXIV_ID = r"\d{2}(0[1-9]|1[0-2])\.\d{4,5}"
OLD_ARXIV_ID = r"[a-z]+(-[a-z]+)*/\d{2}(0[1-9]|1[0-2])\d{3}"
SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
DOI = r"10\.\d{4,9}/\S+"
REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}(?<!\.git)"
HUB_REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}"
PACKAGE = r"[a-z0-9]+(-[a-z0-9]+)*"
PARTIAL_DATE = r"\d{4}(-\d{2}(-\d{2})?)?"
LANGUAGE = r"mul|[a-z]{2}(-[A-Z][A-Za-z]+)?"


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
    if re.fullmatch(NEW_ARXIV_ID, bare):
        month, number = bare.split(".")
        if int(month) >= 704 and len(number) == (5 if int(month) >= 1501 else 4):
            return bare
    elif re.fullmatch(OLD_ARXIV_ID, bare):
        return bare
    raise ValueError(f"{text!r} is not an arXiv identifier; write it as '1706.03762' or 'cs/0112017'")


def arxiv_id_of(url: str) -> str | None:
    """The identifier of the paper that an address of arXiv shows.

    >>> arxiv_id_of("https://arxiv.org/pdf/1706.03762v7"), arxiv_id_of("https://arxiv.org/list/cs.CL/recent")
    ('1706.03762', None)
    """
    shown = re.fullmatch(r"https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/(.+?)/?", url)
    try:
        return canonical_arxiv_id(shown[1]) if shown else None
    except ValueError:
        return None


def _arxiv_id(text: str) -> str:
    canonical = canonical_arxiv_id(text)
    if canonical != text:
        raise ValueError(f"write {canonical!r}: without prefix, subject class and version")
    return text


def _doi(text: str) -> str:
    if not re.fullmatch(DOI, text):
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
    if not re.fullmatch(REPOSITORY, text):
        raise ValueError(f"{text!r} is not a GitHub repository; write it as 'owner/name'")
    return text


def hub_repository_of(url: str) -> str | None:
    """What an address of the Hugging Face Hub shows: owner/name of a model, or datasets/owner/name.

    >>> hub_repository_of("https://huggingface.co/Qwen/Qwen-Image"), hub_repository_of("https://huggingface.co/Qwen")
    ('Qwen/Qwen-Image', None)
    """
    shown = re.fullmatch(rf"https?://(?:www\.)?huggingface\.co/(datasets/)?({HUB_REPOSITORY})(?:/tree/main)?/?", url)
    if shown is None or shown[2].partition("/")[0] in HUB_PAGES:
        return None
    return (shown[1] or "") + shown[2]


HUB_PAGES = {"blog", "collections", "datasets", "docs", "learn", "organizations", "papers", "spaces", "tasks"}
"""Parts of the Hub that look like owners."""


def canonical_package(name: str) -> str:
    """A package's name as PyPI compares it (PEP 503).

    >>> canonical_package("Torch_Fidelity")
    'torch-fidelity'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _hub_repository(text: str) -> str:
    if not re.fullmatch(HUB_REPOSITORY, text) or text.partition("/")[0] in HUB_PAGES or re.search(r"--|\.\.", text):
        raise ValueError(f"{text!r} is not a repository of the Hugging Face Hub; write it as 'owner/name'")
    return text


def _package(text: str) -> str:
    canonical = canonical_package(text)
    if not re.fullmatch(PACKAGE, canonical):
        raise ValueError(f"{text!r} is not a package's name; write it as 'torch-fidelity'")
    if canonical != text:
        raise ValueError(f"write {canonical!r}: in lower case, with single hyphens")
    return text


def _date(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"{text!r} is not a date; write it as '2026-11-23'")
    return text


def _partial_date(text: str) -> str:
    if not re.fullmatch(PARTIAL_DATE, text):
        raise ValueError(f"{text!r} is not a date; write what is known of it: '2017', '2017-06' or '2017-06-12'")
    try:
        date.fromisoformat(text + "-01" * (2 - text.count("-")))
    except ValueError:
        raise ValueError(f"{text!r} is not a day of the calendar") from None
    return text


def _language(text: str) -> str:
    if not re.fullmatch(LANGUAGE, text) or text in {"cn", "jp", "kr"}:  # countries
        raise ValueError(f"{text!r} is not a language tag; write 'zh', 'en', 'ja', 'zh-Hant', or 'mul' for many")
    return text


def _year(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"\d{4}", text):
        raise ValueError(f"{text!r} is not a year; write its four digits")
    return text


def _boolean(text: object) -> object:
    if isinstance(text, str) and text not in {"true", "false"}:
        raise ValueError(f"{text!r} is neither true nor false")
    return text


def _pattern(pattern: str, *, looks_numeric: bool = False) -> Any:
    """Shows a validator's pattern to editors, through the JSON Schema; the validator's own words say more.

    Editors read an unquoted 2301.00010 as a number, which the loader reads as text: both ways of writing it are right.
    """
    return WithJsonSchema({"type": ["string", "number"] if looks_numeric else "string", "pattern": f"^(?:{pattern})$"})


Line = Annotated[str, AfterValidator(_line), Field(max_length=600)]
ChineseLine = Annotated[Line, AfterValidator(_chinese)]
Slug = Annotated[str, AfterValidator(_slug), Field(max_length=80), _pattern(SLUG)]
Url = Annotated[str, AfterValidator(_url), Field(max_length=500), _pattern(r"https?://[^\s<>\"'\\^`{|}]+")]
ArxivId = Annotated[str, AfterValidator(_arxiv_id), _pattern(rf"{NEW_ARXIV_ID}|{OLD_ARXIV_ID}", looks_numeric=True)]
Doi = Annotated[str, AfterValidator(_doi), _pattern(DOI)]
Isbn = Annotated[str, AfterValidator(_isbn), _pattern(r"97[89]([- ]?\d){10}", looks_numeric=True)]
Repository = Annotated[str, AfterValidator(_repository), _pattern(REPOSITORY)]
HubRepository = Annotated[str, AfterValidator(_hub_repository), _pattern(HUB_REPOSITORY)]
Package = Annotated[str, AfterValidator(_package), Field(max_length=100), _pattern(PACKAGE)]
Date = Annotated[date, BeforeValidator(_date)]
PartialDate = Annotated[str, AfterValidator(_partial_date), _pattern(PARTIAL_DATE, looks_numeric=True)]
Year = Annotated[int, Field(ge=1900, le=2100), BeforeValidator(_year), _pattern(r"\d{4}", looks_numeric=True)]
LanguageTag = Annotated[str, AfterValidator(_language), _pattern(LANGUAGE)]
License = Annotated[str, AfterValidator(_line), Field(max_length=120)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Both):
    """The same said in both languages, each as if it were the only one."""

    zh: ChineseLine
    en: Line


class Why(Both):
    """Why this one, and for whom: a sentence in each language that no other entry has."""

    zh: Annotated[ChineseLine, AfterValidator(_why_in_chinese)]
    en: Annotated[Line, AfterValidator(_why_in_english)]


class Topic(_Strict):
    """A word of the vocabulary in topics.yaml, in the order in which a learner meets it."""

    id: Slug
    title: Bilingual
    about: Bilingual


class Watch(_Strict):
    """A search of watch.yaml, behind "what is new": the newest papers and the rising repositories of a topic."""

    id: Slug
    topics: Annotated[list[Slug], Field(min_length=1, max_length=4)] = Field(description="From topics.yaml.")
    arxiv: Line | None = Field(None, description="In arXiv's query language; the newest papers come first.")
    github: Line | None = Field(
        None, description="In GitHub's; the tool adds that they are young, and sorts them by stars."
    )

    @model_validator(mode="after")
    def _searches_somewhere(self) -> Self:
        if not self.arxiv and not self.github:
            raise ValueError("searches nothing; write arxiv, github or both")
        return self


class Entry(_Strict):
    """What every resource has, whatever its kind."""

    kind: ClassVar[Kind]

    id: Slug = Field(description="Stable for ever: pages, feeds and links name the resource by it.")
    title: Line = Field(description="The title in the language of the original.")
    title_zh: ChineseLine | None = Field(None, description="Its Chinese title, where one exists.")
    title_en: Line | None = Field(None, description="Its English title, where one exists.")
    url: Url
    topics: Annotated[list[Slug], Field(min_length=1, max_length=4)] = Field(
        description="From topics.yaml, the most fitting first."
    )
    level: Level
    languages: Annotated[list[LanguageTag], Field(min_length=1)] = Field(
        description="What one must read to use it: en, zh, …; mul for many."
    )
    why: Why = Field(
        description="One sentence of our own: why this one, and for whom; at most 75 characters and 40 words."
    )
    note: Bilingual | None = Field(
        None, description="What a reader should know beforehand: an old edition, a restriction."
    )
    added: Date = Field(description="The day on which it entered the catalogue.")
    unchecked: list[Line] = Field(
        default=[], description="Names of the fields that no source has confirmed yet; the page says so."
    )
    code: Repository | None = Field(None, description="Its GitHub repository, as owner/name; fetched on every refresh.")

    def title_in(self, language: Language) -> str | None:
        """Its title in a language other than the original's, where one exists."""
        return ForEach(zh=self.title_zh, en=self.title_en)[language]

    @model_validator(mode="after")
    def _names_the_paper_that_it_shows(self) -> Self:
        shown, named = arxiv_id_of(self.url), getattr(self, "arxiv", None)
        if shown and "arxiv" in type(self).model_fields and shown != named:
            raise ValueError(f'url shows arXiv {shown}, and arxiv says {named or "nothing"}; write arxiv: "{shown}"')
        return self

    @model_validator(mode="after")
    def _names_no_other_hub_repository_than_it_shows(self) -> Self:
        named = getattr(self, "huggingface", None)
        for field, shown in self.hub_repositories.items():
            if named and shown != named:
                raise ValueError(f"{field} shows {shown} on the Hugging Face Hub, and huggingface says {named}; which?")
        return self

    @property
    def hub_repositories(self) -> dict[str, str]:
        """Field → owner/name, of the addresses that show a repository of the entry's own kind on the Hub."""
        found: dict[str, str] = {}
        if "huggingface" in type(self).model_fields:
            prefix = "datasets/" if self.kind == "dataset" else ""
            for field in ("url", "weights"):
                key = hub_repository_of(getattr(self, field, None) or "") or ""
                if re.fullmatch(prefix + HUB_REPOSITORY, key):
                    found[field] = key.removeprefix(prefix)
        return found

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
    authors: Annotated[list[Line], Field(min_length=1, max_length=12)] = Field(description="The first twelve at most.")
    et_al: Annotated[bool, BeforeValidator(_boolean)] = Field(
        False, description="true where there are more authors than are listed."
    )
    published: PartialDate = Field(description="The day of the first version, as far as it is known.")
    venue: Line | None = None
    arxiv: ArxivId | None = None
    doi: Doi | None = None


class Tool(Entry):
    kind = "tool"
    license: License | None = None
    pypi: Package | None = Field(None, description="Its package on PyPI; fetched on every refresh.")
    access: Access = "free"


class Model(Entry):
    kind = "model"
    organization: Line
    weights: Url | None = None
    huggingface: HubRepository | None = Field(
        None,
        description="Its repository on the Hugging Face Hub, as owner/name, unless url or weights shows it; "
        "of a family, the one to start from.",
    )
    license: License | None = None


class Dataset(Entry):
    kind = "dataset"
    use: Literal["training", "benchmark"]
    year: Year
    arxiv: ArxivId | None = None
    huggingface: HubRepository | None = Field(
        None, description="On the Hugging Face Hub, as owner/name, unless url shows it."
    )
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
STEM = {model.kind: stem for stem, model in MODELS.items()}
"""Kind → the stem of its file."""
