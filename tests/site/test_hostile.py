"""Text from outside is text: a site over a catalogue of hostile texts runs, loads and includes nothing of them.

What counts is checked twice: in every page by a parser, which says where the hostile word stands (in text and in
attributes that hold text, and nowhere else), and in some pages by a browser, which would run what a parser overlooks.
"""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import icalendar
import jinja2
import markdown  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml
from mkdocs.config import load_config
from playwright.sync_api import Browser
from pydantic import BaseModel, ValidationError

from tests.site.sites import ROOT, Parsed, build, copy_project, parse, parse_pages, served
from tools.catalogue import lock as lock_files
from tools.catalogue.facts import (
    LinkFacts,
    LinkRecord,
    PaperFacts,
    PaperRecord,
    RepositoryFacts,
    RepositoryRecord,
    State,
)
from tools.catalogue.history import Point
from tools.catalogue.load import Catalogue, load
from tools.catalogue.lock import Lock
from tools.catalogue.models import INVISIBLE, MODELS
from tools.catalogue.parts import LINKS, PAPERS, REPOSITORIES, SHOWN
from tools.site.pages import templates
from tools.site.pages.registry import site_pages
from tools.site.project.reading import read_project

WORD = "owned"
SECRET = "a line of a local file"  # of the project's mkdocs.yml
PRODUCT = str(191 * 193)

ACTIVE = (  # what runs, loads or includes something where it is not escaped, as HTML or as Markdown with our extensions
    "<script>owned()</script>",
    "<img src=x onerror=owned()>",
    '<img src="https://evil.example/owned.png">',
    "<svg/onload=owned()>",
    '<iframe src="//evil.example/owned"></iframe>',
    '"><script>owned()</script>',
    "</title></style></textarea></script><script>owned()</script>",
    "<a href=javascript:owned()>read on</a>",
    "<!-- owned --><script>owned()</script>",
    "]]><script>owned()</script><![CDATA[",
    "<!-- /block --><script>owned()</script><!-- block -->",
    "\u2028<script>owned()</script>\u2029--- ",
    "\u202e<script>owned()</script>\u202c",
    "\\<script>owned()\\</script>",
    "[owned](javascript:owned())",
    "![owned](https://evil.example/owned.png)",
    "<https://evil.example/owned>",
    "[read on](https://example.org/){onclick=owned()}",
    '**bold**{onclick="owned()"}',
    "`code`{: onmouseover=owned() }",
)
INERT = (  # what would come alive elsewhere: in an attribute, a heading, a table, another macro, TeX, YAML, the hook
    "' onmouseover='owned()' x='",
    '" onfocus="owned()" autofocus="',
    "owned {onclick=owned() #owned}",
    "# owned",
    "| owned {onclick=owned()} | owned |",
    '--8<-- "mkdocs.yml" owned',
    '{{ "".__class__.__mro__ }}{{ 191*193 }} owned',
    '{% include "mkdocs.yml" %} owned',
    "::: aigc_ref.owned",
    "[owned][aigc_ref.gan.losses] [TOC] [^owned]",
    '<div id="block-0"></div> owned',
    "owned}, author = {owned}} @misc{owned, title={owned",
    "owned}",
    "{owned",
    '=HYPERLINK("https://evil.example/owned")',
    "\u3000＠SUM(1)|owned",
    "owned;X-OWNED:1\\,\\nEND:VEVENT",
    "\\input{mkdocs.yml} \\write18{owned} %owned",
    "$\\href{javascript:owned()}{owned}$",
    "owned and owned, Jr.",
    "&lt;script&gt;owned()&lt;/script&gt; &#60;script&#62;",
    'owned\': x, "y": - ? ! &a *a',
)
PAYLOADS = ACTIVE + INERT

TEXT_FIELDS = {"title", "title_zh", "title_en", "authors", "venue", "license", "organization", "instructors"}
TEXT_FIELDS |= {"publisher", "full_name", "zh", "en"}
TEXT_ATTRIBUTES = {"alt", "aria-label", "content", "data-find", "placeholder", "title"}
SLUG = re.compile(r"#?[\w-]*")
"""An anchor made of a heading: letters are all that is left of its text."""
RUNS = re.compile(r"\s*(javascript|vbscript|data):", re.IGNORECASE)
ADDRESSES = {"action", "data", "formaction", "href", "poster", "src", "srcset", "xlink:href"}

