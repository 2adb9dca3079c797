"""Long pages as they were rendered last, for `mkdocs serve`: a build of the site always makes them anew.

To render and index the package's docstrings and the tutorials is most of a build, and an edit of prose changes one
page of them at most. So while MkDocs serves, what such a page became is kept in .cache/pages/, under a key of its
Markdown, the package and the libraries.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents, get_toc
from mkdocs_autorefs import AutorefsPlugin

LIBRARIES = ("mkdocs", "mkdocstrings", "mkdocstrings-python", "pymdown-extensions", "Markdown")


@dataclass(frozen=True, slots=True)
class CachedPage:
    """What Markdown and mkdocstrings made of a page, before links between pages are resolved."""

    html: str
    contents: list[dict[str, Any]]
    """The table of contents: level, id, name and children of each heading."""
    found: list[dict[str, Any]]
    """What search finds of it: an entry for each heading."""

    def restore(self, page: Page, autorefs: AutorefsPlugin) -> str:
        """The page's HTML; its headings and what others may link to are told as if it had been rendered."""
        page.toc = get_toc(self.contents)  # type: ignore[arg-type]  # MkDocs keeps the type of one to itself
        page.present_anchor_ids = set(re.findall(r'\bid="([^"]+)"', self.html))
        for anchor in page.present_anchor_ids:
            autorefs.register_anchor(page, anchor)
        return self.html


class PageCache:
    """The rendered pages of one language, as the package and the configuration are now."""

    def __init__(self, folder: Path, sources: Iterable[Path], language: str) -> None:
        digest = hashlib.sha256("".join(map(version, LIBRARIES)).encode())
        for path in sources:
            digest.update(path.as_posix().encode() + path.read_bytes())
        self._folder = folder / f"{language}-{digest.hexdigest()[:16]}"
        for old in folder.glob(f"{language}-*"):  # of the package as it was
            if old != self._folder:
                for file in old.iterdir():
                    file.unlink()
                old.rmdir()

    def get(self, markdown: str) -> CachedPage | None:
        path = self._path(markdown)
        return CachedPage(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

    def keep(self, markdown: str, html: str, contents: TableOfContents, found: list[dict[str, Any]]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(markdown)
        unfinished = path.with_suffix(".part")
        text = json.dumps(asdict(CachedPage(html, list(_tokens(contents)), found)), ensure_ascii=False)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)

    def _path(self, markdown: str) -> Path:
        return self._folder / f"{hashlib.sha256(markdown.encode()).hexdigest()[:16]}.json"


def _tokens(links: Iterable[AnchorLink]) -> Iterator[dict[str, Any]]:
    for link in links:
        yield {"level": link.level, "id": link.id, "name": link.title, "children": list(_tokens(link.children))}
