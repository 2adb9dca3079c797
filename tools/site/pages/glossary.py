"""The glossary, out of docs/glossary.yaml."""

from tools.language import LANGUAGES, Language
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter
from tools.site.project.reading import Project
from tools.site.words import WORDS

PAGE = "glossary.md"


def pages(project: Project, language: Language) -> Pages:
    words = WORDS[language]
    heads = [*(words.names.languages[other] for other in LANGUAGES), words.glossary.note]
    rows = [
        [*(term[other] for other in LANGUAGES), term.note[language] if term.note else ""] for term in project.glossary
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))
    head = front_matter(words.glossary.title, words.glossary.about)
    return {PAGE: f"{head}\n# {words.glossary.title}\n\n{words.glossary.about}\n{{ .lead }}\n\n{table}\n"}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].glossary.title: PAGE}]