pytestmark = pytest.mark.slow


def problems(page: Parsed) -> Iterator[str]:
    """Where hostile text is more than text."""
    for tag, attributes in page.elements:
        if WORD in tag:
            yield f"an element <{tag}>"
        for name, value in attributes.items():
            calls = name in ADDRESSES and RUNS.match(value)
            text = name in TEXT_ATTRIBUTES or (name in {"id", "href"} and SLUG.fullmatch(value))
            if name.startswith("on") or WORD in name or calls or (WORD in value and not text):
                yield f"<{tag} {name}={value!r}>"
    for code in page.code:
        if WORD in code:
            yield f"code {code!r}"
    shown = "".join(page.text)
    for result in (SECRET, PRODUCT, "class 'str'"):
        if result in shown:
            yield f"{result!r} in the text"


def _hostile(value: object, name: str, payloads: Iterator[str]) -> object:
    """The value with a payload in place of every free text."""
    if isinstance(value, dict):
        return {key: _hostile(item, key, payloads) for key, item in value.items()}
    if isinstance(value, list):
        return [_hostile(item, name, payloads) for item in value]
    return next(payloads) if name in TEXT_FIELDS else value


def _facts(model: type[BaseModel], payloads: Iterator[str]) -> Any:
    """A record's data with a payload in every field that takes one."""
    data: dict[str, object] = {}
    for name in model.model_fields:
        for value in (next(payloads), [next(payloads), next(payloads)]):
            try:
                model.model_validate({name: value})
            except ValidationError:
                continue
            data[name] = value
            break
    return model.model_validate(data)


def _poison(resources: Path) -> Catalogue:
    payloads = cycle(PAYLOADS)
    optional = {"title_zh": "", "title_en": "", "note": {"zh": "", "en": ""}, "venue": "", "license": ""}
    for stem in ("topics", *MODELS):
        path = resources / f"{stem}.yaml"
        entries = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        for number, entry in enumerate(entries):
            if stem in MODELS:
                fields = MODELS[stem].model_fields
                entry |= {name: value for name, value in optional.items() if name in fields and name not in entry}
            if stem == "papers":
                entry["doi"] = f'10.1234/{number}}}{{"><script>owned()</script>'
        curated = (payload for payload in payloads if not INVISIBLE & set(payload))  # those are refused
        poisoned: Any = _hostile(entries, "", curated)
        for number, entry in enumerate(poisoned if stem in MODELS else ()):
            own = f"{list(MODELS).index(stem)}-{number}"  # no two reasons are the same
            entry["why"] = {"zh": f"{entry['why']['zh']}好 {own}。", "en": f"{entry['why']['en']} {own}."}
        path.write_text(yaml.safe_dump(poisoned, allow_unicode=True, width=10_000), encoding="utf-8")
    catalogue = load(resources)
    states, now = cycle(State), datetime(2026, 1, 2, tzinfo=UTC)
    lock = Lock()
    for resource in catalogue.resources:
        said: dict[str, Any] = {"checked": now, "source": next(payloads), "reason": next(payloads)}
        if arxiv := getattr(resource, "arxiv", None):
            facts = _facts(PaperFacts, payloads)
            lock[PAPERS][arxiv] = PaperRecord(state=next(states), data=facts, **said)
        if resource.code:
            found = _facts(RepositoryFacts, payloads)
            lock[REPOSITORIES][resource.code] = RepositoryRecord(state=next(states), data=found, **said)
        lock[LINKS][resource.url] = LinkRecord(state=next(states), since=now.date(), data=LinkFacts(), **said)
        for part in SHOWN:
            for key, _ in part.uses(resource):
                record = part.record(state=next(states), data=_facts(part.facts, payloads), since=now.date(), **said)
                lock[part][key] = record
                for name in part.remembered({key: record}):
                    lock.history[name] = [Point(date(2026, 1, day), None, next(payloads)) for day in (1, 2)]
        for key in filter(None, (arxiv, resource.code)):
            days = [(date(2026, 1, day), day * 10) for day in (1, 2, 3)]
            lock.history[key] = [Point(day, stars, next(payloads)) for day, stars in days]
    lock_files.write(resources, lock)
    return catalogue


