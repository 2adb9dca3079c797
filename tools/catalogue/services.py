"""The jobs of a run: a queue for each service, and in it a job for each of its parts."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from tools.catalogue import refresh
from tools.catalogue.environment import Settings
from tools.catalogue.load import Catalogue
from tools.catalogue.lock import Lock
from tools.catalogue.pace import Budget, CooldownStore, RunLimits
from tools.catalogue.plan import Plan, endpoints, parts_of
from tools.catalogue.refresh import Job, Progress
from tools.catalogue.run import Run

ShowProgress = Callable[[Sequence[Job[Any]]], AbstractContextManager[Progress]]


def ask(
    resources: Path,
    catalogue: Catalogue,
    lock: Lock,
    plan: Plan,
    settings: Settings,
    limits: RunLimits,
    show_progress: ShowProgress,
) -> tuple[list[Job[Any]], bool]:
    """Asks all services at once for what the plan names; the jobs as they ended, and whether nobody interrupted."""
    cooldowns = CooldownStore(resources / "lock" / ".pace.json")
    with ExitStack() as opened:
        budget = Budget(limits.requests, limits.seconds)
        run = Run(catalogue, lock.records, settings, limits, budget, cooldowns, threading.Event(), opened)
        queues = [
            [Job(part, part.source(run), plan[part], lock[part], lock.history) for part in parts_of(endpoint)]
            for endpoint in endpoints()
        ]
        jobs = [job for queue in queues for job in queue]
        with show_progress(jobs) as advance:
            return jobs, refresh.run(resources, lock, queues, run.stop, advance)
