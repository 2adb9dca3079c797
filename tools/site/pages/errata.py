"""The errata: every mistake of the article, out of docs/errata.yaml."""

from tools.language import Language
from tools.site.links import page_of, source
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter, plain
from tools.site.project.reading import Project
from tools.site.words import WORDS

PAGE = "errata.md"


def pages(project: Project, language: Language) -> Pages:
    """Every mistake of the article, in its order, each with an anchor of its own."""
    words = WORDS[language]
    references = {resource.id: resource for resource in project.catalogue.resources}
    tutorials = {tutorial.name: tutorial.header.title[language] for tutorial, _ in project.tutorials}
    parts = [
        front_matter(words.errata.title, words.errata.about),
        f"# {words.errata.title}\n\n{words.errata.about}\n{{ .lead }}\n",
    ]
    for erratum in project.errata:
        links = [
            f"[{text}]({source(PAGE, f'tutorials/{name}.md')})"
            for name in erratum.tutorials
            for text in [tutorials[name]]
        ] + [f"[{plain(references[key].title)}]({page_of(references[key])})" for key in erratum.resources]
        section = words.errata.section.format(erratum.section.replace(", ", words.names.between_names))
        parts.append(
            f"## {erratum.title[language]} {{ #{erratum.id} }}\n\n"
            f"{section} · {words.errata.severities[erratum.severity]}\n{{ .erratum-head .{erratum.severity} }}\n\n"
            f"**{words.errata.claim}** {erratum.claim[language]}\n{{ .claim }}\n\n"
            f"**{words.errata.correction}** {erratum.correction[language]}\n"
            + (f"\n{words.errata.see} {words.names.between_names.join(links)}\n{{ .see }}\n" if links else "")
        )
    return {PAGE: "\n".join(parts)}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].errata.title: PAGE}]
