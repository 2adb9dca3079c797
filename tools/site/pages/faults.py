"""The table of faults: what was tried on the refresh, and what was lost. Made of the run that the tests made."""

from collections import defaultdict

from tools.language import Language
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter
from tools.site.project.prose import FaultTried
from tools.site.project.reading import Project
from tools.site.words import WORDS

PAGE = "faults.md"


def pages(project: Project, language: Language) -> Pages:
    """One row a fault: how the keys that it struck ended, for each service that it was tried on."""
    words = WORDS[language]
    rows: defaultdict[str, dict[str, FaultTried]] = defaultdict(dict)
    for tried in project.faults:
        rows[tried.fault][tried.service] = tried
    services = list(dict.fromkeys(tried.service for tried in project.faults))
    about = words.faults.about.format(tried=len(project.faults), lost=sum(tried.lost for tried in project.faults))
    parts = [
        front_matter(words.faults.title, about, hide=("toc",), searched=False),
        f"# {words.faults.title}\n\n{about}\n{{ .lead }}\n",
        f"| {words.faults.fault} | {' | '.join(services)} | {words.faults.lost} |\n|---|{'---|' * len(services)}--:|",
    ]
    for tries in rows.values():
        name = next(iter(tries.values()))[language]
        outcomes = [words.faults.outcomes[tries[service].outcome] if service in tries else "" for service in services]
        parts.append(f"| {name} | {' | '.join(outcomes)} | {sum(tried.lost for tried in tries.values())} |")
    return {PAGE: "\n".join(parts) + "\n"}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].faults.title: PAGE}]
