"""Names the day and the slice of each row from the values of its columns."""

import itertools
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from components.evaluator.settings import MISSING, OTHER, SliceBy
from serving.reading.values import MISSING_INT

_HOUR = re.compile(r"\d{4}-\d\d-\d\d[ T](\d\d)")


def days_of(timestamps: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    """Returns the first ten characters of each timestamp.

    Args:
        timestamps: Shape (rows,), bytes such as `b"2013-01-31 17:05:00"`; empty where absent.

    Returns:
        Shape (rows,), text: `2013-01-31`; `(missing)` where absent.
    """
    return _map_distinct(timestamps, lambda text: text[:10] or MISSING)


def label_slices(cut: SliceBy, values: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    """Returns the slice that each row belongs to.

    Args:
        cut: How rows are cut.
        values: Shape (rows,): bytes, integers or floats; those of `serving.model.folder.MISSING` are absent.

    Returns:
        Shape (rows,), text: the value itself, or an hour band such as `06-10` (from 06:00 to before 10:00);
        `(missing)` where absent or no timestamp, `(other)` for hours outside all bands.
    """
    if cut.hours:
        return _map_distinct(values, lambda text: _band(cut.hours, text))
    return _map_distinct(values, lambda text: text or MISSING)


def _band(hours: tuple[int, ...], text: str) -> str:
    """Returns the hour band of one timestamp."""
    match = _HOUR.match(text)
    if match is None:
        return MISSING
    hour = int(match[1])
    for start, end in itertools.pairwise(hours):
        if start <= hour < end:
            return f"{start:02d}-{end:02d}"
    return OTHER


def _map_distinct(values: npt.NDArray[Any], name: Any) -> npt.NDArray[np.str_]:
    """Applies `name` to the text of each distinct value, and spreads the results over the rows."""
    if not len(values):
        return np.zeros(0, np.str_)
    distinct, codes = np.unique(values, return_inverse=True)
    return np.array([name(_text(value)) for value in distinct], np.str_)[codes]


def _text(value: Any) -> str:
    """Returns a value as text, "" where it is absent."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value != value or value == MISSING_INT:
        return ""
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)
