"""The reference: a page for each folder of the package, which mkdocstrings fills from the docstrings."""

from collections import defaultdict

from tools.language import Language
from tools.site.links import source
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter
from tools.site.project.modules import Module
from tools.site.project.reading import Project
from tools.site.words import WORDS

INDEX = "reference/index.md"


def pages(project: Project, language: Language) -> Pages:
    """One page for each folder of the package; mkdocstrings reads the source, nothing is imported."""
    words = WORDS[language]
    folders: defaultdict[str, list[Module]] = defaultdict(list)
    for module in project.modules:
        folders[module.page].append(module)
    rows = [
        f"| [`{module.name.removeprefix('aigc_ref.')}`]({source(INDEX, module.page)}#{module.name}) "
        f"| {module.summary} |"
        for modules in folders.values()
        for module in modules
    ]
    table = "\n".join([f"| {words.reference.module} | {words.reference.what} |", "|---|---|", *rows])
    head = front_matter(words.reference.title, words.reference.about, hide=("toc",))
    made: Pages = {
        INDEX: f"{head}\n# {words.reference.title}\n\n{words.reference.about}\n{{ .lead }}\n\n"
        f'<div class="modules" markdown>\n\n{table}\n\n</div>\n'
    }
    for page, modules in folders.items():
        folder = page.removeprefix("reference/").removesuffix(".md")
        title = f"aigc_ref.{folder}"
        blocks = [f"::: {module.name}" for module in modules]
        made[page] = f"{front_matter(title, modules[0].summary)}\n# `{title}`\n\n" + "\n\n".join(blocks) + "\n"
    return made


def menu(project: Project, language: Language) -> Menu:
    folders = sorted({module.page for module in project.modules})
    return [{page.removeprefix("reference/").removesuffix(".md"): page} for page in folders]
