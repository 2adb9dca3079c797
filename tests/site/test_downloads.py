"""What programs read: the catalogue as JSON, BibTeX and Atom, llms.txt; and the libraries that pages load."""

import hashlib
import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime

import pytest

from tests.site.sites import ROOT
from tools.catalogue.models import MODELS
from tools.site.downloads import bibtex, catalogue_json, feed, latex, llms_txt
from tools.site.links import address
from tools.site.pages import site_pages
from tools.site.project import Project, read_project
from tools.tutorials.source import LANGUAGES, Language

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
    known = {getattr(resource, "arxiv", None) for resource in project.catalogue.resources} & project.lock.papers.keys()
    assert len([record for record in fetched if "arxiv" in record]) == len(known)
    assert "etag" not in json.dumps(fetched)


def test_bibtex_has_one_entry_a_paper_with_balanced_braces(project: Project) -> None:
    papers = project.catalogue.by_kind("paper")
    entries = bibtex(papers).split("\n\n")
    keys = [match[1] for entry in entries if (match := re.match(r"@misc\{([a-z0-9-]+),\n", entry))]
    assert keys == [paper.id for paper in papers]
    for entry in entries:
        assert entry.count("{") == entry.count("}")
        assert {"title", "author", "year", "url"} <= set(re.findall(r"^  ([a-z]+) = \{", entry, re.MULTILINE))
        assert not re.search(r"(?<!\\)[&%$#]", re.sub(r"\n  (url|doi) = .*", "", entry)), entry


def test_bibtex_counts_braces_that_tex_escapes() -> None:
    assert latex("}{") == r"\textbraceright{}\textbraceleft{}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_feed_is_atom_with_ids_of_its_own_and_real_dates(project: Project, language: Language) -> None:
    root = ET.fromstring(feed(project, language))
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
    chinese, english = (set(re.findall(r"urn:uuid:[0-9a-f-]+", feed(project, language))) for language in LANGUAGES)
    assert chinese.isdisjoint(english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_llms_txt_leads_to_a_page(project: Project, language: Language) -> None:
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
