"""The wheel, built from a copy of the sources and installed where nothing else is, and used from another folder."""

import json
import os
import shutil
import subprocess
import sys
import venv
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

from aigc_ref.extras import INSTALL

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow


def _pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", *map(str, arguments)]
    # Without PYTHONPATH, on which pip would find the repository's own metadata and call the wheel installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A copy, since setuptools packs what an earlier build has left in build/, and leaves its own there.
    source, wheels = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheels")
    for name in ("pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / name, source)
    for name in ("aigc_ref", "benchmarks", "tests", "tools"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    # No isolation: that would fetch setuptools, which is here.
    _pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", wheels, source)
    (built,) = wheels.iterdir()
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel and nothing else, not even pip."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=os.name != "nt")
    interpreter = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _pip("--python", interpreter, "install", "--no-deps", "--no-index", wheel)
    return interpreter


def _run(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # -I: no PYTHONPATH here either.
    return subprocess.run([python, "-I", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def _metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_it_holds_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    there = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "aigc_ref").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "aigc_ref/py.typed" in packed
    assert packed == there


def test_its_metadata_speak_of_the_package_alone(wheel: Path) -> None:
    metadata = _metadata(wheel)
    assert metadata["License-Expression"] == "MIT"
    assert set(metadata.get_all("Provides-Extra", [])) == {"train", "figures", "tutorials"}
    assert all("extra ==" in requirement for requirement in metadata.get_all("Requires-Dist", []))
    text = wheel.name + str(metadata)
    assert "torch" in text
    assert not [name for name in ("mkdocs", "pytest", "httpx", "mypy") if name in text]


def test_the_command_works_from_another_folder(python: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("the cat sat on the mat\n", encoding="utf-8")
    run = _run(python, tmp_path, "-m", "aigc_ref.metrics", "bleu", str(lines), str(lines), "--json")
    assert run.stderr == ""
    assert json.loads(run.stdout)["score"] == 1


def test_it_is_the_installed_package_that_runs(python: Path, tmp_path: Path) -> None:
    code = "import aigc_ref.metrics.rouge as m; print(m.__file__); print(m.rouge_l('今天天气很好', '今天天气真好').f1)"
    run = _run(python, tmp_path, "-c", code)
    place, score = run.stdout.splitlines()
    assert Path(place).is_relative_to(python.parents[1])
    assert float(score) == pytest.approx(5 / 6)


def test_what_is_missing_says_what_brings_it(python: Path, tmp_path: Path) -> None:
    run = _run(python, tmp_path, "-m", "aigc_ref.finetune.causal_lm", "--help")
    assert run.returncode == 1
    assert run.stderr.endswith(f"aigc_ref.finetune needs torch: run {INSTALL})\n")
    assert run.stderr.count("\n") == 1
