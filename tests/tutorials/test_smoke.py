"""Each tutorial runs in small from end to end, in a kernel of its own, and pages can be made of what it prints."""

import pytest

from tools.tutorials.run import FOLDER, execute
from tools.tutorials.source import Tutorial, read_tutorials

TUTORIALS = [pytest.param(tutorial, id=tutorial.name) for tutorial in read_tutorials(FOLDER)]


@pytest.mark.slow
@pytest.mark.parametrize("tutorial", TUTORIALS)
def test_runs_in_small(tutorial: Tutorial) -> None:
    assert any(cell.smoke for cell in tutorial.code), "no cell says what its sizes are in small"
    notebook = execute(tutorial, lambda line: None, smoke=True)
    assert all(cell.outputs for cell in notebook.cells if "numbers" in cell.metadata.get("tags", ()))
