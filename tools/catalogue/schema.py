"""JSON Schemas of the catalogue's files, for editors: completion, field help and red underlines while one types.

Generated from the models, so that they cannot disagree; `make schema` (`python -m tools.catalogue.schema`) writes
them, and a test fails where they are out of date. They say less than the loader, which knows what no schema can:
check digits, duplicates across files, days of the calendar. Topics are listed by name, so that an editor offers
them.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tools.catalogue.load import load_topics
from tools.catalogue.models import MODELS, Topic, Watch
from tools.catalogue.problems import CatalogueError, shown

RESOURCES = Path(__file__).parents[2] / "resources"


def schemas(folder: Path) -> dict[str, str]:
    """File name below schema/ → its content, for the vocabulary of this catalogue."""
    topics = [topic.id for topic in load_topics(folder)]
    models: dict[str, type[BaseModel]] = {"topics": Topic, "watch": Watch, **MODELS}
    return {
        f"{stem}.json": json.dumps(_schema(stem, model, topics), ensure_ascii=False, indent=2) + "\n"
        for stem, model in models.items()
    }


def _schema(stem: str, model: type[BaseModel], topics: list[str]) -> dict[str, Any]:
    item = model.model_json_schema()
    definitions = item.pop("$defs", {})
    if "topics" in item["properties"]:
        item["properties"]["topics"]["items"] = {"type": "string", "enum": topics}
        item["properties"]["topics"]["uniqueItems"] = True
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{stem}.yaml of the catalogue",
        "type": "array",
        "items": item,
        "$defs": definitions,
    }
    return {key: _readable(value) for key, value in whole.items()}


def _readable(part: Any) -> Any:
    """Without what helps nobody: titles made from field names, and null where leaving the field out is the way."""
    if isinstance(part, list):
        return [_readable(item) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("anyOf", [])[-1:] == [{"type": "null"}]:
        described = {key: value for key, value in part.items() if key not in {"anyOf", "default"}}
        return _readable({**part["anyOf"][0], **described})
    return {
        key: {name: _readable(value) for name, value in inner.items()} if key == "properties" else _readable(inner)
        for key, inner in part.items()
        if key != "title"
    }


def main() -> int:
    try:
        files = schemas(RESOURCES)
    except CatalogueError as error:
        print(error, file=sys.stderr)
        return 2
    folder = RESOURCES / "schema"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{len(files)} schemas written to {shown(folder)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
