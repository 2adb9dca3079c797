"""One page of MkDocs' as the template of many: rendered once, filled for each entry of the catalogue.

MkDocs takes 5 ms for a page whose content is ready as HTML, nearly all of it for the theme's templates; filling in
takes a tenth of one. The template's own path is as deep as an entry's, so every link of the theme fits there as well.
"""

import html
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, InclusionLevel

from tools.site.pages.catalogue_entries import Entry
from tools.site.pages.templates import front_matter

ID, TITLE, DESCRIPTION = "template-of-an-entry", "TITLE-OF-AN-ENTRY", "DESCRIPTION-OF-AN-ENTRY"
PATH = f"catalogue/{ID}.md"
BLOCK = "<h1>BLOCK-OF-AN-ENTRY</h1>"


class EntryFile(File):
    """An entry's page as links see it: there to lead to, and neither rendered nor copied by MkDocs."""

    def __init__(self, path: str, config: MkDocsConfig) -> None:
        built = path.removesuffix(".md") + ("/index.html" if config.use_directory_urls else ".html")
        super().__init__(path, None, config.site_dir, config.use_directory_urls, dest_uri=built)

    def is_documentation_page(self) -> bool:
        return False

    def copy_file(self, dirty: bool = False) -> None:
        pass

    def write(self, page: str) -> None:
        target = Path(self.abs_dest_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")


def template_file(config: MkDocsConfig) -> File:
    """The page that MkDocs renders; it stands in no menu, and the hook keeps it out of the site."""
    source = front_matter(TITLE, DESCRIPTION, hide=("navigation", "toc"), searched=False) + f"\n{BLOCK}\n"
    file = File.generated(config, PATH, content=source)
    file.inclusion = InclusionLevel.NOT_IN_NAV
    return file


class EntryTemplate:
    """The rendered page, taken apart at its marks once."""

    def __init__(self, rendered: str) -> None:
        self._parts = re.split(f"({'|'.join(map(re.escape, (ID, TITLE, DESCRIPTION, BLOCK)))})", rendered)

    def fill(self, entry: Entry, block: str) -> str:
        """An entry's whole page. What is filled in is not looked through again: a title may hold a mark."""
        texts = {ID: entry.id, TITLE: entry.title, DESCRIPTION: entry.description}
        fill = {mark: html.escape(" ".join(text.split())) for mark, text in texts.items()}
        fill[BLOCK] = block
        return "".join(fill.get(part, part) for part in self._parts)
