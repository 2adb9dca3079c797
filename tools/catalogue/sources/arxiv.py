"""Papers from arXiv's query API, by the `arxiv` package over the project's own transport.

The package gives paging, parsing and `Result`. Its HTTP it does not give: it knows no time-out, sends identifiers
by GET (642 of them are a 414), takes a feed that was cut off for a whole one and a page saying "Rate exceeded." for
an empty one. So its session is replaced by one that posts, lets nothing but a complete Atom feed through, and
raises what the transport says.

The service's rules (checked in its source, github.com/arXiv/arxiv-search): one malformed identifier fails the whole
request, an unknown one is left out without a word, the order is not the request's, and there is no flag for a
withdrawn paper.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.parsers import expat

import arxiv  # type: ignore[import-untyped]  # it ships no types

from tools.catalogue.answers import Answer, Found, Missing, NotAnswered, Reason
from tools.catalogue.facts import PaperFacts, PaperHit, PaperHits
from tools.catalogue.models import canonical_arxiv_id
from tools.catalogue.policy import PAPERS_A_REQUEST
from tools.catalogue.replies import Failure, Reply
from tools.catalogue.source import Source, not_answered
from tools.catalogue.text import clean
from tools.catalogue.transport import Transport

NEWEST = 25  # papers of a search: more appear in a day for none of ours
ATOM_FEED = "http://www.w3.org/2005/Atom feed"
_MALFORMED_ID = re.compile(rb"incorrect id format for ([^\s<]+)")
_WITHDRAWN = re.compile(
    r"^\W*(this \w+ (has been|was|is) )?withdrawn\b|\bthis (paper|article|submission|manuscript|preprint|work|report) "
    r"(has been|was|is being|is) withdrawn\b",
    re.IGNORECASE,
)
_SUCCESSOR = re.compile(
    r"\b(?:superseded|replaced|subsumed) by (?:the paper |our paper )?\(?(?:https?://)?arxiv(?:\.org/abs/|:\s?|\s)"
    r"((?:[a-z-]+(?:\.[A-Z]{2})?/)?\d[\d.]+\d(?:v\d+)?)",
    re.IGNORECASE,
)


class NoFeedError(Exception):
    """What came is not a complete feed. Passes through the package's client to the one who asked."""

    def __init__(self, failure: Failure, malformed_id: str | None = None) -> None:
        super().__init__(failure.detail)
        self.failure = failure
        self.malformed_id = malformed_id


@dataclass(frozen=True, slots=True)
class _Response:
    """As much of requests.Response as the package reads."""

    status_code: int
    content: bytes


class PostingSession:
    """Takes the place of the requests.Session that `arxiv.Client` keeps in `_session`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, url: str, headers: Mapping[str, str]) -> _Response:  # noqa: ARG002
        """Post the query that the package has put behind the `?`; its headers would hide who asks."""
        endpoint, _, query = url.partition("?")
        reply = self._transport.ask(
            "POST",
            endpoint,
            content=query.encode(),
            headers={
                "Accept": "application/atom+xml",  # without Accept the service has answered 406
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        if isinstance(reply, Failure):
            raise NoFeedError(reply)
        try:
            return _Response(200, complete_feed(reply))
        except NoFeedError as error:
            if error.failure.reason is Reason.RATE_LIMITED:  # said with status 200: the transport did not see it
                self._transport.pace.hold(None, limited=True)
            raise


def complete_feed(reply: Reply) -> bytes:
    """The body, if it is a well-formed Atom feed without a DTD that reports no error; NoFeedError otherwise."""
    if malformed := _MALFORMED_ID.search(reply.body):
        name = malformed[1].decode("ascii", "replace")
        raise NoFeedError(Failure(Reason.REFUSED, f"calls the identifier {clean(name, 50)!r} malformed"), name)
    if reply.body.lstrip()[:20].lower().startswith(b"rate exceeded"):
        raise NoFeedError(Failure(Reason.RATE_LIMITED, "says 'Rate exceeded.'"))
    if reply.status != 200:
        raise NoFeedError(Failure(Reason.REFUSED, f"answers {reply.status}"))
    root: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, _: root.append(name) if not root else None
    parser.StartDoctypeDeclHandler = _refuse_dtd
    try:
        parser.Parse(reply.body, True)
    except expat.ExpatError as error:
        raise NoFeedError(Failure(Reason.MALFORMED, f"is cut off or not XML ({error})")) from None
    except (LookupError, ValueError):  # an encoding that does not exist
        raise NoFeedError(Failure(Reason.MALFORMED, "is in an unknown encoding")) from None
    if root != [ATOM_FEED]:
        raise NoFeedError(Failure(Reason.MALFORMED, "is not an Atom feed"))
    return reply.body


def _refuse_dtd(*_: object) -> None:
    raise NoFeedError(Failure(Reason.MALFORMED, "has a DTD, which no feed of arXiv has"))


@dataclass
class Arxiv(Source[PaperFacts]):
    transport: Transport
    witness: str | None = None
    """A paper that is known to be there. Where none of those asked for is in a feed, is it?"""

    def query_all(self, keys: Sequence[str]) -> Iterator[list[Answer[PaperFacts]]]:
        """An answer for every key, a batch at a time. After a request that failed, nothing more is asked."""
        for start in range(0, len(keys), PAPERS_A_REQUEST):
            batch, failure = self._batch(keys[start : start + PAPERS_A_REQUEST])
            yield batch
            if failure:
                yield not_answered(keys[start + PAPERS_A_REQUEST :], failure)
                return

    def _batch(self, keys: Sequence[str]) -> tuple[list[Answer[PaperFacts]], Failure | None]:
        answers: list[Answer[PaperFacts]] = []
        asked = list(keys)
        while asked:
            try:
                found = self._fetch(asked)
            except NoFeedError as error:
                failure = error.failure
                if error.malformed_id in asked:  # drop the one that is blamed and ask for the rest
                    asked.remove(error.malformed_id)
                    answers.append(NotAnswered(error.malformed_id, failure.reason, failure.detail))
                    continue
                return answers + not_answered(asked, failure), failure
            if asked and not found and not self._feeds_can_be_trusted(asked):
                detail = "an empty feed, in which not even a paper is that was there before"
                return answers + [NotAnswered(key, Reason.IMPLAUSIBLE, detail) for key in asked], None
            return answers + [found.get(key, Missing(key)) for key in asked], None
        return answers, None

    def _feeds_can_be_trusted(self, keys: Sequence[str]) -> bool:
        """Whether an empty feed means that these papers are not there: a second request, for them and the witness."""
        if self.witness is None or self.witness in keys:
            return len(keys) == 1  # all of several at once have never vanished; one may be a slip of the pen
        try:
            return self.witness in self._fetch([*keys, self.witness])
        except NoFeedError:
            return False

    def _fetch(self, keys: Sequence[str]) -> dict[str, Answer[PaperFacts]]:
        search = arxiv.Search(id_list=list(keys), max_results=None)  # its default of 100 would cut the list
        answers = (_answer(result) for result in _results(self.transport, search, len(keys)))
        return {key: answer for key, answer in answers if key in keys}


@dataclass
class ArxivSearches(Source[PaperHits]):
    """The newest papers that each search of watch.yaml finds; keys are the searches' ids."""

    transport: Transport
    queries: Mapping[str, str]
    """Id → arXiv's query language."""

    def query(self, key: str) -> Answer[PaperHits] | Failure:
        search = arxiv.Search(
            self.queries[key], max_results=NEWEST, sort_by=arxiv.SortCriterion.SubmittedDate
        )  # descending is its default
        try:
            results = _results(self.transport, search, NEWEST)
            hits = [hit for result in results if (hit := _hit(result)) is not None]
        except NoFeedError as error:
            return error.failure
        return Found(key, PaperHits(hits=tuple(hits)))


