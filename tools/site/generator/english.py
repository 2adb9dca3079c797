"""The English site, built beside the Chinese one by a process of its own.

Plugins are shared between two builds in one process, and break on the second rebuild. A server's English site is kept
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

from tools.language import root

SERVING = "AIGC_SERVING"
"""Tells the process that it builds for a server."""


class EnglishSite:
    def __init__(self, root: Path, sources: Iterable[str]) -> None:
        self._root = root
        self._sources = [root / name for name in sources]
        self._process: subprocess.Popen[str] | None = None
        self._kept: Path | None = None
        self._made_from = 0

    def start(self, site: Path, *, strict: bool, serving: bool) -> None:
        """Begin to build it, below the site or where a server keeps it."""
        if self._process:  # of a build that failed before it came to wait
            self._process.kill()
            self._process, self._made_from = None, 0
        folder = site / root("en")
        if serving:
            folder = self._kept = self._kept or Path(tempfile.mkdtemp(prefix="english-"))
            if self._made_from == (now := self._edits()):
                return
            self._made_from = now
        command = [sys.executable, "-m", "mkdocs", "build", "-f", str(self._root / "mkdocs.en.yml"), "-d", str(folder)]
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
                raise Abort(f"{output.strip()}\nThe English site was not built; its messages stand above.")
        if self._kept:
            shutil.copytree(self._kept, site / root("en"), copy_function=os.link, dirs_exist_ok=True)
        return output.strip()

    def forget(self) -> None:
        """Remove what was kept for the server."""
        if self._kept:
            shutil.rmtree(self._kept, ignore_errors=True)

    def _edits(self) -> int:
        """A number that changes with every edit of what the English site is made from."""
        chinese = self._root / "docs/zh"
        files = [file for path in self._sources for file in ([path] if path.is_file() else path.rglob("*"))]
        times = [
            (str(file), file.stat().st_mtime_ns) for file in files if file.is_file() and chinese not in file.parents
        ]
        return hash(tuple(sorted(times)))
