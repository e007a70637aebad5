"""What a history knows of each column, so that other days are measured as its own were."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.drift.day_summaries import DAY, DayTable, NumberDays, TextDays
from perennial.drift.text_values import text_hashes

Floats = npt.NDArray[np.float64]

# So many of a column's most frequent values have a share of their own.
MOST_SHARES: Final = 16
# A value is new for so many days after it was first seen.
_NEW_DAYS: Final = 7
# In so many days most values of a column are seen for the first time.
_FIRST_DAYS: Final = 21


@dataclass(frozen=True)
class NumberCoding:
    """A column of numbers.

    Attributes:
        binary: Whether it has no values but 0 and 1.
        lowest: Below this nothing was by far.
        highest: Above this nothing was by far.
        least_width: Added to a width before its logarithm is taken.
    """

    binary: bool
    lowest: float
    highest: float
    least_width: float

    def outside(self, quantiles: Floats, mean: Floats, present: Floats) -> Floats:
        """At least so many rows of each day are far outside, (days,), from quantiles (days, 65) and means."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            out = np.maximum(quantiles - self.highest, self.lowest - quantiles) > 0
            levels = np.where(out[:, 1:-1], 1.0, 0.0).sum(axis=1) / 64
            inner = quantiles[:, 1:-1].mean(axis=1)
            rows = levels * present
            for end in (0, -1):
                # A level alone is one row to a 64th of them; the mean says how many of half its size.
                by_mean = 2 * present * (mean - inner) / (quantiles[:, end] - inner)
                most = present / 64
                alone = out[:, end] & ~out[:, 1 if end == 0 else -2]
                rows = rows + np.where(alone, np.clip(by_mean, 1, np.maximum(most, 1)), 0.0)
                rows = rows + np.where(out[:, end] & ~alone, most / 2, 0.0)
        return np.clip(np.nan_to_num(rows), 0, present)


@dataclass(frozen=True)
class TextCoding:
    """A column of texts.

    Attributes:
        values: Its most frequent values.
        whole: Whether its summaries have all values; else new ones are looked for in the sample.
        seen: Hashes of all values that were seen, ascending.
        since: The day on which each was first seen, in days since 1970.
        start: The first day of the history, likewise.
    """

    values: tuple[bytes, ...]
    whole: bool
    seen: npt.NDArray[np.uint64]
    since: npt.NDArray[np.int64]
    start: int

    def counts(self, column: TextDays | None, days: int) -> Floats:
        """Rows of each day with each of `values`, shape (days, values)."""
        counts = np.zeros((days, len(self.values)))
        if column is not None:
            places = {value: place for place, value in enumerate(column.values)}
            for place, value in enumerate(self.values):
                if value in places:
                    counts[:, place] = column.counts[:, places[value]]
        return counts

    def unseen(self, column: TextDays | None, name: str, days: DayTable) -> tuple[Floats, Floats]:
        """Rows of each day with values that were first seen within a week, and of how many; each (days,)."""
        size = len(days.days)
        if column is None:
            return np.full(size, np.nan), np.zeros(size)
        day, hashes, count = _occurrences(column, name, days, self.whole)
        dates = days.days.astype("datetime64[D]").astype(np.int64)
        known, inverse = np.unique(hashes, return_inverse=True)
        first = np.full(len(known), np.iinfo(np.int64).max)
        np.minimum.at(first, inverse, dates[day])
        if len(self.seen):
            place = np.minimum(np.searchsorted(self.seen, known), len(self.seen) - 1)
            former = np.where(self.seen[place] == known, self.since[place], np.iinfo(np.int64).max)
            first = np.minimum(first, former)
        new = dates[day] - first[inverse] < _NEW_DAYS
        rows = np.bincount(day, count, size)
        rows = np.where(dates < self.start + _FIRST_DAYS, 0.0, rows)
        return np.bincount(day, count * new, size).astype(np.float64), rows.astype(np.float64)


@dataclass(frozen=True)
class Codings:
    """All columns of a history.

    Attributes:
        columns: By name.
    """

    columns: Mapping[str, NumberCoding | TextCoding]


def codings_of(days: DayTable) -> Codings:
    """The codings that follow from the days of a history."""
    columns: dict[str, NumberCoding | TextCoding] = {}
    for name, column in days.columns.items():
        if isinstance(column, NumberDays):
            columns[name] = _of_numbers(column)
        else:
            columns[name] = _of_text(column, name, days)
    return Codings(columns)


def _of_numbers(column: NumberDays) -> NumberCoding:
    quantiles = column.quantiles[column.present > 0]
    quantiles = quantiles[np.isfinite(quantiles).all(axis=1)]
    if not len(quantiles):
        return NumberCoding(False, -np.inf, np.inf, 1.0)
    low, high = float(quantiles.min()), float(quantiles.max())
    widths = quantiles[:, 58] - quantiles[:, 6]
    width = float(np.median(widths)) or float(widths.mean()) or abs(float(np.median(quantiles))) or 1.0
    return NumberCoding(
        bool(np.isin(quantiles, (0.0, 1.0)).all()) and low < high,
        low - (high - low),
        high + (high - low),
        0.05 * width,
    )


def _of_text(column: TextDays, name: str, days: DayTable) -> TextCoding:
    totals = column.counts.sum(axis=0)
    frequent = np.argsort(-totals, kind="stable")[:MOST_SHARES]
    frequent = frequent[totals[frequent] >= 0.5 * max(1, np.count_nonzero(column.present))]
    whole = not column.beyond.any()
    day, hashes, _ = _occurrences(column, name, days, whole)
    dates = days.days.astype("datetime64[D]").astype(np.int64)
    seen, inverse = np.unique(hashes, return_inverse=True)
    since = np.full(len(seen), np.iinfo(np.int64).max)
    np.minimum.at(since, inverse, dates[day])
    values = tuple(column.values[place] for place in frequent)
    return TextCoding(values, whole, seen, since, int(dates[0]) if len(dates) else 0)


def _occurrences(
    column: TextDays, name: str, days: DayTable, whole: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64], Floats]:
    """Day, hash and rows of each value by day: from the counts, or where these lack values the sample."""
    counted = text_hashes(pa.array(column.values, pa.binary()))
    day, place = np.nonzero(column.counts)
    if whole or name not in days.sample.column_names:
        return day.astype(np.int64), counted[place], column.counts[day, place].astype(np.float64)
    texts = pa.concat_arrays(days.sample[name].chunks)
    if pa.types.is_integer(texts.type):
        texts = texts.cast(pa.string())
    at = np.searchsorted(days.days.astype(np.int64), days.sample[DAY].cast(pa.int32()).to_numpy())
    some = texts.is_valid().to_numpy(zero_copy_only=False)
    coded = texts.cast(pa.binary()).dictionary_encode()
    hashes = text_hashes(coded.dictionary)[coded.indices.drop_null().to_numpy()]
    return at[some].astype(np.int64), hashes, np.ones(len(hashes))
