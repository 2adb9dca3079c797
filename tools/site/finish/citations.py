"""Papers that the reference cites by their catalogue ids, each by its title and with a link to its page."""

import re
from collections.abc import Mapping
from html import escape

from tools.catalogue.models import Resource
from tools.site.links import page_of, relative

PAPERS = re.compile(r"<p>Papers?: .*?</p>", re.DOTALL)
"""Where a module's docstring names its sources, as mkdocstrings renders it."""
NAME = re.compile(r"<a\b.*?</a>|<[^>]*>|\b[a-z]+(?:-[a-z0-9]+)+\b", re.DOTALL)
"""What may be an id, and what is none: a link, a tag."""


def cite(html: str, path: str, resources: Mapping[str, Resource]) -> str:
    """A page of the reference with the papers' titles in place of their ids, each leading to its page."""
    if not path.startswith("reference/"):
        return html

    def link(found: re.Match[str]) -> str:
        resource = resources.get(found[0])
        if resource is None:
            return found[0]
        return f'<a href="{relative(path, page_of(resource))}">{escape(resource.title)}</a>'

    return PAPERS.sub(lambda paragraph: NAME.sub(link, paragraph[0]), html)
