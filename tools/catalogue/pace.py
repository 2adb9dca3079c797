"""Patience with a service: the gap between two requests, and the wait after a refusal. One Pace a service, one thread.

A stand-in on loopback is not a service to be spared: `Pace.none` waits for nothing. No option or variable turns the
pace of a real service off.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Self

LONGEST_WAIT = 60.0  # a service that asks for more is left alone until the next run


@dataclass(slots=True)
class Pace:
    gap: float
    """Seconds from the end of one request to the start of the next."""
    back_off: float
    """Seconds to wait before asking again after a failure that may pass."""
    cool_down: float
    """The same, after being told that we ask too much."""
    stop: threading.Event
    """Set when the run is interrupted: every wait ends at once."""
    _ready: float = field(default=0.0, init=False)

    @classmethod
    def arxiv(cls, stop: threading.Event) -> Self:
        return cls(3.0, 10.0, 60.0, stop)  # "no more than one request every three seconds": info.arxiv.org/help/api/tou

    @classmethod
    def github(cls, stop: threading.Event) -> Self:
        return cls(0.0, 2.0, 60.0, stop)  # serial requests need no gap; "at least one minute" where no header says

    @classmethod
    def none(cls, stop: threading.Event) -> Self:
        return cls(0.0, 0.0, 0.0, stop)

    def wait(self) -> None:
        """Until the next request may start, or the run is interrupted."""
        if (seconds := self._ready - time.monotonic()) > 0:
            self.stop.wait(seconds)

    def done(self) -> None:
        """A request has ended."""
        self._ready = time.monotonic() + self.gap

    def hold(self, asked: float | None, *, limited: bool) -> bool:
        """Put the next request off after a failure; False where the service asks for more patience than a run has."""
        seconds = asked if asked is not None else self.cool_down if limited else self.back_off
        self._ready = max(self._ready, time.monotonic() + min(seconds, LONGEST_WAIT))
        return seconds <= LONGEST_WAIT
