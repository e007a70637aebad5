"""Wall clocks of a time zone for whole columns of instants, and how many times of a column had a zone."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serving.reading.time_zones import offset_at

_DAY = 86_400
_EPOCH = datetime.datetime(1970, 1, 1)
_SECOND = datetime.timedelta(seconds=1)
# The seconds of the years 1 to 9999, which Python's dates have, and the text of a date has room for.
FIRST_SECOND = (datetime.datetime(1, 1, 1) - _EPOCH) // _SECOND
LAST_SECOND = (datetime.datetime(9999, 12, 31, 23, 59, 59) - _EPOCH) // _SECOND
# Added to an instant it gives none of these.
_OUTSIDE = 4 * LAST_SECOND
# So many zones and offsets are named.
MOST_NAMED = 10

Seconds = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ZoneCount:
    """How the times of a column, or of several parts of it, were written; a date without a time is none.

    Attributes:
        zoned: How many had an offset or a zone.
        zones: These, as they were written (`+02:00`, `Europe/Berlin`), the first ten; "Z" is `+00:00`.
        unzoned: How many had none.
    """

    zoned: int = 0
    zones: tuple[str, ...] = ()
    unzoned: int = 0

    def __add__(self, other: "ZoneCount") -> "ZoneCount":
        """Those of both."""
        zones = tuple(dict.fromkeys((*self.zones, *other.zones)))[:MOST_NAMED]
        return ZoneCount(self.zoned + other.zoned, zones, self.unzoned + other.unzoned)


def merged_counts(parts: Iterable[Mapping[str, ZoneCount]]) -> dict[str, ZoneCount]:
    """The counts of a table's columns, from those of its parts."""
    merged: defaultdict[str, ZoneCount] = defaultdict(ZoneCount)
    for part in parts:
        for name, count in part.items():
            merged[name] += count
    return dict(merged)


def wall_clocks(seconds: Seconds, time_zone: str) -> Seconds:
    """The wall clock of a zone at each instant, as `serving.reading.times.wall_clock` has it.

    No zone has ever changed its offset twice within a day of UTC: the shortest that an offset was in force
    is seven days (tzdata 2025). So a day with one offset in its first and last second has no other.

    Args:
        seconds: Since 1970 in UTC.
        time_zone: The zone.

    Returns:
        Seconds since 1970 on that clock; outside of `FIRST_SECOND` to `LAST_SECOND` where the instant or the
        clock is outside of the years 1 to 9999.
    """
    if time_zone == "UTC" or not len(seconds):
        return seconds
    inside = np.clip(seconds, FIRST_SECOND, LAST_SECOND)
    days = inside // _DAY
    first = int(days.min())
    days -= first
    present = np.zeros(int(days.max()) + 1, bool)
    present[days] = True
    there = np.flatnonzero(present)
    starts = _offsets((there + first) * _DAY, time_zone)
    changes = starts != _offsets((there + first) * _DAY + _DAY - 1, time_zone)
    by_day = np.zeros(len(present), np.int64)
    by_day[there] = starts
    clocks = inside + by_day[days]
    present[there] = changes
    rows = np.flatnonzero(present[days]) if changes.any() else there[:0]
    if len(rows):
        instants, places = np.unique(inside[rows], return_inverse=True)
        clocks[rows] = inside[rows] + _offsets(instants, time_zone)[places]
    return np.where(inside == seconds, clocks, seconds)


def is_in_range(seconds: Seconds) -> npt.NDArray[np.bool_]:
    """Which seconds since 1970 are of the years 1 to 9999."""
    return np.asarray((seconds >= FIRST_SECOND) & (seconds <= LAST_SECOND))


def _offsets(instants: Seconds, time_zone: str) -> Seconds:
    return np.fromiter(
        (_offset(time_zone, instant) for instant in instants.tolist()), np.int64, len(instants)
    )


def _offset(time_zone: str, instant: int) -> int:
    try:
        return offset_at(time_zone, instant)
    except OverflowError:
        return _OUTSIDE
