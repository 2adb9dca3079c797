"""From text to entries, or every error at once.

A catalogue is a folder: topics.yaml, up to ten files, one a kind (see `models`), and watch.yaml if it likes. All of
it is checked before anything is said, so that a curator mends a file in one go: YAML (see `yaml_text`), fields and
values (pydantic), topics, and what may be there only once. Loading fetches nothing and knows no lock.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from tools.catalogue import yaml_text
from tools.catalogue.models import MODELS, Kind, Resource, Topic, Watch, arxiv_id_of
from tools.catalogue.problems import CatalogueError, Place, Problem, suggestion
from tools.catalogue.validation import problems_of
from tools.catalogue.yaml_text import Node
from tools.language import LANGUAGES

Item = TypeVar("Item", bound=BaseModel)

ONCE = {
    "papers": ("arxiv", "doi"),
    "tools": ("code", "pypi"),
    "models": ("huggingface",),
    "datasets": ("arxiv", "huggingface"),
    "reports": ("arxiv",),
}
"""Fields whose value two entries of one file must not share. Ids, urls and ISBNs are compared across all files."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Valid entries in file order. `nodes` is where they stand: id → file and YAML node."""

    folder: Path
    topics: tuple[Topic, ...]
    resources: tuple[Resource, ...]
    watches: tuple[Watch, ...]
    nodes: Mapping[str, tuple[Path, Node]]

    def by_kind(self, kind: Kind) -> tuple[Resource, ...]:
        return tuple(resource for resource in self.resources if resource.kind == kind)

    def where(self, resource: Resource, *field: str | int) -> Place:
        """The place of the entry, or of one of its fields: `where(paper, "authors", 0)`."""
        path, node = self.nodes[resource.id]
        found = node.find(*field)
        return Place(path, found.line, found.column)


def load(folder: Path) -> Catalogue:
    """Read and check a catalogue.

    Raises:
        CatalogueError: With every problem that was found. Nothing else is raised, whatever the files hold.
    """
    with _without_collections():
        return _load(folder)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Half of the time went into searching for garbage among nodes and entries, all of which are kept."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load(folder: Path) -> Catalogue:
    problems: list[Problem] = list(_unknown_files(folder))
    topics, vocabulary = _topics(folder, problems)

    watch_path = folder / "watch.yaml"
    watched = _entries(watch_path, problems)
    watches = tuple(watch for _, watch in _validated(Watch, watch_path, watched, problems))
    problems += [problem for node in watched for problem in _topic_problems(watch_path, node, vocabulary)]
    problems += _duplicates([(watch_path, "watch", node) for node in watched])

    resources: list[Resource] = []
    nodes: dict[str, tuple[Path, Node]] = {}
    seen: list[tuple[Path, str, Node]] = []
    for stem, model in MODELS.items():
        path = folder / f"{stem}.yaml"
        entries = _entries(path, problems)
        for node, resource in _validated(model, path, entries, problems):
            resources.append(resource)
            nodes[resource.id] = path, node
        for node in entries:
            seen.append((path, stem, node))
            problems += _topic_problems(path, node, vocabulary)
    problems += _duplicates(seen)
    if not seen and not problems:
        problems.append(
            Problem(Place(folder), f"no entries; write some into {', '.join(f'{stem}.yaml' for stem in MODELS)}")
        )
    if problems:
        raise CatalogueError(problems)
    return Catalogue(folder, topics, tuple(resources), watches, nodes)


def load_topics(folder: Path) -> tuple[Topic, ...]:
    """The vocabulary alone; raises as `load` does."""
    problems: list[Problem] = []
    topics, _ = _topics(folder, problems)
    if problems:
        raise CatalogueError(problems)
    return topics


def _topics(folder: Path, problems: list[Problem]) -> tuple[tuple[Topic, ...], list[str] | None]:
    """The valid topics, and the ids of all: an entry need not be blamed for an error in topics.yaml.

    There are no ids where the file cannot be read to its end, and then no entry is blamed at all.
    """
    path = folder / "topics.yaml"
    before = len(problems)
    nodes = _entries(path, problems, required=True)
    broken = len(problems) > before
    topics = tuple(topic for _, topic in _validated(Topic, path, nodes, problems))
    problems += _duplicates([(path, "topics", node) for node in nodes])
    return topics, None if broken else [str(node.find("id").value) for node in nodes]


