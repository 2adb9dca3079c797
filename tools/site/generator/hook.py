"""MkDocs' hook: adds the generated pages, keeps their HTML from Markdown, and builds English beside Chinese.

`mkdocs serve` and `mkdocs build` read mkdocs.yml, the Chinese site; this hook starts the build of mkdocs.en.yml and
waits for it at the end, so that either command gives the whole site and an error in English fails it.
"""

import html as entities
import logging
import os
import posixpath
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemBytecodeCache
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import ConfigurationError, PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext
from mkdocs_autorefs import AutorefsPlugin

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tools.catalogue.lock import LockError
from tools.catalogue.models import REPOSITORY, Resource
from tools.catalogue.problems import CatalogueError
from tools.language import MAIN, Language, root
from tools.site.finish.citations import PAPERS, cited
from tools.site.finish.formulas import FormulaError, filled, sources, typeset
from tools.site.finish.material import mended, parted, secured
from tools.site.finish.social_cards import Card, drawable, drawn, picture_tags, tags
from tools.site.generator.english import SERVING, EnglishSite
from tools.site.generator.entry_template import PATH, PICTURE, EntryFile, Frame, frame_file
from tools.site.generator.page_cache import Kept, Shelf
from tools.site.pages.catalogue_entries import Entry, entry_pages
from tools.site.pages.registry import navigation, site_pages
from tools.site.pages.templates import BLOCK
from tools.site.project.prose import ProseError
from tools.site.project.reading import read_project
from tools.site.words import WORDS
from tools.tutorials.source import TutorialError

WATCHED = ["aigc_ref", "benchmarks", "docs", "resources", "mkdocs.base.yml", "mkdocs.en.yml", "tools/site"]
KEPT = ("reference/", "tutorials/")
"""The rooms whose pages take long to render."""
log = logging.getLogger("mkdocs.hooks.aigc")
logging.getLogger("mkdocs.commands.build").addFilter(lambda record: PATH not in record.getMessage())  # it is not missed
logging.getLogger("jieba").setLevel(logging.WARNING)  # three lines a build about its dictionary

LINK = re.compile(r'(?<=\shref=")(?!https?:)(?P<page>[^"#?]+\.md)(?P<anchor>#[^"]*)?(?=")')
"""A link of a block to another page, which it names by its source."""

SPAN = re.compile(r"</?span[^>]*>")
"""Most of a page's tags: its code in colours. Text is the same without, and search reads a page in half the time."""

ENGLISH = EnglishSite(ROOT, WATCHED)

_blocks: dict[str, list[str]] = {}
"""Source path of a page → its blocks of HTML, while Markdown has the rest."""
_resources: dict[str, Resource] = {}
"""Catalogue id → what the reference cites by it."""
_entries: list[tuple[Entry, EntryFile]] = []
"""The pages of single entries, until the frame that they share is rendered."""
_formulas: dict[str, str] = {}
"""Formula → what KaTeX makes of it."""
_files: list[Files] = []
"""All of them, where MkDocs passes none."""
_whole: dict[str, str] = {}
"""Source path of a page → its HTML, while the search reads it without the colours of its code."""
_serving: list[bool] = []
"""Whether MkDocs serves: its live reload is an inline script that no policy knows."""
_shelf: list[Shelf] = []
"""While it serves, the long pages that were rendered before."""
_kept: dict[str, Kept] = {}
"""Source path of a page → what it became then."""
_rendered: dict[str, str] = {}
"""Source path of a page → its HTML, to be kept when the search has read it."""


def _language(config: MkDocsConfig) -> Language:
    return cast(Language, config.theme["language"])


