"""Check the catalogue, and fetch what arXiv and GitHub say about it: python tools/refresh_resources.py --help."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from any folder, installed or not

from tools.catalogue.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
