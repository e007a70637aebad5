"""Which numbers rise with time, such as an id, a running number or a week: their drift says nothing."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

# Rank correlation with time, either way; docs/decisions/drift-thresholds.md has that of real tables.
LEAST_CORRELATION: Final = 0.95
FEWEST_ROWS: Final = 20

Array = npt.NDArray[Any]


def why_rising(numbers: Array, times: Array | None) -> str:
    """Says why neighbouring spans of a column hardly share a value, the end of a sentence; "" where they may.

    Args:
        numbers: Its values, float64 of shape (rows,), NaN where missing.
        times: Seconds of each row, of the same shape; None: rows have no time, and then only whole numbers of
            which each is greater than the one before count: a table may be sorted by an amount.
    """
    present = ~np.isnan(numbers)
    if times is not None:
        present &= ~np.isnan(times)
    values = numbers[present]
    if len(values) < FEWEST_ROWS or values.min() == values.max():
        return ""
    if times is None:
        whole = bool(np.equal(np.mod(values, 1), 0).all())
        return "each value is greater than the one before" if whole and (np.diff(values) > 0).all() else ""
    ranks = _ranks(values), _ranks(times[present])
    if ranks[1].min() == ranks[1].max() or abs(np.corrcoef(*ranks)[0, 1]) < LEAST_CORRELATION:
        return ""
    return "its values follow the time column"


def _ranks(values: Array) -> Array:
    """Ranks from 0; equal values have their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[place])
