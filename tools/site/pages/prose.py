"""Pages made of our own words kept as data: errata, glossary, the index of tutorials, the reference."""

import re
from collections import defaultdict
from collections.abc import Mapping
from html import escape

from tools.catalogue.models import Resource
from tools.language import Language
from tools.site.links import source
from tools.site.pages.cards import page_of
from tools.site.pages.templates import front_matter, plain
from tools.site.project.modules import Module
from tools.site.project.reading import Project
from tools.site.words import WORDS


def errata_page(project: Project, language: Language) -> dict[str, str | bytes]:
    """Every mistake of the article, in its order, each with an anchor of its own."""
    words = WORDS[language]
    references = {resource.id: resource for resource in project.catalogue.resources}
    tutorials = {tutorial.name: tutorial.header.title[language] for tutorial, _ in project.tutorials}
    parts = [
        front_matter(words.errata, words.errata_about),
        f"# {words.errata}\n\n{words.errata_about}\n{{ .lead }}\n",
    ]
    for erratum in project.errata:
        links = [
            f"[{text}]({source('errata.md', f'tutorials/{name}.md')})"
            for name in erratum.tutorials
            for text in [tutorials[name]]
        ] + [f"[{plain(references[key].title)}]({page_of(references[key])})" for key in erratum.resources]
        section = words.section.format(erratum.section.replace(", ", words.between_names))
        parts.append(
            f"## {erratum.title[language]} {{ #{erratum.id} }}\n\n"
            f"{section} · {words.severities[erratum.severity]}\n{{ .erratum-head .{erratum.severity} }}\n\n"
            f"**{words.claim}** {erratum.claim[language]}\n{{ .claim }}\n\n"
            f"**{words.correction}** {erratum.correction[language]}\n"
            + (f"\n{words.see} {words.between_names.join(links)}\n{{ .see }}\n" if links else "")
        )
    return {"errata.md": "\n".join(parts)}


def glossary_page(project: Project, language: Language) -> dict[str, str | bytes]:
    words = WORDS[language]
    rows = [f"| {term.zh} | {term.en} | {term.note[language] if term.note else ''} |" for term in project.glossary]
    table = "\n".join([f"| {words.chinese} | {words.english} | {words.note} |", "|---|---|---|", *rows])
    head = front_matter(words.glossary, words.glossary_about)
    return {"glossary.md": f"{head}\n# {words.glossary}\n\n{words.glossary_about}\n{{ .lead }}\n\n{table}\n"}


def tutorials_page(project: Project, language: Language) -> dict[str, str | bytes]:
    words = WORDS[language]
    parts = [
        front_matter(words.tutorials, words.tutorials_about),
        f"# {words.tutorials}\n\n{words.tutorials_about}\n{{ .lead }}\n",
    ]
    for tutorial, _ in project.tutorials:
        header = tutorial.header
        parts.append(
            f"## [{header.title[language]}]({tutorial.name}.md) {{ #{tutorial.name} }}\n\n"
            f"{header.summary[language]}\n\n"
            f"{words.minutes.format(header.minutes)} · {header.data[language]}\n{{ .tutorial-facts }}\n"
        )
    return {"tutorials/index.md": "\n".join(parts)}


def reference_pages(project: Project, language: Language) -> dict[str, str | bytes]:
    """One page for each folder of the package; mkdocstrings reads the source, nothing is imported."""
    words = WORDS[language]
    folders: defaultdict[str, list[Module]] = defaultdict(list)
    for module in project.modules:
        folders[module.page].append(module)
    rows = [
        f"| [`{module.name.removeprefix('aigc_ref.')}`]({source('reference/index.md', module.page)}#{module.name}) "
        f"| {module.summary} |"
        for modules in folders.values()
        for module in modules
    ]
    table = "\n".join([f"| {words.module} | {words.what} |", "|---|---|", *rows])
    head = front_matter(words.reference, words.reference_about, hide=("toc",))
    pages: dict[str, str | bytes] = {
        "reference/index.md": f"{head}\n# {words.reference}\n\n{words.reference_about}\n{{ .lead }}\n\n"
        f'<div class="modules" markdown>\n\n{table}\n\n</div>\n'
    }
    for page, modules in folders.items():
        folder = page.removeprefix("reference/").removesuffix(".md")
        title = f"aigc_ref.{folder}"
        blocks = [f"::: {module.name}" for module in modules]
        pages[page] = f"{front_matter(title, modules[0].summary)}\n# `{title}`\n\n" + "\n\n".join(blocks) + "\n"
    return pages


PAPERS = re.compile(r"<p>Papers?: .*?</p>", re.DOTALL)
"""Where a module's docstring names its sources by their catalogue ids, as mkdocstrings renders it."""


def cited(paragraph: str, resources: Mapping[str, Resource], here: str) -> str:
    """The paragraph with the papers' titles in place of their ids, each leading to its page."""

    def link(found: re.Match[str]) -> str:
        resource = resources.get(found[0])
        if resource is None:
            return found[0]
        return f'<a href="{source(here, page_of(resource))}">{escape(resource.title)}</a>'

    return re.sub(r"\b[a-z]+(-[a-z0-9]+)+\b", link, paragraph)
