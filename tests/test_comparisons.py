"""Markers say what their tests do, and the committed count is of the markers that there are."""

import ast
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from tests.comparisons import DEFINITION, NAME, STORE, CountedRun, rows_of

ROOT = Path(__file__).parents[1]
FILES = [
    path
    for path in sorted((ROOT / "tests").rglob("test_*.py"))
    if path != Path(__file__) and "mark.compares(" in path.read_text(encoding="utf-8")
]
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "tests")))

MARKED = """
import pytest

@pytest.mark.compares("pytest", technique="aigc_ref.one", atol="atol")
@pytest.mark.parametrize("atol", [1e-3, 1e-3, 1e-9])
def test_cases(atol):
    pass

@pytest.mark.compares("pytest", technique="aigc_ref.two", rtol=0.5)
@pytest.mark.compares("definition", technique="aigc_ref.two")
@pytest.mark.parametrize("right", [True, False])
def test_one_fails(right):
    assert right

@pytest.mark.compares("elsewhere", technique="aigc_ref.three", version="1.2")
def test_stored_answers():
    pass

@pytest.mark.compares("pytest", technique="aigc_ref.four")
def test_skipped():
    pytest.skip("not here")

@pytest.fixture
def broken():
    raise RuntimeError

@pytest.mark.compares("pytest", technique="aigc_ref.five")
def test_never_begun(broken):
    pass

def test_compares_nothing():
    pass
"""
HOOKS = """
from tests import comparisons

def pytest_addoption(parser):
    comparisons.add_options(parser)

def pytest_configure(config):
    comparisons.configure(config)
"""


