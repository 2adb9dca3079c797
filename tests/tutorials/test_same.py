"""`run_tutorials.py --same`: a key is renewed only where the old code and the new give the same."""

import os
import shutil
import subprocess
from pathlib import Path

import nbformat
import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.tutorials.test_source import HEADER
from tools import run_tutorials
from tools.tutorials.run import Report, execute, executed_path, is_stale, run, write_executed
from tools.tutorials.same import renew_if_same
from tools.tutorials.source import Tutorial, TutorialError, read_tutorial

SOURCE = (
    HEADER.replace("# order: 1\n", "# order: 1\n# needs: [start]\n")
    + """\
# %% tags=["parameters"] smoke={"tosses": 2}
import os
import time
from pathlib import Path

from aigc_ref.coin import heads, save

tosses = 5

# %%
began = time.perf_counter()
print("heads:", heads(tosses))
save(Path(os.environ["AIGC_CHECKPOINTS"]), heads(tosses))
f"{time.perf_counter() - began:.6f} seconds"
"""
)

COIN = '''\
"""Coins."""

import numpy as np
from safetensors.numpy import save_file


def heads(tosses):
    return sum(1 for toss in range(tosses) if toss % 2)


def save(folder, found):
    assert (folder / "start" / "model.safetensors").is_file()
    (folder / "made").mkdir()
    save_file({"found": np.array([found]), "bias": np.zeros(2)}, folder / "made" / "model.safetensors")
'''


