"""A plain installation: what needs no extra works, and what does says which."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BARE = """
import sys
class Bare:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "aigc_ref"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Bare())
sys.modules["torch"] = None
"""
MESSAGE = (
    "needs torch: run pip install --editable '.[train]' in a clone of the project, "
    "or pip install 'FILE.whl[train]' with its wheel"
)


def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs code where only Python itself is installed."""
    command = [sys.executable, "-c", BARE + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", ["gan.losses", "lm.gpt", "peft.lora", "selfsup.mlm", "finetune.causal_lm"])
def test_a_package_that_is_all_torch_says_what_brings_it(module: str) -> None:
    run = _python(f"import aigc_ref.{module}")
    package = module.partition(".")[0]
    assert run.stderr.splitlines()[-1] == f"ImportError: aigc_ref.{package} {MESSAGE}"


def test_no_message_and_no_page_names_a_package_that_is_on_no_index() -> None:
    """Who follows it gets nothing, or what somebody else has put there by that name."""
    tracked = [
        ROOT / "README.md",
        ROOT / "README.zh.md",
        *(ROOT / "aigc_ref").rglob("*.py"),
        *(ROOT / "docs").glob("*/*.md"),
    ]
    named = re.compile(r"^(?!\s*#).*pip install[^\n]*[ '\"]aigc[-_]ref(?:\[\w+\])?['\"`\s]", re.MULTILINE)
    assert named.search("run `pip install 'aigc-ref[train]'`")  # else the test could not fail
    assert [path for path in tracked if named.search(path.read_text(encoding="utf-8"))] == []


def test_what_needs_no_extra_is_imported_without() -> None:
    names = [f"metrics.{name}" for name in ("bleu", "chrf", "rouge", "ner", "diversity", "perplexity", "prosody")]
    names += [f"text.{name}" for name in ("conll", "labelled", "lines", "segmentation", "tags")]
    names += ["arguments", "extras", "metrics.ngrams", "train.record", "datasets.splitting"]
    run = _python("\n".join(f"import aigc_ref.{name}" for name in names))
    assert run.stderr == ""


def test_a_command_says_it_in_a_line_without_a_traceback() -> None:
    run = _python(
        "import runpy; runpy._run_module_as_main('aigc_ref.finetune.causal_lm')",  # what `python -m` calls
        "--help",
    )
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert f"aigc_ref.finetune {MESSAGE}" in run.stderr


def test_a_metric_of_features_says_it_as_it_says_what_is_wrong_with_a_file() -> None:
    run = _python("import runpy; runpy._run_module_as_main('aigc_ref.metrics')", "frechet", "a.npy", "b.npy")
    assert (run.returncode, run.stderr) == (2, f"error: {MESSAGE}\n")
