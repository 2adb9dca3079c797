"""Patience with a service: the gap between two requests, the wait after a refusal, and what a run may spend.

How many seconds each of them has is said in `policy`.

A pace outlives the process. When a service may be asked again is written beside the lock before a request leaves, so
that a run which was killed, or another run an hour later, keeps the same distance. A stand-in on loopback is not a
service to be spared: `Pace.none` waits for nothing.
"""

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tools.catalogue.policy import LONGEST_COOL_DOWN, LONGEST_WAIT, Policy


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a run may take, and how it presents itself."""

    requests: int | None = None
    seconds: float | None = None
    contact: str | None = None
    """Whom services may write to."""
    spare_stand_ins: bool = False
    """Whether stand-ins on loopback are asked no faster than the services that they stand in for."""


class CooldownStore:
    """When each service may be asked again, in a file: names to moments, in seconds since 1970.

    It only ever makes a run wait. So a file that cannot be read counts as empty, and one that cannot be written is
    passed over: the pace within the process holds all the same.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._moments: dict[str, float] = {}
        self._lock = threading.Lock()
        if path is not None:
            with suppress(
                OSError, ValueError, RecursionError, TypeError, AttributeError
            ):  # none of it is worth an error
                content = json.loads(path.read_bytes())
                self._moments = {name: float(moment) for name, moment in content.items()}

    def __getitem__(self, name: str) -> float:
        return self._moments.get(name, 0.0)

    def __setitem__(self, name: str, moment: float) -> None:
        with self._lock:
            self._moments[name] = moment
            if self._path is None:
                return
            part = self._path.with_name(self._path.name + ".part")
            with suppress(OSError):
                part.write_text(json.dumps(self._moments), encoding="utf-8")
                part.replace(self._path)


class Budget:
    """How many requests, and how many seconds, a run may take; shared by all services."""

    def __init__(self, requests: int | None = None, seconds: float | None = None) -> None:
        self._requests = requests
        self._end = None if seconds is None else time.monotonic() + seconds
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether one more request may be made; counts it."""
        with self._lock:
            if self._end is not None and time.monotonic() >= self._end:
                return False
            if self._requests is not None:
                if self._requests <= 0:
                    return False
                self._requests -= 1
            return True


@dataclass(slots=True)
class Pace:
    """One for each service, used by one thread."""

    policy: Policy
    stop: threading.Event
    """Set when the run is interrupted: every wait ends at once."""
    name: str = ""
    cooldowns: CooldownStore = field(default_factory=lambda: CooldownStore(None))
    budget: Budget = field(default_factory=Budget)
    _ready: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        # A clock that was set back must not keep us waiting for ever.
        asked = min(max(0.0, self.cooldowns[self.name] - time.time()), LONGEST_COOL_DOWN)
        self._ready = time.monotonic() + asked

    @classmethod
    def none(cls, stop: threading.Event, budget: Budget | None = None) -> Self:
        """For a stand-in."""
        return cls(Policy(0.0, 0.0, 0.0), stop, budget=budget or Budget())

    @property
    def remaining(self) -> float:
        """Seconds until the service may be asked."""
        return max(0.0, self._ready - time.monotonic())

    def wait(self) -> None:
        """Until the next request may start, or the run is interrupted."""
        if (seconds := self.remaining) > 0:
            self.stop.wait(seconds)
        if self.policy.gap:
            self.cooldowns[self.name] = (
                time.time() + self.policy.gap
            )  # before the request leaves: a killed run made it as well

    def done(self) -> None:
        """A request has ended."""
        self._ready = max(self._ready, time.monotonic() + self.policy.gap)
        if self.policy.gap:
            self.cooldowns[self.name] = time.time() + self.policy.gap

    def hold(self, asked: float | None, *, limited: bool) -> bool:
        """Put the next request off after a failure; False where the service asks for more patience than a run has."""
        seconds = asked if asked is not None else self.policy.cool_down if limited else self.policy.back_off
        seconds = min(seconds, LONGEST_COOL_DOWN)
        self._ready = max(self._ready, time.monotonic() + seconds)
        if seconds > self.policy.gap:
            self.cooldowns[self.name] = time.time() + seconds
        return seconds <= LONGEST_WAIT
