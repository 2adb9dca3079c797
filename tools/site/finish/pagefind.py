"""Gives a built site search with Pagefind: `python -m tools.site.finish.pagefind site`.

Pagefind reads the built pages of each language into an index beside them, from which a browser fetches the parts that a
query needs. docs/assets/search.js then stands where the theme's search worker stood, and the theme's own index, which
every page would fetch whole, is put aside for it to fall back on. Without Pagefind a site keeps the theme's search.
"""

import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.language import LANGUAGES, Language, root
from tools.site.words import WORDS

ROOT = Path(__file__).resolve().parents[3]
PAGEFIND = ROOT / ".venv/node/node_modules/.bin/pagefind"
UNREAD = ", ".join(
    [
        *("nav", "form", ".headerlink", ".doc-labels", ".trail", ".tags", ".ties", ".live", ".go", ".checked"),
        *(".news", ".timeline", "#here", "dl.here"),  # what has a page of its own
        *("details.mkdocstrings-source", ".output"),
    ]
)
UNUSED = ("*-ui.*", "pagefind-highlight.js", "pagefind-worker.js")
"""What Pagefind writes beside its index: 400 KB of other ways to show results."""
ARTICLE = '<article class="md-content__inner md-typeset">'
CARDS, CODE = '<ol class="cards">', '<div class="highlight">'
TEXT = re.compile(r">[^<]+")
BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")
WORKER = re.compile(r'(?<="search": ")(?P<root>[^"]*)assets/(?P<worker>javascripts/workers/search\.\w+\.min\.js)(?=")')
"""In a page's configuration."""


def publish(site: Path) -> None:
    for language in LANGUAGES:
        index(site / root(language), language)
    workers = {worker for path in site.rglob("*.html") for worker in turned(path)}
    for language in LANGUAGES:
        put_aside(site / root(language), *workers)


def index(folder: Path, language: Language) -> None:
    """Pagefind's index of the pages of one language, at folder/pagefind/."""
    with tempfile.TemporaryDirectory() as staged:
        for path in folder.rglob("*.html"):
            name = path.relative_to(folder)
            if ARTICLE in (page := path.read_text(encoding="utf-8")) and name.parts[0] not in {"404.html", *LANGUAGES}:
                target = Path(staged, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(readable(page, name, language), encoding="utf-8")
        command = [str(PAGEFIND), "--quiet", "--site", staged, "--output-path", str(folder / "pagefind")]
        subprocess.run([*command, "--exclude-selectors", UNREAD], check=True)
    for pattern in UNUSED:
        for path in (folder / "pagefind").glob(pattern):
            path.unlink()


def readable(page: str, name: Path, language: Language) -> str:
    """A page as Pagefind reads it: every Chinese character a word, as search.js asks for them.

    It is also found by the words of its address, which are what people call it (paper-lora), and of its room.
    """
    rooms = {"tutorials": WORDS[language].tutorials.title, "reference": WORDS[language].reference.title}
    known = html.escape(" ".join([rooms.get(name.parts[0], ""), *re.split(r"\W+", name.parent.name)]))
    known = BETWEEN_HAN.sub(" ", known)
    read = f'data-pagefind-body data-pagefind-meta="known[data-known]" data-known="{known}"'
    # A topic is found by what stands on its shelf as well; other lists would come up for everything.
    cards = 'data-pagefind-weight="0.1"' if name.parent.parent.name == "topics" else "data-pagefind-ignore"
    for tag, attributes in ((ARTICLE, read), (CARDS, cards), (CODE, 'data-pagefind-weight="0.1"')):
        page = page.replace(tag, f"{tag[:-1]} {attributes}>")
    page = page.replace('class="arithmatex"', 'class="arithmatex" data-pagefind-ignore')
    return TEXT.sub(lambda text: BETWEEN_HAN.sub(" ", text[0]), page)


def turned(path: Path) -> set[str]:
    """Names our script for the theme's worker in a page; gives the worker."""
    page = path.read_text(encoding="utf-8")
    path.write_text(WORKER.sub(r"\g<root>assets/search.js", page), encoding="utf-8")
    return {found["worker"] for found in WORKER.finditer(page)}


def put_aside(folder: Path, worker: str) -> None:
    """Leaves of the theme's index what a page reads of it, and the rest where search.js finds it if it has to."""
    small, whole = folder / "search/search_index.json", folder / "search/material.json"
    small.rename(whole)
    config = json.loads(whole.read_text(encoding="utf-8"))["config"]
    config["material"] = {"url": "../search/material.json", "worker": worker}
    small.write_text(json.dumps({"config": config, "docs": []}), encoding="utf-8")


def main(site: Path) -> str:
    """What was done, in a line."""
    if not PAGEFIND.exists():
        return "Without npm there is no Pagefind: the site keeps the theme's search, which knows no single resources."
    publish(site)
    size = sum(path.stat().st_size for path in site.rglob("pagefind/*/*"))
    return f"Indexed for Pagefind: {size / 1e6:.1f} MB in both languages, of which a query fetches what it needs."


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