def git(root: Path, *arguments: str) -> str:
    identity = {f"GIT_{who}_{what}": "x@y.z" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-C", root, *arguments], env=os.environ | identity, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def silent(line: str) -> None:
    pass


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a tutorial and its result, and a later commit that has nothing to do with it."""
    root = tmp_path_factory.mktemp("committed")
    path = root / "docs" / "tutorials" / "coin.py"
    needed = path.parent / "checkpoints" / "start" / "model.safetensors"
    needed.parent.mkdir(parents=True)
    save_file({"start": np.ones(1)}, needed)
    package = root / "aigc_ref"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "coin.py").write_text(COIN, encoding="utf-8")
    path.write_text(SOURCE, encoding="utf-8")
    run_in_full(read_tutorial(path))
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    (root / "notes").write_text("later", encoding="utf-8")
    git(root, "add", ".")
    git(root, "commit", "-qm", "second")
    return root


@pytest.fixture
def tutorial(committed: Path, tmp_path: Path) -> Tutorial:
    shutil.copytree(committed, tmp_path / "copy")
    return read_tutorial(tmp_path / "copy" / "docs" / "tutorials" / "coin.py")


def run_in_full(tutorial: Tutorial) -> None:
    run(tutorial, silent)
    made = tutorial.path.parent / "checkpoints" / "made"
    for file in made.iterdir():
        file.unlink()
    made.rmdir()


def changed(tutorial: Tutorial, old: str, new: str) -> Tutorial:
    """The tutorial, read again, after a change of its package or its cells."""
    for path in (tutorial.root / "aigc_ref" / "coin.py", tutorial.path):
        source = path.read_text(encoding="utf-8")
        path.write_text(source.replace(old, new), encoding="utf-8")
    again = read_tutorial(tutorial.path)
    assert is_stale(again)
    return again


def test_renews_the_key_and_the_cells_where_all_is_the_same(tutorial: Tutorial) -> None:
    before = nbformat.read(executed_path(tutorial), as_version=4)
    again = changed(tutorial, "heads", "obverses")
    again = changed(again, '"obverses:"', '"heads:"')
    again = changed(again, "began = time", "time.sleep(0.1)\nbegan = time")
    assert renew_if_same(again, None, silent) == []
    assert not is_stale(read_tutorial(tutorial.path))
    after = nbformat.read(executed_path(tutorial), as_version=4)
    assert [cell.source for cell in after.cells] == [cell.source for cell in again.code]
    assert [cell.outputs for cell in after.cells] == [cell.outputs for cell in before.cells]
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert [path.name for path in executed_path(tutorial).parent.iterdir()] == ["coin.ipynb"]
    assert git(tutorial.root, "status", "--porcelain", "--untracked-files=all").split() == [
        *("M", "aigc_ref/coin.py", "M", "docs/tutorials/coin.py", "M", "docs/tutorials/executed/coin.ipynb")
    ]


@pytest.mark.slow
def test_renews_once_more_what_is_not_committed_yet(tutorial: Tutorial) -> None:
    again = changed(tutorial, "return sum", "return 0 + sum")
    renewed = nbformat.read(executed_path(tutorial), as_version=4)
    renewed.metadata.aigc.key = again.key
    write_executed(again, renewed)
    assert renew_if_same(changed(again, "return 0", "return 1 - 1"), None, silent) == []


def test_says_what_differs_and_leaves_the_result_alone(tutorial: Tutorial) -> None:
    before = executed_path(tutorial).read_bytes()
    again = changed(tutorial, "if toss % 2)", "if True)")
    again = changed(again, "began = time.perf_counter()", "began = time.perf_counter()\ntime.perf_counter()")
    again = changed(again, "    save_file(", '    (folder / "made" / "README.md").write_text("#")\n    save_file(')
    where = f"{tutorial.path}:{SOURCE.splitlines().index('# %%') + 1}"
    assert renew_if_same(again, None, silent) == [
        f"{where}: stdout differs\n    --- was\n    +++ is\n    @@ -1 +1 @@\n    -heads: 1\n    +heads: 2",
        f"{where}: text/plain differs\n    --- was\n    +++ is\n    @@ -1 +1 @@\n"
        "    -'1.000000 seconds'\n    +'2.000000 seconds'",
        "coin: checkpoint made/README.md is new",
        "coin: checkpoint made/model.safetensors differs: found",
    ]
    assert executed_path(tutorial).read_bytes() == before


def test_the_revision_must_be_the_one_that_the_result_is_of(tutorial: Tutorial) -> None:
    again = changed(tutorial, "return sum", "return 0 + sum")
    git(tutorial.root, "commit", "-qam", "third")
    with pytest.raises(TutorialError, match="coin: its result was stale at HEAD"):
        renew_if_same(again, "HEAD", silent)
    with pytest.raises(TutorialError, match="git archive --format=tar nowhere"):
        renew_if_same(again, "nowhere", silent)
    executed = nbformat.read(executed_path(tutorial), as_version=4)
    executed.cells[1].outputs[0].text = "heads: 3\n"
    write_executed(tutorial, executed)
    with pytest.raises(TutorialError, match="coin: its result is not the one of HEAD~1"):
        renew_if_same(again, "HEAD~1", silent)


@pytest.mark.slow
def test_an_interruption_leaves_nothing_behind(
    tutorial: Tutorial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(line: str) -> None:
        if line == "coin: 1 of 2 cells":
            raise KeyboardInterrupt

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    before = executed_path(tutorial).read_bytes()
    with pytest.raises(KeyboardInterrupt):
        renew_if_same(changed(tutorial, "return sum", "return 0 + sum"), None, interrupted)
    assert executed_path(tutorial).read_bytes() == before
    assert not list(temporary.iterdir())


def test_the_command_looks_at_what_is_stale(
    tutorial: Tutorial, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str | None] = []
    found: list[str] = []

    def compared(tutorial: Tutorial, since: str | None, report: Report) -> list[str]:
        asked.append(since)
        return found

    monkeypatch.setattr(run_tutorials, "FOLDER", tutorial.path.parent)
    monkeypatch.setattr(run_tutorials, "renew_if_same", compared)
    assert run_tutorials.main(["--same"]) == 0
    assert capsys.readouterr().out == "1 of 1 were fresh\n"
    changed(tutorial, "if toss % 2)", "if toss % 2 == 1)")
    assert run_tutorials.main(["--same", "--since", "HEAD", "coin"]) == 0
    assert capsys.readouterr().out == "coin: the same; its result counts as fresh\n0 of 1 were fresh\n"
    found.append("coin.py:9: stdout differs")
    assert run_tutorials.main(["--same"]) == 1
    assert capsys.readouterr().out == "coin.py:9: stdout differs\n0 of 1 were fresh\n"
    assert asked == ["HEAD", None]
    with pytest.raises(SystemExit, match="2"):
        run_tutorials.main(["--since", "HEAD"])


def test_other_libraries_keep_the_time(tutorial: Tutorial) -> None:
    tutorial.path.write_text(
        HEADER
        + "# %%\nimport timeit\nfrom time import time\n\n"
        + "began = time()\n[time() - began, timeit.default_timer() > 100]\n",
        encoding="utf-8",
    )
    notebook = execute(read_tutorial(tutorial.path), silent, tutorial.path.parent, ticking=True)
    assert notebook.cells[0].outputs[0].data["text/plain"].startswith("[1, ")
