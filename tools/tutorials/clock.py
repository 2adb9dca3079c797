"""A clock for comparing two runs: what cells and the package time takes one second a call, on every machine.

Seconds and speeds are the only results that change from run to run. With this clock they depend on which calls are
made alone, so that two runs can be compared without leaving anything out. Run as a file before the first cell; other
libraries, whose timeouts need the time, keep it.
"""

import sys
import time
from collections.abc import Callable
from itertools import count

CLOCKS = ("monotonic", "perf_counter", "process_time", "thread_time", "time")


def tick_by_calls() -> None:
    """Puts the clock in the place of Python's own."""
    for name in CLOCKS:
        for suffix, second in (("", 1), ("_ns", 10**9)):
            setattr(time, name + suffix, _ticking(getattr(time, name + suffix), second))


def _ticking(real: Callable[[], float], second: int) -> Callable[[], float]:
    ticks = count(second, second)

    def now() -> float:
        asks = str(sys._getframe(1).f_globals.get("__name__"))
        return next(ticks) if asks == "__main__" or asks.split(".")[0] == "aigc_ref" else real()

    return now


if __name__ == "<clock>":
    tick_by_calls()
