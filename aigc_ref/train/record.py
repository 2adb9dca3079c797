"""The record of a run: a file of JSON lines, and whatever trackers want to hear of it.

The first line says what was run: recipe, model, data and versions. Each further line is a step. When a run goes on
from a checkpoint, what the file holds beyond that is dropped first, so that every step is there once; a run that
starts anew starts the file anew.

Trackers are Accelerate's. TensorBoard writes into the file's folder; look at it with `tensorboard --logdir FOLDER`.
"""

import importlib.util
import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker  # type: ignore[import-untyped]

TRACKERS = ("tensorboard", "wandb")
LIBRARIES = ("aigc-ref", "torch", "transformers", "tokenizers")


class Record:
    """Where the steps of a run are written to; close it when the run ends.

    Args:
        path: the file; None: there is none.
        trackers: any of "tensorboard" and "wandb".
        run: what is run, as plain values; versions and the time are added.
        done: steps of the run that are recorded already, by the part before an interruption.

    Raises:
        ValueError: a tracker is unknown, not installed, or has no folder to write to.
    """

    def __init__(self, path: Path | None, trackers: Sequence[str], run: Mapping[str, Any], done: int) -> None:
        _check(trackers, path)
        self._path = path
        head = {"run": {**run, "versions": versions(), "started": datetime.now(UTC).isoformat()}}
        lines = list(_lines(path, done)) if path and done else []
        if lines and "run" in lines[0]:
            head, *lines = lines
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            part.write_text("".join(json.dumps(line) + "\n" for line in [head, *lines]), encoding="utf-8")
            part.replace(path)
        self._trackers = [_started(name, path, head["run"], done) for name in trackers] if path else []

    def write(self, step: Mapping[str, Any]) -> None:
        """Writes a step: a mapping with "step", its number, and values that are numbers, None, or named scores."""
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(step) + "\n")
        for tracker in self._trackers:
            tracker.log(_flat(step), step=step["step"])

    def close(self) -> None:
        for tracker in self._trackers:
            tracker.finish()


def read_record(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The run and its steps, as `Record` wrote them.

    Raises:
        ValueError: the file does not begin with a run.
    """
    lines = list(_lines(path))
    if not lines or "run" not in lines[0]:
        raise ValueError(f"{path} is not the record of a run: its first line does not say what was run")
    return lines[0]["run"], lines[1:]


def versions() -> dict[str, str]:
    """The versions of Python and of the libraries that a run depends on, where they are installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _lines(path: Path, last: int | None = None) -> Iterator[dict[str, Any]]:
    """What the file holds, up to the last step that counts or a line that was cut off."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            content = json.loads(line)
        except json.JSONDecodeError:
            return  # the machine stopped while it was written
        if last is not None and content.get("step", 0) > last:
            return
        yield content


def _check(trackers: Sequence[str], path: Path | None) -> None:
    for name in trackers:
        if name not in TRACKERS:
            raise ValueError(f"unknown tracker {name!r}; there are {', '.join(TRACKERS)}")
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:  # None: a folder of that name, as wandb leaves one where it ran
            raise ValueError(f"the tracker {name!r} is not installed; get it with: pip install {name}")
    if trackers and path is None:
        raise ValueError("trackers write beside the log; name a file for it")


def _started(name: str, path: Path, run: Mapping[str, Any], done: int) -> "GeneralTracker":
    # Imported only where wanted: it takes a second or two.
    from accelerate import PartialState  # type: ignore[import-untyped]
    from accelerate.tracking import TensorBoardTracker, WandBTracker

    PartialState()  # W&B's tracker logs, and Accelerate's logger refuses before there is one
    tracker: GeneralTracker
    if name == "tensorboard":
        tracker = TensorBoardTracker(path.stem, path.parent, purge_step=done + 1 if done else None)
    else:
        identity = re.sub(r"\D", "", run["started"])  # so that an interrupted run goes on as the same run
        tracker = WandBTracker(path.stem, id=identity, dir=path.parent, resume="allow")
    tracker.start()
    if not done:
        tracker.store_init_configuration(_flat(run))
    return tracker


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested names joined with a slash, without what is None: trackers take neither mappings nor None.

    Examples:
        >>> _flat({"loss": 0.5, "scores": {"f1": 0.9}, "note": None})
        {'loss': 0.5, 'scores/f1': 0.9}
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}/")
        elif value is not None:
            flat[prefix + name] = value
    return flat
