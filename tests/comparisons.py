"""Comparisons with independent code: a marker names each, a run counts them, docs/comparisons.json keeps the count.

    @pytest.mark.compares("sacrebleu", technique="aigc_ref.metrics.bleu", atol=1e-9)

says that the test holds the technique, a module or a definition of aigc_ref, against the oracle, a distribution as pip
calls it, and lets them differ by 1e-9. `rtol` is a share of the oracle's number; a string is the name of a parameter of
the test, which has the number. Without either, the two are equal. A test has a marker for each oracle and technique.

The oracle `definition` is a formula that the test writes out, or a value worked out by hand; it counts apart, for the
same people wrote both sides. `version` is that of an oracle that is not installed, whose answers are stored.

    make comparisons        # run all of them and write the count; what failed is not in it
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import pytest

DEFINITION = "definition"
STORE = Path(__file__).parents[1] / "docs/comparisons.json"
NAME = "comparisons"
_PROPERTY = "compares"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a marker says of one case of its test."""

    technique: str
    oracle: str
    version: str | None
    """None for a definition."""
    atol: float | None
    rtol: float | None


def comparisons(item: pytest.Item) -> list[Comparison]:
    """What the markers of a case say; the nearest to the function first."""
    return [_comparison(item, *marker.args, **marker.kwargs) for marker in item.iter_markers("compares")]


def _comparison(
    item: pytest.Item,
    oracle: str,
    *,
    technique: str,
    atol: float | str | None = None,
    rtol: float | str | None = None,
    version: str | None = None,
) -> Comparison:
    def number(tolerance: float | str | None) -> float | None:
        value: float | None = item.callspec.params[tolerance] if isinstance(tolerance, str) else tolerance  # type: ignore[attr-defined]  # parametrised tests have it
        return value

    if version is None and oracle != DEFINITION:
        version = version_of(oracle).partition("+")[0]  # torch's says for which device it was built
    return Comparison(technique, oracle, version, number(atol), number(rtol))


class CountedRun:
    """Counts cases, wherever they run: what a case compares comes with its report."""

    def __init__(self, store: Path | None) -> None:
        self.store = store
        self.collected: Counter[Comparison] = Counter()
        self.passed: Counter[Comparison] = Counter()

    @pytest.hookimpl(tryfirst=True)  # before any is deselected
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            found = comparisons(item)
            self.collected.update(found)
            item.user_properties += [(_PROPERTY, asdict(comparison)) for comparison in found]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.passed.update(Comparison(**value) for name, value in _of(report) if name == _PROPERTY)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.store:
            counted = self.collected if session.config.option.collectonly else self.passed
            rows = ",\n".join(f"  {json.dumps(row)}" for row in rows_of(counted))
            self.store.write_text(f"[\n{rows}\n]\n", encoding="utf-8")


def _of(report: pytest.TestReport) -> Any:
    return report.user_properties  # typed as object, for whoever adds one


def rows_of(cases: Counter[Comparison]) -> list[dict[str, Any]]:
    """What docs/comparisons.json holds, in its order."""
    rows: list[dict[str, Any]] = [asdict(comparison) | {"cases": count} for comparison, count in cases.items()]
    return sorted(rows, key=lambda row: tuple(str(row[name]) for name in ("technique", "oracle", "atol", "rtol")))


def add_options(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-comparisons", action="store_true", help="count the comparisons with independent code that pass"
    )
    parser.addoption(
        "--comparisons-file", type=Path, default=STORE, help="where to write the count; docs/comparisons.json"
    )


def configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "compares(oracle, *, technique, atol, rtol, version): see tests/comparisons.py")
    writes: bool = config.option.write_comparisons and not hasattr(config, "workerinput")  # xdist's workers only report
    store: Path = config.option.comparisons_file
    if writes and config.option.collectonly and store == STORE:
        raise pytest.UsageError("--write-comparisons counts what has passed; with --collect-only nothing runs")
    config.pluginmanager.register(CountedRun(store if writes else None), NAME)
