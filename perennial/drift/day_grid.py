"""Days on a calendar without gaps, so that yesterday, weekdays and windows are rows of an array."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from perennial.drift.compared_days import Calendar

Dates = npt.NDArray[np.datetime64]
_MONDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True)
class DayGrid:
    """Days in succession.

    Attributes:
        days: (days,) ascending; in succession if `daily`, else those that there are.
        daily: Whether most days are there: a table by week or month has no weekdays, and its days follow each
            other.
        odd: Days that are known to be odd, ascending, of the past and to come.
        left_out: (days,) whether a day is in no level and no scale.
    """

    days: Dates
    daily: bool
    odd: Dates
    left_out: npt.NDArray[np.bool_]

    @property
    def calendar(self) -> Calendar:
        """Weekdays and odd days, as rows."""
        number = self.days.astype("datetime64[D]").astype(np.int64)
        weekday = (number + _MONDAY) % 7 if self.daily else np.zeros_like(number)
        return Calendar(weekday, np.isin(self.days, self.odd), self.left_out)

    def since(self, place: int) -> "DayGrid":
        """The same from a row on."""
        return DayGrid(self.days[place:], self.daily, self.odd, self.left_out[place:])

    def followed_by(self, days: Dates) -> "DayGrid":
        """These days and others, of which those that are here already stay where they are."""
        together = _in_succession(np.union1d(self.days, days), self.daily)
        left_out = np.isin(together, self.days[self.left_out])
        return DayGrid(together, self.daily, self.odd, left_out)


def grid_of(days: Dates, odd: Collection[date], left_out: Dates) -> DayGrid:
    """The grid of a history's days, ascending; `left_out` may have others."""
    steps = np.diff(days).astype("timedelta64[D]").astype(np.int64)
    daily = not len(steps) or float(np.median(steps)) <= 1
    together = _in_succession(days, daily)
    return DayGrid(together, daily, np.array(sorted(odd), "datetime64[D]"), np.isin(together, left_out))


def _in_succession(days: Dates, daily: bool) -> Dates:
    days = days.astype("datetime64[D]")
    return np.arange(days[0], days[-1] + 1) if daily and len(days) else days
