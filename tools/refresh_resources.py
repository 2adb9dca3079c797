"""Check the catalogue, and fetch what services say about its entries: python tools/refresh_resources.py --help."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from any folder, installed or not

if __name__ == "__main__":
    try:
        from tools.catalogue.cli import main

        code = main()
    except ModuleNotFoundError as error:
        if (error.name or "tools").partition(".")[0] == "tools":
            raise  # ours: no package would bring it
        print(f"needs {error.name}: run `make refresh`, or pip install --group refresh", file=sys.stderr)
        code = 2  # cli.USAGE, which could not be imported
    raise SystemExit(code)
