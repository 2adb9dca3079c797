"""The page on speed: how ours compares with its peers, out of the committed runs of benchmarks/."""

from tools.language import Language
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter
from tools.site.project.measurements import Audited, Comparison, TimedPage, TimedRefresh
from tools.site.project.reading import Project
from tools.site.words import WORDS

PAGE = "speed.md"


def pages(project: Project, language: Language) -> Pages:
    """Every comparison with its ratio and goal, the timed refresh and explorer, and the machine."""
    words, speed = WORDS[language], project.speed
    parts = [
        front_matter(words.speed.title, words.speed.about, hide=("toc",), searched=False),
        f"# {words.speed.title}\n\n{words.speed.about}\n{{ .lead }}\n",
        f"| {' | '.join(words.speed.columns)} |\n|---|---|--:|--:|",
        *(_comparison(row, language) for row in speed.comparisons),
        f"\n{words.speed.machine.format(**speed.machine)}\n",
        f"## {words.speed.refresh} {{ #refresh }}\n\n{words.speed.refresh_about}\n",
        f"| {' | '.join(words.speed.refresh_columns)} |\n|---|--:|--:|--:|",
        *(_refresh(row, language) for row in speed.refresh),
        f"\n## {words.speed.explorer} {{ #explorer }}\n\n{words.speed.explorer_about}\n",
        f"| {' | '.join(words.speed.explorer_columns)} |\n|---|--:|--:|--:|",
        *(_page(row, language) for row in speed.explorer),
        f"\n## {words.speed.site} {{ #site }}\n\n{words.speed.site_about}\n",
        f"| {words.speed.explorer_columns[0]} | {' | '.join(words.speed.explorer_columns[2:])} |\n|---|--:|--:|",
        *(f"| {row.name[language]} | {_time(row.most)} | {row.goal} |" for row in speed.site),
        f"\n## {words.speed.audit} {{ #audit }}\n\n{words.speed.audit_about.format(speed.valid_pages)}\n",
        f"| {' | '.join(words.speed.audit_columns)} |\n|---|--:|--:|--:|--:|--:|",
        *map(_audited, speed.audited),
    ]
    return {PAGE: "\n".join(parts) + "\n"}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].speed.title: PAGE}]


def _comparison(row: Comparison, language: Language) -> str:
    goal = "" if row.goal is None else f"{row.goal:g}–{row.most:g}" if row.most else f"≥ {row.goal:g}"
    return f"| {row.name[language]} | {row.peer[language]} | {row.theirs / row.ours:.2f} × | {goal} |"


def _refresh(row: TimedRefresh, language: Language) -> str:
    memory = f"{row.megabytes:.0f} MB" if row.megabytes else ""
    return f"| {row.name[language]} | {row.requests} | {row.seconds:.1f} s | {memory} |"


def _page(row: TimedPage, language: Language) -> str:
    median = _time(row.median) if row.median else ""
    return f"| {row.name[language]} | {median} | {_time(row.most)} | {row.goal} |"


def _audited(row: Audited) -> str:
    scores = (row.performance, row.accessibility, row.best_practices, row.seo)
    return f"| `/{row.page.lstrip('/')}` | {' | '.join(map(str, scores))} | {row.largest_paint:.1f} s |"


def _time(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds:.0f} ms"
