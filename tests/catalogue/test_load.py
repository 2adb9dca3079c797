"""Loading: text to entries, or every error at once with its place."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalogue.conftest import PAPER, TOPICS, Write
from tools.catalogue.load import load
from tools.catalogue.models import Paper
from tools.catalogue.problems import CatalogueError


def problems(folder: Path) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_reads_an_entry(catalogue: Write) -> None:
    (paper,) = load(catalogue()).resources
    assert isinstance(paper, Paper)
    assert paper.arxiv == "1406.2661"
    assert paper.why.zh == "一页讲完。"


def test_an_unquoted_identifier_keeps_its_last_zero(catalogue: Write) -> None:
    (paper,) = load(
        catalogue(papers=PAPER.replace('"1406.2661"', "2301.00010").replace("1406.2661", "2301.00010"))
    ).resources
    assert isinstance(paper, Paper)
    assert paper.arxiv == "2301.00010"


def test_names_place_and_remedy_of_a_misspelt_field(catalogue: Write) -> None:
    assert problems(catalogue(papers=PAPER.replace("  arxiv:", "  arxive:"))) == [
        "papers.yaml:4:3: unknown field 'arxive' (did you mean 'arxiv'?)"
    ]


def test_suggests_a_topic(catalogue: Write) -> None:
    assert problems(catalogue(papers=PAPER.replace("[gan]", "[gans]"))) == [
        "papers.yaml:8:12: unknown topic 'gans' (did you mean 'gan'?)"
    ]


def test_tells_all_errors_at_once(catalogue: Write) -> None:
    broken = PAPER.replace("beginner", "begginer").replace('"2026-11-23"', "yesterday").replace("  url", "  ulr")
    found = problems(catalogue(papers=broken, topics=TOPICS.replace("id: llm", "id: Llm")))
    assert [line.split(": ")[0] for line in found] == [
        "papers.yaml:1:3",  # no url
        "papers.yaml:3:3",  # ulr
        "papers.yaml:9:10",  # begginer
        "papers.yaml:12:10",  # yesterday
        "topics.yaml:4:7",  # Llm
    ]


def test_refuses_a_duplicate_key(catalogue: Write) -> None:
    assert "papers.yaml:3:3" in problems(catalogue(papers=PAPER.replace("  url", "  title: Again\n  url")))[0]


def test_refuses_an_alias(catalogue: Write) -> None:
    text = PAPER.replace("topics: [gan]", "topics: &t [gan]") + PAPER.replace("paper-gan", "paper-2").replace(
        "topics: [gan]", "topics: *t"
    )
    assert any("alias" in line or "anchor" in line for line in problems(catalogue(papers=text)))


@pytest.mark.parametrize("field", ["id", "url", "arxiv", "why"])
def test_refuses_what_may_be_there_only_once(catalogue: Write, field: str) -> None:
    url, why = "https://example.org/gan", "{zh: 一页讲完。, en: One page.}"
    first = PAPER.replace("https://arxiv.org/abs/1406.2661", url)
    other = first.replace("-gan", "-other").replace("gan\n", "other\n").replace("1406.2661", "1511.06434")
    other = other.replace(why, "{zh: 另一页。, en: Another.}")
    value = {"id": "paper-gan", "url": url, "arxiv": '"1406.2661"', "why": why}[field]
    lines = [
        f"{line.split(':')[0]}: {value}" if line.strip(" -").startswith(f"{field}:") else line
        for line in other.splitlines()
    ]
    found = problems(catalogue(papers=first + "\n".join(lines) + "\n"))
    assert len(found) == (2 if field == "why" else 1)  # in each language
    assert all(f"duplicate {field}" in problem for problem in found)


def test_refuses_the_same_resource_in_two_files(catalogue: Write) -> None:
    tool = """\
- id: tool-gan
  title: GAN
  url: http://www.arxiv.org/abs/1406.2661/
  topics: [gan]
  level: beginner
  languages: [en]
  why: {zh: 好。, en: Good.}
  added: "2026-11-23"
