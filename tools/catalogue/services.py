"""What a run lends to its parts, and the jobs that come of it: a transport for each service, a queue for each."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.catalogue import refresh
from tools.catalogue.environment import Endpoint, Settings
from tools.catalogue.load import Catalogue
from tools.catalogue.lock import Lock
from tools.catalogue.pace import Budget, CooldownStore, Pace, RunLimits
from tools.catalogue.plan import Plan, endpoints, parts_of
from tools.catalogue.policy import policy_of
from tools.catalogue.refresh import Job, Progress
from tools.catalogue.transport import Transport

ShowProgress = Callable[[Sequence[Job[Any]]], AbstractContextManager[Progress]]


@dataclass(frozen=True, slots=True)
class Run:
    """What a source may be made of."""

    catalogue: Catalogue
    lock: Lock
    settings: Settings
    limits: RunLimits
    budget: Budget
    cooldowns: CooldownStore
    stop: threading.Event
    """Set when the run is interrupted."""
    _opened: ExitStack
    _transports: dict[str, Transport] = field(default_factory=dict)

    def transport(self, endpoint: Endpoint) -> Transport:
        """The connection to a service, at its pace; parts of one service share it."""
        name, service = endpoint.name, self.settings.services[endpoint.name]
        if service is None:
            raise ValueError(f"{endpoint.title} is no single service")
        if name not in self._transports:
            if service.loopback and not self.limits.spare_stand_ins:
                pace = Pace.none(self.stop, self.budget)
            else:
                pace = Pace(policy_of(name), self.stop, name, self.cooldowns, self.budget)
            transport = Transport(service, pace, contact=self.limits.contact)
            self._transports[name] = self._opened.enter_context(transport)
        return self._transports[name]


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
        run = Run(catalogue, lock, settings, limits, budget, cooldowns, threading.Event(), opened)
        queues = [
            [Job(part, part.source(run), plan[part], lock[part], lock.history) for part in parts_of(endpoint)]
            for endpoint in endpoints()
        ]
        jobs = [job for queue in queues for job in queue]
        with show_progress(jobs) as advance:
            return jobs, refresh.run(resources, lock, queues, run.stop, advance)
