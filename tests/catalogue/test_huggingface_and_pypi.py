"""The Hugging Face Hub and PyPI: what they answer, what follows from it, and what a person is told."""

import json
import logging
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.catalogue.conftest import Write
from tests.standins.huggingface import HubRepository, HubStandIn
from tests.standins.pypi import Package, PyPIStandIn
from tests.standins.server import Response, StandIn
from tools.catalogue import cli
from tools.catalogue import lock as lock_files
from tools.catalogue.answers import Answer, Blocked, Found, Missing, NotAnswered, Reason, Unchanged
from tools.catalogue.environment import Service, settings
from tools.catalogue.facts import State
from tools.catalogue.load import load
from tools.catalogue.pace import Pace
from tools.catalogue.parts import PARTS
from tools.catalogue.parts.huggingface import HUB, Hub, HubFacts, HuggingFace
from tools.catalogue.parts.pypi import PackageFacts, Packages, PyPI
from tools.catalogue.problems import CatalogueError
from tools.catalogue.transport import Transport

MODEL = """\
- id: model-x
  title: X
  url: https://example.org/x
  organization: O
  weights: https://huggingface.co/owner/x
  huggingface: owner/x
  license: Apache-2.0
  topics: [gan]
  level: beginner
  languages: [en]
  why: {zh: 好。, en: Good.}
  added: "2026-11-23"
"""
DATASET = """\
- id: data-x
  title: X
  url: https://huggingface.co/datasets/owner/x
  huggingface: owner/x
  license: ODC-By-1.0
  use: training
  year: "2024"
  topics: [gan]
  level: beginner
  languages: [en]
  why: {zh: 真好。, en: Better.}
  added: "2026-11-23"
"""
TOOL = """\
- id: tool-x
  title: X
  url: https://example.org/tool
  pypi: torch-fidelity
  topics: [gan]
  level: beginner
  languages: [en]
  why: {zh: 快。, en: Fast.}
  added: "2026-11-23"
"""
HUGGING_FACE = next(part for part in PARTS if isinstance(part, HuggingFace))
PACKAGES = next(part for part in PARTS if isinstance(part, Packages))


def hub_of(key: str) -> HubRepository:
    return HubRepository(
        key.removeprefix("datasets/"), license="odc-by" if key.startswith("datasets/") else "apache-2.0"
    )


@pytest.fixture
def hub() -> Iterator[HubStandIn]:
    with HubStandIn(make=hub_of) as stand_in:
        yield stand_in


@pytest.fixture
def pypi() -> Iterator[PyPIStandIn]:
    with PyPIStandIn(make=Package) as stand_in:
        yield stand_in


