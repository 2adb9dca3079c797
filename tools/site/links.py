"""From one page to another: addresses relative to the page, so that the site works below any path and from a folder."""

import posixpath


def address(page: str) -> str:
    """The address that a page's source is served at, below the language's root.

    >>> address("catalogue/papers.md"), address("catalogue/index.md"), address("catalogue/papers.bib")
    ('catalogue/papers/', 'catalogue/', 'catalogue/papers.bib')
    """
    page, hash_, anchor = page.partition("#")
    if page.endswith("index.md"):
        page = page.removesuffix("index.md")
    elif page.endswith(".md"):
        page = page.removesuffix(".md") + "/"
    return page + hash_ + anchor


def relative(here: str, there: str) -> str:
    """The link that a page writes to reach another one, for HTML; Markdown names the source instead.

    >>> relative("catalogue/papers.md", "catalogue/topics/gan.md#top"), relative("index.md", "errata.md")
    ('../topics/gan/#top', 'errata/')
    """
    target = address(there)
    path, hash_, anchor = target.partition("#")
    base = posixpath.dirname(address(here)) or "."
    link = posixpath.relpath(path or ".", base)
    if path.endswith("/") or not path:
        link += "/"
    return link + hash_ + anchor


def source(here: str, there: str) -> str:
    """The same for Markdown, which names the file: MkDocs checks it and turns it into an address.

    >>> source("tutorials/gan.md", "catalogue/papers.md#paper-gan")
    '../catalogue/papers.md#paper-gan'
    """
    return posixpath.relpath(there, posixpath.dirname(here) or ".")
