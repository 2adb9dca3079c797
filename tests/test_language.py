"""That a language is known wherever it has to be, before a page shows that it is not."""

from dataclasses import fields
from pathlib import Path

from tools.language import LANGUAGES, Both, ForEach, configuration
from tools.site.words import WORDS

ROOT = Path(__file__).resolve().parents[1]


def test_whatever_is_said_in_every_language_has_a_place_for_each() -> None:
    assert tuple(field.name for field in fields(ForEach)) == LANGUAGES
    assert tuple(Both.model_fields) == LANGUAGES


def test_every_language_has_its_configuration_and_the_pages_that_people_write() -> None:
    pages = {path.name for path in (ROOT / "docs" / LANGUAGES[0]).glob("*.md")}
    assert len(pages) > 2
    for language in LANGUAGES:
        assert f"docs_dir: docs/{language}\n" in (ROOT / configuration(language)).read_text(encoding="utf-8")
        assert {path.name for path in (ROOT / "docs" / language).glob("*.md")} == pages


def test_every_language_has_a_name_in_each() -> None:
    for language in LANGUAGES:
        assert WORDS[language].names.languages.keys() >= set(LANGUAGES)
