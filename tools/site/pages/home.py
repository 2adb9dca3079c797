"""The home page: what this is, the doors, and a strip of what is alive, all on one screen."""

from tools.catalogue.parts import PAPERS, REPOSITORIES
from tools.language import Language
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.paths import PAGE
from tools.site.pages.templates import front_matter, html_block
from tools.site.pages.tutorials import first_figure
from tools.site.project.reading import Project
from tools.site.words import WORDS


def pages(project: Project, language: Language) -> Pages:
    words = WORDS[language]
    start = project.tutorials[0][0] if project.tutorials else None
    figure = first_figure(*project.tutorials[0], language) if project.tutorials else None
    answers = [record.checked for record in project.lock[PAPERS].values()]
    answers += [record.checked for record in project.lock[REPOSITORIES].values()]
    checked = max((answer.date() for answer in answers if answer), default=None)
    strip = [
        (words.home.strip_resources, len(project.catalogue.resources)),
        (words.home.strip_papers, len(project.catalogue.by_kind("paper"))),
        (words.home.strip_tutorials, len(project.tutorials)),
        (words.home.strip_parity, project.comparisons),
        (words.home.strip_checked, checked),
    ]
    block = html_block(
        "home.html",
        words=words,
        start=f"tutorials/{start.name}.md" if start else None,
        figure=figure,
        ways=[(path.title[language], f"{PAGE}#{path.id}") for path in project.paths],
        doors=[(sign, title, text, page, page.split("/")[0]) for sign, title, text, page in words.home.doors],
        strip=[(before, value, after) for text, value in strip if value for before, after in [_around(text)]],
    )
    head = front_matter(words.site.name, words.site.description, hide=("navigation", "toc", "footer"))
    return {"index.md": f"{head}\n{block}\n"}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].home.title: "index.md"}]


def _around(text: str) -> tuple[str, str]:
    before, _, after = text.partition("<b>{}</b>")
    return before, after
