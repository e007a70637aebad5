"""The oracle: one statistic of one column, chosen by who planted the damage, with its direction.

It knows nothing that no tool could know but column, statistic and direction, and has the same false-alarm
rate and the same days before to set its threshold by.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

ONE_IN: Final = 90.0  # one false alarm in so many days is stated, to ours and to the oracle
WEEK: Final = 7
RECENT_WEEKS: Final = 4
FIRST_DAYS: Final = 28  # of a history are no measure: on the first one every value is unseen


@dataclass(frozen=True)
class SeenBefore:
    """What was seen of a column before each day.

    Attributes:
        first: Value -> the first day with it.
        low: The smallest number of all days before a day, shape (days + 1,); infinite before the first.
        high: The largest.
    """

    first: dict[Any, int]
    low: Floats
    high: Floats


# A value for some rows: rows, what was seen of the column, the first day of the rows.
Measure = Callable[[Any, SeenBefore, int], float]


@dataclass(frozen=True)
class Statistic:
    """A statistic of a column.

    Attributes:
        name: For the cache of its values: the same for the same measure.
        column: The column; empty for the number of rows.
        direction: 1 where the damage raises it, -1 where it lowers it.
        measure: Its value for some rows.
    """

    name: str
    column: str
    direction: int
    measure: Measure


def seen_in(rows: Any, day: str, column: str, days: int) -> SeenBefore:
    """Goes through a column once."""
    present = rows[[day, column]].dropna()
    first = present.drop_duplicates(column).set_index(column)[day].to_dict()
    low, high = np.full(days + 1, np.inf), np.full(days + 1, -np.inf)
    if pd.api.types.is_float_dtype(rows[column]):
        by_day = present.groupby(day)[column].agg(["min", "max"])
        low[by_day.index.to_numpy() + 1] = by_day["min"]
        high[by_day.index.to_numpy() + 1] = by_day["max"]
    return SeenBefore(first, np.minimum.accumulate(low), np.maximum.accumulate(high))


def values_by_day(rows: Any, bounds: Sequence[int], statistic: Statistic, seen: SeenBefore) -> Floats:
    """A statistic's value of each clean day, shape (days,); NaN where a day has no value of the column."""
    return np.array(
        [
            statistic.measure(rows.iloc[first:last], seen, day)
            for day, (first, last) in enumerate(pairwise(bounds))
        ]
    )


def detects(history: Floats, planted: Floats, direction: int, one_in: float) -> bool:
    """Whether the oracle alarms for some days that follow a history.

    The mean of the days is compared with what was to be expected: of several ways to expect it, the one
    that was nearest in the history.

    Args:
        history: The statistic's value of each day before, shape (days,).
        planted: Its value of each day that is judged, shape (length,).
        direction: 1 or -1.
        one_in: One false alarm in so many days.
    """
    length = len(planted)
    values = np.concatenate([history, planted])
    windows = _means(values, length)
    best: Floats | None = None
    for expected in _expectations(windows, length):
        residuals = direction * (windows - expected)
        if best is None or _spread(residuals[:-length]) < _spread(best[:-length]):
            best = residuals
    if best is None or np.isnan(best[-1]):
        return False
    past = best[FIRST_DAYS:-length]
    past = past[~np.isnan(past)]
    if not len(past):
        return False
    # Of n past days and a new one each is as often the largest; another quantile alarms more often.
    return bool(best[-1] > np.quantile(past, max(0.0, 1 - length / one_in), method="weibull"))


def _spread(residuals: Floats) -> float:
    spread = float(np.nanmean(np.abs(residuals))) if not np.isnan(residuals).all() else np.inf
    return spread


def _means(values: Floats, length: int) -> Floats:
    """The mean of each day and those before, `length` together; NaN where one is missing."""
    means = np.full(len(values), np.nan)
    for end in range(length - 1, len(values)):
        window = values[end - length + 1 : end + 1]
        if not np.isnan(window).all():
            means[end] = np.nanmean(window)
    return means


def _expectations(windows: Floats, length: int) -> list[Floats]:
    """What each window was to be: the median of all, the one before, and by days the last weeks' alike."""
    constant = np.full(len(windows), np.nanmedian(windows[:-length]))
    if length > 1:
        return [constant, _shifted(windows, length)]
    week = np.stack([_shifted(windows, lag) for lag in range(1, WEEK + 1)])
    alike = np.stack([_shifted(windows, WEEK * weeks) for weeks in range(1, RECENT_WEEKS + 1)])
    return [constant, _shifted(windows, 1), _mean_of(week), _mean_of(alike)]


def _mean_of(stack: Floats) -> Floats:
    counts = (~np.isnan(stack)).sum(axis=0)
    return np.where(counts > 0, np.nansum(stack, axis=0) / np.maximum(counts, 1), np.nan)


def _shifted(values: Floats, lag: int) -> Floats:
    return np.concatenate([np.full(lag, np.nan), values[:-lag]])


def rows_count(_: str = "") -> Measure:
    """The number of rows."""
    return lambda rows, seen, day: float(len(rows))


def missing(column: str) -> Measure:
    """The share of missing cells."""
    return lambda rows, seen, day: float(rows[column].isna().mean())


def mean(column: str) -> Measure:
    """The mean; NaN without a value."""
    return lambda rows, seen, day: float(rows[column].mean()) if rows[column].notna().any() else np.nan


def share_of(column: str, value: Any) -> Measure:
    """The share of rows with a value."""
    return lambda rows, seen, day: float((rows[column] == value).mean())


def unseen(column: str) -> Measure:
    """The share of rows whose value was not there on any day before."""

    def measure(rows: Any, seen: SeenBefore, day: int) -> float:
        first = rows[column].map(seen.first)
        return float(((first.isna() | (first >= day)) & rows[column].notna()).mean())

    return measure


def outside(column: str) -> Measure:
    """The share of rows below or above all numbers of the days before."""

    def measure(rows: Any, seen: SeenBefore, day: int) -> float:
        return float(((rows[column] < seen.low[day]) | (rows[column] > seen.high[day])).mean())

    return measure


def matching(column: str, pattern: str) -> Measure:
    """The share of rows whose text matches a pattern somewhere."""
    return lambda rows, seen, day: float(rows[column].str.contains(pattern, na=False).mean())