def _rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _pytest(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


# ---- the count -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 2])
def test_only_what_passed_is_counted_case_by_case_and_oracle_by_oracle(tmp_path: Path, workers: int) -> None:
    (tmp_path / "conftest.py").write_text(HOOKS)
    (tmp_path / "test_marked.py").write_text(MARKED)
    options = ["-n", str(workers)] if workers else []
    run = _pytest(tmp_path, "--write-comparisons", "--comparisons-file", tmp_path / "count.json", *options)
    assert "1 failed, 6 passed, 1 skipped" in run.stdout
    version = pytest.__version__
    assert [tuple(row.values()) for row in _rows(tmp_path / "count.json")] == [
        ("aigc_ref.one", "pytest", version, 0.001, None, 2),
        ("aigc_ref.one", "pytest", version, 1e-9, None, 1),
        ("aigc_ref.three", "elsewhere", "1.2", None, None, 1),
        ("aigc_ref.two", DEFINITION, None, None, None, 1),
        ("aigc_ref.two", "pytest", version, None, 0.5, 1),
    ]


def test_what_was_only_collected_does_not_become_the_committed_count(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HOOKS)
    before = STORE.read_bytes()
    run = _pytest(tmp_path, "--write-comparisons", "--collect-only")
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "counts what has passed" in run.stderr
    assert STORE.read_bytes() == before


def test_the_committed_count_is_of_the_tests_that_there_are(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    def without_version(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        names = ("technique", "oracle", "atol", "rtol", "cases")
        return sorted((tuple(row[name] for name in names) for row in rows), key=str)

    committed = without_version(_rows(STORE))
    plugin = request.config.pluginmanager.get_plugin(NAME)
    assert isinstance(plugin, CountedRun)
    if without_version(rows_of(plugin.collected)) == committed:
        return  # all files were collected for this run; else they are for the count, which takes a quarter of a minute
    found = tmp_path / "count.json"
    _pytest(ROOT, "--collect-only", "--write-comparisons", "--comparisons-file", found, *FILES)
    assert without_version(_rows(found)) == committed, "run `make comparisons`"


# ---- the markers -----------------------------------------------------------------------------------------------------


def test_every_file_of_parity_compares_something() -> None:
    assert set((ROOT / "tests/parity").glob("test_*.py")) <= set(FILES)


@every_file
def test_a_file_imports_the_techniques_and_the_oracles_that_it_names(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    packages = {name.partition(".")[0] for name in imported}
    distributions = {found for name in packages for found in _distributions().get(name, ())}
    for _, markers in _marked(tree):
        for marker in markers:
            assert pkgutil.resolve_name(marker["technique"])
            assert any(f"{name}.".startswith(f"{marker['technique']}.") for name in imported), marker
            if marker["oracle"] != DEFINITION and "version" not in marker:
                assert marker["oracle"] in distributions, marker


@every_file
def test_a_marker_has_the_widest_tolerance_that_its_test_grants(path: Path) -> None:
    assert not _lies(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("marker", "body", "lies"),
    [
        ("atol=1e-9", "assert one == pytest.approx(two, abs=1e-9)", 0),
        ("atol=1e-9", "assert one == pytest.approx(two, abs=1e-9) == pytest.approx(three, abs=1e-12)", 0),
        ("atol=1e-12", "assert one == pytest.approx(two, abs=1e-9) == pytest.approx(three, abs=1e-12)", 1),
        ("atol=1e-12", "assert one == pytest.approx(two, abs=1e-9)", 2),
        ("atol=1e-9", "assert one == two", 1),
        ("rtol=1e-9", "assert one == pytest.approx(two, abs=1e-9)", 2),
        ("", "assert one == pytest.approx(two)", 1),  # which is 1e-6
        ("", "assert one == two", 0),
        ("atol=1e-9", "_same(one, two)", 0),
        ("", "_same(one, two)", 1),
        ('atol="atol"', "assert_close(one, two, rtol=0, atol=atol)", 0),
        ("", "assert_close(one, two, rtol=0, atol=atol)", 1),
        ("atol=1e-7", "assert_allclose(one, two, atol=1e-7)", 1),  # NumPy adds a share of 1e-7
        ("atol=1e-7", "assert_allclose(one, two, rtol=0, atol=1e-7)", 0),
    ],
)
def test_a_marker_that_lies_is_found_out(marker: str, body: str, lies: int) -> None:
    helper = "def _same(one, two):\n    assert_close(one, two, rtol=0, atol=1e-9)\n"
    marked = f'@pytest.mark.compares("torch", technique="aigc_ref", {marker})\ndef test():\n    {body}\n'
    assert len(_lies(ast.parse(helper + marked))) == lies


def _lies(tree: ast.Module) -> list[str]:
    """Tolerances that a marker says and its test does not grant, or wider ones that it keeps quiet about."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    lies = []
    for test, markers in _marked(tree):
        tolerances = list(_tolerances(test, functions, set()))
        for kind in ("atol", "rtol"):
            said = {marker[kind] for marker in markers if kind in marker}
            granted = {value for of, value in tolerances if of == kind}
            names = {value for value in granted if isinstance(value, str)}
            widest = names | set(sorted(granted - names, key=float)[-1:])
            lies += [f"{test.name}: no {kind} of {value} in the test" for value in said - granted]
            lies += [f"{test.name}: {kind} of {value} is not in a marker" for value in widest - said]
    return lies


def _marked(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, list[dict[str, Any]]]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            calls = [mark for mark in node.decorator_list if isinstance(mark, ast.Call)]
            markers = [call for call in calls if ast.unparse(call.func) == "pytest.mark.compares"]
            if markers:
                yield (
                    node,
                    [
                        {"oracle": ast.literal_eval(call.args[0])}
                        | {str(each.arg): _value(each.value) for each in call.keywords}
                        for call in markers
                    ],
                )


def _value(node: ast.expr) -> Any:
    """A literal; or the name of what a name stands for."""
    return node.id if isinstance(node, ast.Name) else ast.literal_eval(node)


@cache
def _distributions() -> dict[str, set[str]]:
    """What pip calls a package that is imported: all distributions are read for it, once."""
    return {name: {one.lower().replace("_", "-") for one in found} for name, found in packages_distributions().items()}


DEFAULTS: dict[str, dict[str, float]] = {"approx": {"rtol": 1e-6}, "assert_allclose": {"rtol": 1e-7}}
"""What pytest and NumPy grant where a call says nothing."""


def _tolerances(
    function: ast.FunctionDef, functions: dict[str, ast.FunctionDef], seen: set[str]
) -> Iterator[tuple[str, float | str]]:
    """Every tolerance other than 0 in a function, and in the functions of its file that it calls."""
    seen.add(function.name)
    for call in (node for part in function.body for node in ast.walk(part) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in functions and name not in seen:
            yield from _tolerances(functions[name], functions, seen)
        if name in ("approx", "assert_close", "assert_allclose", "isclose", "allclose"):
            said = {
                {"abs": "atol", "rel": "rtol"}.get(str(each.arg), str(each.arg)): each.value for each in call.keywords
            }
            values: dict[str, Any] = {kind: _value(said[kind]) for kind in ("atol", "rtol") if kind in said}
            if name != "approx" or not values:
                values = DEFAULTS.get(name, {}) | values
            yield from ((kind, value) for kind, value in values.items() if value != 0)
