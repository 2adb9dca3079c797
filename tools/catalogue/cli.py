"""Check the catalogue, or fetch what arXiv, GitHub and other services say about it and report what changed.

Exit codes:
  0    done: the catalogue is valid, and what was due has been answered for, or left to the next run by a budget
  1    the catalogue is not valid; every error is listed
  2    wrong usage, an unusable environment variable, or a missing package
  3    a service did not answer for everything (for example, no network); what was known is kept
  4    the lock cannot be read or written (damaged, newer than the tool, disk full); it was not changed
  5    another refresh of this catalogue is running
  130  interrupted; what was fetched is kept, and the next run continues from there
"""

import argparse
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich import progress
from rich.console import Console

from tools.catalogue import lock as lock_files
from tools.catalogue import plan as planning
from tools.catalogue.environment import Settings, SettingsError, settings
from tools.catalogue.load import Catalogue, load
from tools.catalogue.lock import Lock, LockBusyError, LockError
from tools.catalogue.pace import RunLimits
from tools.catalogue.parts import PARTS
from tools.catalogue.plan import CHOICES, Plan, Selection
from tools.catalogue.policy import policy_of
from tools.catalogue.problems import CatalogueError
from tools.catalogue.refresh import Job, Progress
from tools.catalogue.report import Report, counts, report
from tools.catalogue.report_formats import FORMATS

OK, INVALID, USAGE, NOT_ANSWERED, LOCK, BUSY, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
RESOURCES = Path(__file__).resolve().parents[2] / "resources"


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        with _requests_said() if options.verbose else nullcontext():
            return _run(parser, options)
    except CatalogueError as error:
        print(error, file=sys.stderr)
        return INVALID
    except SettingsError as error:
        print(error, file=sys.stderr)
        return USAGE
    except LockBusyError as error:
        print(error, file=sys.stderr)
        return BUSY
    except LockError as error:
        print(error, file=sys.stderr)
        return LOCK
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    summary, _, codes = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="refresh_resources.py",
        description=summary,
        epilog=f"{codes}\nenvironment: {', '.join(_variables())}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="check the catalogue and fetch nothing")
    what.add_argument("--dry-run", action="store_true", help="list what would be fetched and what it would cost")
    what.add_argument("--offline", action="store_true", help="fetch nothing; report from the lock")
    what.add_argument(
        "--forget",
        metavar="KEY",
        help="forget what was fetched for an arXiv id, owner/name or URL, so that the next answer counts as new",
    )
    parser.add_argument(
        "--resources",
        type=Path,
        default=RESOURCES,
        metavar="DIR",
        help="folder of the catalogue (its lock is in DIR/lock)",
    )

    which = parser.add_argument_group("what to fetch")
    which.add_argument(
        "--only",
        metavar="PART",
        action="append",
        choices=CHOICES,
        help=f"fetch only this kind: {', '.join(CHOICES)}; may be given more than once",
    )
    which.add_argument(
        "--ids", metavar="ID", nargs="+", default=[], help="fetch only these entries, arXiv ids or owner/name"
    )
    which.add_argument("--force", action="store_true", help="fetch even what is still fresh")
    which.add_argument(
        "--max-age", metavar="DAYS", type=_not_negative, help="fetch what is older than this, whatever its kind"
    )
    which.add_argument(
        "--budget", metavar="N", type=_whole, help="send at most N requests; the next run continues from there"
    )
    which.add_argument(
        "--deadline", metavar="SECONDS", type=_not_negative, help="start no request after this many seconds"
    )

    how = parser.add_argument_group("how")
    how.add_argument(
        "--contact", metavar="ADDRESS", type=_contact, help="address that services can write to; sent in the User-Agent"
    )
    how.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_not_negative,
        default=0.0,
        help="wait this long for another refresh to finish (0)",
    )
    how.add_argument("--format", choices=FORMATS, default="text", help="format of the report (text)")
    how.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    how.add_argument("--verbose", action="store_true", help="log each request and its outcome on stderr")
    how.add_argument("--full-pace", action="store_true", help="keep the pace of the real services with stand-ins too")
    return parser


def _variables() -> Iterator[str]:
    """Of the environment: tokens, then addresses."""
    for endpoint in planning.endpoints():
        if endpoint.tokens:
            yield " or ".join(endpoint.tokens)
    yield from (endpoint.variable for endpoint in planning.endpoints())


