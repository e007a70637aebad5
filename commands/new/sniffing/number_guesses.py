"""Reports numbers that look like dates, and numbers that may stand for missing cells."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commands.new.sniffing.evidence import MOSTLY
from commands.new.sniffing.file_profile import FileProfile, count

# Fewer cells show nothing.
_FEWEST_CELLS: Final = 20
_LEAST_SHARE: Final = 0.5
# 1990 and 2050, in seconds since 1970, and how many of each unit a second has.
_FIRST_SECOND, _LAST_SECOND = 631_152_000, 2_524_608_000
_UNITS: Final = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
# 1954 and 2091 as Excel counts days: so many other numbers are as large that the name has to say so, too.
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 70_000
_NAMES_A_DATE: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:date|day|time|when|datum|tag|fecha|jour)(?:$|[^a-z])|date$|_(?:at|on)$"
)
_NINES: Final = re.compile("-?9{2,}|-?8{3,}|-1|-9")
# Of all cells, so that it is no chance.
_LEAST_MARKED: Final = 0.01
_TIMES_USUAL: Final = 5
_FEWEST_OTHERS: Final = 3
_MANY_OTHERS: Final = 10


class _Numbers(NamedTuple):
    """The distinct numbers of a column, in order of size, and how many cells have each."""

    values: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]

    def share(self, mask: npt.NDArray[np.bool_]) -> float:
        """Of the cells."""
        return float(self.counts[mask].sum() / self.counts.sum())


def report_numbers(columns: Mapping[str, pa.ChunkedArray], profile: FileProfile) -> None:
    """Adds notes on columns of numbers.

    Args:
        columns: Name -> the column as it is read: int64 or float32; others are left out.
        profile: Gets the notes.
    """
    for name, column in columns.items():
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            continue
        numbers = _numbers_of(column)
        if numbers.counts.sum() < _FEWEST_CELLS:
            continue
        if sentence := _date(name, numbers):
            profile.notes.append(sentence)
        profile.notes += [_marker(name, value, cells) for value, cells in markers_of(*numbers)]


def _numbers_of(column: pa.ChunkedArray) -> _Numbers:
    counted = pc.value_counts(column.drop_null())
    values = counted.field("values").cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    order = np.argsort(values, kind="stable")
    return _Numbers(values[order], counted.field("counts").to_numpy()[order])


def _date(name: str, numbers: _Numbers) -> str:
    """A sentence where nearly all numbers may be dates; "" where not."""
    values = numbers.values
    if len(values) < _FEWEST_OTHERS:
        return ""
    for unit, a_second in _UNITS.items():
        if _mostly(numbers, _FIRST_SECOND * a_second, _LAST_SECOND * a_second):
            return _sentence(name, f"{unit} since 1970", "ISO times such as 2024-03-29T08:00:00Z")
    if not np.equal(np.mod(values, 1), 0).all() and not _NAMES_A_DATE.search(name):
        return ""
    if numbers.share(_is_day(values)) > _LEAST_SHARE:
        rest = " The other cells are no dates: leave them empty." * (not _is_day(values).all())
        return _sentence(name, "dates (year, month, day)", "YYYY-MM-DD") + rest
    if numbers.share(_is_month(values)) >= MOSTLY:
        return _sentence(name, "months (year, month)", "YYYY-MM-01")
    if _NAMES_A_DATE.search(name) and _mostly(numbers, _FIRST_SERIAL, _LAST_SERIAL):
        return _sentence(name, "dates as Excel counts days", "YYYY-MM-DD")
    return ""


def _sentence(name: str, look: str, written: str) -> str:
    return (
        f"Column `{name}` is read as numbers, though they look like {look}. To use it as dates, write them as"
        f" {written} and run `new` again."
    )


def _mostly(numbers: _Numbers, first: float, last: float) -> bool:
    return numbers.share((numbers.values >= first) & (numbers.values < last)) >= MOSTLY


def _is_day(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which numbers are days of 1900 to 2100, as 20240329."""
    whole = np.nan_to_num(values).astype(np.int64)
    months, day = whole // 100, whole % 100
    first = ((months // 100 - 1970) * 12 + months % 100 - 1).astype("datetime64[M]")
    real = (first.astype("datetime64[D]") + (day - 1)).astype("datetime64[M]") == first
    return np.asarray(_is_month(months.astype(np.float64)) & real & (day > 0) & (whole == values))


def _is_month(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    month, year = values % 100, values // 100
    return np.asarray((month >= 1) & (month <= 12) & (month % 1 == 0) & (year >= 1900) & (year <= 2100))


def markers_of(values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Numbers such as -999 that may stand for missing: frequent, at an end, and apart from all others.

    Args:
        values: The distinct numbers of a column, in order. Shape (distinct,).
        counts: How many cells have each, of the same shape.

    Returns:
        Each with its cells.
    """
    markers = []
    for at in dict.fromkeys((0, len(values) - 1)):
        value = float(values[at])
        others, uses = np.delete(values, at), np.delete(counts, at)
        if len(others) < _FEWEST_OTHERS or not value.is_integer() or not _NINES.fullmatch(str(int(value))):
            continue
        gap, span = float(np.abs(others - value).min()), float(np.ptp(others))
        far = gap > max(span, 1) if value > -9 else gap > span / 2 or others.min() >= 0
        lone = value == -1 and len(others) >= _MANY_OTHERS and others.min() >= 0
        frequent = counts[at] >= _LEAST_MARKED * counts.sum()
        if frequent and (far or (lone and counts[at] >= _TIMES_USUAL * np.median(uses))):
            markers.append((int(value), int(counts[at])))
    return markers


def _marker(name: str, value: int, cells: int) -> str:
    return (
        f"Column `{name}` has the number {value} in {count(cells, 'cell')}, apart from all others. If it"
        f" means missing, add it to `na_values` of `{name}`."
    )
