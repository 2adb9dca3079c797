"""The catalogue itself: all kinds, all entries, schemas up to date, both languages said."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tools.catalogue import lock as lock_files
from tools.catalogue.load import Catalogue, load
from tools.catalogue.models import MODELS
from tools.catalogue.parts import PAPERS, PARTS, REPOSITORIES
from tools.catalogue.schema import schemas
from tools.language import LANGUAGES
from tools.site.words import WORDS

RESOURCES = Path(__file__).resolve().parents[2] / "resources"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(RESOURCES)


def test_holds_every_kind(catalogue: Catalogue) -> None:
    least = {
        "paper": 83,
        "tool": 46,
        "blog": 16,
        "book": 15,
        "model": 13,
        "dataset": 11,
        "course": 9,
        "conference": 8,
        "community": 8,
        "report": 8,
    }
    for kind, count in least.items():
        assert len([resource for resource in catalogue.resources if resource.kind == kind]) >= count, kind


def test_every_topic_is_used(catalogue: Catalogue) -> None:
    assert {topic for resource in catalogue.resources for topic in resource.topics} == {t.id for t in catalogue.topics}


@pytest.mark.parametrize("stem", MODELS)
def test_each_file_names_its_schema(stem: str) -> None:
    first = (RESOURCES / f"{stem}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=schema/{stem}.json"


@pytest.mark.parametrize("stem", [*MODELS, "topics", "watch"])
def test_an_editor_that_goes_by_the_schema_finds_nothing(stem: str) -> None:
    schema = json.loads((RESOURCES / "schema" / f"{stem}.json").read_text(encoding="utf-8"))
    entries = yaml.safe_load((RESOURCES / f"{stem}.yaml").read_text(encoding="utf-8"))
    found = Draft202012Validator(schema).iter_errors(entries)
    assert [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in found] == []


def test_schemas_are_those_of_the_models() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (RESOURCES / "schema").glob("*.json")}
    assert committed == schemas(RESOURCES), "run `make schema`"


def test_the_lock_knows_no_key_that_the_catalogue_does_not(catalogue: Catalogue) -> None:
    lock = lock_files.read(RESOURCES)
    assert set(lock[PAPERS]) <= set(PAPERS.keys(catalogue))
    assert set(lock[REPOSITORIES]) <= set(REPOSITORIES.keys(catalogue))


def test_every_part_has_a_file_of_its_own_and_a_field_that_pages_have_a_word_for() -> None:
    assert len({lock_files.path_of(RESOURCES, part.name) for part in PARTS}) == len(PARTS)
    fields = {part.field for part in PARTS if part.field}
    assert fields >= {"arxiv", "code", "huggingface", "pypi"}
    for field in fields:
        assert any(field in model.model_fields for model in MODELS.values()), field
        assert all(field in WORDS[language].names.fields for language in LANGUAGES), field
    for part in PARTS:
        assert all(part.endpoint.name in WORDS[language].names.services for language in LANGUAGES), part.name


def test_the_catalogue_names_models_data_sets_and_packages(catalogue: Catalogue) -> None:
    keys = {part.name: part.keys(catalogue) for part in PARTS}
    assert keys["huggingface"].keys() >= {"Qwen/Qwen-Image", "datasets/HuggingFaceFW/fineweb"}
    assert {"torch", "transformers"} <= keys["pypi"].keys()


def test_reading_what_was_fetched_brings_no_library_that_fetches() -> None:
    code = "import sys, tools.site.pages.registry; print([name for name in ('httpx', 'arxiv') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=RESOURCES.parent)
    assert run.stdout == "[]\n"
