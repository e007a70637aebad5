"""Years without drift: blocks of real days, drawn anew from the same season and put on the same weekdays."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int64]

WEEK: Final = 7
# Two weeks keep the weather's memory; 24 days to either side give seven beginnings for each block.
BLOCK_DAYS: Final = 14
SEASON_DAYS: Final = 24


def source_days(real: int, length: int, chance: np.random.Generator) -> Days:
    """The real day of each day of a replica.

    A replica is cut into blocks of two weeks. Each is a block of real days that follow one another, which
    begins on the same weekday and at most 24 days of the year earlier or later. So weekday, season and what
    one day has of the day before stay; anything that lasted longer than a block, or came once in the year,
    does not stay at its place.

    Args:
        real: Number of real days, a year or more, without a gap. Day 0 of a replica has day 0's weekday.
        length: Days of the replica.
        chance: Draws the blocks.

    Returns:
        Shape (length,), values 0 to real - 1.
    """
    days = np.empty(length, dtype=np.int64)
    for begin in range(0, length, BLOCK_DAYS):
        starts = block_starts(real, begin)
        size = min(BLOCK_DAYS, length - begin)
        days[begin : begin + size] = chance.choice(starts) + np.arange(size)
    return days


def block_starts(real: int, begin: int) -> Days:
    """The real days on which a block may begin that is put on day `begin` of a replica, ascending."""
    starts = np.arange(real - BLOCK_DAYS + 1)
    starts = starts[starts % WEEK == begin % WEEK]
    apart = np.abs((starts - begin) % 365.25)
    apart = np.minimum(apart, 365.25 - apart)
    # At the year's end no block of the season may fit; then the nearest.
    near = starts[apart <= SEASON_DAYS]
    return near if len(near) else starts[[int(np.argmin(apart))]]


def replica_rows(rows: Any, bounds: Any, sources: Days, day: str) -> Any:
    """The rows of a replica, its days numbered from 0.

    Args:
        rows: A frame ordered by day.
        bounds: The first row of each real day, and the number of rows.
        sources: The real day of each day of the replica.
        day: Column of the day.
    """
    edges = np.asarray(bounds)
    counts = edges[sources + 1] - edges[sources]
    index = np.concatenate([np.arange(edges[source], edges[source + 1]) for source in sources])
    taken = rows.take(index).reset_index(drop=True)
    taken[day] = np.repeat(np.arange(len(sources), dtype=np.int64), counts)
    return taken
