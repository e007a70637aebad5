"""The days of a table: a small summary for each day and column, to be merged with those of other spans."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.drift.day_columns import (
    LEVELS,
    Counts,
    NumberDays,
    Places,
    TextDays,
    stacked_numbers,
    stacked_texts,
)
from perennial.drift.text_values import SHAPES

__all__ = [
    "DAY",
    "LEVELS",
    "MOST_SAMPLED",
    "ORDER",
    "SHAPES",
    "UNDATED",
    "ColumnDays",
    "DayTable",
    "Days",
    "NumberDays",
    "TextDays",
    "concatenated_samples",
    "empty_days",
    "first_rows",
]

# In the sample: the day of a row, and its place in the order by which the first are sampled.
DAY: Final = "_day"
ORDER: Final = "_order"
# So many rows of a day, chosen by their hash.
MOST_SAMPLED: Final = 300
# The one day of a span without a time column; who knows the order of the spans replaces it with `on`.
UNDATED: Final = np.datetime64("1970-01-01", "D")

Days = npt.NDArray[np.datetime64]
ColumnDays = NumberDays | TextDays


@dataclass(frozen=True)
class DayTable:
    """The summaries of days.

    A column that a day's table did not have is as one whose values are all missing there.

    Attributes:
        days: datetime64[D], shape (D,), ascending, each once.
        rows: int64, shape (D,).
        columns: The columns that are summarised, by name, the label as well. The time column is one of
            numbers: seconds since midnight.
        sample: Up to 300 rows a day: columns of int64, float32 and binary, missing is null; `_day` (date32),
            by which it is sorted, and `_order` (uint32). Columns of these two names are no data.
    """

    days: Days
    rows: Counts
    columns: Mapping[str, ColumnDays]
    sample: pa.Table

    @staticmethod
    def merged(tables: Iterable["DayTable"]) -> "DayTable":
        """All days of several tables; a day that is in several becomes one.

        Such a day's rows, missing values and means are exact. Its quantiles, values and different values are
        estimated from those of its parts. A column that is of numbers in one table and of texts in another
        is what it is in the last.
        """
        parts = [table for table in tables if len(table.days)]
        if not parts:
            return empty_days()
        if len(parts) == 1:
            return parts[0]
        days, group = np.unique(np.concatenate([part.days for part in parts]), return_inverse=True)
        rows = np.bincount(group, np.concatenate([part.rows for part in parts]), len(days)).astype(np.int64)
        groups = np.split(group, np.cumsum([len(part.days) for part in parts])[:-1])
        names = {name: type(days_of) for part in parts for name, days_of in part.columns.items()}
        columns = {name: _merged_column(name, kind, parts, groups, len(days)) for name, kind in names.items()}
        sample = concatenated_samples([part.sample for part in parts])
        merged = DayTable(days, rows, columns, first_rows(sample))
        if len(days) == len(group):
            return merged
        return replace(merged, columns=_with_distinct(merged, parts, groups, sample))

    def only(self, mask: npt.NDArray[np.bool_]) -> "DayTable":
        """The days where the mask, shape (D,), is true."""
        places = np.flatnonzero(mask)
        return self.taken(places, self.days[places])

    def taken(self, places: Places, days: Days) -> "DayTable":
        """The days at these places under other dates: to resample them, or to date those without a time.

        Args:
            places: Which days, shape (N,); one may be there more than once.
            days: Their new dates, ascending, each once, shape (N,).
        """
        columns = {name: column.taken(places) for name, column in self.columns.items()}
        of_rows = self.sample[DAY].cast(pa.int32()).to_numpy()
        ordinals = self.days.astype(np.int64)[places]
        first = np.searchsorted(of_rows, ordinals, "left")
        count = np.searchsorted(of_rows, ordinals, "right") - first
        sampled = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
        sample = self.sample.take(pa.array(sampled)) if len(sampled) else self.sample.slice(0, 0)
        dates = pa.array(np.repeat(days, count).astype("datetime64[D]").astype(np.int32)).cast(pa.date32())
        sample = sample.set_column(sample.schema.get_field_index(DAY), DAY, dates)
        return DayTable(days.astype("datetime64[D]"), self.rows[places], columns, sample)


def empty_days() -> DayTable:
    """No days."""
    sample = pa.table({DAY: pa.array([], pa.date32()), ORDER: pa.array([], pa.uint32())})
    return DayTable(np.zeros(0, "datetime64[D]"), np.zeros(0, np.int64), {}, sample)


def _merged_column(
    name: str, kind: type[ColumnDays], parts: Sequence[DayTable], groups: Sequence[Places], days: int
) -> ColumnDays:
    own = [
        (part.columns[name], group)
        for part, group in zip(parts, groups, strict=True)
        if isinstance(part.columns.get(name), kind)
    ]
    group = np.concatenate([group for _, group in own])
    numbers = [column for column, _ in own if isinstance(column, NumberDays)]
    texts = [column for column, _ in own if isinstance(column, TextDays)]
    stacked = stacked_numbers(numbers) if numbers else stacked_texts(texts)
    return stacked.combined(group, days)


def concatenated_samples(samples: Sequence[pa.Table]) -> pa.Table:
    """The rows of all samples after each other; a column of another type than in the last is missing."""
    if all(sample.schema.equals(samples[0].schema) for sample in samples):
        return pa.concat_tables(samples)
    types = {field.name: field.type for sample in samples for field in sample.schema}
    alike = [
        sample.select([field.name for field in sample.schema if field.type == types[field.name]])
        for sample in samples
    ]
    return pa.concat_tables(alike, promote=True).select(list(types))


def first_rows(sample: pa.Table) -> pa.Table:
    """The first 300 rows of each day, in order."""
    day, order = sample[DAY].cast(pa.int32()).to_numpy(), sample[ORDER].to_numpy()
    rows = np.lexsort((order, day))
    rank = np.arange(len(day)) - np.searchsorted(day[rows], day[rows])
    rows = rows[rank < MOST_SAMPLED]
    return sample if np.array_equal(rows, np.arange(len(day))) else sample.take(pa.array(rows))


def _with_distinct(
    merged: DayTable, parts: Sequence[DayTable], groups: Sequence[Places], sample: pa.Table
) -> dict[str, ColumnDays]:
    """The columns, with the different values of each day that has several parts.

    It is the sum over the parts, times the share that is left of the samples' different values once those of
    several parts are one. Exact where samples have all rows, or, of texts, where no value is beyond the top.
    """
    part = np.repeat(np.arange(len(parts)), [each.sample.num_rows for each in parts])
    day = np.searchsorted(merged.days.astype(np.int64), sample[DAY].cast(pa.int32()).to_numpy())
    several = np.bincount(np.concatenate(groups), minlength=len(merged.days)) > 1
    columns = {}
    for name, column in merged.columns.items():
        sums = np.zeros(len(merged.days), np.int64)
        for each, group in zip(parts, groups, strict=True):
            if isinstance(own := each.columns.get(name), type(column)):
                sums[group] += own.distinct
        codes = pc.fill_null(_codes(sample[name]), -1).to_numpy()
        is_value = codes >= 0
        together = _different(day[is_value], codes[is_value], len(merged.days))
        apart = _different(
            day[is_value] + len(merged.days) * part[is_value], codes[is_value], len(merged.days) * len(parts)
        )
        apart = apart.reshape(len(parts), -1).sum(axis=0)
        estimate = np.rint(sums * together / np.maximum(apart, 1)).astype(np.int64)
        is_estimated = several & ~(isinstance(column, TextDays) and column.beyond == 0)
        distinct = np.where(is_estimated, np.clip(estimate, column.distinct, sums), column.distinct)
        columns[name] = replace(column, distinct=distinct)
    return columns


def _codes(values: pa.ChunkedArray) -> pa.Array:
    """A number for each different value; null for missing."""
    return pa.concat_arrays(values.chunks).dictionary_encode().indices


def _different(day: Places, codes: Places, days: int) -> Counts:
    """How many different codes each day has, shape (days,)."""
    if not len(day):
        return np.zeros(days, np.int64)
    width = int(codes.max()) + 1
    return np.bincount(np.unique(day.astype(np.int64) * width + codes) // width, minlength=days)
