"""Models that one tutorial trains and later ones start from, each a folder with its weights and a card.

Kept in `$AIGC_CHECKPOINTS`; else, in a checkout, in docs/tutorials/checkpoints, where they are committed;
else in the cache. A folder is replaced whole or not at all.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aigc_ref.fetch.cache import DataNotFoundError, cache_directory

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "tutorials" / "checkpoints"


def checkpoints_directory() -> Path:
    """The folder of all checkpoints; it need not exist yet."""
    if named := os.environ.get("AIGC_CHECKPOINTS"):
        return Path(named)
    return COMMITTED if COMMITTED.parent.is_dir() else cache_directory() / "checkpoints"


def checkpoint(name: str) -> Path:
    """The folder of a checkpoint, as `from_pretrained` takes it.

    Raises:
        DataNotFoundError: no tutorial has made it yet; the message says which to run.
    """
    folder = checkpoints_directory() / name
    if not folder.is_dir():
        raise DataNotFoundError(
            f"there is no checkpoint {name!r} in {folder.parent}; run the tutorial that makes it, or set "
            "AIGC_CHECKPOINTS to docs/tutorials/checkpoints in a clone of the project"
        )
    return folder


@contextmanager
def saving_checkpoint(name: str) -> Iterator[Path]:
    """A new folder to save a checkpoint in, which takes the old one's place when the block ends well.

    An old one that holds the same, byte for byte, stays as it is.

    Examples:
        >>> import os, tempfile
        >>> from unittest.mock import patch
        >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, AIGC_CHECKPOINTS=folder):
        ...     with saving_checkpoint("tiny") as new:
        ...         _ = (new / "README.md").write_text("# Tiny")
        ...     [path.name for path in checkpoint("tiny").iterdir()]
        ['README.md']
    """
    folder = checkpoints_directory() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".arriving-") as temporary:
        new = Path(temporary) / name
        new.mkdir()
        yield new
        if folder.exists() and _contents(folder) == _contents(new):
            return
        if folder.exists():
            folder.rename(Path(temporary) / "old")
        new.rename(folder)


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