TRAP = "window.calls = 0; window.owned = () => { window.calls += 1; };"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_project(tmp_path_factory.mktemp("project"))
    _poison(folder / "resources")
    with (folder / "mkdocs.yml").open("a", encoding="utf-8") as file:
        file.write(f"# {SECRET}\n")
    return folder


@pytest.fixture(scope="module")
def catalogue(project: Path) -> Catalogue:
    return load(project / "resources")


@pytest.fixture(scope="module")
def hostile_site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    build(project, folder, SITE_URL="https://example.org/below/", REPOSITORY="owner/name")
    return folder


@pytest.fixture(scope="module")
def hostile_pages(hostile_site: Path) -> dict[str, Parsed]:
    return parse_pages(hostile_site)


def test_every_free_field_of_the_catalogue_is_hostile(catalogue: Catalogue) -> None:
    def leaves(value: object, name: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from leaves(item, key)
        elif isinstance(value, list):
            for item in value:
                yield from leaves(item, name)
        elif isinstance(value, str):
            yield name, value

    harmless: set[str] = set()
    hostile: set[str] = set()
    for resource in catalogue.resources:
        for name, value in leaves(resource.model_dump(mode="json"), ""):
            (hostile if WORD in value else harmless).add(name)
    assert hostile == TEXT_FIELDS | {"doi"}
    assert harmless - hostile <= {  # a validator lets nothing but its pattern into these
        *("id", "url", "topics", "level", "languages", "language", "added", "unchecked", "code", "access", "isbn"),
        *("published", "arxiv", "weights", "use", "feed", "feeds", "start", "end", "huggingface", "pypi"),
    }


def test_hostile_text_is_text_on_every_page(hostile_pages: dict[str, Parsed]) -> None:
    found = [f"{page}: {problem}" for page, parsed in hostile_pages.items() for problem in problems(parsed)]
    assert found == []
    assert sum(WORD in text for parsed in hostile_pages.values() for text in parsed.text) > 10_000


@pytest.mark.parametrize("language", ["zh", "en"])
def test_titles_are_shown_letter_by_letter(catalogue: Catalogue, hostile_site: Path, language: str) -> None:
    page = hostile_site / ("" if language == "zh" else "en") / "catalogue/index.html"
    cards = re.findall(r"<h2><a [^>]*>(.*?)</a></h2>", page.read_text(encoding="utf-8"), re.DOTALL)
    titles = [getattr(resource, f"title_{language}") or resource.title for resource in catalogue.resources]
    assert ["".join(parse(card).text) for card in cards] == titles


def test_only_curated_addresses_lead_away(catalogue: Catalogue, hostile_pages: dict[str, Parsed]) -> None:
    curated = {resource.url for resource in catalogue.resources}
    curated |= {f"https://github.com/{resource.code}" for resource in catalogue.resources if resource.code}
    for resource in catalogue.resources:
        fields = resource.model_dump()
        curated |= {*filter(None, (fields.get("weights"), fields.get("feed"))), *fields.get("feeds", [])}
        curated.add(f"https://arxiv.org/abs/{fields.get('arxiv')}")
        curated |= {str(part.page(key)) for part in SHOWN for key, _ in part.uses(resource)}
    for page, parsed in hostile_pages.items():
        if "catalogue/" in page or "errata" in page:
            away = {link for link in parsed.every("a", "href") if re.match(r"([a-z]+:|//)", link)}
            assert away <= curated, page


def test_the_sitemap_names_every_page_in_both_languages(hostile_site: Path) -> None:
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    for language, folder in {"zh-CN": hostile_site, "en": hostile_site / "en"}.items():
        urls = ET.parse(folder / "sitemap.xml").findall("s:url", names)
        assert len(urls) > 30
        for url in urls:
            location = url.findtext("s:loc", namespaces=names)
            twins = {link.get("hreflang"): link.get("href") for link in url.findall("x:link", names)}
            assert twins.keys() == {"zh-CN", "en"}
            assert twins[language] == location
            for address in twins.values():
                assert (hostile_site / str(address).removeprefix("https://example.org/below/") / "index.html").exists()


def test_downloads_hold_the_same_text(catalogue: Catalogue, hostile_site: Path) -> None:
    data = json.loads((hostile_site / "catalogue/catalogue.json").read_text(encoding="utf-8"))
    assert [entry["title"] for entry in data["resources"]] == [resource.title for resource in catalogue.resources]
    atom = {"atom": "http://www.w3.org/2005/Atom"}
    feed = ET.parse(hostile_site / "en/catalogue/feed.xml")
    titles = {resource.title for resource in catalogue.resources}
    assert {entry.findtext("atom:title", "", atom) for entry in feed.findall("atom:entry", atom)} <= titles
    links = {link.get("href", "") for link in feed.iterfind(".//atom:link", atom)}
    assert all(link.startswith(("http://", "https://")) and WORD not in link for link in links)


def test_a_spreadsheet_a_feed_reader_and_a_calendar_take_it_for_text(catalogue: Catalogue, hostile_site: Path) -> None:
    folder = hostile_site / "catalogue"
    rows = list(csv.reader(io.StringIO((folder / "catalogue.csv").read_text(encoding="utf-8-sig"), newline="")))
    assert len(rows) == 1 + len(catalogue.resources)
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.strip()[:1] in {*"=+-@＝＋－＠"} and cell]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    outlines = ET.parse(folder / "blogs.opml").findall("body/outline")
    assert {outline.get("htmlUrl") for outline in outlines} <= {resource.url for resource in catalogue.resources}
    events = icalendar.Calendar.from_ical((folder / "conferences.ics").read_bytes()).walk("VEVENT")
    editions = [edition for c in catalogue.by_kind("conference") for edition in getattr(c, "editions", [])]
    assert len(events) == len(editions)
    assert {name for event in events for name in event} == {
        *("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION", "URL", "TRANSP")
    }
    assert ET.parse(folder / "changes.xml").getroot().tag.endswith("}feed")
    assert [item["id"] for item in json.loads((folder / "papers.csl.json").read_text(encoding="utf-8"))] == [
        paper.id for paper in catalogue.by_kind("paper")
    ]


