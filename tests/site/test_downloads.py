"""What programs read: each download by a reader that is not ours, where there is one; llms.txt; vendored libraries."""

import csv
import hashlib
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import jsonschema
import pybtex.database
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.site.sites import ROOT
from tools.catalogue.facts import LinkFacts, LinkRecord, State
from tools.catalogue.lock import Lock
from tools.catalogue.models import MODELS, Paper
from tools.catalogue.parts import PAPERS
from tools.language import LANGUAGES, Language
from tools.site.exports import feeds
from tools.site.exports.bibliography import bibtex, csl_json, latex
from tools.site.exports.csv_table import BOM, csv_table, harmless
from tools.site.exports.downloads import catalogue_json, json_schema, llms_txt
from tools.site.exports.feeds import additions, changes, opml
from tools.site.links import address
from tools.site.pages.registry import site_pages
from tools.site.project.reading import Project, read_project
from tools.site.words import WORDS

ATOM = {"atom": "http://www.w3.org/2005/Atom"}
SITE = "https://example.org/below/"


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT, "owner/name", SITE)


def test_the_json_gives_every_entry_back_as_it_is(project: Project) -> None:
    data = json.loads(catalogue_json(project))
    assert data["version"] == 1
    models = {model.kind: model for model in MODELS.values()}
    read = []
    for entry in data["resources"]:
        entry.pop("fetched", None)
        read.append(models[entry.pop("kind")].model_validate(entry))
    assert read == list(project.catalogue.resources)
    assert [topic["id"] for topic in data["topics"]] == [topic.id for topic in project.catalogue.topics]


def test_the_json_holds_what_was_fetched_and_no_etags(project: Project) -> None:
    data = json.loads(catalogue_json(project))
    fetched = [entry["fetched"] for entry in data["resources"] if "fetched" in entry]
    known = {getattr(resource, "arxiv", None) for resource in project.catalogue.resources} & project.lock[PAPERS].keys()
    assert len([record for record in fetched if "arxiv" in record]) == len(known)
    assert "etag" not in json.dumps(fetched)


def test_the_json_is_what_its_schema_says_and_the_schema_says_something(project: Project) -> None:
    schema = json.loads(json_schema())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    record = LinkRecord(state=State.BLOCKED, checked=datetime(2026, 1, 2, tzinfo=UTC), data=LinkFacts(status=403))
    lock = replace(project.lock, records={"links": {project.catalogue.resources[0].url: record}})
    data = json.loads(catalogue_json(replace(project, lock=lock)))
    assert "link" in data["resources"][0]["fetched"]
    validator.validate(data)
    for wrong in ({"kind": "poem"}, {"level": "hard"}, {"fetched": {"arxiv": {"state": "well"}}}, {"stars": 3}):
        entry = {**data["resources"][0], **wrong}
        assert not validator.is_valid({**data, "resources": [entry]}), wrong
    assert not validator.is_valid({**data, "version": 2})


def test_the_table_is_read_back_cell_by_cell_in_both_languages(project: Project) -> None:
    for language in ("zh", "en"):
        text = csv_table(project, language)
        assert text.startswith(BOM)  # Excel takes it for UTF-8
        header, *rows = csv.reader(io.StringIO(text.removeprefix(BOM), newline=""))
        assert header == list(WORDS[language].exports.columns)
        assert {len(row) for row in rows} == {len(header)}
        assert [row[0] for row in rows] == [resource.id for resource in project.catalogue.resources]
        assert [row[2] for row in rows] == [harmless(resource.title) for resource in project.catalogue.resources]


@given(st.text(max_size=20))
def test_no_cell_begins_as_a_formula(text: str) -> None:
    cell = harmless(text)
    assert cell.lstrip()[:1] not in {*"=+-@＝＋－＠"} or not cell.lstrip()
    assert cell.removeprefix("'") == text.removeprefix("'")


