"""MkDocs' hook: adds the generated pages, keeps their HTML from Markdown, and builds English beside Chinese.

`mkdocs serve` and `mkdocs build` read mkdocs.yml, the Chinese site; this hook starts the build of every other language
and waits for it at the end, so that either command gives the whole site and an error in English fails it. What a page
gets after that, `tools.site.finish` does, which knows no generator.
"""

import logging
import os
import posixpath
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
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
from tools.catalogue.models import REPOSITORY
from tools.catalogue.problems import CatalogueError
from tools.language import LANGUAGES, MAIN, NAMES, Language, configuration, root, translations
from tools.site.finish import Facts, finish, picture
from tools.site.finish.citations import cite
from tools.site.finish.formulas import FormulaError, sources, typeset
from tools.site.finish.sitemap import sitemap
from tools.site.finish.social_cards import drawable, drawn
from tools.site.generator.entry_template import PATH, EntryFile, EntryTemplate, template_file
from tools.site.generator.page_cache import CachedPage, PageCache
from tools.site.generator.translation import SERVING, Translation
from tools.site.pages.catalogue_entries import Entry, entry_pages
from tools.site.pages.registry import navigation, site_pages
from tools.site.pages.templates import BLOCK
from tools.site.project.prose import ProseError
from tools.site.project.reading import read_project
from tools.site.words import WORDS
from tools.tutorials.source import TutorialError

WATCHED = ["aigc_ref", "benchmarks", "docs", "resources", "mkdocs.base.yml", "tools/site"]
WATCHED += [configuration(language) for language in LANGUAGES if language != MAIN]
CACHED = ("reference/", "tutorials/")
"""The rooms whose pages take long to render."""
log = logging.getLogger("mkdocs.hooks.aigc")
logging.getLogger("mkdocs.commands.build").addFilter(lambda record: PATH not in record.getMessage())  # it is not missed
logging.getLogger("jieba").setLevel(logging.WARNING)  # three lines a build about its dictionary

LINK = re.compile(r'(?<=\shref=")(?!https?:)(?P<page>[^"#?]+\.md)(?P<anchor>#[^"]*)?(?=")')
"""A link of a block to another page, which it names by its source."""

SPAN = re.compile(r"</?span[^>]*>")
"""Most of a page's tags: its code in colours. Text is the same without, and search reads a page in half the time."""

TRANSLATIONS = [Translation(ROOT, language, WATCHED) for language in LANGUAGES if language != MAIN]


@dataclass(slots=True)
class Build:
    """One build of one language, from its files on."""

    language: Language
    facts: Facts
    formulas: dict[str, str]
    """What the facts have of them, to be added to: a server's next build need not set them again."""
    files: Files
    entries: list[tuple[Entry, EntryFile]]
    """The pages of single entries, until their template is rendered."""
    cache: PageCache | None
    """While MkDocs serves, the long pages that were rendered before."""
    blocks: dict[str, list[str]] = field(default_factory=dict)
    """Source path of a page → its blocks of HTML, while Markdown has the rest."""
    cached: dict[str, CachedPage] = field(default_factory=dict)
    """Source path of a page → what it became before, where nothing of it was edited."""
    rendered: dict[str, str] = field(default_factory=dict)
    """Source path of a page → its HTML, to be cached when the search has read it."""
    coloured: dict[str, str] = field(default_factory=dict)
    """Source path of a page → its HTML, while the search reads it without the colours of its code."""


_build: Build | None = None
"""The last one that was begun: MkDocs passes nothing of ours from event to event."""
_serving = SERVING in os.environ


def _current() -> Build:
    if _build is None:
        raise RuntimeError("MkDocs asks for a page before it has read its files")
    return _build


def _language(config: MkDocsConfig) -> Language:
    return cast(Language, config.theme["language"])


def on_startup(command: str, dirty: bool) -> None:  # noqa: ARG001
    global _serving
    _serving = command == "serve" or SERVING in os.environ


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    language = _language(config)
    config.site_name, config.site_description = WORDS[language].site.name, WORDS[language].site.description
    config.extra["translations"] = translations(language)
    repository = config.extra["repository"]
    if config.site_url:
        config.site_url = config.site_url.rstrip("/") + "/" + root(language)
    if repository and not re.fullmatch(REPOSITORY, str(repository)):
        raise ConfigurationError(f"Config value 'extra.repository' (REPOSITORY): {repository!r} is not owner/name")
    if repository:
        config.edit_uri_template = f"https://github.com/{repository}/edit/main/docs/{language}/{{path}}"
    if language == MAIN and _serving:  # a build has yet to empty the folder that it shares with the others
        _start_translations(config, serving=True)
    return config


def _start_translations(config: MkDocsConfig, *, serving: bool) -> None:
    for translation in TRANSLATIONS:
        translation.start(Path(config.site_dir), strict=config.strict, serving=serving)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    global _build
    language, site_url = _language(config), _site_url(config)
    try:
        project = read_project(ROOT, config.extra["repository"], site_url)
        pages, entries = site_pages(project, language), entry_pages(project, language)
        config.nav = navigation(project, language)
    except (CatalogueError, LockError, TutorialError, ProseError) as error:
        raise PluginError(str(error)) from None
    announced = bool(site_url) and not _serving
    if language == MAIN:
        if announced and not drawable():
            log.info("No pictures for links to the pages: the package fonts-noto-cjk is not installed.")
        if not _serving:
            _start_translations(config, serving=False)
    resources = {resource.id: resource for resource in project.catalogue.resources}
    formulas = _build.formulas if _build else {}
    made_of = [*sorted((ROOT / "aigc_ref").rglob("*.py")), ROOT / "mkdocs.base.yml"]
    _build = Build(
        language,
        Facts(language, resources, formulas, pictures=announced and drawable(), published=not _serving),
        formulas,
        files,
        [(entry, EntryFile(path, config)) for path, entry in entries.items()],
        PageCache(ROOT / ".cache/pages", made_of, language) if _serving else None,
    )
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    for _, file in _build.entries:
        files.append(file)
    files.append(template_file(config))
    for asset in sorted((ROOT / "docs/assets").rglob("*")):
        if asset.is_file():
            name = asset.relative_to(ROOT / "docs").as_posix()
            files.append(File(name, str(ROOT / "docs"), config.site_dir, config.use_directory_urls))
    return files


