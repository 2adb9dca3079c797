"""MkDocs' hook: adds the generated pages, keeps their HTML from Markdown, and builds English beside Chinese.

`mkdocs serve` and `mkdocs build` read mkdocs.yml, the Chinese site; this hook starts the build of mkdocs.en.yml in a
process of its own (plugins are shared between two builds in one process, and break on the second rebuild) and waits
for it at the end, so that either command gives the whole site and an error in English fails it.
"""

import logging
import os
import posixpath
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tools.catalogue.lock import LockError
from tools.catalogue.models import Resource
from tools.catalogue.problems import CatalogueError
from tools.site.entries import Entry, entry_pages
from tools.site.frame import PATH, EntryFile, Frame, frame_file
from tools.site.pages import navigation, site_pages
from tools.site.project import ProseError, read_project
from tools.site.prose import PAPERS, cited
from tools.site.templates import BLOCK
from tools.site.theme import mended, secured
from tools.site.words import WORDS
from tools.tutorials.source import Language, TutorialError

WATCHED = ["aigc_ref", "benchmarks", "docs", "resources", "mkdocs.base.yml", "mkdocs.en.yml", "tools/site"]
log = logging.getLogger("mkdocs.hooks.aigc")
logging.getLogger("mkdocs.commands.build").addFilter(lambda record: PATH not in record.getMessage())  # it is not missed
logging.getLogger("jieba").setLevel(logging.WARNING)  # three lines a build about its dictionary

LINK = re.compile(r'(?<=\shref=")(?!https?:)(?P<page>[^"#?]+\.md)(?P<anchor>#[^"]*)?(?=")')
"""A link of a block to another page, which it names by its source."""

_blocks: dict[str, list[str]] = {}
"""Source path of a page → its blocks of HTML, while Markdown has the rest."""
_resources: dict[str, Resource] = {}
"""Catalogue id → what the reference cites by it."""
_entries: list[tuple[Entry, EntryFile]] = []
"""The pages of single entries, until the frame that they share is rendered."""
_files: list[Files] = []
"""All of them, where MkDocs passes none."""
_english: list[subprocess.Popen[str]] = []
_serving: list[bool] = []
"""Whether MkDocs serves: its live reload is an inline script that no policy knows."""


def _language(config: MkDocsConfig) -> Language:
    return cast(Language, config.theme["language"])


def on_startup(command: str, dirty: bool) -> None:  # noqa: ARG001
    _serving.append(command == "serve")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    language = _language(config)
    config.site_name, config.site_description = WORDS[language].site_name, WORDS[language].description
    repository = config.extra["repository"]
    if config.site_url and language == "en":
        config.site_url = config.site_url.rstrip("/") + "/en/"
    if repository:
        config.edit_uri_template = f"https://github.com/{repository}/edit/main/docs/{language}/{{path}}"
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    language = _language(config)
    site_url = (config.site_url or "").removesuffix("en/" if language == "en" else "")
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
    if language == "zh":
        _start_english(config)
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
    blocks = _blocks[page.file.src_uri] = []

    def lift(found: re.Match[str]) -> str:
        blocks.append(found[1])
        return f'<div id="block-{len(blocks) - 1}"></div>'

    return BLOCK.sub(lift, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    link = _linker(page.file, page, files)
    for number, block in enumerate(_blocks.pop(page.file.src_uri)):
        html = html.replace(f'<div id="block-{number}"></div>', LINK.sub(link, block))
        page.present_anchor_ids = {*(page.present_anchor_ids or ()), *re.findall(r'\bid="([^"]+)"', block)}
    if page.file.src_uri.startswith("reference/"):
        here = page.file.src_uri
        html = PAPERS.sub(lambda paragraph: LINK.sub(link, cited(paragraph[0], _resources, here)), html)
    return html


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


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG001
    output = mended(output) if any(_serving) else secured(mended(output))
    if page.file.src_uri != PATH:
        return output
    frame = Frame(output)
    for entry, file in _entries:
        found = BLOCK.search(entry.block)
        block = LINK.sub(_linker(file, page, _files[0]), found[1] if found else "")
        file.write(frame.filled(entry, block))
    return ""  # MkDocs writes no page that is empty


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:  # noqa: ARG001
    return secured(mended(output_content)) if template_name.endswith(".html") else output_content


def on_post_build(config: MkDocsConfig) -> None:
    if _language(config) == "zh":
        english = _english.pop()
        output, _ = english.communicate()
        if output.strip():
            log.info("English:\n%s", output.strip())
        if english.returncode:
            raise Abort("The English site was not built; its messages stand above.")


def on_serve(server: LiveReloadServer, config: MkDocsConfig, builder: object) -> LiveReloadServer:  # noqa: ARG001
    for path in WATCHED:
        server.watch(str(ROOT / path))
    return server


def _start_english(config: MkDocsConfig) -> None:
    for unfinished in _english:  # a build that failed before it came to wait
        unfinished.kill()
    _english.clear()
    command = [sys.executable, "-m", "mkdocs", "build", "-f", str(ROOT / "mkdocs.en.yml")]
    command += ["-d", str(Path(config.site_dir) / "en")] + ([] if config.strict else ["--no-strict"])
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    _english.append(process)
