"""Two ways of doing the same work, timed beside each other.

What is compared is a ratio of CPU seconds within one process, one thread, the two interleaved: a busy machine slows
both alike, where a wall clock would blame one of them. The best of the rounds counts: whatever disturbs a run only
ever makes it slower.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row of results.json."""

    name: str
    """What was done, and how much of it: "corpus BLEU, 100,000 pairs"."""
    peer: str
    """Who did it too: "sacrebleu 2.6.0, tokenize=none"."""
    ours: float
    """CPU seconds, best of the rounds."""
    theirs: float
    goal: float | None = None
    """The least ratio that we promise; None where nothing is promised."""
    most: float | None = None
    """The greatest, where being as fast is the promise."""

    @property
    def ratio(self) -> float:
        """How many times as fast ours is."""
        return self.theirs / self.ours

    @property
    def met(self) -> bool:
        return (self.goal is None or self.ratio >= self.goal) and (self.most is None or self.ratio <= self.most)


def compare(
    name: str,
    peer: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    goal: float | None,
    most: float | None = None,
    rounds: int = 5,
) -> Comparison:
    """Times both, in turn. Whoever calls has checked that both give the same result.

    Examples:
        >>> row = compare("a sum", "twice the work", lambda: sum(range(10**5)), lambda: sum(range(10**6)), goal=2)
        >>> row.met
        True
    """
    best_ours = best_theirs = float("inf")
    for _ in range(rounds):
        best_ours = min(best_ours, _cpu_seconds(ours))
        best_theirs = min(best_theirs, _cpu_seconds(theirs))
    return Comparison(name, peer, best_ours, best_theirs, goal, most)


def _cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