def test_bibtex_stays_one_entry_a_paper(catalogue: Catalogue, hostile_site: Path) -> None:
    text = (hostile_site / "catalogue/papers.bib").read_text(encoding="utf-8")
    depth, entries = 0, 0
    for place, character in enumerate(text):  # BibTeX counts every brace, also one after a backslash
        entries += character == "@" and depth == 0
        depth += (character == "{") - (character == "}")
        assert depth >= 0, text[:place]
    assert depth == 0
    assert entries == len(catalogue.by_kind("paper"))


def test_files_for_programs_hold_no_catalogue_text_that_acts(hostile_site: Path) -> None:
    for name in ("llms.txt", "tutorials/gan/gan.ipynb", "tutorials/gan/gan.py"):
        for folder in (hostile_site, hostile_site / "en"):
            assert WORD not in (folder / name).read_text(encoding="utf-8")
    index = json.loads((hostile_site / "search/search_index.json").read_text(encoding="utf-8"))
    assert len(index["docs"]) > 50
    for document in index["docs"]:  # Material puts both into the page as HTML
        assert list(problems(parse(document["title"]))) == []
        assert list(problems(parse(document["text"]))) == []
    for path in hostile_site.rglob("*"):
        if path.suffix in {".html", ".txt", ".xml", ".bib", ".json", ".md", ".js", ".ipynb", ".csv", ".opml", ".ics"}:
            assert SECRET not in path.read_text(encoding="utf-8"), path


def test_a_page_that_is_not_there_leads_back_into_a_site_below_a_path(hostile_pages: dict[str, Parsed]) -> None:
    links = hostile_pages["404.html"].every("a", "href")
    assert {"/below/en/index.html", "/below/catalogue/", "/below/en/catalogue/"} <= set(links)
    assert not [link for link in links if link.startswith("//")]


@pytest.mark.parametrize("field", ["url", "code", "arxiv", "weights", "feed"])
@pytest.mark.parametrize(
    "value",
    [
        "javascript:owned()",
        "data:text/html,<script>owned()</script>",
        '//evil.example/owned"onclick="owned()',
        'https://example.org/"onclick="owned()',
        "https://example.org/ {onclick=owned()}",
        "https://example.org/<script>owned()</script>",
    ],
)
def test_addresses_that_act_do_not_enter_the_catalogue(field: str, value: str) -> None:
    refused = 0
    for model in MODELS.values():
        if field in model.model_fields:
            try:
                model.model_validate({field: value})
            except ValidationError as error:
                refused += any(
                    problem["loc"] == (field,) and problem["type"] != "missing" for problem in error.errors()
                )
    assert refused == sum(field in model.model_fields for model in MODELS.values())


