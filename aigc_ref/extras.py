"""What most of this package needs beside Python, and what brings it."""

from importlib.util import find_spec

# Not `pip install 'aigc-ref[train]'` alone: the name is on no index, and whoever took it there would be installed.
INSTALL = "pip install --editable '.[train]' in a clone of the project, or pip install 'FILE.whl[train]' with its wheel"
"""The command that brings the extra `train`, for messages."""


def needs_torch(package: str) -> None:
    """Lets a package that is all torch say so when it is imported, where Python would say `No module named 'torch'`.

    Raises:
        ImportError: torch is not installed; the message says what brings it.
    """
    if find_spec("torch") is None:
        # By that name runpy knows that the package failed: `python -m` says it in a line, without a traceback.
        raise ImportError(f"{package} needs torch: run {INSTALL}", name=package)
