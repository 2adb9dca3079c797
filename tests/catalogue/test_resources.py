"""The catalogue itself: all kinds, all entries, schemas up to date, both languages said."""

import re
from pathlib import Path

import pytest

from tools.catalogue import lock as lock_files
from tools.catalogue.load import Catalogue, entries_by, load
from tools.catalogue.models import MODELS
from tools.catalogue.schema import schemas

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


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_counts_right(catalogue: Catalogue, name: str) -> None:
    text = (RESOURCES.parent / name).read_text(encoding="utf-8")
    counted = re.search(r"catalogue of (\d+) resources|资源目录（(\d+) 条）", text)
    assert counted
    assert int(counted[1] or counted[2]) == len(catalogue.resources)


def test_every_topic_is_used(catalogue: Catalogue) -> None:
    assert {topic for resource in catalogue.resources for topic in resource.topics} == {t.id for t in catalogue.topics}


def test_why_is_one_sentence_in_each_language_and_no_two_are_the_same(catalogue: Catalogue) -> None:
    for resource in catalogue.resources:
        assert resource.why.zh.endswith(("。", "？", "！")), resource.id
        assert resource.why.en.endswith((".", "?", "!")), resource.id
        assert len(resource.why.zh) <= 75, resource.id
        assert len(resource.why.en.split()) <= 40, resource.id
        assert re.search(r"[一-鿿]", resource.why.zh), resource.id
    for language in ("zh", "en"):
        said = [getattr(resource.why, language) for resource in catalogue.resources]
        assert len(set(said)) == len(said)


@pytest.mark.parametrize("stem", MODELS)
def test_each_file_names_its_schema(stem: str) -> None:
    first = (RESOURCES / f"{stem}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=schema/{stem}.json"


def test_schemas_are_those_of_the_models() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (RESOURCES / "schema").glob("*.json")}
    assert committed == schemas(RESOURCES), "run `make schema`"


def test_the_lock_knows_no_key_that_the_catalogue_does_not(catalogue: Catalogue) -> None:
    lock = lock_files.read(RESOURCES)
    assert set(lock.papers) <= set(entries_by(catalogue.resources, "arxiv"))
    assert set(lock.repositories) <= set(entries_by(catalogue.resources, "code"))