def test_references_for_zotero_name_every_paper(project: Project) -> None:
    papers = [paper for paper in project.catalogue.resources if isinstance(paper, Paper)]
    items = json.loads(csl_json(papers))
    assert [item["id"] for item in items] == [paper.id for paper in papers]
    for item, paper in zip(items, papers, strict=True):
        assert item["title"] == paper.title
        assert item["issued"]["date-parts"][0][0] == int(paper.published[:4])
        names = [author.get("literal") or f"{author['given']} {author['family']}" for author in item["author"]]
        assert names == [*paper.authors, *(["others"] if paper.et_al else [])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_opml_holds_every_feed_that_was_curated(project: Project, language: Language) -> None:
    root = ET.fromstring(opml(project, language).encode())
    assert root.attrib == {"version": "2.0"}
    assert root.findtext("head/title")
    outlines = root.findall("body/outline")
    feeds_of = {feed for resource in project.catalogue.by_kind("blog") if (feed := getattr(resource, "feed", None))}
    feeds_of |= {feed for resource in project.catalogue.by_kind("community") for feed in getattr(resource, "feeds", [])}
    assert len(feeds_of) > 5
    assert {outline.get("xmlUrl") for outline in outlines} == feeds_of
    assert all(outline.get("text") and outline.get("type") == "rss" for outline in outlines)
    names = [outline.get("text") for outline in outlines]
    assert len(set(names)) == len(names)
    assert "arXiv cs.CL" in names


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_calendar_program_reads_the_days_of_every_conference(project: Project, language: Language) -> None:
    text = feeds.icalendar(project, language)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    calendar = icalendar.Calendar.from_ical(text)
    events = calendar.walk("VEVENT")
    assert calendar.errors == []
    assert [event.errors for event in events if event.errors] == []
    editions = [(c, edition) for c in project.catalogue.by_kind("conference") for edition in getattr(c, "editions", [])]
    assert len(events) == len(editions) > 8
    assert len({event["UID"] for event in events}) == len(events)
    for event, (conference, edition) in zip(events, editions, strict=True):
        assert event.decoded("DTSTART") == edition.start
        assert event.decoded("DTEND") == (edition.end or edition.start) + timedelta(days=1)
        assert event["SUMMARY"] == f"{conference.title} {edition.year}"
        assert event["LOCATION"] == getattr(edition.place, language)
        assert conference.model_dump()["cycle"][language] in str(event["DESCRIPTION"])


def test_a_change_of_state_is_an_entry_of_its_own_feed(project: Project) -> None:
    resource = project.catalogue.resources[0]

    def lock(state: State, since: date | None) -> Lock:
        checked = datetime(2026, 11, 2, tzinfo=UTC)
        record = LinkRecord(state=state, since=since, checked=checked, reason="HTTP 410", data=LinkFacts())
        return Lock({"links": {resource.url: record}})

    def entries(state: State, since: date) -> list[ET.Element]:
        return ET.fromstring(changes(replace(project, lock=lock(state, since)), "zh")).findall("atom:entry", ATOM)

    assert entries(State.OK, date(2026, 11, 1)) == []
    (gone,) = entries(State.GONE, date(2026, 11, 1))
    assert gone.findtext("atom:title", "", ATOM) == f"{resource.title}：已撤下"
    assert gone.findtext("atom:summary", "", ATOM) == "HTTP 410"
    assert gone.findtext("atom:updated", "", ATOM) == "2026-11-01T00:00:00Z"
    (again,) = entries(State.GONE, date(2026, 11, 9))
    assert again.findtext("atom:id", "", ATOM) != gone.findtext("atom:id", "", ATOM)  # another change


def test_bibtex_has_one_entry_a_paper_with_balanced_braces(project: Project) -> None:
    papers = [paper for paper in project.catalogue.resources if isinstance(paper, Paper)]
    entries = bibtex(papers).split("\n\n")
    keys = [match[1] for entry in entries if (match := re.match(r"@misc\{([a-z0-9-]+),\n", entry))]
    assert keys == [paper.id for paper in papers]
    for entry in entries:
        assert entry.count("{") == entry.count("}")
        assert {"title", "author", "year", "url"} <= set(re.findall(r"^  ([a-z]+) = \{", entry, re.MULTILINE))
        assert not re.search(r"(?<!\\)[&%$#]", re.sub(r"\n  (url|doi) = .*", "", entry)), entry


def test_a_bibtex_program_reads_the_papers_and_their_authors(project: Project) -> None:
    papers = {paper.id: paper for paper in project.catalogue.resources if isinstance(paper, Paper)}
    read = pybtex.database.parse_string(bibtex(papers.values()), "bibtex")
    assert [*read.entries] == [*papers]
    for key, entry in read.entries.items():
        assert len(entry.persons["author"]) == len(papers[key].authors) + papers[key].et_al, key
        assert entry.fields["year"] == papers[key].published[:4]
        assert entry.fields["url"] == papers[key].url


def test_bibtex_counts_braces_that_tex_escapes() -> None:
    assert latex("}{") == r"\textbraceright{}\textbraceleft{}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_feed_is_atom_with_ids_of_its_own_and_real_dates(project: Project, language: Language) -> None:
    root = ET.fromstring(additions(project, language))
    entries = root.findall("atom:entry", ATOM)
    assert 10 < len(entries) <= 50
    ids = [entry.findtext("atom:id", "", ATOM) for entry in entries] + [root.findtext("atom:id", "", ATOM)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", id_) for id_ in ids)
    dates = [datetime.fromisoformat(entry.findtext("atom:updated", "", ATOM)) for entry in entries]
    assert dates == sorted(dates, reverse=True)
    assert datetime.fromisoformat(root.findtext("atom:updated", "", ATOM)) == dates[0]
    for entry in entries:
        assert entry.findtext("atom:title", "", ATOM)
        assert entry.findtext("atom:summary", "", ATOM)
        assert [link.get("rel") for link in entry.findall("atom:link", ATOM)] == ["alternate"]
    own = {link.get("rel"): link.get("href", "") for link in root.findall("atom:link", ATOM)}
    folder = "" if language == "zh" else "en/"
    assert own == {"self": f"{SITE}{folder}catalogue/feed.xml", "alternate": f"{SITE}{folder}catalogue/"}


def test_no_id_of_one_feed_is_in_the_other(project: Project) -> None:
    chinese, english = (set(re.findall(r"urn:uuid:[0-9a-f-]+", additions(project, language))) for language in LANGUAGES)
    assert chinese.isdisjoint(english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_llms_txt_leads_to_a_file(project: Project, language: Language) -> None:
    base = SITE if language == "zh" else f"{SITE}en/"
    links = re.findall(r"^- \[.+\]\((\S+)\): .+$", llms_txt(project, language), re.MULTILINE)
    assert len(links) > 15
    assert {link.removeprefix(base) for link in links} <= {address(path) for path in site_pages(project, language)}


def test_vendored_files_are_what_the_manifest_says_and_no_others() -> None:
    vendor = ROOT / "docs/assets/vendor"
    manifest = json.loads((vendor / "manifest.json").read_text(encoding="utf-8"))
    listed = {
        f"{name}/{file['path']}": file["sha256"] for name, library in manifest.items() for file in library["files"]
    }
    found = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == listed
    assert all(library["version"] and library["license"] and library["home"] for library in manifest.values())
    assert all(f"{name}/LICENSE" in listed for name in manifest)
