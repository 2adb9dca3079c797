"""What one subscribes to: Atom of additions and of changes, OPML of the blogs' own feeds, the conferences' days."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import NAMESPACE_URL, uuid5

from tools.catalogue.facts import State
from tools.catalogue.models import Conference, Kind
from tools.language import Language, root
from tools.site.project.curated import feeds_of
from tools.site.project.reading import Project
from tools.site.project.resource_status import status_of
from tools.site.words import WORDS

ATOM = "http://www.w3.org/2005/Atom"
FEED_LENGTH = 50


@dataclass(frozen=True, slots=True)
class _Item:
    id: str
    """Stays when addresses change."""
    day: date
    kind: Kind
    title: str
    url: str
    summary: str


def additions(project: Project, language: Language) -> str:
    """An Atom feed of the latest additions. Entries lead to the resource itself."""
    items = [_Item(r.id, r.added, r.kind, r.title, r.url, r.why[language]) for r in project.catalogue.resources]
    return _atom(project, language, "feed.xml", WORDS[language].exports.feed_title, items)


def changes(project: Project, language: Language) -> str:
    """An Atom feed of what became of resources: archived, withdrawn, renamed …, each on the day it was first seen."""
    items = list(_changes(project, language))
    return _atom(project, language, "changes.xml", WORDS[language].exports.changes_title, items)


def _changes(project: Project, language: Language) -> Iterator[_Item]:
    words = WORDS[language]
    for resource in project.catalogue.resources:
        for record in status_of(resource, project.lock).records:
            if record.state not in {State.OK, State.UNKNOWN} and record.since:
                state, what = words.names.states[record.state], f"{resource.id} {type(record.data).__name__}"
                title = words.exports.changed.format(title=resource.title, state=state)
                key = f"{what} {record.state} {record.since}"
                yield _Item(key, record.since, resource.kind, title, resource.url, record.reason or state)


def _atom(project: Project, language: Language, name: str, title: str, items: list[_Item]) -> str:
    words = WORDS[language]
    newest = sorted(items, key=lambda item: item.day, reverse=True)[:FEED_LENGTH]
    # A feed of nothing yet is as old as the catalogue.
    updated = max((item.day for item in newest), default=max(r.added for r in project.catalogue.resources))
    scope = f"aigc-ref catalogue {language}" if name == "feed.xml" else f"aigc-ref catalogue {name} {language}"
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language})
    _text(feed, "title", title)
    _text(feed, "id", uuid5(NAMESPACE_URL, scope).urn)
    _text(feed, "updated", f"{updated}T00:00:00Z")
    ET.SubElement(ET.SubElement(feed, f"{{{ATOM}}}author"), f"{{{ATOM}}}name").text = words.site.name
    if project.site_url:
        base = project.site_url + root(language)
        ET.SubElement(feed, f"{{{ATOM}}}link", rel="self", href=f"{base}catalogue/{name}")
        ET.SubElement(feed, f"{{{ATOM}}}link", rel="alternate", href=f"{base}catalogue/")
    for item in newest:
        entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
        _text(entry, "title", item.title)
        _text(entry, "id", uuid5(NAMESPACE_URL, f"{scope} {item.id}").urn)
        _text(entry, "updated", f"{item.day}T00:00:00Z")
        ET.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=item.url)
        ET.SubElement(entry, f"{{{ATOM}}}category", term=item.kind, label=words.names.kind[item.kind])
        _text(entry, "summary", item.summary)
    return _xml(feed)


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def _xml(root: ET.Element) -> str:
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content.decode() + "\n"


def opml(project: Project, language: Language) -> str:
    """Every feed that a blog or community of the catalogue has (https://opml.org/spec2.opml), for a feed reader."""
    words = WORDS[language]
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = words.exports.opml_title
    body = ET.SubElement(root, "body")
    for resource in project.catalogue.resources:
        feeds = feeds_of(resource)
        for feed in feeds:
            title = resource.title_in(language) or resource.title
            if len(feeds) > 1:  # a reader would list them all under one name
                title = f"{title} {feed.rstrip('/').rsplit('/', 1)[-1]}"
            ET.SubElement(body, "outline", type="rss", text=title, title=title, xmlUrl=feed, htmlUrl=resource.url)
    return _xml(root)


def icalendar(project: Project, language: Language) -> str:
    """The conferences' days (RFC 5545), as all-day events."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//aigc-ref//catalogue//{language.upper()}"]
    lines.append(f"X-WR-CALNAME:{_escaped(WORDS[language].exports.calendar_title)}")
    for conference in project.catalogue.by_kind("conference"):
        if isinstance(conference, Conference):
            lines += _events(conference, language)
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line))


def _events(conference: Conference, language: Language) -> Iterator[str]:
    for edition in conference.editions:
        after = (edition.end or edition.start) + timedelta(days=1)  # the end of an all-day event is the day after
        yield from (
            "BEGIN:VEVENT",
            f"UID:{conference.id}-{edition.year}@aigc-ref",
            f"DTSTAMP:{conference.added:%Y%m%d}T000000Z",  # of the entry and not of the build, which is repeatable
            f"DTSTART;VALUE=DATE:{edition.start:%Y%m%d}",
            f"DTEND;VALUE=DATE:{after:%Y%m%d}",
            f"SUMMARY:{_escaped(f'{conference.title} {edition.year}')}",
            f"LOCATION:{_escaped(edition.place[language])}",
            f"DESCRIPTION:{_escaped(f'{conference.full_name}. {conference.cycle[language]}')}",
            f"URL:{conference.url}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        )


def _escaped(text: str) -> str:
    for special in "\\;,":
        text = text.replace(special, "\\" + special)
    return text


def _folded(line: str) -> Iterable[str]:
    """In parts of at most 75 bytes, none of them ending within a character; all but the first begin with a space."""
    part = ""
    for character in line:
        if len((part + character).encode()) > 75:
            yield part
            part = " "
        part += character
    yield part
