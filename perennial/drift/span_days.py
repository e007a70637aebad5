"""The days of a span that are judged and compared with: those that its name stands for."""

from typing import Final

import numpy as np

from perennial.drift.day_summaries import UNDATED, DayTable
from perennial.periods import period_of

# Of a span whose name is no period: days further from the day of its middle row are strays.
_FURTHEST: Final = np.timedelta64(400, "D")
_ONE: Final = np.timedelta64(1, "D")


def is_undated(table: DayTable) -> bool:
    """Whether the rows have no day: the table has one, which stands for none."""
    return len(table.days) == 1 and bool(table.days[0] == UNDATED)


def of_span(table: DayTable, span: str, last: np.datetime64 | None) -> DayTable:
    """The days of a span, without those that its rows have by mistake.

    Args:
        table: Its summaries.
        span: Its name.
        last: The last day of the spans before it; None: there are none.

    Returns:
        Of rows without a day one day: that of the name, else the one after `last`. Else the days that are in
        the period of the name; where it is none, those near the day of the middle row.
    """
    if not len(table.days):
        return table
    period = period_of(span)
    if is_undated(table):
        day = UNDATED if last is None else last + _ONE
        if period is not None and period.first == period.last:
            day = np.datetime64(period.first, "D")
        return table.taken(np.array([0]), np.array([day], "datetime64[D]"))
    if period is not None:
        first, end = np.datetime64(period.first, "D"), np.datetime64(period.last, "D")
        return table.only((table.days >= first) & (table.days <= end))
    middle = table.days[np.searchsorted(np.cumsum(table.rows), table.rows.sum() / 2)]
    return table.only(np.abs(table.days - middle) <= _FURTHEST)
