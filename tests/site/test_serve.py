"""`mkdocs serve`: both languages at once, every edit seen in both, and a mistake mended without a restart."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.site.sites import ENVIRONMENT, MKDOCS, copy_project
from tools.language import LANGUAGES, root

PATIENCE = 600  # seconds; a rebuild takes three on an idle machine, a minute on a busy one

pytestmark = pytest.mark.slow


def _until(done: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, log.read_text(encoding="utf-8")
        time.sleep(0.2)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "serve.txt"


@pytest.fixture(scope="module")
def has(project: Path, log: Path) -> Iterator[Callable[[str, str], bool]]:
    """Whether the page at a path holds a text; the server runs as long as the module's tests."""
    reserved = socket.socket()  # as long as it is bound, the system gives its port to nobody who does not name it
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port = reserved.getsockname()[1]
    command = [*MKDOCS, "serve", "--dev-addr", f"127.0.0.1:{port}"]

    def has(path: str, text: str) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}/{path}", timeout=PATIENCE) as answer:  # it waits for a rebuild
                return text in answer.read().decode()
        except (URLError, ConnectionError):
            return False

    with reserved, log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            command,
            cwd=project,
            env=ENVIRONMENT | {"TMPDIR": str(log.parent)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _until(lambda: has("", "AIGC") and has("en/", "AIGC"), log)
            yield has
            assert server.poll() is None, log.read_text(encoding="utf-8")
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(timeout=PATIENCE)


def test_an_edit_of_prose_is_seen_in_its_language(project: Path, log: Path, has: Callable[[str, str], bool]) -> None:
    for language in LANGUAGES:
        folder = root(language)
        path = project / f"docs/{language}/contributing.md"
        path.write_text(path.read_text(encoding="utf-8") + f"\nedited-{language}\n", encoding="utf-8")
        _until(lambda: has(f"{folder}contributing/", f"edited-{language}"), log)  # noqa: B023  # called at once


def test_an_edit_of_chinese_prose_keeps_english_and_the_reference(
    project: Path, log: Path, has: Callable[[str, str], bool]
) -> None:
    path = project / "docs/zh/contributing.md"
    module = "aigc_ref.gan.losses"
    kept = list((project / ".cache/pages").rglob("*.json"))
    assert {file.parent.name[:2] for file in kept} == {"zh", "en"}
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n[kept-link][{module}]\n", encoding="utf-8")
    _until(lambda: has("contributing/", "kept-link</a>"), log)
    assert has("contributing/", f'reference/gan/#{module}"')  # what is kept can still be linked to
    assert has("reference/gan/", f'id="{module}"')
    assert has("en/reference/gan/", f'id="{module}"')
    written = {file: file.stat().st_mtime_ns for file in kept}
    (project / "aigc_ref/gan/losses.py").write_text('"""Another docstring."""\n', encoding="utf-8")
    for folder in ("", "en/"):
        _until(lambda: has(f"{folder}reference/gan/", "Another docstring."), log)  # noqa: B023  # called at once
    assert not any(file.exists() for file in written)  # what was kept is of the package as it was


def test_an_edit_of_the_catalogue_is_seen_in_both_languages(
    project: Path, log: Path, has: Callable[[str, str], bool]
) -> None:
    path = project / "resources/papers.yaml"
    honest = path.read_text(encoding="utf-8")
    path.write_text(honest.replace("- id: paper-gan\n", "- id: paper-gan\n  nonsense: 1\n", 1), encoding="utf-8")
    _until(lambda: bool(re.search(r"papers\.yaml:\d+:\d+: unknown field 'nonsense'", log.read_text("utf-8"))), log)
    path.write_text(honest.replace("Generative Adversarial Networks", "An Edited Title", 1), encoding="utf-8")
    for folder in ("", "en/"):
        _until(lambda: has(f"{folder}catalogue/papers/", "An Edited Title"), log)  # noqa: B023  # called at once
