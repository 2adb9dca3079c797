"""What the committed runs of benchmarks/ measured, and what the tests counted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tools.language import Both
from tools.site.project.prose import ProseError, read_prose


class Comparison(BaseModel):
    """A row of benchmarks/results.json: CPU seconds of ours and of a peer for the same work."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Both
    peer: Both
    ours: float
    theirs: float
    goal: float | None
    most: float | None


class TimedRefresh(BaseModel):
    """A row of benchmarks/refresh.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Both
    requests: int
    seconds: float
    megabytes: float | None
    goal: str
    met: bool


class TimedPage(BaseModel):
    """A row of benchmarks/explorer.json or site.json, in milliseconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Both
    median: float | None
    most: float
    goal: str
    met: bool


class Audited(BaseModel):
    """A page as Lighthouse saw it, a row of benchmarks/audit.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: str
    performance: int
    accessibility: int
    best_practices: int
    seo: int
    largest_paint: float
    """Seconds until the largest thing in sight is painted, on a slow telephone."""


class Oracle(BaseModel):
    """A row of docs/comparisons.json, which the tests write: what was compared with what, and how closely."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    technique: str
    """A module or a definition of aigc_ref."""
    oracle: str
    """A distribution; or `definition`, a formula that the test writes out."""
    version: str | None
    atol: float | None
    rtol: float | None
    cases: int

    @property
    def independent(self) -> bool:
        return self.oracle != "definition"


@dataclass(frozen=True, slots=True)
class Speed:
    """What the committed runs of benchmarks/ measured."""

    comparisons: tuple[Comparison, ...]
    machine: Mapping[str, str]
    refresh: tuple[TimedRefresh, ...]
    explorer: tuple[TimedPage, ...]
    site: tuple[TimedPage, ...]
    audited: tuple[Audited, ...]
    valid_pages: int
    """How many the HTML validator read without an error."""


def read_speed(root: Path) -> Speed:
    """The runs, whose rows are named in English, each with its line of docs/speed.yaml."""
    lines = {line.en: line for line in read_prose(root / "docs/speed.yaml", Both)}

    def named(row: dict[str, object]) -> dict[str, object]:
        try:
            return row | {key: lines[str(row[key])] for key in ("name", "peer") if key in row}
        except KeyError as missing:
            raise ProseError(f"docs/speed.yaml: has no line for {missing}, which benchmarks/ names") from None

    results, timed, explored, built, audit = (
        json.loads((root / f"benchmarks/{name}.json").read_text(encoding="utf-8"))
        for name in ("results", "refresh", "explorer", "site", "audit")
    )
    rows = [row for name in results["comparisons"] for row in results["comparisons"][name]]
    return Speed(
        TypeAdapter(tuple[Comparison, ...]).validate_python([named(row) for row in rows]),
        results["machine"],
        TypeAdapter(tuple[TimedRefresh, ...]).validate_python([named(row) for row in timed]),
        TypeAdapter(tuple[TimedPage, ...]).validate_python([named(row) for row in explored]),
        TypeAdapter(tuple[TimedPage, ...]).validate_python([named(row) for row in built]),
        TypeAdapter(tuple[Audited, ...]).validate_python(audit["scores"]),
        0 if audit["errors"] else audit["pages"],
    )


def read_oracles(file: Path) -> tuple[Oracle, ...]:
    try:
        return TypeAdapter(tuple[Oracle, ...]).validate_json(file.read_bytes())
    except ValidationError as error:
        raise ProseError(f"{file}: {error}") from None
