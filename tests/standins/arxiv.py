"""arXiv's query API: a feed of what `id_list` names.

The rules are those of its manual (info.arxiv.org/help/api/user-manual.html) and its source (arXiv/arxiv-search).
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.standins.server import Request, Response, StandIn

ATOM, ARXIV = "http://www.w3.org/2005/Atom", "http://arxiv.org/schemas/atom"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
# The server's own check: `re.search`, so that what only contains an identifier passes, and then matches nothing.
LOOKS_LIKE_AN_ID = re.compile(r"\d{4}\.\d{4,5}(v\d+)?|[a-z-]+(\.[A-Z]{2})?/\d{7}(v\d+)?")
LONGEST_LINE = 8000  # 642 identifiers by GET are too many (arxiv.py 15)


@dataclass(frozen=True)
class Paper:
    """arXiv's record."""

    arxiv_id: str
    version: int = 1
    title: str = "A Title"
    authors: tuple[str, ...] = ("A. Author",)
    abstract: str = "An abstract."
    published: str = "2020-01-02T03:04:05Z"
    updated: str = "2020-01-02T03:04:05Z"
    categories: tuple[str, ...] = ("cs.LG",)
    comment: str | None = None
    journal_ref: str | None = None
    doi: str | None = None


class ArxivStandIn(StandIn):
    """Answers from `papers`, or from what `make` makes of an identifier that is not in it; None is unknown."""

    path = "/api/query"

    def __init__(
        self, papers: list[Paper] | None = None, make: Callable[[str], Paper | None] = lambda arxiv_id: None
    ) -> None:
        super().__init__()
        self.papers = {paper.arxiv_id: paper for paper in papers or []}
        self.make = make
        self.found: list[Paper] = []
        """What every search finds."""

    def respond(self, request: Request) -> Response:
        if "accept" not in request.headers:
            return Response(406)  # seen since September 2026
        if len(request.path) > LONGEST_LINE:
            return Response(414)
        # GET and POST mean the same; a form's fields stand in the body.
        text = request.body.decode() if request.method == "POST" else urlsplit(request.path).query
        fields = {name: values[0] for name, values in parse_qs(text).items()}
        start, length = int(fields.get("start", 0)), int(fields.get("max_results", 10))
        if fields.get("sortBy", "relevance") not in {"relevance", "lastUpdatedDate", "submittedDate"}:
            return Response(400)
        if "id_list" not in fields or not fields["id_list"]:
            newest = sorted(self.found, key=lambda paper: paper.published, reverse=True)
            return _feed(newest[start : start + length], len(newest), start, length)
        identifiers = fields["id_list"].split(",")
        for identifier in identifiers:
            if not LOOKS_LIKE_AN_ID.search(identifier):
                return _error(identifier)  # one malformed identifier fails the whole request
        found = [self._paper(identifier) for identifier in identifiers]
        known = [paper for paper in found if paper is not None]  # an unknown one is left out without a word
        known.reverse()  # the order is not that of the request
        return _feed(known[start : start + length], len(known), start, length)

    def _paper(self, identifier: str) -> Paper | None:
        bare = re.sub(r"v\d+$", "", identifier)
        return self.papers.get(bare) or self.make(bare)


def _feed(papers: list[Paper], total: int, start: int, length: int) -> Response:
    for prefix, namespace in (("", ATOM), ("arxiv", ARXIV), ("opensearch", OPENSEARCH)):
        ET.register_namespace(prefix, namespace)
    feed = ET.Element(f"{{{ATOM}}}feed")
    _add(feed, ATOM, "id", "https://arxiv.org/api/a-query")
    _add(feed, ATOM, "title", "arXiv Query")
    _add(feed, ATOM, "updated", "2026-11-23T00:00:00Z")
    _add(feed, OPENSEARCH, "totalResults", str(total))
    _add(feed, OPENSEARCH, "startIndex", str(start))
    _add(feed, OPENSEARCH, "itemsPerPage", str(length))
    for paper in papers:
        entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
        address = f"http://arxiv.org/abs/{paper.arxiv_id}v{paper.version}"
        _add(entry, ATOM, "id", address)
        _add(entry, ATOM, "title", paper.title)
        _add(entry, ATOM, "summary", paper.abstract)
        _add(entry, ATOM, "published", paper.published)
        _add(entry, ATOM, "updated", paper.updated)
        ET.SubElement(entry, f"{{{ATOM}}}link", href=address, rel="alternate", type="text/html")
        for author in paper.authors:
            _add(ET.SubElement(entry, f"{{{ATOM}}}author"), ATOM, "name", author)
        ET.SubElement(entry, f"{{{ARXIV}}}primary_category", term=paper.categories[0])
        for category in paper.categories:
            ET.SubElement(entry, f"{{{ATOM}}}category", term=category)
        for name, value in (("comment", paper.comment), ("journal_ref", paper.journal_ref), ("doi", paper.doi)):
            if value is not None:
                _add(entry, ARXIV, name, value)
    return _atom(200, feed)


def _error(identifier: str) -> Response:
    """A feed of one entry that is no paper."""
    feed = ET.Element(f"{{{ATOM}}}feed")
    entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
    _add(entry, ATOM, "id", f"https://arxiv.org/api/errors#incorrect_id_format_for_{identifier}")
    _add(entry, ATOM, "title", "Error")
    _add(entry, ATOM, "summary", f"incorrect id format for {identifier}")
    _add(ET.SubElement(entry, f"{{{ATOM}}}author"), ATOM, "name", "arXiv api core")
    return _atom(400, feed)


def _atom(status: int, feed: ET.Element) -> Response:
    body = ET.tostring(feed, encoding="UTF-8", xml_declaration=True)
    return Response(status, body, {"Content-Type": "application/atom+xml; charset=utf-8"})


def _add(parent: ET.Element, namespace: str, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{namespace}}}{name}").text = text
