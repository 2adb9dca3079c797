"""Renewing the key of a result without running the tutorial in full: in small, the old code and the new give the same.

Both runs are on this machine, in this environment, with the sizes of the smoke test; the old code comes from git. What
cells print and draw and the checkpoints that they make are compared byte for byte. What they time is timed by `clock`,
so that nothing need be left out.
"""

import filecmp
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from difflib import unified_diff
from io import BytesIO
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from safetensors import SafetensorError, safe_open

from tools.tutorials.run import Report, execute, executed_path, read_executed, write_executed
from tools.tutorials.source import Tutorial, TutorialError, read_tutorial

LINES = 12  # of a difference that are shown


def renew_if_same(tutorial: Tutorial, since: str | None, report: Report) -> list[str]:
    """Writes the present key, and cells, into the committed result if the code of a revision gives the same in small.

    Args:
        tutorial: with a committed result that is stale.
        since: a revision that the result is of; None: the last one that changed it.
        report: called with a line of text as cells finish.

    Returns:
        What differed; nothing where the key was renewed.

    Raises:
        TutorialError: there is no result to renew, it is not of that revision, or a cell failed.
    """
    executed = read_executed(tutorial)
    if executed is None:
        raise TutorialError(f"{tutorial.name}: has no result yet; run `make tutorials`")
    revision = since or _last_change(tutorial)
    with tempfile.TemporaryDirectory(prefix="tutorial-") as temporary:
        folder = Path(temporary)
        _export(tutorial.root, revision, folder / "code")
        old = _read_old(tutorial, executed, folder / "code", revision)
        runs = []
        for name, one in (("old", old), ("new", tutorial)):
            report(
                f"{tutorial.name}: in small, with {'the present code' if one is tutorial else f'that of {revision}'}"
            )
            checkpoints = folder / name
            _copy_needed(one, checkpoints)
            runs.append((execute(one, report, checkpoints, smoke=True, ticking=True), checkpoints))
        (before, old_checkpoints), (after, new_checkpoints) = runs
        differences = [*_outputs(tutorial, before, after), *_files(tutorial, old_checkpoints, new_checkpoints)]
    if not differences:
        _renew(tutorial, executed)
    return differences


def _last_change(tutorial: Tutorial) -> str:
    path = executed_path(tutorial).relative_to(tutorial.root).as_posix()
    revision = _git(tutorial.root, "log", "-1", "--format=%H", "--", path).decode().strip()
    if not revision:
        raise TutorialError(f"{path} was never committed; name with --since the revision that it is of")
    return revision[:12]


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise TutorialError(f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _export(root: Path, revision: str, folder: Path) -> None:
    if revision.startswith("-"):
        raise TutorialError(f"{revision} is no revision")
    with tarfile.open(fileobj=BytesIO(_git(root, "archive", "--format=tar", revision))) as archive:
        archive.extractall(folder, filter="data")


def _read_old(tutorial: Tutorial, executed: NotebookNode, folder: Path, revision: str) -> Tutorial:
    """The tutorial at the revision, which must be what the committed result is of."""
    path = folder / tutorial.path.resolve().relative_to(tutorial.root)
    if not path.is_file():
        raise TutorialError(f"{tutorial.name}: {revision} does not have it")
    old = read_tutorial(path)
    then = read_executed(old)
    if then is None or then.metadata.get("aigc", {}).get("key") != old.key:
        raise TutorialError(f"{tutorial.name}: its result was stale at {revision}; name a revision where it was fresh")
    if [cell.outputs for cell in then.cells] != [cell.outputs for cell in executed.cells]:
        raise TutorialError(
            f"{tutorial.name}: its result is not the one of {revision}; name the revision that it is of"
        )
    return old


def _copy_needed(tutorial: Tutorial, checkpoints: Path) -> None:
    checkpoints.mkdir()
    for name in tutorial.header.needs:
        source = tutorial.path.parent / "checkpoints" / name
        if source.is_dir():
            shutil.copytree(source, checkpoints / name)


def _outputs(tutorial: Tutorial, before: NotebookNode, after: NotebookNode) -> Iterator[str]:
    """What cells gave that is not the same, as `file:line: what`."""
    if len(before.cells) != len(after.cells):
        yield f"{tutorial.path}: {len(before.cells)} code cells were, {len(after.cells)} are"
        return
    for cell, old, new in zip(tutorial.code, before.cells, after.cells, strict=True):
        where = f"{tutorial.path}:{cell.line}"
        if len(old.outputs) != len(new.outputs):
            yield f"{where}: {len(old.outputs)} outputs were, {len(new.outputs)} are"
        for one, other in zip(old.outputs, new.outputs, strict=False):
            was, now = _parts(one), _parts(other)
            for kind in sorted(was.keys() | now.keys()):
                if was.get(kind) != now.get(kind):
                    yield f"{where}: {kind} differs\n{_difference(was.get(kind, ''), now.get(kind, ''))}"


def _parts(output: NotebookNode) -> dict[str, str]:
    """An output as texts by kind."""
    if output.output_type == "stream":
        return {output.name: output.text}
    data = {kind: str(value) for kind, value in output.get("data", {}).items()}
    rest = {key: output[key] for key in sorted(output) if key != "data"}
    return data | {output.output_type: str(rest)}


def _difference(was: str, now: str) -> str:
    lines = list(unified_diff(was.splitlines(), now.splitlines(), "was", "is", n=0, lineterm=""))
    shown = [line if len(line) <= 200 else line[:200] + " …" for line in lines[:LINES]]
    return "\n".join([*(f"    {line}" for line in shown), *(["    …"] if len(lines) > LINES else [])])


def _files(tutorial: Tutorial, before: Path, after: Path) -> Iterator[str]:
    """Which files of the checkpoints are not the same; the weights in them by name."""
    was, now = ({path.relative_to(top) for path in top.rglob("*") if path.is_file()} for top in (before, after))
    for path in sorted(was | now):
        where = f"{tutorial.name}: checkpoint {path.as_posix()}"
        if path not in now:
            yield f"{where} is no longer made"
        elif path not in was:
            yield f"{where} is new"
        elif not filecmp.cmp(before / path, after / path, shallow=False):
            yield f"{where} differs{_which_weights(before / path, after / path)}"


def _which_weights(before: Path, after: Path) -> str:
    try:
        with safe_open(before, "pt") as old, safe_open(after, "pt") as new:
            was, now = set(old.keys()), set(new.keys())
            changed = sorted(
                name
                for name in was & now
                if old.get_tensor(name).shape != new.get_tensor(name).shape
                or not bool((old.get_tensor(name) == new.get_tensor(name)).all())
            )
    except (SafetensorError, ValueError):
        return ""
    names = [*(f"-{name}" for name in sorted(was - now)), *(f"+{name}" for name in sorted(now - was)), *changed]
    return ": " + ", ".join(names[:LINES] + ["…"] * (len(names) > LINES)) if names else ""


def _renew(tutorial: Tutorial, executed: NotebookNode) -> None:
    """The committed outputs with the present cells and key."""
    for node, cell in zip(executed.cells, tutorial.code, strict=True):
        node.source = cell.source
        node.metadata = nbformat.from_dict({"tags": sorted(cell.tags)} if cell.tags else {})
    executed.metadata.aigc.key = tutorial.key
    write_executed(tutorial, executed)