def _site_url(config: MkDocsConfig) -> str:
    """Where the whole site is published."""
    return (config.site_url or "").removesuffix(root(_language(config)))


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    template = files.get_file_from_path(PATH)
    if template and template.page:  # so that the theme knows where its readers are
        title = WORDS[_language(config)].catalogue.title
        template.page.parent = next(item for item in nav.items if isinstance(item, Section) and item.title == title)
    return nav


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    build, name = _current(), page.file.src_uri
    if page.file.generated_by:
        page.edit_url = None  # made from data: there is no page to edit
    if build.cache and name.startswith(CACHED) and (cached := build.cache.get(markdown)):
        build.cached[name] = cached
        markdown = ""
    blocks = build.blocks[name] = []

    def lift(found: re.Match[str]) -> str:
        blocks.append(found[1])
        return f'<div id="block-{len(blocks) - 1}"></div>'

    return BLOCK.sub(lift, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    build, name = _current(), page.file.src_uri
    if cached := build.cached.get(name):
        html = cached.restore(page, cast(AutorefsPlugin, config.plugins["autorefs"]))
    elif build.cache and name.startswith(CACHED) and not build.blocks[name]:
        build.rendered[name] = html
    link = _linker(page.file, page, files)
    for number, block in enumerate(build.blocks.pop(name)):
        html = html.replace(f'<div id="block-{number}"></div>', LINK.sub(link, block))
        page.present_anchor_ids = {*(page.present_anchor_ids or ()), *re.findall(r'\bid="([^"]+)"', block)}
    return cite(html, page.file.dest_uri, build.facts.resources)  # now, so that the search reads titles and not ids


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
    build = _current()
    if _serving:
        (templates := ROOT / ".cache/templates").mkdir(parents=True, exist_ok=True)
        env.bytecode_cache = FileSystemBytecodeCache(str(templates))
    where: dict[str, str] = {}
    for file in files.documentation_pages():
        name = file.src_uri
        if not file.page or not file.page.content:
            continue
        for formula in sources(file.page.content):
            where.setdefault(formula, name)
        build.coloured[name] = file.page.content
        file.page.content = "" if name in build.cached else SPAN.sub("", file.page.content)
    try:
        build.formulas |= typeset({formula: page for formula, page in where.items() if formula not in build.formulas})
    except FormulaError as error:
        raise PluginError(str(error)) from None
    return env


def on_page_context(context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation) -> TemplateContext:  # noqa: ARG001
    build, name = _current(), page.file.src_uri
    page.content = build.coloured.pop(name, page.content)  # the search has read it
    found: list[dict[str, Any]] = cast(Any, config.plugins["material/search"]).search_index.entries
    if cached := build.cached.pop(name, None):
        found.extend(cached.found)
    elif build.cache and (html := build.rendered.pop(name, None)):
        here = [entry for entry in found if entry["location"].partition("#")[0] == page.url]
        build.cache.keep(page.markdown or "", html, page.toc, here)
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    build, path = _current(), page.file.dest_uri
    if page.file.src_uri == PATH:
        _write_entries(output, page, config)
        return ""  # MkDocs writes no page that is empty
    finished = finish(output, path, build.facts)
    _draw(output, path, config)
    return finished


def _write_entries(template: str, page: Page, config: MkDocsConfig) -> None:
    """Every entry's page out of the rendered template, which is finished once for each kind: it shows its card."""
    build = _current()
    templates: dict[str, EntryTemplate] = {}
    for entry, file in build.entries:
        if entry.kind not in templates:
            templates[entry.kind] = EntryTemplate(finish(template, file.dest_uri, build.facts))
            _draw(template, file.dest_uri, config)
        found = BLOCK.search(entry.block)
        block = LINK.sub(_linker(file, page, build.files), found[1] if found else "")
        file.write(templates[entry.kind].fill(entry, block))


def _draw(page: str, path: str, config: MkDocsConfig) -> None:
    """Put the picture that a page names into the site."""
    if card := picture(page, path, _current().facts):
        (folder := Path(config.site_dir, "assets/cards")).mkdir(parents=True, exist_ok=True)
        (folder / card.name).write_bytes(drawn(card, ROOT / ".cache/cards").read_bytes())


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    build = _current()
    if template_name == "sitemap.xml":
        files = [*build.files.documentation_pages(), *(file for _, file in build.entries)]
        addresses = [file.dest_uri.removesuffix("index.html") for file in files if file.src_uri != PATH]
        return sitemap(addresses, build.language, _site_url(config))
    return finish(output_content, template_name, build.facts) if template_name.endswith(".html") else output_content


def on_post_build(config: MkDocsConfig) -> None:
    for translation in TRANSLATIONS if _language(config) == MAIN else ():
        if said := translation.finish(Path(config.site_dir)):
            log.info("%s:\n%s", NAMES[translation.language], said)


def on_shutdown() -> None:
    for translation in TRANSLATIONS:
        translation.forget()


def on_serve(server: LiveReloadServer, config: MkDocsConfig, builder: object) -> LiveReloadServer:  # noqa: ARG001
    for path in WATCHED:
        server.watch(str(ROOT / path))
    return server
