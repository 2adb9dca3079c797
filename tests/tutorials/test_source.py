"""Reading a tutorial's source: what is refused, and what its key depends on."""

from pathlib import Path

import pytest

from tools.tutorials.source import TutorialError, quote, read_tutorial

HEADER = """\
# ---
# title: {zh: 抛硬币, en: Tossing a coin}
# summary: {zh: 学会数正面。, en: You can count heads.}
# minutes: 1
# order: 1
# data: {zh: 不需要, en: none}
# resources: [paper-gan]
# ---

"""

SOURCE = (
    HEADER
    + """\
# %% [markdown] tags=["zh"]
# 正面 {{ heads }} 次。

# %% [markdown] tags=["en"]
# Heads {{ heads }} times.

# %%
from aigc_ref.coin import toss

heads = toss()

# %% tags=["numbers"]
print('{"heads": 3}')
"""
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    (tmp_path / "aigc_ref").mkdir()
    (tmp_path / "aigc_ref" / "__init__.py").write_text("")
    (tmp_path / "aigc_ref" / "coin.py").write_text(
        "from aigc_ref.chance import half\n\n\ndef toss() -> int:\n    return half()\n"
    )
    (tmp_path / "aigc_ref" / "chance.py").write_text('def half() -> int:\n    """One half."""\n    return 3\n')
    (tmp_path / "aigc_ref" / "other.py").write_text("x = 1\n")
    path = tmp_path / "docs" / "tutorials" / "coin.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_reads_prose_of_each_language_and_code_once(source: Path) -> None:
    tutorial = read_tutorial(source)
    assert [cell.language for cell in tutorial.cells] == ["zh", "en", None, None]
    assert [cell.kind for cell in tutorial.cells] == ["markdown", "markdown", "code", "code"]
    assert tutorial.header.title["en"] == "Tossing a coin"
    assert source.read_text(encoding="utf-8").splitlines()[tutorial.cells[2].line - 1] == "# %%"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("正面 {{ heads }} 次", "一共 {{ heads }} 次正面"),
        ("heads = toss()", "heads = toss()\n# said better"),
        ("heads = toss()", "heads = toss()  # said better"),
    ],
    ids=["prose", "comment", "comment behind code"],
)
def test_explaining_better_keeps_the_key(source: Path, old: str, new: str) -> None:
    before = read_tutorial(source).key
    source.write_text(SOURCE.replace(old, new), encoding="utf-8")
    assert read_tutorial(source).key == before


def test_docstrings_of_modules_keep_the_key_and_their_code_changes_it(source: Path) -> None:
    before = read_tutorial(source).key
    module = source.parents[2] / "aigc_ref" / "chance.py"
    module.write_text('def half() -> int:\n    """Half of six, so that\n    a test can tell."""\n\n    return 3\n')
    assert read_tutorial(source).key == before
    module.write_text("def half() -> int:\n    return 4\n")
    assert read_tutorial(source).key != before


def test_a_module_that_is_not_reached_keeps_the_key(source: Path) -> None:
    before = read_tutorial(source).key
    (source.parents[2] / "aigc_ref" / "other.py").write_text("x = 2\n")
    assert read_tutorial(source).key == before


@pytest.mark.parametrize("new", ["heads = toss() + 1", 'heads = toss()\ntext = """\n# no comment\n"""'])
def test_other_code_changes_the_key(source: Path, new: str) -> None:
    keys = {read_tutorial(source).key}
    for changed in (new, new.replace("no comment", "none at all")):
        source.write_text(SOURCE.replace("heads = toss()", changed), encoding="utf-8")
        keys.add(read_tutorial(source).key)
    assert len(keys) == (3 if "no comment" in new else 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('tags=["numbers"]', 'tags=["number"]', r"coin\.py:\d+: unknown tag 'number'"),
        ("# %%\nfrom", '# %% tags=["zh"]\nfrom', r"coin\.py:\d+: code stands once"),
        ("# minutes: 1\n", "", r"coin\.py:1: the header is not right(?s:.*)minutes"),
        ("# title: {zh", "# title: {{zh", r"coin\.py:1: the header is not right"),
        (HEADER, "", r"coin\.py:1: starts without a header"),
    ],
    ids=["tag", "language of code", "missing field", "broken YAML", "no header"],
)
def test_says_where_a_source_is_wrong(source: Path, old: str, new: str, message: str) -> None:
    source.write_text(SOURCE.replace(old, new), encoding="utf-8")
    with pytest.raises(TutorialError, match=message):
        read_tutorial(source)


def test_quotes_numbers_and_leaves_mathematics_alone() -> None:
    assert quote(r"$\frac{{a}}{b}$: {{ loss:.3f }}", {"loss": 0.12345}) == r"$\frac{{a}}{b}$: 0.123"
    with pytest.raises(KeyError):
        quote("{{ lost }}", {"loss": 1})
