"""All that pages are made of, read once: the catalogue and its lock, tutorials and their results, errata, the package.

Reading happens here alone; every other module of this room is pure.

    Exception
    └── ProseError      a file of docs/*.yaml is not valid, or an entry's id is a list's address
"""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, TypeVar

import nbformat
import yaml
from nbformat import NotebookNode
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from tools.catalogue import lock as lock_files
from tools.catalogue.load import Catalogue, load
from tools.catalogue.lock import Lock
from tools.catalogue.models import MODELS
from tools.tutorials.source import Both, Tutorial, read_tutorials


class ProseError(Exception):
    """A YAML file of prose is not what it should be."""


class Erratum(BaseModel):
    """One mistake of the article: what it said, and what is right. Markdown, with formulas."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    section: str
    severity: Literal["high", "medium", "low"]
    title: Both
    claim: Both
    correction: Both
    resources: tuple[str, ...] = ()
    tutorials: tuple[str, ...] = ()


class Step(BaseModel):
    """A stop of a learning path: a tutorial or a resource, and what one can do after it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tutorial: str | None = None
    resource: str | None = None
    after: Both

    @model_validator(mode="after")
    def _leads_to_one_thing(self) -> Self:
        if (self.tutorial is None) == (self.resource is None):
            raise ValueError("names a tutorial or a resource, one of them")
        return self


class LearningPath(BaseModel):
    """An order for one kind of reader."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: Both
    reader: Both
    steps: tuple[Step, ...]


class FaultTried(BaseModel):
    """A row of docs/faults.json, which the tests write: a fault of a service, and what a refresh made of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: str
    zh: str
    en: str
    service: str
    outcome: str
    exit: int
    lost: int


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


class Term(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str
    note: Both | None = None
    avoid: tuple[str, ...] = ()
    """Other renderings, in either language, which no page uses."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the package, read without importing it."""

    name: str
    summary: str
    """The first sentence of its docstring."""
    resources: frozenset[str]
    """Catalogue ids that it names as its sources."""
    definitions: frozenset[str]
    """Functions and classes of its own."""

    @property
    def page(self) -> str:
        """The reference page: one for each of the package's folders."""
        return f"reference/{self.name.split('.')[1]}.md"


@dataclass(frozen=True, slots=True)
class Project:
    catalogue: Catalogue
    lock: Lock
    tutorials: tuple[tuple[Tutorial, NotebookNode], ...]
    errata: tuple[Erratum, ...]
    paths: tuple[LearningPath, ...]
    glossary: tuple[Term, ...]
    modules: tuple[Module, ...]
    faults: tuple[FaultTried, ...]
    speed: Speed
    oracles: tuple[Oracle, ...]
    repository: str | None
    """owner/name on GitHub, where the project is published there."""
    site_url: str | None
    """Where the Chinese site is published, with a slash at the end."""

    @property
    def comparisons(self) -> int:
        """How many comparisons with an independent library the tests passed."""
        return sum(row.cases for row in self.oracles if row.independent)


def read_project(root: Path, repository: str | None = None, site_url: str | None = None) -> Project:
    """The project as it stands on disk.

    Raises:
        CatalogueError, LockError, TutorialError, ProseError: One of its files is not valid.
    """
    docs = root / "docs"
    catalogue = load(root / "resources")
    if taken := {resource.id for resource in catalogue.resources} & {*MODELS, "topics", "index"}:
        raise ProseError(
            f"resources: {min(taken)!r} is the address of a list of the catalogue; give the entry another id"
        )
    tutorials = read_tutorials(docs / "tutorials")
    errata = _prose(docs / "errata.yaml", Erratum)
    paths = _prose(docs / "paths.yaml", LearningPath)
    known = {*(resource.id for resource in catalogue.resources), *(tutorial.name for tutorial in tutorials)}
    for path in paths:
        if unknown := {step.tutorial or step.resource or "" for step in path.steps} - known:
            raise ProseError(f"docs/paths.yaml: {path.id} names {', '.join(sorted(unknown))}, which is not there")
    for erratum in errata:
        if unknown := {*erratum.resources, *erratum.tutorials} - known:
            raise ProseError(f"docs/errata.yaml: {erratum.id} names {', '.join(sorted(unknown))}, which is not there")
    return Project(
        catalogue,
        lock_files.read(root / "resources"),
        tuple(
            (tutorial, nbformat.read(docs / f"tutorials/executed/{tutorial.name}.ipynb", as_version=4))
            for tutorial in tutorials
        ),
        errata,
        paths,
        _prose(docs / "glossary.yaml", Term),
        tuple(_modules(root, {resource.id for resource in catalogue.resources})),
        _prose(docs / "faults.json", FaultTried),
        _speed(root),
        TypeAdapter(tuple[Oracle, ...]).validate_json((docs / "comparisons.json").read_bytes()),
        repository or None,
        site_url.rstrip("/") + "/" if site_url else None,
    )


Item = TypeVar("Item", Both, Erratum, FaultTried, Term, LearningPath)


def _prose(path: Path, model: type[Item]) -> tuple[Item, ...]:
    try:
        text: object = yaml.load(path.read_text(encoding="utf-8"), yaml.CBaseLoader)  # noqa: S506  # all scalars are text
        return TypeAdapter(tuple[model, ...]).validate_python(text)  # type: ignore[valid-type]  # a type made at run time
    except (yaml.YAMLError, ValidationError) as error:
        raise ProseError(f"{path}: {error}") from None


def _speed(root: Path) -> Speed:
    """The runs, whose rows are named in English, with the Chinese of docs/speed.yaml beside each name."""
    chinese = {line.en: line.zh for line in _prose(root / "docs/speed.yaml", Both)}

    def named(row: dict[str, object]) -> dict[str, object]:
        try:
            texts = {key: str(row[key]) for key in ("name", "peer") if key in row}
            return row | {key: Both(en=text, zh=chinese[text]) for key, text in texts.items()}
        except KeyError as missing:
            raise ProseError(f"docs/speed.yaml: has no Chinese for {missing}, which benchmarks/ names") from None

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


def _modules(root: Path, known: set[str]) -> list[Module]:
    found = []
    for path in sorted((root / "aigc_ref").rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        if name.count(".") < 2:
            continue
        tree = ast.parse(text)
        docstring = ast.get_docstring(tree) or ""
        definitions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        named = set(re.findall(r"[a-z]+(?:-[a-z0-9]+)+", text)) & known
        found.append(
            Module(name, docstring.split("\n\n")[0].replace("\n", " "), frozenset(named), frozenset(definitions))
        )
    return found


@dataclass(frozen=True, slots=True)
class Ties:
    """What in this project belongs to a resource: id → the code, the tutorials and the errata that name it."""

    modules: Mapping[str, Sequence[Module]]
    tutorials: Mapping[str, Sequence[Tutorial]]
    errata: Mapping[str, Sequence[Erratum]]


def ties(project: Project) -> Ties:
    modules, tutorials, errata = defaultdict(list), defaultdict(list), defaultdict(list)
    for module in project.modules:
        for resource in module.resources:
            modules[resource].append(module)
    for tutorial, _ in project.tutorials:
        prose = " ".join(cell.source for cell in tutorial.cells if cell.kind == "markdown")
        known = {resource.id for resource in project.catalogue.resources}
        named = dict.fromkeys([*tutorial.header.resources, *re.findall(r"\]\[([a-z0-9-]+)\]", prose)])
        for resource in (key for key in named if key in known):
            tutorials[resource].append(tutorial)
    for erratum in project.errata:
        for resource in erratum.resources:
            errata[resource].append(erratum)
    return Ties(modules, tutorials, errata)
