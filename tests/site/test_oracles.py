"""The page on what the package was checked against, and the number on the home page."""

from dataclasses import replace
from pathlib import Path

import pytest

from tools.language import Language
from tools.site.pages import home, oracles
from tools.site.project.measurements import Oracle
from tools.site.project.reading import Project, read_project

ROOT = Path(__file__).parents[2]
ROWS = (
    Oracle(technique="aigc_ref.gan.losses", oracle="torch", version="2.0", atol=1e-12, rtol=None, cases=3),
    Oracle(technique="aigc_ref.gan.losses.GanLoss", oracle="scipy", version="1.1", atol=None, rtol=None, cases=4),
    Oracle(technique="aigc_ref.gan.losses", oracle="definition", version=None, atol=None, rtol=1e-6, cases=50),
    Oracle(technique="aigc_ref.metrics.nowhere", oracle="torch", version="2.0", atol=0.5, rtol=1e-6, cases=600),
)


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT)


def _page(project: Project, language: Language = "en") -> str:
    return str(oracles.pages(project, language)[oracles.PAGE])


def test_each_row_has_its_technique_oracle_tolerance_and_number(project: Project) -> None:
    page = _page(replace(project, oracles=ROWS))
    assert [line for line in page.splitlines() if line.startswith(("| [", "| `"))] == [
        "| [`losses`](reference/gan.md#aigc_ref.gan.losses) | torch 2.0 | 1e-12 | 3 |",
        "| [`losses.GanLoss`](reference/gan.md#aigc_ref.gan.losses.GanLoss) | scipy 1.1 | equal | 4 |",
        "| [`losses`](reference/gan.md#aigc_ref.gan.losses) | definition in the test | 1e-6 (relative) | 50 |",
        "| `nowhere` | torch 2.0 | 0.5 + 1e-6 (relative) | 600 |",
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_definitions_count_apart_here_and_not_at_all_on_the_home_page(project: Project, language: Language) -> None:
    changed = replace(project, oracles=ROWS)
    page = _page(changed, language)
    assert "607" in page  # of two libraries
    assert " 50 " in page
    assert "<b>607</b>" in str(home.pages(changed, language)["index.md"])
    assert "<b>657</b>" not in str(home.pages(changed, language)["index.md"])


def test_every_technique_leads_to_its_reference(project: Project) -> None:
    rows = [line for line in _page(project).splitlines() if line.startswith(("| [", "| `"))]
    assert len(rows) == len(project.oracles) > 50
    assert [row for row in rows if row.startswith("| `")] == []