def test_a_browser_runs_and_loads_nothing_of_it(hostile_site: Path, browser: Browser) -> None:
    # Without the pages' policy, which would hide what escaping lets through.
    with served(hostile_site) as address, browser.new_context(bypass_csp=True) as context:
        requests: list[str] = []
        context.on("request", lambda request: requests.append(request.url))
        context.add_init_script(TRAP)
        page = context.new_page()
        for path in (
            "catalogue/",
            "en/catalogue/",
            "catalogue/topics/gan/",
            "en/catalogue/papers/",
            "errata/",
            "catalogue/paper-gan/",
        ):
            page.goto(address + path)
            events = ["mouseover", "focus", "click", "error", "load"]
            page.evaluate(
                """events => {
                    document.addEventListener("click", event => event.preventDefault());
                    for (const element of document.querySelectorAll("article *"))
                        for (const event of events) element.dispatchEvent(new Event(event, { cancelable: true }));
                }""",
                events,
            )
            assert page.evaluate("window.calls") == 0, path
        assert [url for url in requests if not url.startswith(address)] == []
        assert len(requests) > 5
        page.set_content("".join(f"<p>{payload}</p>" for payload in ACTIVE))  # the trap can spring
        assert page.evaluate("window.calls") > 0


def test_the_policy_stops_what_escaping_would_let_through(hostile_site: Path, browser: Browser) -> None:
    with served(hostile_site) as address, browser.new_context() as context:
        context.add_init_script(TRAP)
        page = context.new_page()
        page.goto(address)
        requests: list[str] = []
        page.on("requestfinished", lambda request: requests.append(request.url))
        page.set_content("".join(f"<p>{payload}</p>" for payload in ACTIVE))
        page.wait_for_timeout(200)
        assert page.evaluate("window.calls") == 0
        assert [url for url in requests if not url.startswith((address, "data:"))] == []


def test_without_escaping_the_same_checks_would_fail(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = templates._ENVIRONMENT
    credulous = jinja2.Environment(loader=environment.loader, trim_blocks=True, lstrip_blocks=True)
    monkeypatch.setattr(templates, "_ENVIRONMENT", credulous)
    page = str(site_pages(read_project(project), "en")["catalogue/index.md"])
    found = " ".join(problems(parse(page)))
    assert all(trap in found for trap in ("onerror", "onload", "javascript:", "evil.example", "code"))


@pytest.fixture(scope="module")
def to_html() -> Callable[[str], str]:
    """Markdown with the site's own extensions."""
    config = load_config(str(ROOT / "mkdocs.yml"))
    extensions: dict[str, Any] = {"extensions": config.markdown_extensions, "extension_configs": config.mdx_configs}
    return lambda text: str(markdown.markdown(text, **extensions))


def test_where_no_hook_lifts_blocks_out_markdown_passes_them_on(
    catalogue: Catalogue, project: Path, to_html: Callable[[str], str]
) -> None:
    staged = templates.BLOCK.sub(
        lambda found: found[1], str(site_pages(read_project(project), "en")["catalogue/tools.md"])
    )
    html = to_html(staged.split("---\n", 2)[2])
    assert list(problems(parse(html))) == []
    cards = re.findall(r"<h2><a [^>]*>(.*?)</a></h2>", html, re.DOTALL)
    titles = [tool.title_en or tool.title for tool in catalogue.by_kind("tool")]
    assert ["".join(parse(card).text) for card in cards] == titles


@pytest.mark.parametrize("payload", ACTIVE)
def test_each_payload_acts_where_a_page_takes_it_for_markdown(payload: str, to_html: Callable[[str], str]) -> None:
    page = parse(to_html(f"Said: {payload}"))
    away = {value for _, attributes in page.elements for value in attributes.values() if "evil.example" in value}
    assert list(problems(page)) or away
    assert list(problems(parse(to_html(f"Said: {templates.plain(payload)}")))) == []
