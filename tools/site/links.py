"""From one page to another. Pages name each other's sources, relative to their own, in Markdown and in HTML alike.

The generator checks that what is named is there and turns it into an address (hook.py does so for blocks of HTML,
Zensical by itself), relative again: the site works below any path and from a folder.
"""

import posixpath

from tools.catalogue.models import Resource


def address(page: str) -> str:
    """The address that a page's source is served at, below the language's root.

    >>> address("catalogue/papers.md"), address("catalogue/index.md"), address("catalogue/papers.bib")
    ('catalogue/papers/', 'catalogue/', 'catalogue/papers.bib')
    >>> address("index.md"), address("catalogue/tool-llamaindex.md")
    ('', 'catalogue/tool-llamaindex/')
    """
    page, hash_, anchor = page.partition("#")
    if posixpath.basename(page) == "index.md":
        page = page.removesuffix("index.md")
    elif page.endswith(".md"):
        page = page.removesuffix(".md") + "/"
    return page + hash_ + anchor


def source(here: str, there: str) -> str:
    """The link that the page `here` writes to reach `there`.

    >>> source("tutorials/gan.md", "catalogue/papers.md#paper-gan")
    '../catalogue/papers.md#paper-gan'
    """
    return posixpath.relpath(there, posixpath.dirname(here) or ".")


def page_of(resource: Resource) -> str:
    """The source of the entry's own page, below the language's root."""
    return f"catalogue/{resource.id}.md"


def relative(path: str, page: str) -> str:
    """The address of a page, named by its source, as the built file `path` names it.

    >>> relative("reference/gan/index.html", "catalogue/paper-gan.md")
    '../../catalogue/paper-gan/'
    """
    return posixpath.relpath(address(page), posixpath.dirname(path) or ".") + "/"
