"""How a repository's stars and a thing's versions grew: a compact point whenever they changed, at most one a day.

Kept apart from the records, which say how things stand, in lock/history.json. Points thin out with age, so that ten
years of nightly runs stay a few lines of a plot: every change of the last quarter, one a month before that. A point
with a new version always stays.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

QUARTER = timedelta(days=92)


class Point(NamedTuple):
    """What was known on a day; a field that nobody knew is None."""

    day: date
    stars: int | None = None
    version: str | None = None


def appended(points: Sequence[Point], point: Point) -> tuple[Point, ...]:
    """The history with one more point, if it says something new.

    Examples:
        >>> history = (Point(date(2026, 11, 1), 10), Point(date(2026, 11, 2), 11))
        >>> [point.stars for point in appended(history, Point(date(2026, 11, 3), 12))]
        [10, 11, 12]
        >>> appended(history, Point(date(2026, 11, 3), 11)) == history
        True
    """
    kept = [known for known in points if known.day < point.day]  # a second run of a day corrects the first
    if kept:
        last = kept[-1]
        point = point._replace(
            stars=last.stars if point.stars is None else point.stars, version=point.version or last.version
        )
        if (last.stars, last.version) == (point.stars, point.version):
            return tuple(points) if len(kept) == len(points) else tuple(kept)
    return tuple(_thinned([*kept, point]))


def _thinned(points: list[Point]) -> list[Point]:
    recent = points[-1].day - QUARTER
    kept: list[Point] = []
    for point in points:
        same_month = kept and (kept[-1].day.year, kept[-1].day.month) == (point.day.year, point.day.month)
        if point.day >= recent or not same_month or kept[-1].version != point.version:
            kept.append(point)
    return kept


def risen(points: Sequence[Point], since: date) -> int | None:
    """Stars gained since a day, by the last point before it or the first after; None where two points are not there.

    Examples:
        >>> risen([Point(date(2026, 10, 1), 100), Point(date(2026, 11, 20), 160)], date(2026, 10, 25))
        60
    """
    starred = [(point.day, point.stars) for point in points if point.stars is not None]
    if len(starred) < 2:
        return None
    before = [stars for day, stars in starred if day <= since] or [starred[0][1]]
    return starred[-1][1] - before[-1]
