"""Makes the numbers that scikit-learn takes of typed columns: numbers, dates, categories.

Of each number that a column becomes, `categorical` says whether it is the code of a text, and `one_hot`
whether a linear model takes each of its values for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]

# A tree of scikit-learn takes at most 255 categories; the rarer ones share the last.
MOST_CATEGORIES: Final = 255
DATE_SHARE: Final = 0.95
_DATE: Final = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?$"
DAYS, MONTH, WEEKDAY, MINUTE = "days", "month", "weekday", "minute"
_YEAR: Final = pd.Timedelta(days=365)


@dataclass(frozen=True)
class Number:
    """A number as it is; missing and infinite are NaN, which the trees take."""

    categorical = one_hot = (False,)

    def encode(self, column: pa.ChunkedArray) -> list[Floats]:
        """One array, shape (rows,)."""
        values = column.cast(pa.float64(), safe=False).to_numpy()
        return [np.where(np.isfinite(values), values, np.nan)]


@dataclass(frozen=True)
class Category:
    """Text as the rank of its frequency among the train rows; missing is NaN.

    Attributes:
        values: The most frequent texts; any other is coded as one more.
    """

    values: pa.Array
    categorical = one_hot = (True,)

    def encode(self, column: pa.ChunkedArray) -> list[Floats]:
        """One array, shape (rows,)."""
        known = pc.fill_null(pc.index_in(column, value_set=self.values), len(self.values))
        codes = known.to_numpy().astype(np.float64)
        codes[column.is_null().to_numpy()] = np.nan
        return [codes]


@dataclass(frozen=True)
class Date:
    """ISO text as numbers: `parts` of days since 1970, month, weekday and minute of the day.

    Attributes:
        parts: Which of `DAYS`, `MONTH`, `WEEKDAY` and `MINUTE`, in this order.
    """

    parts: tuple[str, ...]

    @property
    def categorical(self) -> tuple[bool, ...]:
        """None of what a date is made into is a category."""
        return (False,) * len(self.parts)

    @property
    def one_hot(self) -> tuple[bool, ...]:
        """Month and weekday have few values, and no order that a straight line could follow."""
        return tuple(part in (MONTH, WEEKDAY) for part in self.parts)

    def encode(self, column: pa.ChunkedArray) -> list[Floats]:
        """An array for each part, shape (rows,); NaN where it is missing or no date."""
        coded = column.combine_chunks().dictionary_encode()
        codes = pc.fill_null(coded.indices, len(coded.dictionary)).to_numpy()
        # Each date is taken apart once; the last one is the missing one.
        dates = pd.DatetimeIndex([*_dates(coded.dictionary), pd.NaT])
        made = {
            DAYS: (dates - pd.Timestamp(0)) / pd.Timedelta(days=1),
            MONTH: dates.month,
            WEEKDAY: dates.weekday,
            MINUTE: _minutes(dates),
        }
        return [np.asarray(made[part], np.float64)[codes] for part in self.parts]


Coded = Number | Category | Date


def coded(column: pa.ChunkedArray, until: str | None = None) -> Coded | None:
    """Learns how a column of the train rows is coded.

    Args:
        column: Of int64, float or binary, null where missing.
        until: The last day trained on, where the rows to judge by are newer; the column that ends with it is
            the one that says so.

    Returns:
        None where it holds no value.
    """
    if column.null_count == len(column):
        return None
    if not pa.types.is_binary(column.type):
        return Number()
    counts = column.drop_null().value_counts()
    values, numbers = counts.field("values"), counts.field("counts").to_numpy()
    dates = _dates(values)
    if dates.notna().mean() >= DATE_SHARE:
        return _date(dates, until)
    # By frequency, and of equals by text, so that the order of the rows changes nothing.
    order = pc.sort_indices(
        pa.table({"count": numbers, "value": values}),
        sort_keys=[("count", "descending"), ("value", "ascending")],
    )
    most = MOST_CATEGORIES if len(values) <= MOST_CATEGORIES else MOST_CATEGORIES - 1
    return Category(values.take(order[:most]))


def _date(dates: Any, until: str | None) -> Date:
    parts = [WEEKDAY, MINUTE] if (_minutes(dates) > 0).any() else [WEEKDAY]
    newest = dates.max()
    if str(newest.date()) != until:
        return Date((DAYS, MONTH, *parts))
    # Every row to judge by lies beyond, where a tree knows nothing: rain at JFK, judged by the next month,
    # had a log loss of 0.517 with the days and 0.416 without days and month (docs/decisions/yardstick.md).
    return Date((MONTH, *parts) if newest - dates.min() >= _YEAR else tuple(parts))


def _minutes(dates: Any) -> Any:
    return dates.hour * 60 + dates.minute


def matrix(table: pa.Table, names: Sequence[str], codings: Sequence[Coded]) -> Floats:
    """The table's columns side by side, shape (rows, width)."""
    columns = [
        array for name, coding in zip(names, codings, strict=True) for array in coding.encode(table[name])
    ]
    return np.column_stack(columns)


def _dates(values: pa.Array) -> Any:
    """The dates that texts are, NaT where one is none."""
    texts = pd.Series(values.to_numpy(zero_copy_only=False), dtype=object).str.decode("utf-8", "replace")
    iso = texts.where(texts.str.match(_DATE).astype(bool))
    return pd.DatetimeIndex(pd.to_datetime(iso, errors="coerce"))
