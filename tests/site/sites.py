"""Sites for tests: built, served on the loopback, parsed; and small copies of the project for tests that change it."""

import functools
import gzip
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
MKDOCS = [sys.executable, "-m", "mkdocs"]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in {"SITE_URL", "REPOSITORY"}},
    "NO_MKDOCS_2_WARNING": "1",
}


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """The folder, which `make` fills for the first worker that asks; the others wait for it."""
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
                make(Path(unfinished) / "whole")
                (Path(unfinished) / "whole").rename(folder)
    return folder


def build(project: Path, folder: Path, **published: str) -> str:
    """The whole site of a project, strictly, into `folder`; published nowhere unless SITE_URL and REPOSITORY say so.

    Returns what MkDocs said.
    """
    command = [*MKDOCS, "build", "--strict", "--site-dir", str(folder)]
    environment = ENVIRONMENT | published
    run = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stderr


def copy_project(folder: Path) -> Path:
    """What a site is made of, to be changed at will; of the package only what prose links to, or it builds long."""
    for name in ("docs", "resources", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "benchmarks").mkdir()
    for path in [*ROOT.glob("mkdocs*.yml"), *ROOT.glob("benchmarks/*.json")]:
        shutil.copyfile(path, folder / path.relative_to(ROOT))
    prose = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*") if path.suffix in {".md", ".py"}]
    for name in sorted(set(re.findall(r"\[(aigc_ref[\w.]+)\]", "\n".join(prose)))):
        parts = name.split(".")[:3]
        function = name.split(".")[3:]
        module = folder.joinpath(*parts).with_suffix(".py")
        for package in (folder / "aigc_ref", module.parent):
            package.mkdir(exist_ok=True)
            (package / "__init__.py").touch()
        with module.open("a", encoding="utf-8") as file:
            file.write(f'def {function[0]}() -> None: """Stand-in."""\n' if function else '"""A stand-in."""\n')
    return folder


@contextmanager
def served(folder: Path, *, compressed: bool = False) -> Iterator[str]:
    """The address of a folder, with a slash at the end."""
    handler = functools.partial(_Compressed if compressed else _Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class _Compressed(_Quiet):
    """Sends text compressed, as every host of static sites does, and lets it be kept."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if path.suffix not in {".html", ".css", ".js", ".json", ".svg", ".xml"} or not path.is_file():
            super().do_GET()
            return
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)


@dataclass(slots=True)
class Parsed:
    """What a page is made of."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Tag and attributes of each, in order."""
    text: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    """What stands in scripts, styles, comments and declarations."""

    def every(self, tag: str, name: str) -> list[str]:
        """The attribute's value in each such element that has it."""
        return [attributes[name] for found, attributes in self.elements if found == tag and name in attributes]

    @property
    def ids(self) -> set[str]:
        return {attributes["id"] for _, attributes in self.elements if "id" in attributes}


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Parsed()
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        (self.page.code if self.inside in {"script", "style"} else self.page.text).append(data)

    def handle_comment(self, data: str) -> None:
        self.page.code.append(data)

    def handle_decl(self, decl: str) -> None:
        self.page.code.append(decl)

    def handle_pi(self, data: str) -> None:
        self.page.code.append(data)

    def unknown_decl(self, data: str) -> None:
        self.page.code.append(data)


def parse(html: str) -> Parsed:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.page


def parse_pages(folder: Path) -> dict[str, Parsed]:
    """Every page by its path below the site's root."""
    return {
        path.relative_to(folder).as_posix(): parse(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
    }


def broken_links(folder: Path, pages: dict[str, Parsed]) -> list[str]:
    """What pages link to within the site, and is not there: `page: link`."""
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    anchors = {page: parsed.ids for page, parsed in pages.items()}
    broken = []
    for page, parsed in pages.items():
        links = {attributes.get("href", attributes.get("src", "")) for _, attributes in parsed.elements}
        for link in sorted(links):
            parts = urlsplit(urljoin(f"http://site/{page}", link))
            if parts.netloc != "site" or parts.scheme != "http":
                continue
            path = unquote(parts.path).lstrip("/")
            target = posixpath.join(path, "index.html") if path.endswith("/") or not path else path
            anchor = unquote(parts.fragment)
            there = target in files and (not anchor or target not in pages or anchor in anchors[target])
            if not there and not anchor.startswith("__"):  # Material's own scripts make those
                broken.append(f"{page}: {link}")
    return broken
