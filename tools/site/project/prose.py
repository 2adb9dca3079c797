"""Prose that people keep as data in docs/*.yaml, and the table of faults that the tests write.

Exception
└── ProseError      a file of docs/*.yaml is not valid, or an entry's id is a list's address
"""

from pathlib import Path
from typing import Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from tools.language import Both


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


class FaultTried(Both):
    """A row of docs/faults.json, which the tests write: a fault of a service, and what a refresh made of it."""

    fault: str
    service: str
    outcome: str
    exit: int
    lost: int


class Term(Both):
    note: Both | None = None
    avoid: tuple[str, ...] = ()
    """Other renderings, in any language, which no page uses."""


Item = TypeVar("Item", Both, Erratum, FaultTried, Term, LearningPath)


def read_prose(path: Path, model: type[Item]) -> tuple[Item, ...]:
    try:
        text: object = yaml.load(path.read_text(encoding="utf-8"), yaml.CBaseLoader)  # noqa: S506  # all scalars are text
        return TypeAdapter(tuple[model, ...]).validate_python(text)  # type: ignore[valid-type]  # a type made at run time
    except (yaml.YAMLError, ValidationError) as error:
        raise ProseError(f"{path}: {error}") from None