def _results(transport: Transport, search: arxiv.Search, page: int) -> list[arxiv.Result]:
    """What the service finds, or NoFeedError."""
    client = arxiv.Client(page_size=page, delay_seconds=0, num_retries=0)  # our Pace waits and asks again
    client.query_url_format = quote(transport.url, safe=":/[]%~") + "?{}"
    client._session = PostingSession(transport)  # private: `arxiv<5` is pinned, and a test fails if it goes
    try:
        return list(client.results(search))
    except (ValueError, arxiv.ArxivError) as error:  # a date that is none; an empty page where more were promised
        raise NoFeedError(Failure(Reason.MALFORMED, clean(str(error), 200))) from None


def _hit(result: arxiv.Result) -> PaperHit | None:
    """The paper, or None for an entry that cannot be one: a search may find others."""
    try:
        return PaperHit(
            arxiv=canonical_arxiv_id(result.entry_id.partition("/abs/")[2]),
            title=result.title,
            authors=[author.name for author in result.authors][:12],
            published=result.published.date(),
            primary_category=result.primary_category,
        )
    except ValueError:
        return None


def _answer(result: arxiv.Result) -> tuple[str, Answer[PaperFacts]]:
    identifier = result.entry_id.partition("/abs/")[2]
    try:
        key = canonical_arxiv_id(identifier)
    except ValueError:
        return identifier, Missing(identifier)  # nobody asked for it, so nobody hears this
    version = re.search(r"v(\d+)$", identifier)
    if not (result.title.strip() and result.authors and result.primary_category and version):
        return key, NotAnswered(key, Reason.MALFORMED, "its entry lacks a title, an author, a category or a version")
    facts = PaperFacts(
        title=result.title,
        authors=[author.name for author in result.authors],
        published=result.published.date(),
        updated=result.updated.date(),
        latest_version=int(version[1]),
        primary_category=result.primary_category,
        categories=result.categories,
        comment=result.comment,
        journal_ref=result.journal_ref,
        doi=result.doi,
        withdrawn=withdrawal(result.comment, result.summary),
        superseded_by=successor(key, result.comment, result.summary),
    )
    return key, Found(key, facts)


def withdrawal(comment: str | None, abstract: str | None) -> str | None:
    """The words that withdraw a paper: its comment's, else its abstract's. arXiv has no flag for it.

    >>> withdrawal("This paper has been withdrawn by the author", None)
    'This paper has been withdrawn by the author'
    >>> withdrawal("12 pages; explains why two samples were withdrawn", "We study ...")
    """
    for text in (comment, abstract):
        if text and _WITHDRAWN.search(" ".join(text.split())):
            return clean(text, 300)
    return None


def successor(key: str, comment: str | None, abstract: str | None) -> str | None:
    """The paper that the authors name in this one's place.

    >>> successor("2301.00001", "Withdrawn; superseded by arXiv:2302.00002v1", None)
    '2302.00002'
    """
    for text in (comment, abstract):
        if text and (found := _SUCCESSOR.search(" ".join(text.split()))):
            try:
                named = canonical_arxiv_id(found[1])
            except ValueError:
                continue
            return named if named != key else None
    return None
