"""The catalogue for programs: JSON with its schema, and llms.txt; and where each download of the catalogue stands."""

import json
import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tools.catalogue.facts import LinkRecord, PaperRecord, Record, RepositoryRecord
from tools.catalogue.models import MODELS, STEM, Paper, Topic
from tools.catalogue.parts import SHOWN
from tools.language import Language, root
from tools.site.exports.bibliography import bibtex, csl_json
from tools.site.exports.csv_table import csv_table
from tools.site.exports.feeds import additions, changes, icalendar, opml
from tools.site.links import address
from tools.site.project.reading import Project
from tools.site.project.resource_status import status_of
from tools.site.words import WORDS

JSON_VERSION = 1
SCHEMA = "catalogue.schema.json"


def downloads(project: Project, language: Language) -> dict[str, str]:
    """Path below the language's root → content. What has no language is in both trees, each whole by itself."""
    papers = [resource for resource in project.catalogue.resources if isinstance(resource, Paper)]
    files = {
        "catalogue.json": catalogue_json(project),
        SCHEMA: json_schema(),
        "catalogue.csv": csv_table(project, language),
        "papers.bib": bibtex(papers),
        "papers.csl.json": csl_json(papers),
        "feed.xml": additions(project, language),
        "changes.xml": changes(project, language),
        "blogs.opml": opml(project, language),
        "conferences.ics": icalendar(project, language),
    }
    return {f"catalogue/{name}": content for name, content in files.items()} | {"llms.txt": llms_txt(project, language)}


def catalogue_json(project: Project) -> str:
    """Every entry, in both languages, with what was fetched. `version` changes when a field changes its meaning."""
    entries = []
    for resource in project.catalogue.resources:
        entry = {"kind": resource.kind, **resource.model_dump(mode="json", exclude_defaults=True)}
        facts = status_of(resource, project.lock)
        records: dict[str, Record[Any] | None] = {
            "arxiv": facts.paper,
            "github": facts.repository,
            "link": facts.link,
            **{part.name: record for part, record in facts.others},
        }
        fetched = {
            name: record.model_dump(mode="json", exclude_none=True, exclude={"etag"})
            for name, record in records.items()
            if record
        }
        entries.append({**entry, **({"fetched": fetched} if fetched else {})})
    topics = [topic.model_dump(mode="json") for topic in project.catalogue.topics]
    content = {"$schema": SCHEMA, "version": JSON_VERSION, "license": "CC-BY-4.0", "topics": topics}
    return json.dumps({**content, "resources": entries}, ensure_ascii=False, indent=1) + "\n"


def json_schema() -> str:
    """What catalogue.json holds, as JSON Schema made of the models themselves."""
    models: list[type[BaseModel]] = [Topic, *MODELS.values(), PaperRecord, RepositoryRecord, LinkRecord]
    models += [part.record for part in SHOWN]
    references, whole = models_json_schema([(model, "serialization") for model in models])
    definitions: dict[str, Any] = whole["$defs"]
    named = {model: references[model, "serialization"]["$ref"] for model in models}
    fetched: dict[str, type[BaseModel]] = {"arxiv": PaperRecord, "github": RepositoryRecord, "link": LinkRecord}
    fetched |= {part.name: part.record for part in SHOWN}
    for model in MODELS.values():
        entry = definitions[named[model].removeprefix("#/$defs/")]
        entry["required"] = ["kind", *entry["required"]]
        entry["properties"] = {
            "kind": {"const": model.kind},
            **entry["properties"],
            "fetched": {
                "type": "object",
                "additionalProperties": False,
                "properties": {name: {"$ref": named[record]} for name, record in fetched.items()},
            },
        }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The catalogue of AIGC resources",
        "type": "object",
        "required": ["version", "license", "topics", "resources"],
        "properties": {
            "$schema": {"type": "string"},
            "version": {"const": JSON_VERSION},
            "license": {"type": "string"},
            "topics": {"type": "array", "items": {"$ref": named[Topic]}},
            "resources": {"type": "array", "items": {"oneOf": [{"$ref": named[m]} for m in MODELS.values()]}},
        },
        "$defs": definitions,
    }
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def llms_txt(project: Project, language: Language) -> str:
    """The site's table of contents for language models (https://llmstxt.org/): what there is, and where."""
    words = WORDS[language]
    base = (project.site_url or "/") + root(language)
    tutorials = [
        (tutorial.header.title[language], f"tutorials/{tutorial.name}.md", tutorial.header.summary[language])
        for tutorial, _ in project.tutorials
    ]
    catalogue = [
        (words.names.kinds[kind], f"catalogue/{stem}.md", words.names.kinds_about[kind]) for kind, stem in STEM.items()
    ]
    data = [(name, f"catalogue/{name}", about) for name, about in words.exports.downloads.items()]
    rest = [
        (words.reference.title, "reference/index.md", words.reference.about),
        (words.errata.title, "errata.md", words.errata.about),
        (words.glossary.title, "glossary.md", words.glossary.about),
    ]
    parts = [f"# {words.site.name}\n\n> {words.site.description}\n"]
    for title, items in [
        (words.tutorials.title, tutorials),
        (words.catalogue.title, catalogue + data),
        (words.reference.title, rest),
    ]:
        lines = [f"- [{_bracketed(text)}]({base}{address(page)}): {about}" for text, page, about in items]
        parts.append(f"## {title}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _bracketed(text: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", text)
