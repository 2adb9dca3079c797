"""The page on what the package was checked against: technique, oracle, tolerance, and how many cases a run counted."""

from itertools import groupby

from tools.language import Language
from tools.site.links import source
from tools.site.pages.page_kind import Menu, Pages
from tools.site.pages.templates import front_matter
from tools.site.project.measurements import Oracle
from tools.site.project.reading import Project
from tools.site.words import WORDS

PAGE = "oracles.md"


def pages(project: Project, language: Language) -> Pages:
    """A table for each of the package's folders; techniques lead to their reference."""
    words = WORDS[language]
    about = words.oracles.about.format(
        cases=project.comparisons, libraries=len({row.oracle for row in project.oracles if row.independent})
    )
    definitions = sum(row.cases for row in project.oracles if not row.independent)
    parts = [
        front_matter(words.oracles.title, about, searched=False),
        f"# {words.oracles.title}\n\n{about}\n{{ .lead }}\n",
        f"{words.oracles.limits.format(definitions=definitions)}\n",
    ]
    reference = {module.name: module.page for module in project.modules}
    reference |= {
        f"{module.name}.{definition}": module.page for module in project.modules for definition in module.definitions
    }
    for folder, rows in groupby(project.oracles, key=_folder):
        parts += [
            f"## `aigc_ref.{folder}` {{ #{folder} }}\n",
            f"| {' | '.join(words.oracles.columns)} |\n|---|---|---|--:|",
            *(_row(row, reference.get(row.technique), language) for row in rows),
            "",
        ]
    return {PAGE: "\n".join(parts)}


def menu(project: Project, language: Language) -> Menu:
    return [{WORDS[language].oracles.title: PAGE}]


def _folder(row: Oracle) -> str:
    return row.technique.split(".")[1]


def _row(row: Oracle, page: str | None, language: Language) -> str:
    words = WORDS[language]
    technique = f"`{row.technique.removeprefix(f'aigc_ref.{_folder(row)}.')}`"
    if page:
        technique = f"[{technique}]({source(PAGE, page)}#{row.technique})"
    oracle = f"{row.oracle} {row.version}" if row.independent else words.oracles.definition
    tolerances = [_number(row.atol)] if row.atol else []
    tolerances += [words.oracles.relative.format(_number(row.rtol))] if row.rtol else []
    return f"| {technique} | {oracle} | {' + '.join(tolerances) or words.oracles.equal} | {row.cases} |"


def _number(tolerance: float) -> str:
    return f"{tolerance:g}".replace("e-0", "e-")
