"""The site in another than the main language, built beside that by a process of its own.

Plugins are shared between two builds in one process, and break on the second rebuild. What a server shows of it is kept
in a folder of its own, and built again only when something that it is made from was edited.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from mkdocs.exceptions import Abort

from tools.language import LANGUAGES, NAMES, Language, configuration, root

SERVING = "AIGC_SERVING"
"""Tells the process that it builds for a server."""


class Translation:
    def __init__(self, root: Path, language: Language, sources: Iterable[str]) -> None:
        self._root = root
        self.language: Language = language
        self._sources = [root / name for name in sources]
        self._process: subprocess.Popen[str] | None = None
        self._kept: Path | None = None
        self._made_from = 0

    def start(self, site: Path, *, strict: bool, serving: bool) -> None:
        """Begin to build it, below the site or where a server keeps it."""
        if self._process:  # of a build that failed before it came to wait
            self._process.kill()
            self._process, self._made_from = None, 0
        folder = site / root(self.language)
        if serving:
            folder = self._kept = self._kept or Path(tempfile.mkdtemp(prefix=f"site-{self.language}-"))
            if self._made_from == (now := self._edits()):
                return
            self._made_from = now
        file = self._root / configuration(self.language)
        command = [sys.executable, "-m", "mkdocs", "build", "-f", str(file), "-d", str(folder)]
        self._process = subprocess.Popen(
            command if strict else [*command, "--no-strict"],
            cwd=self._root,
            env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | ({SERVING: "1"} if serving else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, site: Path) -> str:
        """Wait for it and put it below the site; what the process had to say.

        Raises:
            Abort: It was not built.
        """
        output = ""
        if self._process:
            output, _ = self._process.communicate()
            failed, self._process = bool(self._process.returncode), None
            if failed:
                self._made_from = 0
                name = NAMES[self.language]
                raise Abort(f"{output.strip()}\nThe site in {name} was not built; its messages stand above.")
        if self._kept:
            shutil.copytree(self._kept, site / root(self.language), copy_function=os.link, dirs_exist_ok=True)
        return output.strip()

    def forget(self) -> None:
        """Remove what was kept for the server."""
        if self._kept:
            shutil.rmtree(self._kept, ignore_errors=True)

    def _edits(self) -> int:
        """A number that changes with every edit of what it is made from."""
        others = {self._root / "docs" / language for language in LANGUAGES if language != self.language}
        files = [file for path in self._sources for file in ([path] if path.is_file() else path.rglob("*"))]
        times = [
            (str(file), file.stat().st_mtime_ns) for file in files if file.is_file() and others.isdisjoint(file.parents)
        ]
        return hash(tuple(sorted(times)))
