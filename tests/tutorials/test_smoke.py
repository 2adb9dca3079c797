"""Each tutorial runs in small from end to end, in a kernel of its own, and pages can be made of what it prints.

In small a tutorial takes 8 to 20 CPU seconds, most of it reading encoders and data; one that takes more wants smaller
sizes. Thirty are ten minutes at most, on one of two cores; all else, half an hour of CPU by then, goes on beside them
and is shared out when they are done. So `make test` keeps within 25 minutes.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tutorials.warm import warm_kernels
from tools.tutorials.run import ENVIRONMENT, FOLDER, ROOT, execute, is_stale
from tools.tutorials.source import Tutorial, read_tutorials

TUTORIALS = [pytest.param(tutorial, id=tutorial.name) for tutorial in read_tutorials(FOLDER)]


@pytest.fixture(scope="module")
def kernels() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder, warm_kernels(Path(folder), ROOT, ENVIRONMENT) as path:
        yield path


@pytest.mark.slow(minutes=3)
@pytest.mark.parametrize("tutorial", TUTORIALS)
def test_runs_in_small(tutorial: Tutorial, tmp_path: Path, kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(kernels))
    assert any(cell.smoke for cell in tutorial.code), "no cell says what its sizes are in small"
    checkpoints = tmp_path / "checkpoints"  # a copy: those that a run in small makes are of no use
    checkpoints.mkdir()
    for name in tutorial.header.needs:
        shutil.copytree(FOLDER / "checkpoints" / name, checkpoints / name)
    notebook = execute(tutorial, lambda line: None, checkpoints, smoke=True)
    assert all(cell.outputs for cell in notebook.cells if "numbers" in cell.metadata.get("tags", ()))
    for node, cell in zip(notebook.cells, tutorial.code, strict=True):
        drawn = any("image/svg+xml" in output.get("data", {}) for output in node.outputs)
        assert drawn == bool(cell.caption), f"{tutorial.path}:{cell.line}"


@pytest.mark.parametrize("tutorial", TUTORIALS)
def test_the_committed_result_is_of_this_code(tutorial: Tutorial) -> None:
    assert not is_stale(tutorial), "run `make tutorials`"