def on_startup(command: str, dirty: bool) -> None:  # noqa: ARG001
    _serving.append(command == "serve" or SERVING in os.environ)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    language = _language(config)
    config.extra["typeset"] = True
    config.site_name, config.site_description = WORDS[language].site_name, WORDS[language].description
    repository = config.extra["repository"]
    if config.site_url:
        config.site_url = config.site_url.rstrip("/") + "/" + root(language)
    if repository and not re.fullmatch(REPOSITORY, str(repository)):
        raise ConfigurationError(f"Config value 'extra.repository' (REPOSITORY): {repository!r} is not owner/name")
    if repository:
        config.edit_uri_template = f"https://github.com/{repository}/edit/main/docs/{language}/{{path}}"
    if language == MAIN and any(_serving):  # a build has yet to empty the folder that it shares with English
        ENGLISH.start(Path(config.site_dir), strict=config.strict, serving=True)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    language = _language(config)
    site_url = (config.site_url or "").removesuffix(root(language))
    try:
        project = read_project(ROOT, config.extra["repository"], site_url)
        pages, entries = site_pages(project, language), entry_pages(project, language)
        config.nav = navigation(project, language)
    except (CatalogueError, LockError, TutorialError, ProseError) as error:
        raise PluginError(str(error)) from None
    _resources.clear()
    _resources.update((resource.id, resource) for resource in project.catalogue.resources)
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    _entries[:] = [(entry, EntryFile(path, config)) for path, entry in entries.items()]
    for _, file in _entries:
        files.append(file)
    files.append(frame_file(config))
    for asset in sorted((ROOT / "docs/assets").rglob("*")):
        if asset.is_file():
            name = asset.relative_to(ROOT / "docs").as_posix()
            files.append(File(name, str(ROOT / "docs"), config.site_dir, config.use_directory_urls))
    _files[:] = [files]
    for left in (_kept, _rendered, _whole):  # by a build that failed half way
        left.clear()
    if any(_serving):
        made_of = [*sorted((ROOT / "aigc_ref").rglob("*.py")), ROOT / "mkdocs.base.yml"]
        _shelf[:] = [Shelf(ROOT / ".cache/pages", made_of, language)]
    if language == MAIN:
        if _announced(config) and not drawable():
            log.info("No pictures for links to the pages: the package fonts-noto-cjk is not installed.")
        if not any(_serving):
            ENGLISH.start(Path(config.site_dir), strict=config.strict, serving=False)
    return files


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    frame = files.get_file_from_path(PATH)
    if frame and frame.page:  # so that the theme knows where its readers are
        title = WORDS[_language(config)].catalogue
        frame.page.parent = next(item for item in nav.items if isinstance(item, Section) and item.title == title)
    return nav


def on_template_context(context: TemplateContext, template_name: str, config: MkDocsConfig) -> TemplateContext:  # noqa: ARG001
    if template_name == "sitemap.xml":
        pages = [file for file in context["pages"] if file.src_uri != PATH]
        context["pages"] = [*pages, *(file.listed for _, file in _entries)]  # type: ignore[list-item]  # its page is all
    return context


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    if page.file.generated_by:
        page.edit_url = None  # made from data: there is no page to edit
    if _shelf and page.file.src_uri.startswith(KEPT) and (kept := _shelf[0].get(markdown)):
        _kept[page.file.src_uri] = kept
        markdown = ""
    blocks = _blocks[page.file.src_uri] = []

    def lift(found: re.Match[str]) -> str:
        blocks.append(found[1])
        return f'<div id="block-{len(blocks) - 1}"></div>'

    return BLOCK.sub(lift, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    if kept := _kept.get(page.file.src_uri):
        html = kept.restore(page, cast(AutorefsPlugin, config.plugins["autorefs"]))
    elif _shelf and page.file.src_uri.startswith(KEPT) and not _blocks[page.file.src_uri]:
        _rendered[page.file.src_uri] = html
    link = _linker(page.file, page, files)
    for number, block in enumerate(_blocks.pop(page.file.src_uri)):
        html = html.replace(f'<div id="block-{number}"></div>', LINK.sub(link, block))
        page.present_anchor_ids = {*(page.present_anchor_ids or ()), *re.findall(r'\bid="([^"]+)"', block)}
    if page.file.src_uri.startswith("reference/"):
        here = page.file.src_uri
        html = PAPERS.sub(lambda paragraph: LINK.sub(link, cited(paragraph[0], _resources, here)), html)
    return parted(html) if page.file.src_uri.startswith("tutorials/") else html


def _linker(here: File, page: Page, files: Files) -> Callable[[re.Match[str]], str]:
    """What turns a block's link into an address, for a file whose anchors MkDocs checks with those of `page`."""
    known: dict[str, tuple[File, str]] = {}  # a list of 5,000 cards has 20,000 links to 40 pages

    def link(found: re.Match[str]) -> str:
        """As MkDocs does in Markdown: says what is not there, and leaves anchors to its check at the end."""
        named = found["page"]
        if named not in known:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(here.src_uri), named))
            target = files.get_file_from_path(path)
            if target is None:
                log.warning("%s links to %s, which is not there", here.src_uri, path)
                return found[0]
            known[named] = target, target.url_relative_to(here)
        target, address = known[named]
        if found["anchor"] and page.links_to_anchors is not None:
            page.links_to_anchors.setdefault(target, {})[found["anchor"][1:]] = found[0]
        return address + (found["anchor"] or "")

    return link


