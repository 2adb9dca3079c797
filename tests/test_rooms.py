"""Who may know whom in aigc_ref: rooms import from lower floors alone, and no module is in a circle of imports."""

import ast
from collections.abc import Iterator, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = (
    {"arguments", "extras"},
    {"fetch", "figures", "train"},
    {"text"},
    {"gan", "lm", "metrics", "peft", "selfsup"},
    {"datasets", "pretrained"},
    {"finetune"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def _imports(root: Path) -> dict[str, set[str]]:
    """Module of aigc_ref → the modules of aigc_ref that it imports, wherever in its text."""
    paths = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (root / "aigc_ref").rglob("*.py")
    }

    def imported(path: Path) -> Iterator[str]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    below = f"{node.module}.{alias.name}"
                    yield below if below in paths else node.module

    return {name: {other for other in imported(path) if other in paths} for name, path in paths.items()}


def _upward(imports: Mapping[str, Set[str]]) -> set[tuple[str, str]]:
    """Arrows between rooms that lead to the same floor or to a higher one."""
    arrows = {
        (name.split(".")[1], other.split(".")[1]) for name, others in imports.items() if "." in name for other in others
    }
    return {(one, other) for one, other in arrows if one != other and FLOOR[other] >= FLOOR[one]}


def test_no_room_knows_one_above_it() -> None:
    imports = _imports(ROOT)
    assert {name.split(".")[1] for name in imports if "." in name} == set(FLOOR)
    assert _upward(imports) == set()


def test_no_module_imports_itself_in_a_circle() -> None:
    TopologicalSorter(_imports(ROOT)).prepare()


def test_an_arrow_upward_and_a_circle_would_be_seen(tmp_path: Path) -> None:
    for name, text in {
        "text/lines.py": "def read() -> None:\n    from aigc_ref.metrics import ner\n",
        "metrics/ner.py": "import aigc_ref.text.lines\n",
    }.items():
        path = tmp_path / "aigc_ref" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    imports = _imports(tmp_path)
    assert _upward(imports) == {("text", "metrics")}
    with pytest.raises(CycleError):
        TopologicalSorter(imports).prepare()
