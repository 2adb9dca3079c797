"""The page on what the package was checked against: technique, oracle, tolerance, and how many cases a run counted."""

from itertools import groupby

from tools.site.links import source
from tools.site.project import Oracle, Project
from tools.site.templates import front_matter
from tools.site.words import WORDS
from tools.tutorials.source import Language

PAGE = "oracles.md"


def oracles_page(project: Project, language: Language) -> dict[str, str | bytes]:
    """A table for each of the package's folders; techniques lead to their reference."""
    words = WORDS[language]
    about = words.oracles_about.format(
        cases=project.comparisons, libraries=len({row.oracle for row in project.oracles if row.independent})
    )
    definitions = sum(row.cases for row in project.oracles if not row.independent)
    parts = [
        front_matter(words.oracles, about, searched=False),
        f"# {words.oracles}\n\n{about}\n{{ .lead }}\n",
        f"{words.oracles_limits.format(definitions=definitions)}\n",
    ]
    reference = {module.name: module.page for module in project.modules}
    reference |= {
        f"{module.name}.{definition}": module.page for module in project.modules for definition in module.definitions
    }
    for folder, rows in groupby(project.oracles, key=_folder):
        parts += [
            f"## `aigc_ref.{folder}` {{ #{folder} }}\n",
            f"| {' | '.join(words.oracles_columns)} |\n|---|---|---|--:|",
            *(_row(row, reference.get(row.technique), language) for row in rows),
            "",
        ]
    return {PAGE: "\n".join(parts)}


def _folder(row: Oracle) -> str:
    return row.technique.split(".")[1]


def _row(row: Oracle, page: str | None, language: Language) -> str:
    words = WORDS[language]
    technique = f"`{row.technique.removeprefix(f'aigc_ref.{_folder(row)}.')}`"
    if page:
        technique = f"[{technique}]({source(PAGE, page)}#{row.technique})"
    oracle = f"{row.oracle} {row.version}" if row.independent else words.oracle_definition
    tolerances = [_number(row.atol)] if row.atol else []
    tolerances += [words.oracle_relative.format(_number(row.rtol))] if row.rtol else []
    return f"| {technique} | {oracle} | {' + '.join(tolerances) or words.oracle_equal} | {row.cases} |"


def _number(tolerance: float) -> str:
    return f"{tolerance:g}".replace("e-0", "e-")
