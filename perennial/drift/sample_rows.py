"""The sampled rows of days as arrays: numbers as floats, times as seconds of the day, texts as they are."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.drift.day_summaries import DAY, ORDER, ColumnDays, DayTable, TextDays

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

# Where the clock starts in a time such as 2013-01-31 23:59:59; a date alone has none.
_CLOCK: Final = 11


@dataclass(frozen=True)
class SampleRows:
    """Rows of a sample, day by day.

    Attributes:
        day: The place of each row's day in the table's days, ascending, shape (N,).
        numbers: By name, float64, shape (N,); missing is NaN. A time column is seconds since midnight.
        texts: By name, binary, N values; missing is null.
        clock: The name of the time column, if it has times of the day; else empty.
    """

    day: Places
    numbers: dict[str, Floats]
    texts: dict[str, pa.Array]
    clock: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, numbers first."""
        return (*self.numbers, *self.texts)

    def of_days(self, days: Places) -> "SampleRows":
        """The rows of the days at these places."""
        wanted = np.isin(self.day, days)
        mask = pa.array(wanted)
        return SampleRows(
            self.day[wanted],
            {name: values[wanted] for name, values in self.numbers.items()},
            {name: values.filter(mask) for name, values in self.texts.items()},
            self.clock,
        )


def joined_rows(first: SampleRows, second: SampleRows) -> SampleRows:
    """The rows of both after each other, of the same columns."""
    return SampleRows(
        np.concatenate([first.day, second.day]),
        {name: np.concatenate([values, second.numbers[name]]) for name, values in first.numbers.items()},
        {name: pa.concat_arrays([values, second.texts[name]]) for name, values in first.texts.items()},
        first.clock,
    )


def sample_rows(days: DayTable, most: int | None = None) -> SampleRows:
    """Reads the sample of a day table.

    Args:
        days: Of these days; rows of other days are left out.
        most: So many rows of each day, the first in the sample's order; None for all.
    """
    table = days.sample
    of_day = table[DAY].cast(pa.int32()).to_numpy().astype(np.int64)
    ordinals = days.days.astype("datetime64[D]").astype(np.int64)
    order = np.argsort(of_day, kind="stable")
    of_day = of_day[order]
    rank = np.arange(len(order)) - np.searchsorted(of_day, of_day)
    is_used = np.isin(of_day, ordinals) & (rank < (most or len(order) + 1))
    if not (is_used.all() and np.array_equal(order, np.arange(len(order)))):
        table = table.take(pa.array(order[is_used]))
        of_day = of_day[is_used]
    numbers: dict[str, Floats] = {}
    texts: dict[str, pa.Array] = {}
    clock = ""
    for name in table.column_names:
        if name in (DAY, ORDER):
            continue
        column = pa.concat_arrays(table[name].chunks) if table[name].num_chunks else pa.nulls(0, pa.binary())
        if _is_text(column.type, days.columns.get(name)):
            texts[name] = (
                column if pa.types.is_binary(column.type) else column.cast(pa.string()).cast(pa.binary())
            )
        elif pa.types.is_binary(column.type):
            numbers[name] = _seconds(column)
            clock = name if np.unique(numbers[name]).size > 1 else clock
        else:
            numbers[name] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return SampleRows(np.searchsorted(ordinals, of_day), numbers, texts, clock)


def _is_text(kind: pa.DataType, summary: ColumnDays | None) -> bool:
    return isinstance(summary, TextDays) or (summary is None and pa.types.is_binary(kind))


def _seconds(column: pa.Array) -> Floats:
    """Seconds since midnight of ISO times, shape (N,); NaN where there is none, 0 for a date alone."""
    clocks = pc.utf8_slice_codeunits(column.cast(pa.string()), _CLOCK, _CLOCK + 8).dictionary_encode()
    seconds = np.array([_of_clock(text) for text in clocks.dictionary.to_pylist()] + [np.nan])
    return seconds[pc.fill_null(clocks.indices, -1).to_numpy(zero_copy_only=False)]


def _of_clock(text: str) -> float:
    parts = [*text.split(":"), "0", "0"][:3]
    return float(
        sum(int(part) * unit for part, unit in zip(parts, (3600, 60, 1), strict=True) if part.isdigit())
    )
