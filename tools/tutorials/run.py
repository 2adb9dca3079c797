"""Running tutorials: what is stale is executed and its result committed; what is fresh is left alone.

A result is written whole or not at all, after its tutorial has run to the end, so an interrupted run loses only the
tutorial it was in. Cells see a fresh kernel in the repository's root and a fixed hash seed; execution times and cell
ids, which would change with every run, are not kept.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from tools.tutorials.source import Cell, Tutorial, TutorialError

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "tutorials"
CLOCK = Path(__file__).with_name("clock.py")
CELL_SECONDS = 1800  # a cell that takes longer hangs: the slowest tutorial as a whole takes ten minutes
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    # Threads that wait for each other give the core up soon: on a busy machine a step took six times as long without.
    "GOMP_SPINCOUNT": "3000",
}

Report = Callable[[str], None]


def executed_path(tutorial: Tutorial) -> Path:
    return tutorial.path.parent / "executed" / f"{tutorial.name}.ipynb"


def read_executed(tutorial: Tutorial) -> NotebookNode | None:
    """The committed result, fresh or stale; None where there is none."""
    path = executed_path(tutorial)
    if not path.exists():
        return None
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    return notebook


def is_stale(tutorial: Tutorial) -> bool:
    executed = read_executed(tutorial)
    return executed is None or executed.metadata.get("aigc", {}).get("key") != tutorial.key


def execute(
    tutorial: Tutorial, report: Report, checkpoints: Path, *, smoke: bool = False, ticking: bool = False
) -> NotebookNode:
    """Runs the code cells in a fresh kernel, with the package that stands beside the tutorial.

    Args:
        tutorial: what to run.
        report: called with a line of text as cells finish.
        checkpoints: the folder of those that it starts from or makes.
        smoke: run with the small sizes that the cells tagged `parameters` name.
        ticking: let what cells time take a second a call, so that two runs can be compared.

    Raises:
        TutorialError: a cell failed; the message has `file:line` of the cell and the traceback.
    """
    cells = [_node(number, cell) for number, cell in enumerate(tutorial.code)]
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells)
    if smoke:
        for node, cell in zip(notebook.cells, tutorial.code, strict=True):
            node.source += "".join(f"\n{name} = {value!r}" for name, value in cell.smoke.items())
    if ticking and notebook.cells:
        start = f"__import__('runpy').run_path({str(CLOCK)!r}, run_name='<clock>')"
        notebook.cells[0].source = f"{start};\n{notebook.cells[0].source}"
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "aigc": {"key": tutorial.key},
        }
    )

    def finished(cell: NotebookNode, cell_index: int, execute_reply: object) -> None:  # noqa: ARG001  all are passed
        report(f"{tutorial.name}: {cell_index + 1} of {len(notebook.cells)} cells")

    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        startup_timeout=CELL_SECONDS,  # a minute, which is usual, is too short on a busy machine
        kernel_name="python3",
        resources={"metadata": {"path": str(tutorial.root)}},
        record_timing=False,
        coalesce_streams=True,  # when printed lines arrive is chance, and each arrival would be a block of its own
        on_cell_executed=finished,
    )
    try:
        own = {"AIGC_CHECKPOINTS": str(checkpoints), "PYTHONPATH": str(tutorial.root)}
        client.execute(env=os.environ | ENVIRONMENT | own)
    except CellExecutionError as error:
        raise TutorialError(f"{_where(tutorial, notebook)}: the cell failed\n{error}") from None
    for cell in notebook.cells:
        cell.execution_count = None
        # What libraries say on standard error, with this machine's paths in it, is for who runs and not for readers.
        for output in [output for output in cell.outputs if output.get("name") == "stderr"]:
            report(output.text.rstrip())
            cell.outputs.remove(output)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = None
    return notebook


def run(tutorial: Tutorial, report: Report) -> None:
    """Executes a tutorial and writes its result."""
    write_executed(tutorial, execute(tutorial, report, tutorial.path.parent / "checkpoints"))


def write_executed(tutorial: Tutorial, notebook: NotebookNode) -> None:
    """Writes the result, whole or not at all."""
    path = executed_path(tutorial)
    path.parent.mkdir(exist_ok=True)
    text = nbformat.writes(notebook) + "\n"
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False, encoding="utf-8") as file:
        part = Path(file.name)
        try:
            file.write(text)
            file.close()
            part.chmod(0o644)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _node(number: int, cell: Cell) -> NotebookNode:
    metadata = {"tags": sorted(cell.tags)} if cell.tags else {}
    node: NotebookNode = nbformat.v4.new_code_cell(cell.source, metadata=metadata)
    node.id = f"cell-{number:02}"
    return node


def _where(tutorial: Tutorial, notebook: NotebookNode) -> str:
    """`file:line` of the cell that raised: the first whose outputs hold an error."""
    for node, cell in zip(notebook.cells, tutorial.code, strict=True):
        if any(output.output_type == "error" for output in node.outputs):
            return f"{tutorial.path}:{cell.line}"
    return str(tutorial.path)


def report_to_terminal(line: str) -> None:
    """One line that is written over on a terminal, lines of their own elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)
