"""What gets installed: no torch for the site; what is imported is declared, and what is installed is what is pinned."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: dict[str, list[str]] = PYPROJECT["project"]["optional-dependencies"]
GROUPS: dict[str, list[str | dict[str, str]]] = PYPROJECT["dependency-groups"]
# What is imported by another name than it is installed by.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "fontTools": "fonttools",
    "graphql": "graphql-core",
    "mauve": "mauve-text",
    "py_mini_racer": "mini-racer",
    "sklearn": "scikit-learn",
    "tiktoken_ext": "tiktoken",
    "yaml": "PyYAML",
}
# Its imports are those of an environment of its own, which its first lines describe.
ELSEWHERE = {ROOT / "tests/parity/golden/adapters.py"}


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def _declared(name: str) -> Iterator[Requirement]:
    """What an extra or a dependency group asks for, with the extras and groups that it includes."""
    for item in EXTRAS[name] if name in EXTRAS else GROUPS[name]:
        if isinstance(item, dict):
            yield from _declared(item["include-group"])
        elif (requirement := Requirement(item)).name == "aigc-ref":
            for extra in requirement.extras:
                yield from _declared(extra)
        else:
            yield requirement


def _wanted(package: str, texts: Iterable[str], extras: Iterable[str]) -> list[Requirement]:
    """Those of a package's requirements that hold here; of torch only what each of its builds asks for."""
    environments = [{"extra": extra} for extra in ["", *extras]]
    requirements = [Requirement(text) for text in texts]
    return [
        requirement
        for requirement in requirements
        if requirement.marker is None
        or (
            any(requirement.marker.evaluate(environment) for environment in environments)
            # The build for NVIDIA cards pins its libraries itself, on Linux; the one for the CPU has none.
            and not (package == "torch" and "platform_" in str(requirement.marker))
        )
    ]


def _closure(*names: str) -> set[str]:
    """Every package that these extras or groups bring, by the metadata of what is installed here."""
    found: dict[str, set[str]] = {}
    waiting = [requirement for name in names for requirement in _declared(name)]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name not in found or requirement.extras - found[name]:
            found.setdefault(name, set()).update(requirement.extras)
            waiting += _wanted(name, distribution(name).requires or [], requirement.extras)
    return set(found)


def test_the_build_of_torch_does_not_matter() -> None:
    texts = ["sympy>=1.13.3", "nvidia-nccl-cu13==2.29.3; platform_system == 'Linux'", "opt-einsum; extra == 'opt'"]
    assert [requirement.name for requirement in _wanted("torch", texts, [])] == ["sympy"]
    assert [requirement.name for requirement in _wanted("torch", texts, ["opt"])] == ["sympy", "opt-einsum"]


@pytest.mark.parametrize("group", ["site", "refresh"])
def test_neither_site_nor_refresh_brings_torch(group: str) -> None:
    packages = _closure(group)
    assert {"pydantic", "pyyaml"} <= packages
    assert not packages & {"torch", "transformers", "numpy", "ipykernel", "nbclient"}


def test_the_tests_of_site_and_catalogue_need_no_torch() -> None:
    packages = _closure("test", "site", "refresh", "figures")
    assert {"pytest", "matplotlib"} <= packages
    assert "torch" not in packages


def test_training_brings_torch() -> None:
    assert "torch" in _closure("train")  # else the test above could not fail


def test_every_package_is_pinned_within_the_range_asked_for_and_is_what_is_installed() -> None:
    pins = _pins()
    packages = _closure("dev", "tutorials")
    assert packages - pins.keys() == set()
    for requirement in [*_declared("dev"), *_declared("tutorials")]:
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement
    # `public` is without the build: 2.13.0+cpu is 2.13.0.
    other = {name: version(name) for name in packages if Version(version(name)).public != pins[name]}
    assert other == {}, "the pins of these are others; make pins writes down what is installed"


def _imported(folder: Path) -> dict[str, Path]:
    """The packages from elsewhere that the code in a folder imports, each with one file that does."""
    found: dict[str, Path] = {}
    for path in sorted({*folder.rglob("*.py")} - ELSEWHERE):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found |= {name.partition(".")[0]: path for name in names}
    ours = {"", "aigc_ref", "benchmarks", "tests", "tools"}
    return {name: path for name, path in found.items() if name not in ours | sys.stdlib_module_names}


@pytest.mark.parametrize(
    ("folder", "declared"),
    [
        ("aigc_ref", ["train", "figures"]),
        ("docs/tutorials", ["tutorials"]),
        ("tools/catalogue", ["refresh"]),
        ("tools/site", ["site", "refresh"]),
        ("tools", ["site", "refresh", "notebooks", "train"]),
        ("benchmarks", ["dev", "tutorials"]),
        ("tests", ["dev", "tutorials"]),
    ],
)
def test_what_is_imported_is_declared(folder: str, declared: list[str]) -> None:
    known = {canonicalize_name(requirement.name) for name in declared for requirement in _declared(name)}
    imported = _imported(ROOT / folder)
    assert imported
    undeclared = {
        name: str(path.relative_to(ROOT))
        for name, path in imported.items()
        if canonicalize_name(DISTRIBUTIONS.get(name, name)) not in known
    }
    assert undeclared == {}


def test_torchvision_stays_out() -> None:
    # Beside a CPU build of torch its import fails, and peft and torchmetrics with it (pytorch/vision#9085).
    assert importlib.util.find_spec("torchvision") is None
    assert "torchvision" not in _pins()


def test_the_server_takes_another_port() -> None:
    command = ["make", "--dry-run", "serve", "ADDRESS=127.0.0.1:8001"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "mkdocs serve --dev-addr 127.0.0.1:8001\n" in run.stdout


def test_another_python_has_environments_of_its_own() -> None:
    commands = {}
    for python in ("python3", sys.executable):
        command = ["make", "--dry-run", "--always-make", "test", f"PYTHON={python}"]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        commands[python] = run.stdout
    assert "python3 -m venv .venv/test\n" in commands["python3"]
    here = f".venv/{sys.version_info[0]}.{sys.version_info[1]}"
    assert f"{sys.executable} -m venv {here}/test\n" in commands[sys.executable]
    assert f"{here}/test/bin/python -m pytest" in commands[sys.executable]


def test_one_version_everywhere() -> None:
    number = PYPROJECT["project"]["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf"^version: {re.escape(number)}$", citation, re.MULTILINE)
