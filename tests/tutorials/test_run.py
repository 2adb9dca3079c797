"""Running a tutorial: in a real kernel, with small sizes, stored whole or not at all."""

from pathlib import Path

import pytest

from tests.tutorials.test_source import HEADER
from tools.tutorials.run import execute, executed_path, is_stale, run
from tools.tutorials.source import Tutorial, TutorialError, read_tutorial, results

SOURCE = (
    HEADER
    + """\
# %% tags=["parameters"] smoke={"tosses": 2}
import json

tosses = 5

# %%
heads = sum(1 for toss in range(tosses) if toss % 2)
heads

# %% tags=["numbers"]
print(json.dumps({"heads": heads, "tosses": tosses}))
"""
)


@pytest.fixture
def tutorial(tmp_path: Path) -> Tutorial:
    path = tmp_path / "docs" / "tutorials" / "coin.py"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE, encoding="utf-8")
    return read_tutorial(path)


def silent(line: str) -> None:
    pass


def test_stores_what_the_cells_gave_and_is_fresh_then(tutorial: Tutorial) -> None:
    assert is_stale(tutorial)
    run(tutorial, silent)
    assert not is_stale(tutorial)
    first = executed_path(tutorial).read_bytes()
    run(tutorial, silent)
    assert executed_path(tutorial).read_bytes() == first  # no times, no random ids


def test_a_warning_reaches_who_runs_and_not_the_reader(tutorial: Tutorial) -> None:
    tutorial.path.write_text(
        SOURCE.replace("heads\n\n", 'import sys\n\nprint("/home/me/x.py: careful", file=sys.stderr)\nheads\n\n'),
        encoding="utf-8",
    )
    lines: list[str] = []
    run(read_tutorial(tutorial.path), lines.append)
    assert "/home/me/x.py: careful" in lines
    stored = executed_path(tutorial).read_text(encoding="utf-8")
    assert '"name": "stderr"' not in stored
    assert '"output_type": "execute_result"' in stored


def test_lines_that_arrive_apart_stand_together(tutorial: Tutorial) -> None:
    apart = 'import time\n\nfor line in "ab":\n    print(line, flush=True)\n    time.sleep(0.3)\nheads\n\n'
    tutorial.path.write_text(SOURCE.replace("heads\n\n", apart), encoding="utf-8")
    notebook = execute(read_tutorial(tutorial.path), silent, tutorial.path.parent)
    assert [output.get("text") for output in notebook.cells[1].outputs] == ["a\nb\n", None]


def test_smoke_runs_with_the_small_sizes(tutorial: Tutorial) -> None:
    lines: list[str] = []
    assert results(execute(tutorial, lines.append, tutorial.path.parent, smoke=True)) == {"heads": 1, "tosses": 2}
    assert lines[-1] == "coin: 3 of 3 cells"


def test_a_failing_cell_says_where_and_keeps_the_old_result(tutorial: Tutorial) -> None:
    run(tutorial, silent)
    before = executed_path(tutorial).read_bytes()
    tutorial.path.write_text(SOURCE.replace("toss % 2", "toss % 0"), encoding="utf-8")
    broken = read_tutorial(tutorial.path)
    with pytest.raises(TutorialError, match=r"coin\.py:15: the cell failed(?s:.*)ZeroDivisionError"):
        run(broken, silent)
    assert executed_path(broken).read_bytes() == before
    assert is_stale(broken)
    assert [path.name for path in executed_path(broken).parent.iterdir()] == ["coin.ipynb"]


def test_a_new_checkpoint_makes_stale_what_starts_from_it(tutorial: Tutorial) -> None:
    tutorial.path.write_text(SOURCE.replace("# order: 1\n", "# order: 1\n# needs: [tiny]\n"), encoding="utf-8")
    weights = tutorial.path.parent / "checkpoints" / "tiny" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"old")
    run(read_tutorial(tutorial.path), silent)
    (weights.parent / "README.md").write_text("a card with more words", encoding="utf-8")
    assert not is_stale(read_tutorial(tutorial.path))
    weights.write_bytes(b"new")
    assert is_stale(read_tutorial(tutorial.path))
