"""The command line of the catalogue: check it, say what a refresh would cost, refresh.

Exit codes:
  0    done: the catalogue is valid, and every paper and repository that was due has been answered for
  1    the catalogue or the lock is not valid; every error is listed
  2    wrong usage, or a variable of the environment cannot be used
  3    a service did not answer for everything (no network, for one); what was known is kept
  130  interrupted; what was fetched is kept, and the next run goes on from there
"""

import argparse
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tools.catalogue import lock as lock_files
from tools.catalogue import plan as planning
from tools.catalogue import refresh
from tools.catalogue.environment import Settings, SettingsError, settings
from tools.catalogue.load import Catalogue, load
from tools.catalogue.lock import Lock, LockError
from tools.catalogue.pace import Pace
from tools.catalogue.plan import Plan, cost_of_papers, cost_of_repositories
from tools.catalogue.problems import CatalogueError
from tools.catalogue.report import Report, counts, report
from tools.catalogue.sources.arxiv import Arxiv
from tools.catalogue.sources.github_graphql import GitHubGraphQL
from tools.catalogue.sources.github_rest import GitHubREST
from tools.catalogue.transport import Transport

OK, INVALID, USAGE, NOT_ANSWERED, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (CatalogueError, LockError) as error:
        print(error, file=sys.stderr)
        return INVALID
    except SettingsError as error:
        print(error, file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    summary, _, codes = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="refresh_resources.py",
        description=summary,
        epilog=codes + "\nenvironment: GITHUB_TOKEN (or GH_TOKEN), AIGC_ARXIV_URL, AIGC_GITHUB_URL",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="check the catalogue and fetch nothing")
    what.add_argument("--dry-run", action="store_true", help="say what would be fetched, and at what cost")
    parser.add_argument(
        "--resources", type=Path, default=Path("resources"), metavar="DIR", help="a catalogue; its lock lies beside it"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON, and nothing else")
    return parser


def _run(options: argparse.Namespace) -> int:
    folder: Path = options.resources
    catalogue = load(folder)
    if options.check:
        _print(options, Report(counts(catalogue)), [*_counted(catalogue), "valid"])
        return OK
    environment = settings(os.environ)
    lock = lock_files.read(folder)
    plan = planning.plan(catalogue, lock, datetime.now(UTC))
    intention = list(_intention(plan, environment))
    if options.dry_run:
        _print(options, Report(counts(catalogue)), [*_counted(catalogue), *intention])
        return OK
    if not options.json:
        print("\n".join([*_counted(catalogue), *intention]), flush=True)
    done, interrupted = _refresh(folder, catalogue, lock, plan, environment)
    _print(options, done, done.lines())
    if interrupted:
        return INTERRUPTED
    return OK if done.complete else NOT_ANSWERED


def _refresh(folder: Path, catalogue: Catalogue, lock: Lock, plan: Plan, environment: Settings) -> tuple[Report, bool]:
    stop = threading.Event()
    with ExitStack() as stack:
        arxiv_pace = Pace.none(stop) if environment.arxiv.loopback else Pace.arxiv(stop)
        github_pace = Pace.none(stop) if environment.github.loopback else Pace.github(stop)
        arxiv = Arxiv(stack.enter_context(Transport(environment.arxiv, arxiv_pace)))
        github = stack.enter_context(Transport(environment.github, github_pace))
        etags = {key: record.etag for key, record in lock.repositories.items() if record.etag}
        jobs: list[refresh.Job[Any]] = [
            refresh.paper_job(arxiv, plan.papers, lock),
            refresh.repository_job(
                GitHubGraphQL(github, environment.token) if environment.token else GitHubREST(github, etags),
                plan.repositories,
                lock,
            ),
        ]
        with _progress(jobs) as advance:
            finished = refresh.run(folder, lock, jobs, stop, advance)
        return report(catalogue, lock, jobs), not finished


def _counted(catalogue: Catalogue) -> Iterator[str]:
    found = counts(catalogue)
    for kind, count in found.items():
        yield f"{count:5} {kind}"
    yield f"{sum(found.values()):5} in all"


def _intention(plan: Plan, environment: Settings) -> Iterator[str]:
    papers = cost_of_papers(len(plan.papers), gap=0.0 if environment.arxiv.loopback else 3.0)
    repositories = cost_of_repositories(len(plan.repositories), token=environment.token is not None)
    for title, number, thing, cost in (
        ("arXiv", len(plan.papers), "papers", papers),
        ("GitHub", len(plan.repositories), "repositories", repositories),
    ):
        if number:
            yield f"{title}: {number} {thing} are due, {cost.requests} requests, about {cost.seconds:.0f} s"
        else:
            yield f"{title}: nothing is due"
    if plan.repositories and environment.token is None:
        yield "without a GITHUB_TOKEN GitHub answers 60 requests an hour; the rest goes on in the next run"


def _print(options: argparse.Namespace, result: Report, lines: list[str] | Iterator[str]) -> None:
    print(json.dumps(result.as_dict(), ensure_ascii=False, indent=1) if options.json else "\n".join(lines))


@contextmanager
def _progress(jobs: list[refresh.Job[Any]]) -> Iterator[refresh.Progress]:
    """A bar for each service on a terminal; elsewhere a plain line whenever another quarter is done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        said: dict[str, int] = {}

        def line(title: str, done: int, asked: int) -> None:
            quarter = 4 * done // asked
            if quarter > said.get(title, 0):
                said[title] = quarter
                print(f"{title}: {done} of {asked}", file=sys.stderr, flush=True)

        yield line
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        tasks = {job.source.title: bars.add_task(job.source.title, total=len(job.keys)) for job in jobs if job.keys}
        yield lambda title, done, _: bars.update(tasks[title], completed=done)
