"""The catalogue as a table for a spreadsheet: CSV that Excel reads as it is meant."""

import csv
import io
import re

from tools.language import Language
from tools.site.project.curated import access_of, arxiv_of, license_of, year_of
from tools.site.project.reading import Project
from tools.site.project.resource_status import status_of
from tools.site.words import WORDS

BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the system's own encoding, and Chinese for noise."""
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r]")
"""How a cell begins that a spreadsheet would compute (https://owasp.org/www-community/attacks/CSV_Injection)."""


def csv_table(project: Project, language: Language) -> str:
    """One row an entry, what was fetched at the end."""
    words, file = WORDS[language], io.StringIO()
    topics = {topic.id: topic.title[language] for topic in project.catalogue.topics}
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(words.exports.columns)
    for resource in project.catalogue.resources:
        facts = status_of(resource, project.lock)
        paper = facts.paper.data if facts.paper else None
        repository = facts.repository.data if facts.repository else None
        access = access_of(resource)
        row = (
            resource.id,
            words.names.kind[resource.kind],
            resource.title,
            resource.title_in(language) or "",
            resource.url,
            ", ".join(topics[topic] for topic in resource.topics),
            words.names.levels[resource.level],
            ", ".join(words.names.languages.get(tag, tag) for tag in resource.languages),
            words.names.access[access] if access else "",
            license_of(resource) or "",
            year_of(resource) or "",
            resource.why[language],
            resource.note[language] if resource.note else "",
            ", ".join(words.filter.states[state] for state in facts.states),
            resource.code or "",
            facts.stars if facts.stars is not None else "",
            facts.active or "",
            repository.latest_release or "" if repository else "",
            arxiv_of(resource) or "",
            f"v{paper.latest_version}" if paper and paper.latest_version else "",
            facts.checked or "",
            resource.added,
        )
        writer.writerow([harmless(str(cell)) for cell in row])
    return BOM + file.getvalue()


def harmless(cell: str) -> str:
    """The cell as text: an apostrophe first where it would be a formula.

    >>> harmless("=1+1"), harmless(" @SUM(A1)"), harmless("-5"), harmless("GAN = G + D")
    ("'=1+1", "' @SUM(A1)", "'-5", 'GAN = G + D')
    """
    return f"'{cell}" if FORMULA.match(cell) else cell
