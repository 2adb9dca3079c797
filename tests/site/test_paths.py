"""Learning paths: whatever they name is there, every tutorial stands in one, and the page leads there."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.site.sites import ROOT, copy_project
from tools.site.pages import paths as paths_page
from tools.site.project.prose import ProseError
from tools.site.project.reading import read_project


def test_every_tutorial_stands_in_a_path_and_every_step_leads_somewhere() -> None:
    project = read_project(ROOT)
    named = {step.tutorial for path in project.paths for step in path.steps} - {None}
    assert named == {tutorial.name for tutorial, _ in project.tutorials}
    page = str(paths_page.pages(project, "en")["paths.md"])
    assert page.count("<li>") == sum(len(path.steps) for path in project.paths)
    assert 'href="tutorials/gan.md"' in page
    assert 'href="catalogue/paper-dpo.md"' in page


def test_text_of_a_path_is_text() -> None:
    project = read_project(ROOT)
    first = project.paths[0]
    hostile = first.model_copy(
        update={"reader": first.reader.model_copy(update={"zh": "<img src=x onerror=alert(1)>"})}
    )
    page = str(paths_page.pages(replace(project, paths=(hostile,)), "zh")["paths.md"])
    assert "<img" not in page


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"tutorial": "gam"}, "beginner names gam, which is not there"),
        ({"tutorial": "gan", "resource": "paper-gan"}, "one of them"),
        ({}, "one of them"),
    ],
)
def test_a_step_that_leads_nowhere_is_an_error(tmp_path: Path, step: dict[str, str], message: str) -> None:
    project = copy_project(tmp_path)
    path = project / "docs/paths.yaml"
    paths = yaml.safe_load(path.read_text(encoding="utf-8"))
    paths[0]["steps"][0] = step | {"after": {"zh": "会", "en": "can"}}
    path.write_text(yaml.safe_dump(paths, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ProseError, match=message):
        read_project(project)
