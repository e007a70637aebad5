"""What is measured day by day, as plain numbers that a page draws: a column's measure, and the score."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

Values = Sequence[float | None]
_EPOCH: Final = date(1970, 1, 1)
# A line goes on over weekends and holidays; where more days are missing, it has a gap.
_MOST_DAYS_APART: Final = 10
# A band that is wider than the values is shown up to this part of their extent on each side.
_BAND_ROOM: Final = 0.4


@dataclass(frozen=True)
class MeasureByDay:
    """A measure of a column by day, in its own unit.

    Attributes:
        days: Days since 1970-01-01, ascending.
        values: The measure; None where it was not measured.
        low: Lower end of the band of usual values; None where there is none.
        high: Its upper end.
        alarms: Days on which the column is part of an alarm.
    """

    days: Sequence[int]
    values: Values
    low: Values
    high: Values
    alarms: frozenset[int] = frozenset()

    @property
    def extent(self) -> tuple[float, float] | None:
        """What a picture shows, from bottom to top; None where nothing was measured.

        All values, and of the band as much as leaves these most of the room.
        """
        values = [each for each in self.values if each is not None]
        if not values:
            return None
        low, high = min(values), max(values)
        band = [each for ends in (self.low, self.high) for each in ends if each is not None]
        beyond = _BAND_ROOM * (high - low) or math.inf
        bottom, top = max(min(band, default=low), low - beyond), min(max(band, default=high), high + beyond)
        return min(low, bottom), max(high, top)

    def thinned(self, most: int) -> "MeasureByDay":
        """The same in about as many points, each peak and each alarm among them."""
        step = math.ceil(2 * len(self.days) / most)
        if step <= 2:
            return self
        starts = range(0, len(self.days), step)
        places = sorted({place for start in starts for place in self._peaks(start, start + step)})
        values, low, high = ([each[place] for place in places] for each in (self.values, self.low, self.high))
        return replace(self, days=[self.days[place] for place in places], values=values, low=low, high=high)

    def _peaks(self, start: int, end: int) -> Iterator[int]:
        """Places of the smallest and the largest value between two places, and those of alarms."""
        places = range(start, min(end, len(self.days)))
        known = [(value, place) for place in places if (value := self.values[place]) is not None]
        if known:
            yield from (min(known)[1], max(known)[1])
        yield from (place for place in places if self.days[place] in self.alarms)


@dataclass(frozen=True)
class ScoresByDay:
    """The score of each day, and the threshold that it was held against.

    Attributes:
        days: Days since 1970-01-01, ascending.
        scores: None where a day was not judged.
        thresholds: None where there was none yet.
        openings: Days on which an alarm opened.
        judged: First and last day of what a run judged; None: nothing.
        dated: Whether days are dates; else they are spans, in their order.
    """

    days: Sequence[int]
    scores: Values
    thresholds: Values
    openings: frozenset[int] = field(default_factory=frozenset)
    judged: tuple[int, int] | None = None
    dated: bool = True


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The day of such a number."""
    return _EPOCH + timedelta(days=number)


def stretches(days: Sequence[int], values: Values) -> Iterator[list[tuple[int, float]]]:
    """The known values, cut where too many days are without one."""
    stretch: list[tuple[int, float]] = []
    for day, value in zip(days, values, strict=True):
        if value is None:
            continue
        if stretch and day - stretch[-1][0] > _MOST_DAYS_APART:
            yield stretch
            stretch = []
        stretch.append((day, value))
    if stretch:
        yield stretch


def runs_of_days(days: Sequence[int]) -> list[tuple[int, int]]:
    """First and last day of each run of days without a gap between."""
    runs: list[tuple[int, int]] = []
    for day in sorted(set(days)):
        if runs and day == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
