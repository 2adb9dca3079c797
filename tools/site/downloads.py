"""The catalogue in the forms that programs read: JSON, BibTeX, Atom, and llms.txt."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from uuid import NAMESPACE_URL, uuid5

from tools.catalogue.models import Paper, Resource
from tools.site.cards import STEM
from tools.site.links import address
from tools.site.project import Project
from tools.site.words import WORDS
from tools.tutorials.source import Language

JSON_VERSION = 1
ATOM = "http://www.w3.org/2005/Atom"
FEED_LENGTH = 50


def catalogue_json(project: Project) -> str:
    """Every entry, in both languages, with what was fetched. `version` changes when a field changes its meaning."""
    entries = []
    for resource in project.catalogue.resources:
        entry = {"kind": resource.kind, **resource.model_dump(mode="json", exclude_defaults=True)}
        fetched = {}
        if (arxiv := getattr(resource, "arxiv", None)) and arxiv in project.lock.papers:
            fetched["arxiv"] = project.lock.papers[arxiv].model_dump(mode="json", exclude_none=True, exclude={"etag"})
        if resource.code and resource.code in project.lock.repositories:
            record = project.lock.repositories[resource.code]
            fetched["github"] = record.model_dump(mode="json", exclude_none=True, exclude={"etag"})
        entries.append({**entry, **({"fetched": fetched} if fetched else {})})
    topics = [topic.model_dump(mode="json") for topic in project.catalogue.topics]
    content = {"version": JSON_VERSION, "license": "CC-BY-4.0", "topics": topics, "resources": entries}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "{": r"\textbraceleft{}",  # BibTeX counts the brace of \{ like any other
    "}": r"\textbraceright{}",
    **{character: "\\" + character for character in "&%$#_"},
}


def latex(text: str) -> str:
    r"""The text with what TeX would act upon made harmless.

    >>> print(latex("R&D: 100% sure ^}"))
    R\&D: 100\% sure \textasciicircum{}\textbraceright{}
    """
    return "".join(_SPECIAL.get(character, character) for character in text)


def bibtex(papers: Iterable[Resource]) -> str:
    """One entry a paper, its key the catalogue id. Titles stand in double braces, which keep their capitals."""
    return "\n".join(_bibtex_entry(paper) for paper in papers if isinstance(paper, Paper))


def _bibtex_entry(paper: Paper) -> str:
    authors = [_name(name) for name in paper.authors] + (["others"] if paper.et_al else [])
    fields = {
        "title": f"{{{latex(paper.title)}}}",
        "author": " and ".join(authors),
        "year": paper.published[:4],
        "month": paper.published[5:7],
        "howpublished": latex(paper.venue or ""),
        "eprint": paper.arxiv or "",
        "archiveprefix": "arXiv" if paper.arxiv else "",
        "doi": re.sub(r"[{}\\]", lambda found: f"%{ord(found[0]):02X}", paper.doi or ""),
        "url": paper.url,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{paper.id},", *lines, "}"]) + "\n"


def _name(name: str) -> str:
    """An author; braces keep together what BibTeX would take apart at a comma or the word `and`."""
    return f"{{{latex(name)}}}" if re.search(r",|\band\b", name) else latex(name)


def feed(project: Project, language: Language) -> str:
    """An Atom feed of the latest additions. Entries lead to the resource itself; ids stay when addresses change."""
    words = WORDS[language]
    newest = sorted(project.catalogue.resources, key=lambda resource: resource.added, reverse=True)[:FEED_LENGTH]
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language})
    _text(root, "title", f"{words.site_name}: {words.feed_title}" if language == "en" else words.feed_title)
    _text(root, "id", uuid5(NAMESPACE_URL, f"aigc-ref catalogue {language}").urn)
    _text(root, "updated", f"{max(resource.added for resource in newest)}T00:00:00Z")
    ET.SubElement(ET.SubElement(root, f"{{{ATOM}}}author"), f"{{{ATOM}}}name").text = words.site_name
    if project.site_url:
        base = project.site_url + ("" if language == "zh" else f"{language}/")
        ET.SubElement(root, f"{{{ATOM}}}link", rel="self", href=base + "catalogue/feed.xml")
        ET.SubElement(root, f"{{{ATOM}}}link", rel="alternate", href=base + "catalogue/")
    for resource in newest:
        entry = ET.SubElement(root, f"{{{ATOM}}}entry")
        _text(entry, "title", resource.title)
        _text(entry, "id", uuid5(NAMESPACE_URL, f"aigc-ref catalogue {language} {resource.id}").urn)
        _text(entry, "updated", f"{resource.added}T00:00:00Z")
        ET.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=resource.url)
        ET.SubElement(entry, f"{{{ATOM}}}category", term=resource.kind, label=words.kinds[resource.kind])
        _text(entry, "summary", getattr(resource.why, language))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def llms_txt(project: Project, language: Language) -> str:
    """The site's table of contents for language models (https://llmstxt.org/): what there is, and where."""
    words = WORDS[language]
    base = (project.site_url or "/") + ("" if language == "zh" else f"{language}/")
    tutorials = [
        (tutorial.header.title[language], f"tutorials/{tutorial.name}.md", tutorial.header.summary[language])
        for tutorial, _ in project.tutorials
    ]
    catalogue = [(words.kinds[kind], f"catalogue/{stem}.md", words.kinds_about[kind]) for kind, stem in STEM.items()]
    data = [("catalogue.json", "catalogue/catalogue.json", "JSON"), ("papers.bib", "catalogue/papers.bib", "BibTeX")]
    rest = [
        (words.reference, "reference/index.md", words.reference_about),
        (words.errata, "errata.md", words.errata_about),
        (words.glossary, "glossary.md", words.glossary_about),
    ]
    parts = [f"# {words.site_name}\n\n> {words.description}\n"]
    for title, items in [(words.tutorials, tutorials), (words.catalogue, catalogue + data), (words.reference, rest)]:
        lines = [f"- [{_bracketed(text)}]({base}{address(page)}): {about}" for text, page, about in items]
        parts.append(f"## {title}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _bracketed(text: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", text)
