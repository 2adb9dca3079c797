"""How a repository's stars grew, as the points of a small line: time to the right, stars upwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tools.catalogue.history import Point

WIDTH, HEIGHT, MARGIN = 64, 16, 2


@dataclass(frozen=True, slots=True)
class Growth:
    points: str
    """For a polyline in a box of WIDTH × HEIGHT."""
    first: int
    last: int
    since: date
    until: date


def growth(points: Sequence[Point]) -> Growth | None:
    """The line, where there are two different counts on two days; one count is no growth.

    >>> growth([Point(date(2026, 11, 1), 10), Point(date(2026, 11, 11), 20), Point(date(2026, 11, 21), 60)]).points
    '0,14 32,11.6 64,2'
    """
    counted = [(point.day, point.stars) for point in points if point.stars is not None]
    if len({stars for _, stars in counted}) < 2:
        return None
    (since, first), (until, last) = counted[0], counted[-1]
    low = min(stars for _, stars in counted)
    high = max(stars for _, stars in counted)
    days = (until - since).days
    line = (
        f"{round((day - since).days / days * WIDTH, 1):g},"
        f"{round(HEIGHT - MARGIN - (stars - low) / (high - low) * (HEIGHT - 2 * MARGIN), 1):g}"
        for day, stars in counted
    )
    return Growth(" ".join(line), first, last, since, until)
