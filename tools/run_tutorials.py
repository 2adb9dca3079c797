"""Run the tutorials whose results are stale and store what they print and draw.

Usage: python tools/run_tutorials.py [--check] [--force] [NAME …]

Exit codes: 0 all fresh, 1 stale (with --check) or failed, 2 wrong usage, 130 interrupted.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from any folder, installed or not

from tools.tutorials.run import FOLDER, is_stale, report_to_terminal, run
from tools.tutorials.source import TutorialError, read_tutorials


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", metavar="NAME", nargs="*", help="tutorials to look at; all where none is named")
    parser.add_argument("--check", action="store_true", help="say what is stale and run nothing")
    parser.add_argument("--force", action="store_true", help="run also what is fresh")
    options = parser.parse_args(arguments)
    try:
        tutorials = read_tutorials(FOLDER)
        if unknown := set(options.names) - {tutorial.name for tutorial in tutorials}:
            parser.error(f"no tutorial {min(unknown)!r}; there are {', '.join(t.name for t in tutorials)}")
        chosen = [tutorial for tutorial in tutorials if not options.names or tutorial.name in options.names]
        stale = []
        for tutorial in chosen:
            if not (options.force or is_stale(tutorial)):  # asked in turn: one may make the checkpoint of the next
                continue
            stale.append(tutorial)
            if options.check:
                print(f"{tutorial.name}: stale; run `make tutorials`")
            else:
                run(tutorial, report_to_terminal)
                print(f"{tutorial.name}: done")
    except TutorialError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; finished tutorials are stored, run again to go on", file=sys.stderr)
        return 130
    print(f"{len(chosen) - len(stale)} of {len(chosen)} were fresh")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
