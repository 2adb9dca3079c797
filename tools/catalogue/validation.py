"""pydantic's errors in the curator's words, at the place in the file where the mistake was typed."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tools.catalogue.models import MODELS
from tools.catalogue.problems import Place, Problem, suggestion
from tools.catalogue.yaml_text import Node


def problems_of(error: ValidationError, model: type[BaseModel], path: Path, entry: Node) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        steps = detail["loc"]
        node = entry.find(*steps)
        if detail["type"] == "extra_forbidden":
            node = entry.find(*steps[:-1]).keys[str(steps[-1])]
            message = f"unknown field {str(steps[-1])!r}{_hint(_model_at(model, steps[:-1]), str(steps[-1]))}"
        elif detail["type"] == "missing":
            message = f"missing field {_name(steps)!r}{_values(_model_at(model, steps[:-1]), str(steps[-1]))}"
        else:
            field = _name(steps)
            message = f"{field}: {_message(detail)}" if field else _message(detail)
        yield Problem(Place(path, node.line, node.column), message)


def _hint(model: type[BaseModel], field: str) -> str:
    """What may have been meant by a field that the model does not have."""
    if field == "kind" and model in MODELS.values():
        return "; the file that an entry stands in says it"
    files = [f"{stem}.yaml" for stem, other in MODELS.items() if field in other.model_fields]
    elsewhere = f", which is for {', '.join(files)}" if files and model in MODELS.values() else ""
    return suggestion(field, list(model.model_fields)) or elsewhere


def _values(model: type[BaseModel], field: str) -> str:
    """What can be written into a field of few values."""
    annotation = model.model_fields[field].annotation
    return f"; write {', '.join(get_args(annotation))}" if get_origin(annotation) is Literal else ""


def _name(steps: tuple[str | int, ...]) -> str:
    return ".".join(str(step) for step in steps if isinstance(step, str))


def _message(detail: ErrorDetails) -> str:
    given, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            allowed = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
            return f"{given!r} is none of {', '.join(allowed)}{suggestion(str(given), allowed)}"
        case "string_type":
            return "must be a text"
        case "list_type":
            return "must be a list, as in [a, b]"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "must hold fields, as in {zh: …, en: …}"
        case "int_parsing" | "int_type":
            return f"{given!r} is not a whole number"
        case "greater_than_equal":
            return f"{given} is below {context['ge']}"
        case "less_than_equal":
            return f"{given} is above {context['le']}"
        case "too_short":
            return f"needs at least {context['min_length']}"
        case "too_long":
            return f"has {context['actual_length']}; {context['max_length']} are enough"
        case "string_too_long":
            return f"is longer than {context['max_length']} characters"
        case "date_from_datetime_parsing" | "date_parsing" | "date_type":
            return f"{given!r} is not a day of the calendar"
        case _:
            return detail["msg"]


def _model_at(model: type[BaseModel], steps: tuple[str | int, ...]) -> type[BaseModel]:
    """The model that describes the mapping at these steps: Bilingual for ('why',)."""
    for step in steps:
        if isinstance(step, str):
            model = next(_models_in(model.model_fields[step].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's type is made of: list[Edition] → Edition, Bilingual | None → Bilingual."""
    if get_origin(annotation) in (Annotated, Union, UnionType, list):
        for part in get_args(annotation):
            yield from _models_in(part)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