@pytest.fixture
def refresh(
    catalogue: Write, hub: HubStandIn, pypi: PyPIStandIn, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Runs the command on a catalogue of a model, a dataset and a tool."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("AIGC_PYPI_URL", pypi.url)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    folder = catalogue(models=MODEL, datasets=DATASET, tools=TOOL)
    return lambda *options: cli.main(["--resources", str(folder), *options])


@contextmanager
def transport(stand_in: StandIn) -> Iterator[Transport]:
    with Transport(Service(stand_in.url, loopback=True), Pace.none(threading.Event())) as opened:
        yield opened


def ask_hub(stand_in: HubStandIn, *keys: str, token: str | None = None) -> dict[str, Answer[HubFacts]]:
    with transport(stand_in) as opened:
        source = Hub(opened, SecretStr(token) if token else None)
        return {answer.key: answer for batch in source.query_all(keys) for answer in batch}


def ask_pypi(stand_in: PyPIStandIn, *keys: str, etags: dict[str, str] | None = None) -> dict[str, Answer[PackageFacts]]:
    with transport(stand_in) as opened:
        source = PyPI(opened, etags or {})
        return {answer.key: answer for batch in source.query_all(keys) for answer in batch}


# ---- the Hub ------------------------------------------------------------------------------------------------------


def test_the_hub_is_read_in_every_field(hub: HubStandIn) -> None:
    hub.repositories["owner/x"] = HubRepository("owner/x", downloads=7, likes=3, gated="manual", number="abc")
    answer = ask_hub(hub, "owner/x")["owner/x"]
    assert isinstance(answer, Found)
    assert answer.data.model_dump(mode="json", exclude_none=True) == {
        "hub_id": "abc",
        "name": "owner/x",
        "license": "apache-2.0",
        "downloads": 7,
        "likes": 3,
        "last_modified": "2026-11-01",
        "gated": "manual",
        "disabled": False,
    }


def test_models_and_data_sets_of_one_name_are_two(hub: HubStandIn) -> None:
    hub.repositories["owner/x"] = HubRepository("owner/x", downloads=1)
    hub.repositories["datasets/owner/x"] = HubRepository("owner/x", downloads=2)
    answers = ask_hub(hub, "owner/x", "datasets/owner/x")
    found = {key: answer.data.downloads for key, answer in answers.items() if isinstance(answer, Found)}
    assert found == {"owner/x": 1, "datasets/owner/x": 2}
    assert [request.path.partition("?")[0] for request in hub.requests] == [
        "/api/models/owner/x",
        "/api/datasets/owner/x",
    ]


def test_what_is_gone_or_private_is_a_401_to_a_stranger_and_a_404_to_a_member(hub: HubStandIn) -> None:
    hub.make = lambda key: None
    hub.repositories["owner/private"] = HubRepository("owner/private", private=True)
    assert ask_hub(hub, "owner/x")["owner/x"] == Missing("owner/x")
    assert ask_hub(hub, "owner/private")["owner/private"] == Missing("owner/private")
    assert ask_hub(hub, "owner/x", token=hub.token)["owner/x"] == Missing("owner/x")
    assert isinstance(ask_hub(hub, "owner/private", token=hub.token)["owner/private"], Blocked)


def test_a_refused_token_of_the_hub_ends_the_questions_and_is_not_shown(hub: HubStandIn) -> None:
    answers = ask_hub(hub, "owner/x", "owner/y", token="hf_wrong")
    assert [a.reason for a in answers.values() if isinstance(a, NotAnswered)] == [Reason.UNAUTHORIZED] * 2
    assert all("HF_TOKEN" in str(answer) and "hf_wrong" not in str(answer) for answer in answers.values())
    assert len(hub.requests) == 1


def test_a_401_or_404_that_the_hub_did_not_say_is_no_strike(hub: HubStandIn) -> None:
    for status in (401, 404):
        hub.prepared = [Response(status, b"<!doctype html><title>A mirror</title>")]
        assert isinstance(ask_hub(hub, "owner/x")["owner/x"], NotAnswered)


def test_the_last_request_of_a_window_makes_the_next_ones_wait(hub: HubStandIn) -> None:
    hub.remaining = 2
    answers = ask_hub(hub, *(f"owner/x-{number}" for number in range(5)))
    said = [answer.reason if isinstance(answer, NotAnswered) else "found" for answer in answers.values()]
    assert said == ["found", "found", *[Reason.COOLING_DOWN] * 3]
    assert len(hub.requests) == 2


@pytest.mark.parametrize(
    ("variables", "sent"),
    [
        ({}, True),
        ({"HF_ENDPOINT": "https://huggingface.co/"}, True),
        ({"HF_ENDPOINT": "http://127.0.0.1:8000"}, True),
        ({"HF_ENDPOINT": "https://hf-mirror.com"}, False),
    ],
)
def test_a_mirror_is_not_given_the_token(
    variables: dict[str, str], sent: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = type("Run", (), {"settings": settings({"HF_TOKEN": "hf_secret", **variables}, [HUB]), "transport": str})
    source = HUGGING_FACE.source(run)  # type: ignore[arg-type]  # as much of a run as it reads
    assert isinstance(source, Hub)
    assert bool(source.token) is sent


# ---- PyPI ---------------------------------------------------------------------------------------------------------


def test_pypi_is_read_in_every_field(pypi: PyPIStandIn) -> None:
    pypi.packages["torch-fidelity"] = Package("Torch_Fidelity", license_expression=None, license="Apache License 2.0")
    answer = ask_pypi(pypi, "torch-fidelity")["torch-fidelity"]
    assert isinstance(answer, Found)
    assert answer.data.model_dump(mode="json", exclude_none=True) == {
        "name": "Torch_Fidelity",
        "latest_release": "1.2.3",
        "latest_release_date": "2026-10-01",
        "requires_python": ">=3.10",
        "license": "Apache License 2.0",
        "yanked": False,
    }


def test_the_text_of_a_licence_is_not_its_name(pypi: PyPIStandIn) -> None:
    pypi.packages["x"] = Package("x", license_expression=None, license="Copyright 2026\nPermission is hereby granted")
    answer = ask_pypi(pypi, "x")["x"]
    assert isinstance(answer, Found)
    assert answer.data.license is None


def test_pypi_is_asked_for_what_changed(pypi: PyPIStandIn) -> None:
    first = ask_pypi(pypi, "x")["x"]
    assert isinstance(first, Found)
    assert first.etag
    assert ask_pypi(pypi, "x", etags={"x": first.etag})["x"] == Unchanged("x")


def test_pypi_missing_and_another_package(pypi: PyPIStandIn) -> None:
    pypi.make = lambda name: None
    pypi.packages["x"] = Package("y")
    answers = ask_pypi(pypi, "gone", "x")
    assert answers["gone"] == Missing("gone")
    assert answers["x"] == NotAnswered("x", Reason.IMPLAUSIBLE, "PyPI answers for 'y'")


# ---- a whole run --------------------------------------------------------------------------------------------------


def test_facts_are_fetched_and_a_second_run_asks_nothing(
    refresh: Callable[..., int], tmp_path: Path, hub: HubStandIn, pypi: PyPIStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refresh() == cli.OK
    lock = lock_files.read(tmp_path)
    assert {key: record.state for key, record in lock[HUGGING_FACE].items()} == {
        "owner/x": State.OK,
        "datasets/owner/x": State.OK,
    }
    assert lock[PACKAGES]["torch-fidelity"].data.latest_release == "1.2.3"
    assert lock.history["pypi:torch-fidelity"][-1].version == "1.2.3"
    assert (tmp_path / "lock/huggingface.json").exists()
    assert (tmp_path / "lock/pypi.json").exists()
    assert refresh() == cli.OK
    assert (len(hub.requests), len(pypi.requests)) == (2, 1)
    out = capsys.readouterr().out
    assert "Hugging Face: nothing is due" in out
    assert "2 models and datasets: 2 ok" in out
    assert "arXiv: not asked for, since a service is a stand-in; AIGC_ARXIV_URL can name one for arXiv" in out


def test_addresses_that_the_hub_vouches_for_are_no_links(refresh: Callable[..., int], tmp_path: Path) -> None:
    (links,) = [part for part in PARTS if part.name == "links"]
    assert sorted(links.keys(load(tmp_path))) == ["https://example.org/tool", "https://example.org/x"]


@pytest.mark.parametrize("named", ["  huggingface: owner/x\n", ""], ids=["named", "shown by an address"])
def test_a_rename_comes_with_patches_that_leave_a_valid_catalogue(
    refresh: Callable[..., int],
    tmp_path: Path,
    hub: HubStandIn,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    catalogue: Write,
    named: str,
) -> None:
    line = "  huggingface: owner/x\n"
    catalogue(models=MODEL.replace(line, named), datasets=DATASET.replace(line, named))
    assert refresh() == cli.OK
    hub.moved = {"owner/x": "other/x-2", "datasets/owner/x": "datasets/other/x-2"}
    hub.make = lambda key: replace(hub_of(key), number=hub_of("owner/x").hub_id)
    assert refresh("--force") == cli.OK
    assert {record.state for record in lock_files.read(tmp_path)[HUGGING_FACE].values()} == {State.RENAMED}
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert refresh("--offline", "--format", "patch") == cli.OK
    patch = capsys.readouterr().out
    subprocess.run(["git", "apply", "--unsafe-paths", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    _, model, data = (
        load(tmp_path).by_kind("tool"),
        *load(tmp_path).by_kind("model"),
        *load(tmp_path).by_kind("dataset"),
    )
    new_name = "other/x-2" if named else None
    assert getattr(model, "huggingface", None) == getattr(data, "huggingface", None) == new_name
    assert getattr(model, "weights", None) == "https://huggingface.co/other/x-2"
    assert data.url == "https://huggingface.co/datasets/other/x-2"


def test_what_changed_and_what_to_do_is_told_with_its_place(
    refresh: Callable[..., int],
    tmp_path: Path,
    hub: HubStandIn,
    pypi: PyPIStandIn,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert refresh() == cli.OK
    hub.repositories["owner/x"] = replace(hub_of("owner/x"), gated="auto", license="mit")
    pypi.packages["torch-fidelity"] = Package(
        "torch-fidelity", "1.3.0", requires_python=None, yanked=True, yanked_reason="broken wheels"
    )
    capsys.readouterr()
    assert refresh("--force", "--json") == cli.OK
    report = json.loads(capsys.readouterr().out)
    rows = [
        (row["where"].removeprefix(f"{tmp_path}/"), row["message"]) for row in (*report["changes"], *report["to_do"])
    ]
    assert rows == [
        ("models.yaml:6:16", "gated no → auto"),
        ("models.yaml:6:16", "license apache-2.0 → mit"),
        ("tools.yaml:4:9", "ok → yanked: release 1.3.0 was yanked: broken wheels"),
        ("tools.yaml:4:9", "latest release 1.2.3 → 1.3.0"),
        ("models.yaml:7:12", "the Hub's licence is mit, not Apache-2.0"),
        ("tools.yaml:4:9", "release 1.3.0 was yanked: broken wheels; say so in a note, or name another package"),
    ]
    assert lock_files.read(tmp_path)[PACKAGES]["torch-fidelity"].data.requires_python is None


def test_another_repository_under_the_old_name_is_told_until_it_is_forgotten(
    refresh: Callable[..., int], tmp_path: Path, hub: HubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refresh() == cli.OK
    hub.repositories["owner/x"] = HubRepository("owner/x", downloads=1, number="another")
    assert refresh("--force") == cli.OK
    assert "then run with --forget owner/x" in capsys.readouterr().out
    record = lock_files.read(tmp_path)[HUGGING_FACE]["owner/x"]
    assert (record.state, record.data.downloads) == (State.REPLACED, 1000)
    assert refresh("--forget", "owner/x") == cli.OK
    assert refresh() == cli.OK
    assert lock_files.read(tmp_path)[HUGGING_FACE]["owner/x"].state is State.OK


def test_only_one_of_them_can_be_asked(refresh: Callable[..., int], hub: HubStandIn, pypi: PyPIStandIn) -> None:
    assert refresh("--only", "pypi") == cli.OK
    assert (len(hub.requests), len(pypi.requests)) == (0, 1)
    assert refresh("--only", "huggingface", "--ids", "model-x") == cli.OK
    assert (len(hub.requests), len(pypi.requests)) == (1, 1)


def test_a_log_line_a_request_and_no_token_in_it(
    refresh: Callable[..., int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, hub: HubStandIn
) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.token)
    with caplog.at_level(logging.INFO, "tools.catalogue"):
        assert refresh() == cli.OK
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert any(line.startswith(f"GET {hub.url}/api/models/owner/x?") and ": 200, " in line for line in lines)
    assert all(request.headers["authorization"] == f"Bearer {hub.token}" for request in hub.requests)
    assert hub.token not in caplog.text


def test_verbose_says_each_request(refresh: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert refresh("--verbose") == cli.OK
    assert capsys.readouterr().err.count("GET http://127.0.0.1:") == 3
    assert refresh("--force") == cli.OK
    assert "GET" not in capsys.readouterr().err


# ---- what a curator writes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stem", "was", "typed", "message"),
    [
        ("datasets", "huggingface: owner/x", "huggingface: owner/y", "1:3: url shows owner/x on the Hugging Face Hub, "
         "and huggingface says owner/y; which?"),
        ("models", "huggingface: owner/x", "huggingface: x", "6:16: huggingface: 'x' is not a repository of the "
         "Hugging Face Hub; write it as 'owner/name'"),
        ("models", "huggingface: owner/x", "huggingface: datasets/x", "6:16: huggingface: 'datasets/x' is not a repo"),
        ("tools", "torch-fidelity", "Torch_Fidelity", "4:9: pypi: write 'torch-fidelity': in lower case, with single "),
        ("tools", "torch-fidelity", "torch fidelity", "4:9: pypi: 'torch fidelity' is not a package's name"),
        ("models", "weights", "pypi", "5:3: unknown field 'pypi', which is for tools.yaml"),
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_is_refused_with_its_place(
    catalogue: Write, stem: str, was: str, typed: str, message: str
) -> None:
    text = {"models": MODEL, "datasets": DATASET, "tools": TOOL}[stem].replace(was, typed)
    with pytest.raises(CatalogueError) as error:
        load(catalogue(**{stem: text}))
    assert f"{stem}.yaml:{message}" in str(error.value)
