"""The days that most of a span's rows are of: a few rows that stand apart must not decide how it is cut."""

import datetime
from collections.abc import Mapping
from itertools import pairwise
from typing import Final, NamedTuple

# Up to this share of the rows, at either end, may stand apart.
_EACH_END: Final = 0.1
# A day with less than this share of a usual day's rows is thin.
_THIN: Final = 0.1
# So many days without rows are no gap, however short the span is.
_LEAST_GAP: Final = 7
_GAPS: Final = 5
# So far from the others a day is believed, however short the span is: rows that come late are ordinary.
_LEAST_REACH: Final = 30


class UsualDays(NamedTuple):
    """First and last day of most rows, and how far from these a row's day is believed, `YYYY-MM-DD`."""

    first: str
    last: str
    earliest: str
    latest: str


def usual_days(days: Mapping[str, int]) -> UsualDays | None:
    """The days of most rows; None where there are none.

    The days begin with those of the middle 80% of the rows. They are extended in both directions over days
    that have at least 10% of the rows of a usual day (the median over rows), up to a gap: no such day for a
    week, for half the length of the middle, and for five times its longest gap. Rows further away than the
    length of the days, and 30 days, have a day that is not believed.

    Args:
        days: Rows by day.
    """
    if not days:
        return None
    counts = {datetime.date.fromisoformat(day).toordinal(): rows for day, rows in sorted(days.items())}
    middle_first, middle_last = _middle(counts)
    usual = _median_over_rows(counts)
    full = [day for day, rows in counts.items() if rows >= _THIN * usual]
    middle = [day for day in full if middle_first <= day <= middle_last]
    longest = max((after - before for before, after in pairwise(middle)), default=0)
    gap = max(_LEAST_GAP, (middle_last - middle_first) // 2, _GAPS * longest)
    first = _reached(middle[0], sorted((day for day in full if day < middle[0]), reverse=True), gap)
    last = _reached(middle[-1], [day for day in full if day > middle[-1]], gap)
    reach = max(_LEAST_REACH, last - first)
    return UsualDays(*(_iso(day) for day in (first, last, first - reach, last + reach)))


def _middle(counts: Mapping[int, int]) -> tuple[int, int]:
    """The first and the last day of the rows without 10% at either end."""
    total = sum(counts.values())
    return _day_at(counts, _EACH_END * total), _day_at(counts, (1 - _EACH_END) * total)


def _day_at(counts: Mapping[int, int], place: float) -> int:
    """The day of the row at a place, when the rows are in the order of their days."""
    before = 0
    for day, rows in counts.items():
        before += rows
        if before > place:
            return day
    return max(counts)


def _median_over_rows(counts: Mapping[int, int]) -> int:
    """The rows of the day of a median row: half of the rows are of days with at least so many."""
    by_rows = {place: rows for place, rows in enumerate(sorted(counts.values()))}
    return by_rows[_day_at(by_rows, sum(by_rows.values()) / 2)]


def _reached(start: int, outwards: list[int], gap: int) -> int:
    """The last of days that go outwards from a start without a gap between them."""
    for day in outwards:
        if abs(day - start) > gap:
            break
        start = day
    return start


def _iso(ordinal: int) -> str:
    return datetime.date.fromordinal(min(max(ordinal, 1), datetime.date.max.toordinal())).isoformat()
