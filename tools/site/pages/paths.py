"""Learning paths: for each reader an order through tutorials and resources, out of docs/paths.yaml."""

from tools.language import Language
from tools.site.links import page_of, source
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter, html_block
from tools.site.project.reading import Project
from tools.site.words import WORDS

PAGE = "paths.md"


def pages(project: Project, language: Language) -> Pages:
    """All paths on one page, each with an anchor of its own."""
    words = WORDS[language]
    tutorials = {tutorial.name: tutorial.header for tutorial, _ in project.tutorials}
    resources = {resource.id: resource for resource in project.catalogue.resources}
    paths = []
    for path in project.paths:
        steps = []
        for step in path.steps:
            if step.tutorial:
                header = tutorials[step.tutorial]
                title, href = header.title[language], source(PAGE, f"tutorials/{step.tutorial}.md")
                kind = f"{words.paths.tutorial} · {words.tutorials.minutes.format(header.minutes)}"
            else:
                resource = resources[str(step.resource)]
                title, kind = resource.title_in(language) or resource.title, words.names.kind[resource.kind]
                href = source(PAGE, page_of(resource))
            steps.append((title, href, kind, step.after[language]))
        paths.append((path.id, path.title[language], path.reader[language], steps))
    head = front_matter(words.paths.title, words.paths.about, hide=("navigation",))
    body = html_block("paths.html", paths=paths, words=words)
    return {PAGE: f"{head}\n# {words.paths.title}\n\n{words.paths.about}\n{{ .lead }}\n\n{body}\n"}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].paths.title: PAGE}]