@event_priority(-100)  # after references to the package have become links
def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:  # noqa: ARG001
    """When every page's Markdown is HTML, and none is a whole page yet: all formulas at once."""
    if any(_serving):
        (templates := ROOT / ".cache/templates").mkdir(parents=True, exist_ok=True)
        env.bytecode_cache = FileSystemBytecodeCache(str(templates))
    where: dict[str, str] = {}
    for file in files.documentation_pages():
        if not file.page or not file.page.content:
            continue
        for formula in sources(file.page.content):
            where.setdefault(formula, file.src_uri)
        _whole[file.src_uri] = file.page.content
        file.page.content = "" if file.src_uri in _kept else SPAN.sub("", file.page.content)
    try:
        _formulas.update(typeset({formula: page for formula, page in where.items() if formula not in _formulas}))
    except FormulaError as error:
        raise PluginError(str(error)) from None
    return env


def on_page_context(context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation) -> TemplateContext:  # noqa: ARG001
    name = page.file.src_uri
    page.content = _whole.pop(name, page.content)  # the search has read it
    found: list[dict[str, Any]] = cast(Any, config.plugins["material/search"]).search_index.entries
    if kept := _kept.pop(name, None):
        found.extend(kept.found)
    elif html := _rendered.pop(name, None):
        here = [entry for entry in found if entry["location"].partition("#")[0] == page.url]
        _shelf[0].keep(page.markdown or "", html, page.toc, here)
    if _announced(config):
        title, description = _said(page, config)
        kind, address = "website" if page.is_homepage else "article", page.canonical_url or ""
        picture = PICTURE if page.file.src_uri == PATH else _picture(page.file, config)
        social = f"{tags(_language(config), kind, title, description, address)}\n{picture}"
        cast(dict[str, object], context)["social"] = social
    return context


def _announced(config: MkDocsConfig) -> bool:
    """Whether others will show links to the pages: those need addresses that are whole."""
    return bool(config.site_url) and not any(_serving)


def _said(page: Page, config: MkDocsConfig) -> tuple[str, str]:
    """Title and description as text: a page's head has them as HTML."""
    head = page.meta.get("title", page.title), page.meta.get("description", config.site_description)
    title, description = (entities.unescape(str(text)) for text in head)
    return title, description


def _picture(file: File | None, config: MkDocsConfig) -> str:
    """The tags of a page's card, which is put into the site as well; none without a font to draw it."""
    if not (_announced(config) and drawable() and file and (page := file.page)):
        return ""
    title, description = _said(page, config)
    *_, room = "", *(entities.unescape(above.title or "") for above in page.ancestors)
    card = Card(_language(config), "" if room == title else room, title, description.replace("`", ""))
    folder = Path(config.site_dir) / "assets/cards"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(drawn(card, ROOT / ".cache/cards"), folder / card.name)
    return picture_tags(card, f"{(config.site_url or '').rstrip('/')}/assets/cards/{card.name}")


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    output = filled(output, _formulas)
    output = mended(output) if any(_serving) else secured(mended(output))
    if page.file.src_uri != PATH:
        return output
    frame = Frame(output)
    kinds = {entry.kind for entry, _ in _entries}
    pictures = {kind: _picture(_files[0].get_file_from_path(kind), config) for kind in kinds}
    for entry, file in _entries:
        found = BLOCK.search(entry.block)
        block = LINK.sub(_linker(file, page, _files[0]), found[1] if found else "")
        file.write(frame.filled(entry, block, pictures[entry.kind]))
    return ""  # MkDocs writes no page that is empty


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:  # noqa: ARG001
    return secured(mended(output_content)) if template_name.endswith(".html") else output_content


def on_post_build(config: MkDocsConfig) -> None:
    if _language(config) == MAIN and (said := ENGLISH.finish(Path(config.site_dir))):
        log.info("English:\n%s", said)


def on_shutdown() -> None:
    ENGLISH.forget()


def on_serve(server: LiveReloadServer, config: MkDocsConfig, builder: object) -> LiveReloadServer:  # noqa: ARG001
    for path in WATCHED:
        server.watch(str(ROOT / path))
    return server