def _unknown_files(folder: Path) -> Iterator[Problem]:
    known = ["topics", "watch", *MODELS]
    for path in [*folder.glob("*.yaml"), *folder.glob("*.yml")]:
        if path.suffix == ".yml" or path.stem not in known:
            names = [f"{stem}.yaml" for stem in known]
            yield Problem(Place(path), f"unknown file {path.name!r}{suggestion(path.name, names)}")


def _entries(path: Path, problems: list[Problem], *, required: bool = False) -> list[Node]:
    """The mappings in the file's list. A file that is not there holds none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        if required:
            problems.append(Problem(Place(path), "no such file; a catalogue needs it"))
        return []
    except OSError as error:
        problems.append(Problem(Place(path), f"cannot be read: {error.strerror}"))
        return []
    root, faults = yaml_text.parse(data)
    problems += (Problem(Place(path, fault.line, fault.column), fault.message) for fault in faults)
    if not faults and (root is None or root.value == []):
        problems.append(Problem(Place(path, 1, 1), "holds no entry; write one, or delete the file"))
    if root is None:
        return []
    if not isinstance(root.value, list):
        problems.append(
            Problem(Place(path, root.line, root.column), "must be a list of entries, each starting with '- id: …'")
        )
        return []
    for node in root.value:
        if not isinstance(node.value, dict):
            problems.append(Problem(Place(path, node.line, node.column), "must be an entry: fields as in '- id: …'"))
    return [node for node in root.value if isinstance(node.value, dict)]


def _validated(
    model: type[Item], path: Path, entries: Iterable[Node], problems: list[Problem]
) -> Iterator[tuple[Node, Item]]:
    faulty = {problem.place for problem in problems}  # what YAML got wrong is not said a second time
    for node in entries:
        try:
            yield node, model.model_validate(node.plain())
        except ValidationError as error:
            problems += (found for found in problems_of(error, model, path, node) if found.place not in faulty)


def _topic_problems(path: Path, entry: Node, vocabulary: list[str] | None) -> Iterator[Problem]:
    topics = entry.find("topics").value
    if not isinstance(topics, list) or vocabulary is None:
        return
    seen: set[str] = set()
    for node in topics:
        if not isinstance(node.value, str):
            continue  # validation says that it must be a text
        place = Place(path, node.line, node.column)
        if node.value not in vocabulary:
            hint = suggestion(node.value, vocabulary) or "; topics.yaml has those that there are"
            yield Problem(place, f"unknown topic {node.value!r}{hint}")
        elif node.value in seen:
            yield Problem(place, f"topic {node.value!r} is named twice")
        seen.add(node.value)


def _duplicates(entries: list[tuple[Path, str, Node]]) -> Iterator[Problem]:
    """What may be there only once, looked for in the text: an entry with another error is compared all the same."""
    first: dict[tuple[str, str], tuple[Place, str]] = {}
    for path, stem, entry in entries:
        name = _text(entry, "id") or "an entry without id"
        for field, key, node in _identities(stem, entry):
            place = Place(path, node.line, node.column)
            if (field, key) in first:
                at, other = first[field, key]
                yield Problem(
                    place, f"duplicate {field.split(' ')[0]}: {str(node.value)!r} is that of {other!r} ({at})"
                )
            else:
                first[field, key] = place, name


def _identities(stem: str, entry: Node) -> Iterator[tuple[str, str, Node]]:
    if text := _text(entry, "id"):
        yield "id", text, entry.find("id")
    if text := _text(entry, "url"):
        yield "url", comparable_url(text), entry.find("url")
    for language in LANGUAGES:
        if text := _text(entry, "why", language):
            yield f"why in {language}", text, entry.find("why", language)
    for field in ONCE.get(stem, ()):
        if text := _text(entry, field):
            yield f"{field} {stem}", text.lower(), entry.find(field)
    editions = entry.find("editions").value
    for place in range(len(editions)) if isinstance(editions, list) else ():
        if text := _text(entry, "editions", place, "isbn"):
            yield "isbn", text.replace("-", "").replace(" ", ""), entry.find("editions", place, "isbn")


def _text(entry: Node, *steps: str | int) -> str | None:
    found = entry.find(*steps)
    return found.value if isinstance(found.value, str) else None


def comparable_url(url: str) -> str:
    """What two spellings of one address share.

    >>> comparable_url("https://WWW.Example.org/a/") == comparable_url("http://example.org/a")
    True
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:  # an unclosed bracket; validation names it
        return url
    if arxiv_id := arxiv_id_of(url):
        return f"arxiv.org/abs/{arxiv_id}"
    return f"{host}{parts.path.rstrip('/')}?{parts.query}#{parts.fragment}"
