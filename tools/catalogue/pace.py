"""Patience with a service: the gap between two requests, the wait after a refusal, and what a run may spend.

A pace outlives the process. When a service may be asked again is written beside the lock before a request leaves, so
that a run which was killed, or another run an hour later, keeps the same distance. A stand-in on loopback is not a
service to be spared: `Pace.none` waits for nothing. No option or variable turns the pace of a real service off.
"""

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

LONGEST_WAIT = 60.0  # a service that asks for more is left alone until the next run
LONGEST_COOL_DOWN = 24 * 3600.0  # seconds; a header that asks for more is taken for a mistake


@dataclass(frozen=True, slots=True)
class Manners:
    """What a run may take, and how it presents itself."""

    requests: int | None = None
    seconds: float | None = None
    contact: str | None = None
    """Whom services may write to."""
    spare_stand_ins: bool = False
    """Whether stand-ins on loopback are asked no faster than the services that they stand in for."""


class Memory:
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


class Allowance:
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

    gap: float
    """Seconds from the end of one request to the start of the next."""
    back_off: float
    """Seconds to wait before asking again after a failure that may pass."""
    cool_down: float
    """The same, after being told that we ask too much."""
    stop: threading.Event
    """Set when the run is interrupted: every wait ends at once."""
    name: str = ""
    memory: Memory = field(default_factory=lambda: Memory(None))
    allowance: Allowance = field(default_factory=Allowance)
    _ready: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        # A clock that was set back must not keep us waiting for ever.
        asked = min(max(0.0, self.memory[self.name] - time.time()), LONGEST_COOL_DOWN)
        self._ready = time.monotonic() + asked

    @classmethod
    def arxiv(cls, stop: threading.Event, memory: Memory, allowance: Allowance) -> Self:
        # "no more than one request every three seconds": info.arxiv.org/help/api/tou
        return cls(3.0, 10.0, 60.0, stop, "arxiv", memory, allowance)

    @classmethod
    def github(cls, stop: threading.Event, memory: Memory, allowance: Allowance) -> Self:
        # Serial requests need no gap; "at least one minute" where no header says how long.
        return cls(0.0, 2.0, 60.0, stop, "github", memory, allowance)

    @classmethod
    def website(cls, stop: threading.Event, allowance: Allowance) -> Self:
        return cls(1.0, 1.0, LONGEST_WAIT + 1, stop, allowance=allowance)  # told to wait: not in this run

    @classmethod
    def none(cls, stop: threading.Event, allowance: Allowance | None = None) -> Self:
        return cls(0.0, 0.0, 0.0, stop, allowance=allowance or Allowance())

    @property
    def remaining(self) -> float:
        """Seconds until the service may be asked."""
        return max(0.0, self._ready - time.monotonic())

    def wait(self) -> None:
        """Until the next request may start, or the run is interrupted."""
        if (seconds := self.remaining) > 0:
            self.stop.wait(seconds)
        if self.gap:
            self.memory[self.name] = time.time() + self.gap  # before the request leaves: a killed run made it as well

    def done(self) -> None:
        """A request has ended."""
        self._ready = max(self._ready, time.monotonic() + self.gap)
        if self.gap:
            self.memory[self.name] = time.time() + self.gap

    def hold(self, asked: float | None, *, limited: bool) -> bool:
        """Put the next request off after a failure; False where the service asks for more patience than a run has."""
        seconds = asked if asked is not None else self.cool_down if limited else self.back_off
        seconds = min(seconds, LONGEST_COOL_DOWN)
        self._ready = max(self._ready, time.monotonic() + seconds)
        if seconds > self.gap:
            self.memory[self.name] = time.time() + seconds
        return seconds <= LONGEST_WAIT
