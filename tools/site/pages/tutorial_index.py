"""The tutorials: their index, and the pages of each."""

from html import escape

from tools.language import Language
from tools.site.links import page_of
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter
from tools.site.pages.tutorials import Reference, tutorial_pages
from tools.site.project.reading import Project
from tools.site.words import WORDS

INDEX = "tutorials/index.md"


def pages(project: Project, language: Language) -> Pages:
    references = {
        resource.id: Reference(resource.title, page_of(resource), resource.url)
        for resource in project.catalogue.resources
    }
    titles = {tutorial.name: tutorial.header.title[language] for tutorial, _ in project.tutorials}
    made: Pages = {INDEX: _index(project, language)}
    for tutorial, executed in project.tutorials:
        made |= tutorial_pages(tutorial, executed, references, titles, language, project.repository)
    return made


def menu(project: Project, language: Language) -> Menu:
    return [{escape(t.header.title[language]): f"tutorials/{t.name}.md"} for t, _ in project.tutorials]


def _index(project: Project, language: Language) -> str:
    words = WORDS[language]
    parts = [
        front_matter(words.tutorials.title, words.tutorials.about),
        f"# {words.tutorials.title}\n\n{words.tutorials.about}\n{{ .lead }}\n",
    ]
    for tutorial, _ in project.tutorials:
        header = tutorial.header
        parts.append(
            f"## [{header.title[language]}]({tutorial.name}.md) {{ #{tutorial.name} }}\n\n"
            f"{header.summary[language]}\n\n"
            f"{words.tutorials.minutes.format(header.minutes)} · {header.data[language]}\n{{ .tutorial-facts }}\n"
        )
    return "\n".join(parts)
