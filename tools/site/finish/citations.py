"""Papers that the reference cites by their catalogue ids, each by its title and with a link to its page."""

import re
from collections.abc import Mapping
from html import escape

from tools.catalogue.models import Resource
from tools.site.links import page_of, source

PAPERS = re.compile(r"<p>Papers?: .*?</p>", re.DOTALL)
"""Where a module's docstring names its sources by their catalogue ids, as mkdocstrings renders it."""


def cited(paragraph: str, resources: Mapping[str, Resource], here: str) -> str:
    """The paragraph with the papers' titles in place of their ids, each leading to its page."""

    def link(found: re.Match[str]) -> str:
        resource = resources.get(found[0])
        if resource is None:
            return found[0]
        return f'<a href="{source(here, page_of(resource))}">{escape(resource.title)}</a>'

    return re.sub(r"\b[a-z]+(-[a-z0-9]+)+\b", link, paragraph)
