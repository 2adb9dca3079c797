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
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version as version_of
from pathlib import Path

import pytest

DEFINITION = "definition"
STORE = Path(__file__).parents[1] / "docs/comparisons.json"
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
    """Counts the cases that passed, wherever they ran: what a case compares comes with its report."""

    def __init__(self, store: Path | None) -> None:
        self.store = store
        self.cases: Counter[Comparison] = Counter()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            item.user_properties += [(_PROPERTY, asdict(comparison)) for comparison in comparisons(item)]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if session.config.option.collectonly:  # nothing will run, and all that might is counted
            self._count(properties for item in session.items for properties in item.user_properties)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._count(report.user_properties)

    def pytest_sessionfinish(self) -> None:
        if self.store:
            self.store.write_text(text_of(self.cases), encoding="utf-8")

    def _count(self, properties: Iterable[tuple[str, object]]) -> None:
        self.cases.update(
            Comparison(**value) for name, value in properties if name == _PROPERTY and isinstance(value, dict)
        )


def text_of(cases: Counter[Comparison]) -> str:
    """JSON, a row a line, in an order of its own."""
    rows = [asdict(comparison) | {"cases": count} for comparison, count in cases.items()]
    rows.sort(key=lambda row: tuple(str(row[name]) for name in ("technique", "oracle", "atol", "rtol")))
    return "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n]\n"


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-comparisons",
        nargs="?",
        type=Path,
        const=STORE,
        metavar="FILE",
        help="count the comparisons with independent code that pass, into docs/comparisons.json",
    )


def configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "compares(oracle, *, technique, atol, rtol, version): a comparison with independent code, see tests/comparisons.py",
    )
    store: Path | None = config.option.write_comparisons
    if store == STORE and config.option.collectonly:
        raise pytest.UsageError("--write-comparisons counts what a run has passed; --collect-only runs nothing")
    config.pluginmanager.register(CountedRun(None if hasattr(config, "workerinput") else store))  # xdist's workers
