"""Words of our own: terms as the glossary has them, and Chinese set as it should be."""

import re
from collections.abc import Iterator

import pytest

from tests.site.sites import ROOT
from tools.language import LANGUAGES, Language
from tools.site.pages.registry import site_pages
from tools.site.project.prose import Term
from tools.site.project.reading import read_project

FIRST_MENTION = re.compile(r"([\u4e00-\u9fff]+)[*」]*（([a-z][a-z-]*(?: [a-z][a-z-]*)*)(?=[），；])")
"""掩码（mask）, 自回归（autoregressive，…）: Chinese, and the English for it in small letters."""
NO_TERMS = {"bag", "begin", "gpt-tokenizer", "inside", "outside", "lenient", "length buckets", "strict"}
"""English that names what is on the page: classes, tags, settings, packages."""
NOT_PROSE = re.compile(
    r"```.*?```|\[[^\]]*\]\([^)]*catalogue/[^)]*\)|`[^`\n]*`|\]\([^)]*\)|\[[A-Za-z0-9_.-]+\]|https?://\S+|<[^>]+>|\{[^}\n]*\}|^---\n.*?\n---$",
    re.DOTALL | re.MULTILINE,
)


@pytest.fixture(scope="module")
def terms() -> tuple[Term, ...]:
    return read_project(ROOT).glossary


@pytest.fixture(scope="module")
def prose() -> dict[tuple[Language, str], str]:
    """What readers read, of our own words, by language and page: without code, addresses and resources' titles."""
    project = read_project(ROOT)
    pages: dict[tuple[Language, str], str] = {}
    for language in LANGUAGES:
        written = {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / language).glob("*.md")}
        made = {path: text for path, text in site_pages(project, language).items() if isinstance(text, str)}
        ours = {
            path: text
            for path, text in made.items()
            if path.endswith(".md") and not path.startswith(("catalogue/", "reference/"))
        }
        pages |= {(language, path): NOT_PROSE.sub(" ", text) for path, text in (written | ours).items()}
    return pages


def _outside(text: str, terms: tuple[Term, ...]) -> Iterator[str]:
    """First mentions that the glossary lacks or renders otherwise."""
    known = {re.sub(r" \(.*|^.* and | *,.*", "", term.en).lower(): term.zh for term in terms}
    for chinese, english in FIRST_MENTION.findall(text):
        if english not in NO_TERMS and not any(chinese.endswith(zh) for zh in known.get(english, "").split("；") if zh):
            yield f"{chinese}（{english}）"


def test_a_term_given_with_its_english_is_the_glossarys(
    terms: tuple[Term, ...], prose: dict[tuple[Language, str], str]
) -> None:
    mentions = [
        pair for (language, _), text in prose.items() if language == "zh" for pair in FIRST_MENTION.findall(text)
    ]
    assert len(mentions) > 30
    assert not {page: found for (_, page), text in prose.items() if (found := list(_outside(text, terms)))}


def test_no_page_uses_a_rendering_that_the_glossary_avoids(
    terms: tuple[Term, ...], prose: dict[tuple[Language, str], str]
) -> None:
    avoided = {word for term in terms for word in term.avoid}
    assert len(avoided) > 20
    found = {
        (page, word)
        for (_, page), text in prose.items()
        for word in avoided
        if re.search(rf"(?<![a-z]){re.escape(word)}", text, re.IGNORECASE)
    }
    assert not found


def _badly_set(text: str) -> list[str]:
    """Han beside a letter or digit without a space, half-width punctuation after Han; titles and tables aside."""
    text = re.sub(r"《[^》]*》|^\s*\|.*$", " ", text, flags=re.MULTILINE)
    return re.findall(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9%][\u4e00-\u9fff]|[\u4e00-\u9fff](?:[,;:!?(]|\.\s)", text)


def test_chinese_is_well_set(prose: dict[tuple[Language, str], str]) -> None:
    found = {
        page: wrong for (language, page), text in prose.items() if language == "zh" and (wrong := _badly_set(text))
    }
    assert not found


def test_badly_set_chinese_is_found() -> None:
    assert _badly_set("用LoRA微调,约3分钟. 再看《Python深度学习》：完 3 分钟。") == [
        "用L",
        "A微",
        "调,",
        "约3",
        "钟. ",
    ]


def test_terms_outside_the_glossary_are_found(terms: tuple[Term, ...]) -> None:
    assert list(_outside("先说掩码（mask），再说**遮罩**（mask），最后说：量子（quantum）。", terms)) == [
        "遮罩（mask）",
        "量子（quantum）",
    ]


def test_the_glossary_is_in_order_and_says_nothing_twice(terms: tuple[Term, ...]) -> None:
    names = [term.en.lower() for term in terms]
    assert names == sorted(set(names))
    assert not {term.zh for term in terms} & {word for term in terms for word in term.avoid}