"""
    (problem,) = problems(catalogue(tools=tool))
    assert problem.startswith("tools.yaml:3:8: duplicate url")
    assert "papers.yaml:3" in problem


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("title: The #1 course", "2:14: begins a comment, for YAML; put the whole text in quotes"),
        (
            "title: New: Book",
            "2:13: is not YAML: mapping values are not allowed in this context; a text that holds ': '",
        ),
        ("\ttitle: Book", "2:3: is not YAML: found a tab character that violates indentation; indent with spaces"),
        ("title: @Book", "2:10: is not YAML: found character that cannot start any token; indent with spaces, not"),
        ('title: "Book', "is not YAML: did not find expected key; a text that holds quotes wants others"),
        ("title：Book", "is not YAML: could not find expected ':'; between field and value stand a half-width ':'"),
        ("title: [Book", "is not YAML: did not find expected ',' or ']'; a bracket is not closed"),
    ],
)
def test_a_slip_of_yaml_is_said_once_and_with_its_remedy(catalogue: Write, typed: str, said: str) -> None:
    whole = PAPER.replace("-gan", "-one").replace("1406.2661", "1511.06434").replace("一", "首").replace("One", "First")
    found = problems(catalogue(papers=whole + PAPER.replace("  title: Generative Adversarial Networks", f"  {typed}")))
    assert len(found) == 1
    line, _, message = said.partition(": ")
    if line.replace(":", "").isdigit():
        assert found[0].startswith(f"papers.yaml:{whole.count(chr(10)) + int(line[0])}:{line[2:]}: {message}")
    else:
        assert said in found[0]


@pytest.mark.parametrize("topics", ["", "- id: gan\n\ttitle: x\n"])
def test_entries_are_not_blamed_for_a_vocabulary_that_cannot_be_read(catalogue: Write, topics: str) -> None:
    (problem,) = problems(catalogue(topics=topics))
    assert problem.startswith("topics.yaml:")


@pytest.mark.parametrize("text", ["", "# books\n", "[]\n"])
def test_a_file_without_entries_is_named(catalogue: Write, text: str) -> None:
    assert problems(catalogue(books=text)) == ["books.yaml:1:1: holds no entry; write one, or delete the file"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zh: 一页讲完。", "zh: 一页讲完", "why.zh: is not a Chinese sentence; end it with"),
        ("zh: 一页讲完。", "zh: Just English.", "why.zh: is not a Chinese sentence"),
        ("zh: 一页讲完。", f"zh: {'好' * 75}。", "why.zh: has 76 characters; say it in 75"),
        ("en: One page.", "en: One page", "why.en: is not a sentence; end it with a full stop"),
        ("en: One page.", f"en: {'word ' * 40}end.", "why.en: has 41 words; say it in 40"),
        ("  topics:", "  kind: paper\n  topics:", "unknown field 'kind'; the file that an entry stands in says it"),
        ("  topics:", "  feed: https://a.example/\n  topics:", "unknown field 'feed', which is for blogs.yaml"),
        ("  level: beginner\n", "", "missing field 'level'; write beginner, intermediate, research"),
        ("[gan]", "[painting]", "unknown topic 'painting'; topics.yaml has those that there are"),
        ("title: Gen", "title: Gen\u202e", "title: holds a line break or the invisible character U+202E"),
        ("[en]", "[cn]", "'cn' is not a language tag; write 'zh'"),
        ("abs/1406.2661", "pdf/1406.2662v3", "url shows arXiv 1406.2662, and arxiv says 1406.2661"),
        ('  arxiv: "1406.2661"\n', "", "url shows arXiv 1406.2661, and arxiv says nothing"),
        ("https://arxiv.org/abs/1406.2661", "https://exam_ple..org/", "url: is not a web address"),
        ("https://arxiv.org/abs/1406.2661", "https://localhost/", "url: is not a web address"),
        ("https://arxiv.org/abs/1406.2661", "https://example.org:99999/", "url: is not a web address"),
    ],
)
def test_says_what_to_write_instead(catalogue: Write, old: str, new: str, said: str) -> None:
    (problem,) = problems(catalogue(papers=PAPER.replace(old, new)))
    assert said in problem


def test_a_paper_is_the_same_at_every_address_of_arxiv(catalogue: Write) -> None:
    again = (
        PAPER.replace("paper-gan", "paper-again").replace("abs/1406.2661", "pdf/1406.2661v2").replace("goodfeli", "b")
    )
    found = problems(catalogue(papers=PAPER + again.replace("一", "首").replace("One", "First")))
    assert [problem.split(": ")[1] for problem in found] == ["duplicate url", "duplicate arxiv"]


def test_refuses_an_unknown_file(catalogue: Write) -> None:
    folder = catalogue()
    (folder / "paper.yaml").write_text("")
    assert problems(folder) == ["paper.yaml:1:1: unknown file 'paper.yaml' (did you mean 'papers.yaml'?)"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(text=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_no_input_raises_anything_but_its_own_error(catalogue: Write, text: bytes) -> None:
    folder = catalogue()
    (folder / "papers.yaml").write_bytes(text)
    with pytest.raises(CatalogueError):
        load(folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(st.data())
def test_no_edit_of_a_valid_file_raises_anything_else(catalogue: Write, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(PAPER)))
    length = data.draw(st.integers(0, 12))
    with_ = data.draw(st.text("-:[]{}&*!|>'\"#%@` \n\tabc0\x00\ud800é", max_size=6))
    folder = catalogue()
    text = PAPER[:place] + with_ + PAPER[place + length :]
    (folder / "papers.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load(folder)
    except CatalogueError:
        return  # its own error; any other fails the test
