"""What people wrote down of a resource, asked alike of every kind; a kind without such a field has none of it."""

from tools.catalogue.models import (
    Access,
    Blog,
    Book,
    Community,
    Conference,
    Course,
    Dataset,
    Model,
    Paper,
    Report,
    Resource,
    Tool,
)


def people_of(resource: Resource) -> list[str]:
    """Who wrote it or teaches it."""
    match resource:
        case Book() | Paper():
            return resource.authors
        case Course():
            return resource.instructors
        case _:
            return []


def arxiv_of(resource: Resource) -> str | None:
    return resource.arxiv if isinstance(resource, Book | Paper | Dataset | Report) else None


def venue_of(resource: Resource) -> str | None:
    return resource.venue if isinstance(resource, Paper | Dataset) else None


def license_of(resource: Resource) -> str | None:
    return None if isinstance(resource, Paper | Blog | Community | Conference) else resource.license


def access_of(resource: Resource) -> Access | None:
    """Whether it costs anything, where that is known: curated, or because arXiv and downloadable weights are free."""
    if isinstance(resource, Book | Course | Tool):
        return resource.access
    return "free" if arxiv_of(resource) or (isinstance(resource, Model) and resource.weights) else None


def year_of(resource: Resource) -> int | None:
    """The year that it is of: a paper's first version, a book's latest edition, a report, a dataset."""
    return int(newest(resource)[:4] or 0) or None


def newest(resource: Resource) -> str:
    """Its date as far as it is known, or an empty text."""
    match resource:
        case Book():
            return str(max((edition.year or 0 for edition in resource.editions), default=0) or "")
        case Paper():
            return resource.published
        case Dataset() | Report():
            return str(resource.year)
        case _:
            return ""


def feeds_of(resource: Resource) -> list[str]:
    match resource:
        case Blog():
            return [resource.feed] if resource.feed else []
        case Community():
            return resource.feeds
        case _:
            return []
