"""All that pages are made of, read once: the catalogue and its lock, tutorials and their results, errata, the package.

Reading happens in this room alone; every other module of the site is pure.
"""

from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.catalogue import lock as lock_files
from tools.catalogue.load import Catalogue, load
from tools.catalogue.lock import Lock
from tools.catalogue.models import MODELS
from tools.site.project.measurements import Oracle, Speed, read_oracles, read_speed
from tools.site.project.modules import Module, read_modules
from tools.site.project.prose import Erratum, FaultTried, LearningPath, ProseError, Term, read_prose
from tools.tutorials.source import Tutorial, read_tutorials


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
    errata = read_prose(docs / "errata.yaml", Erratum)
    paths = read_prose(docs / "paths.yaml", LearningPath)
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
        read_prose(docs / "glossary.yaml", Term),
        tuple(read_modules(root, {resource.id for resource in catalogue.resources})),
        read_prose(docs / "faults.json", FaultTried),
        read_speed(root),
        read_oracles(docs / "comparisons.json"),
        repository or None,
        site_url.rstrip("/") + "/" if site_url else None,
    )
