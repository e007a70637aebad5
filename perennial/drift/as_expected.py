"""Rows of drifted days with a column's values as they were in a reference; numpy and Arrow alone.

Numbers are mapped by their quantiles: the value at a level of the day becomes that at the same level of the
reference, so that the order of rows, and with it most of what ties the column to others, stays. Texts keep
their value as often as the two distributions allow (the maximal coupling of both); only what a value has too
many is drawn anew, from values that are too rare. Missing counts as a value in both.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.drift.day_columns import LEVELS, NumberDays, TextDays
from perennial.drift.day_summaries import DayTable

Random = np.random.Generator
Numbers = npt.NDArray[np.float64]
# With more different values than this a column of floats is continuous: between two levels is a value, too.
_CONTINUOUS: Final = 2 * len(LEVELS)
_DATE_LENGTH: Final = len("2013-01-31")
_DAY_SECONDS: Final = 86_400


def as_expected(rows: pa.Array, changed: "OneDay", reference: "OneDay", random: Random) -> pa.Array | None:
    """A column of sampled rows with values as in the reference.

    Args:
        rows: The column, of the sample of the changed days: int64, float32 or binary; null is missing.
        changed: The summary of all rows of these days.
        reference: The summary of the reference.
        random: Draws what is not determined by the two.

    Returns:
        As `rows`; None where one of the two has no such column, or it is of another kind there.
    """
    match changed.column, reference.column:
        case NumberDays(), NumberDays():
            if pa.types.is_binary(rows.type):
                return _clocks(rows, changed, reference, random)
            values = _mapped(_floats(rows), changed, reference, random, pa.types.is_floating(rows.type))
            rounded = values if pa.types.is_floating(rows.type) else np.rint(values)
            return pa.array(rounded, mask=np.isnan(rounded)).cast(rows.type, safe=False)
        case TextDays(), TextDays():
            return _texts(rows, changed, reference, random)
    return None


class OneDay:
    """The summary of a column over all days of a table, as if they were one.

    Attributes:
        column: The column; None where the table does not have it.
        missing: The share of rows without a value.
    """

    def __init__(self, table: DayTable, name: str) -> None:
        """Adds up the days; a column that the table does not have, or without rows, has no value."""
        column, rows = table.columns.get(name), int(table.rows.sum())
        together = np.zeros(len(table.days), np.intp)
        self.column = column.combined(together, 1) if column is not None and rows else None
        present = int(self.column.present[0]) if self.column is not None else 0
        self.missing = 1.0 - present / rows if rows else 1.0


def _floats(rows: pa.Array) -> Numbers:
    return np.asarray(rows.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)


def _mapped(values: Numbers, changed: OneDay, reference: OneDay, random: Random, is_float: bool) -> Numbers:
    """Numbers by their quantiles, NaN missing; as many missing as the reference has."""
    own, other = changed.column, reference.column
    if not isinstance(own, NumberDays) or not isinstance(other, NumberDays):
        return values
    missing = np.isnan(values)
    level = np.where(missing, random.random(len(values)), _levels(values, own.quantiles[0], random))
    quantiles = other.quantiles[0]
    if is_float and other.distinct[0] > _CONTINUOUS:
        expected = np.interp(level, LEVELS, quantiles)
    else:
        expected = quantiles[np.rint(level * (len(LEVELS) - 1)).astype(np.intp)]
    stays, goes = _missing_flows(changed.missing, reference.missing)
    draw = random.random(len(values))
    return np.where(
        missing, np.where(draw < stays, np.nan, expected), np.where(draw < goes, np.nan, expected)
    )


def _levels(values: Numbers, quantiles: Numbers, random: Random) -> Numbers:
    """At which level of its day each value is; a frequent one, which is at several levels, at any of them."""
    first = np.searchsorted(quantiles, values, "left")
    after = np.searchsorted(quantiles, values, "right")
    last = len(LEVELS) - 1
    before = np.clip(first - 1, 0, last)
    next_one = np.clip(first, 0, last)
    width = quantiles[next_one] - quantiles[before]
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(width > 0, (values - quantiles[before]) / width, 0.0)
    between = (before + np.clip(part, 0.0, 1.0)) / last
    # A value that is a quantile stands for the rows on both sides of it.
    low, high = np.clip((first - 0.5) / last, 0, 1), np.clip((after - 0.5) / last, 0, 1)
    return np.where(after - first > 1, low + random.random(len(values)) * (high - low), between)


def _missing_flows(own: float, other: float) -> tuple[float, float]:
    """With which probability a missing value stays missing, and one that is there goes."""
    stays = min(1.0, other / own) if own > 0 else 1.0
    return stays, max(0.0, other - own) / (1.0 - own) if own < 1 else 0.0


def _clocks(rows: pa.Array, changed: OneDay, reference: OneDay, random: Random) -> pa.Array:
    """Times whose time of the day is mapped; of days without a time nothing changes."""
    texts = [None if each is None else each.decode("ascii", "replace") for each in rows.to_pylist()]
    seconds = np.array([_seconds(text) for text in texts])
    mapped = _mapped(seconds, changed, reference, random, is_float=True)
    return pa.array(
        [
            each if text is None or np.isnan(second) or len(text) <= _DATE_LENGTH else _at(text, int(second))
            for each, text, second in zip(rows.to_pylist(), texts, mapped, strict=True)
        ],
        pa.binary(),
    )


def _seconds(text: str | None) -> float:
    """Seconds since midnight of `YYYY-MM-DD HH:MM:SS`; NaN for what is missing or has no time."""
    parts = (text or "")[_DATE_LENGTH + 1 :].split(".")[0].split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return np.nan
    hours, minutes, seconds = map(int, parts)
    return float(hours * 3600 + minutes * 60 + seconds)


def _at(text: str, seconds: int) -> bytes:
    hours, rest = divmod(min(max(seconds, 0), _DAY_SECONDS - 1), 3600)
    return f"{text[:_DATE_LENGTH]} {hours:02d}:{rest // 60:02d}:{rest % 60:02d}".encode()


def _texts(rows: pa.Array, changed: OneDay, reference: OneDay, random: Random) -> pa.Array | None:
    """Texts, or integers that are categories, by the coupling of the shares of their values.

    What is not among the most frequent values of either counts as one value, which stays what it is: nothing
    says which of them are too rare.
    """
    own, other = changed.column, reference.column
    if not isinstance(own, TextDays) or not isinstance(other, TextDays):
        return None
    values = sorted({*own.values, *other.values})
    ours, theirs = (_shares(column.column, column.missing, values) for column in (changed, reference))
    listed = rows.to_pylist()
    place = {value: number for number, value in enumerate(values)}
    beyond, missing = len(values), len(values) + 1
    codes = np.array(
        [missing if each is None else place.get(_text(each), beyond) for each in listed], np.intp
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        stays = np.where(ours > 0, np.minimum(1.0, theirs / ours), 1.0)
    # What is drawn has to be a value, or missing.
    lacking = np.maximum(theirs - ours, 0.0)
    lacking[beyond] = 0.0
    goes = random.random(len(codes)) >= stays[codes]
    if not lacking.sum():
        goes[:] = False
    drawn = random.choice(len(lacking), size=len(codes), p=lacking / lacking.sum()) if goes.any() else codes
    is_number = pa.types.is_integer(rows.type)
    restored: Callable[[bytes], Any] = int if is_number else bytes
    named = [*map(restored, values), None, None]
    return pa.array(
        [named[new] if go else each for each, new, go in zip(listed, drawn, goes, strict=True)], rows.type
    )


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _shares(column: Any, missing: float, values: list[bytes]) -> Numbers:
    """The share of each value among all rows, then of all others, then of what is missing."""
    counted = dict(zip(column.values, column.counts[0].tolist(), strict=True))
    counts = np.array([*(counted.get(value, 0) for value in values), int(column.beyond[0])], np.float64)
    present = (1.0 - missing) * counts / counts.sum() if counts.sum() else counts
    return np.append(present, missing)
