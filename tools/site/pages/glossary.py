"""The glossary, out of docs/glossary.yaml."""

from tools.language import Language
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter
from tools.site.project.reading import Project
from tools.site.words import WORDS

PAGE = "glossary.md"


def pages(project: Project, language: Language) -> Pages:
    words = WORDS[language]
    rows = [f"| {term.zh} | {term.en} | {term.note[language] if term.note else ''} |" for term in project.glossary]
    table = "\n".join([f"| {words.chinese} | {words.english} | {words.note} |", "|---|---|---|", *rows])
    head = front_matter(words.glossary, words.glossary_about)
    return {PAGE: f"{head}\n# {words.glossary}\n\n{words.glossary_about}\n{{ .lead }}\n\n{table}\n"}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].glossary: PAGE}]