def _not_negative(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up")
    return number


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return int(text)


def _contact(text: str) -> str:
    if not re.fullmatch(r"[\w.+-]+@[\w.-]+|https?://[\w./~?=&%-]+", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is neither an e-mail address nor a web address")
    return text


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    folder: Path = options.resources
    catalogue = load(folder)
    if options.check:
        _print(options, Report(counts(catalogue)), [*_counted(catalogue), "valid"])
        return OK
    if unknown := planning.unknown_names(catalogue, options.ids):
        parser.error(f"--ids: the catalogue has no {', '.join(unknown)}")
    environment = settings(os.environ, planning.endpoints())
    selection = Selection(
        frozenset(options.only or CHOICES),
        frozenset(options.ids),
        options.force,
        None if options.max_age is None else timedelta(days=options.max_age),
    )
    if options.dry_run or options.offline:
        lock = lock_files.read(folder)
        if options.offline:
            _print(options, report(catalogue, lock, []))
        else:
            plan = planning.plan(catalogue, lock, datetime.now(UTC), selection, environment)
            _print(
                options,
                Report(counts(catalogue)),
                [*_counted(catalogue), *_intention(catalogue, plan, environment, options)],
            )
        return OK
    with lock_files.held(folder, options.wait):
        lock = lock_files.read(folder)
        if options.forget:
            return _forget(parser, folder, lock, options.forget)
        plan = planning.plan(catalogue, lock, datetime.now(UTC), selection, environment)
        if options.format == "text":
            print("\n".join([*_counted(catalogue), *_intention(catalogue, plan, environment, options)]), flush=True)
        done, finished = _refresh(options, catalogue, lock, plan, environment)
    _print(options, done)
    if not finished:
        return INTERRUPTED
    return OK if done.complete else NOT_ANSWERED


def _forget(parser: argparse.ArgumentParser, folder: Path, lock: Lock, key: str) -> int:
    if not any(lock[part].pop(key, None) for part in PARTS if part.things):
        parser.error(f"--forget: nothing is known of {key!r}")
    lock_files.write(folder, lock)
    print(f"{key}: forgotten")
    return OK


def _refresh(
    options: argparse.Namespace, catalogue: Catalogue, lock: Lock, plan: Plan, environment: Settings
) -> tuple[Report, bool]:
    if len(plan):
        # Imported here: half of the time of a run that has nothing to ask would go into arxiv and httpx.
        from tools.catalogue.services import ask

        jobs, finished = ask(options.resources, catalogue, lock, plan, environment, _limits(options), _progress)
    else:
        jobs, finished = [], True
    dropped = _prune(catalogue, lock) if finished else []
    if dropped:
        lock_files.write(options.resources, lock)
    return report(catalogue, lock, jobs, dropped), finished


def _limits(options: argparse.Namespace) -> RunLimits:
    return RunLimits(
        requests=options.budget,
        seconds=options.deadline,
        contact=options.contact,
        spare_stand_ins=options.full_pace,
    )


def _prune(catalogue: Catalogue, lock: Lock) -> list[str]:
    """Drops the records of what is not curated any more, and says of which."""
    dropped: list[str] = []
    remembered: set[str] = set()
    for part in PARTS:
        records, keys = lock[part], part.keys(catalogue)
        for key in [key for key in records if key not in keys]:
            del records[key]
            dropped.append(key)
        remembered |= part.remembered(records)
    for name in lock.history.keys() - remembered:
        del lock.history[name]
    return dropped


def _counted(catalogue: Catalogue) -> Iterator[str]:
    found = counts(catalogue)
    for kind, count in found.items():
        yield f"{count:5} {kind}"
    yield f"{sum(found.values()):5} in all"


def _intention(catalogue: Catalogue, plan: Plan, environment: Settings, options: argparse.Namespace) -> Iterator[str]:
    hints: list[str] = []
    for endpoint in planning.endpoints():
        parts = list(planning.parts_of(endpoint))
        if not environment.asks(endpoint):
            if any(part.keys(catalogue) for part in parts):
                what = endpoint.what or endpoint.title
                yield (
                    f"{endpoint.title}: not asked for, since a service is a stand-in; "
                    f"{endpoint.variable} can name one for {what}"
                )
            continue
        service = environment.services[endpoint.name]
        spared = service is None or not service.loopback or options.full_pace
        cost = planning.cost_of(
            parts, plan, environment, policy_of(endpoint.name).gap if spared and endpoint.url else 0.0
        )
        due = " and ".join(f"{len(plan[part])} {part.things or 'searches'}" for part in parts if plan[part])
        if due:
            yield f"{endpoint.title}: {due} are due, {cost.requests} requests, about {cost.seconds:.0f} s"
        elif any(part.keys(catalogue) for part in parts):
            yield f"{endpoint.title}: nothing is due"
        if endpoint.hint and environment.token(endpoint) is None and any(plan[part] for part in parts if part.things):
            hints.append(endpoint.hint)
    yield from hints
    for limit in (
        options.budget is not None and f"{options.budget} requests",
        options.deadline is not None and f"{options.deadline:g} s",
    ):
        if limit:
            yield f"this run may take {limit}; what is left goes on in the next"


@contextmanager
def _requests_said() -> Iterator[None]:
    """Each request as a line on stderr: what `transport` logs."""
    log, lines = logging.getLogger("tools.catalogue"), logging.StreamHandler()
    lines.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    level = log.level
    log.addHandler(lines)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(lines)
        log.setLevel(level)


def _print(options: argparse.Namespace, result: Report, lines: list[str] | None = None) -> None:
    """The report in the format that was asked for; for people `lines` where what is said is not about a run."""
    text = "\n".join(lines) if lines is not None and options.format == "text" else FORMATS[options.format](result)
    if text:
        print(text)


@contextmanager
def _progress(jobs: Sequence[Job[Any]]) -> Iterator[Progress]:
    """A bar for each service on a terminal; elsewhere a plain line whenever another quarter is done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        said: dict[str, int] = {}

        def line(title: str, done: int, asked: int) -> None:
            quarter = 4 * done // asked if asked else 0
            if quarter > said.get(title, 0):
                said[title] = quarter
                print(f"{title}: {done} of {asked}", file=sys.stderr, flush=True)

        yield line
        return
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True) as bars:
        tasks = {job.part.label: bars.add_task(job.part.label, total=len(job.keys)) for job in jobs if job.keys}

        def advance(title: str, done: int, _: int) -> None:
            if title in tasks:
                bars.update(tasks[title], completed=done)

        yield advance
