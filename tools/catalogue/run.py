"""What a run lends to its parts: what is known, settings and limits, and a transport for each service."""

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from tools.catalogue.environment import Endpoint, Settings
from tools.catalogue.facts import Record
from tools.catalogue.load import Catalogue
from tools.catalogue.pace import Budget, CooldownStore, Pace, RunLimits
from tools.catalogue.policy import policy_of
from tools.catalogue.transport import Transport


@dataclass(frozen=True, slots=True)
class Run:
    """What a source may be made of."""

    catalogue: Catalogue
    records: Mapping[str, Mapping[str, Record[Any]]]
    """A part's name → key → what is known."""
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
