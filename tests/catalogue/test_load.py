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
    (paper,) = load(catalogue(papers=PAPER.replace('"1406.2661"', "2301.00010"))).resources
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


@pytest.mark.parametrize("field", ["id", "url", "arxiv"])
def test_refuses_what_may_be_there_only_once(catalogue: Write, field: str) -> None:
    other = PAPER.replace("paper-gan", "paper-other").replace("1406.2661", "1511.06434")
    value = {"id": "paper-gan", "url": "https://arxiv.org/abs/1406.2661", "arxiv": '"1406.2661"'}[field]
    lines = [
        f"{line.split(':')[0]}: {value}" if line.strip(" -").startswith(f"{field}:") else line
        for line in other.splitlines()
    ]
    (problem,) = problems(catalogue(papers=PAPER + "\n".join(lines) + "\n"))
    assert f"duplicate {field}" in problem


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
