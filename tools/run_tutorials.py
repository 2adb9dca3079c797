"""Run the tutorials whose results are stale and store what they print and draw.

Usage: python tools/run_tutorials.py [--check | --force | --same [--since REV]] [NAME …]

With --same nothing is run in full. The code that a stale result is of and the present code both run in small, and where
all that they print, draw and save is the same, the result is marked as fresh.

Exit codes: 0 all fresh, 1 stale (with --check), different (with --same) or failed, 2 wrong usage, 130 interrupted.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from any folder, installed or not

from tools.tutorials.run import FOLDER, is_stale, report_to_terminal, run
from tools.tutorials.same import renew_if_same
from tools.tutorials.source import TutorialError, read_tutorials


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", metavar="NAME", nargs="*", help="tutorials to look at; all where none is named")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="list what is stale and run nothing")
    instead.add_argument("--force", action="store_true", help="run even what is fresh")
    instead.add_argument(
        "--same",
        action="store_true",
        help="run stale tutorials in small with the old code and the new; where nothing differs, mark the result as "
        "fresh, else say what differs",
    )
    parser.add_argument(
        "--since",
        metavar="REV",
        help="with --same: the revision of the old code (the last commit that changed the result)",
    )
    options = parser.parse_args(arguments)
    if options.since and not options.same:
        parser.error("--since says what --same compares with; give both")
    try:
        tutorials = read_tutorials(FOLDER)
        if unknown := set(options.names) - {tutorial.name for tutorial in tutorials}:
            parser.error(f"no tutorial {min(unknown)!r}; there are {', '.join(t.name for t in tutorials)}")
        chosen = [tutorial for tutorial in tutorials if not options.names or tutorial.name in options.names]
        stale, left = 0, 0
        for tutorial in chosen:
            if not (options.force or is_stale(tutorial)):  # asked in turn: one may make the checkpoint of the next
                continue
            stale += 1
            if options.check:
                print(f"{tutorial.name}: stale; run `make tutorials`")
                left += 1
            elif options.same:
                differences = renew_if_same(tutorial, options.since, report_to_terminal)
                left += bool(differences)
                print("\n".join(differences) or f"{tutorial.name}: the same; its result counts as fresh")
            else:
                run(tutorial, report_to_terminal)
                print(f"{tutorial.name}: done")
    except TutorialError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; finished tutorials are stored, run again to go on", file=sys.stderr)
        return 130
    print(f"{len(chosen) - stale} of {len(chosen)} were fresh")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
