"""What gets installed: the site needs no torch, and what is pinned is what is meant."""

import importlib.util
import re
import subprocess
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def _wanted_by(package: str, extras: frozenset[str]) -> list[Requirement]:
    requirements = (Requirement(text) for text in distribution(package).requires or [])
    environments = [{"extra": extra} for extra in (extras or {""})]
    return [
        requirement
        for requirement in requirements
        if requirement.marker is None or any(requirement.marker.evaluate(environment) for environment in environments)
    ]


def _closure(extra: str) -> set[str]:
    """Every package that `pip install aigc-ref[extra]` brings, by the metadata of what is installed here."""
    found: set[str] = set()
    waiting = _wanted_by("aigc-ref", frozenset({extra}))
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name not in found:
            found.add(name)
            waiting += _wanted_by(name, frozenset(requirement.extras))
    return found


@pytest.mark.parametrize("extra", ["site", "refresh"])
def test_neither_site_nor_refresh_brings_torch(extra: str) -> None:
    packages = _closure(extra)
    assert {"pydantic", "pyyaml"} <= packages
    assert not packages & {"torch", "transformers", "numpy", "ipykernel", "nbclient"}


def test_training_brings_torch() -> None:
    assert "torch" in _closure("train")  # else the test above could not fail


@pytest.mark.parametrize("extra", ["site", "refresh", "train", "test"])
def test_every_package_is_pinned_within_the_range_asked_for(extra: str) -> None:
    pins = _pins()
    assert _closure(extra) - {"setuptools"} <= pins.keys()  # torch asks for it; every environment has one
    for requirement in _wanted_by("aigc-ref", frozenset({extra})):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_torchvision_stays_out() -> None:
    # Beside a CPU build of torch its import fails, and peft and torchmetrics with it (pytorch/vision#9085).
    assert importlib.util.find_spec("torchvision") is None
    assert "torchvision" not in _pins()


def test_the_server_takes_another_port() -> None:
    command = ["make", "--dry-run", "serve", "ADDRESS=127.0.0.1:8001"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "mkdocs serve --dev-addr 127.0.0.1:8001\n" in run.stdout


def test_one_version_everywhere() -> None:
    version = distribution("aigc-ref").version
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf"^version: {re.escape(version)}$", citation, re.MULTILINE)
