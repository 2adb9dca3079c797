"""What in this project belongs to a resource of the catalogue."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.site.project.modules import Module
from tools.site.project.prose import Erratum
from tools.site.project.reading import Project
from tools.tutorials.source import Tutorial


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
