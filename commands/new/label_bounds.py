"""Bounds for the label, from the spans that `new` saw; one outside is swapped, constant or in another unit.

They are wide, as the next span may differ from all that were seen; the drift of the label is checked beside
them. What they block of real tables: docs/decisions/label-bounds.md.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.task import Task

# From the least share's odds divided by this to the greatest times this.
_TIMES: Final = 4.0
# Towards the share that swapped classes would have: as far as even odds, and this at least.
_TIMES_SWAPPED: Final = 2.0
# Rows of the whole table's shares that each span's shares are taken together with: a small span has noise.
_OWN_ROWS: Final = 30
# By how many of the label's standard deviations a mean may leave those of the spans, or of their ranges.
_DEVIATIONS: Final = 1.0
# Of one span, which says nothing of how spans differ.
_DEVIATIONS_OF_ONE: Final = 3.0
_RANGES: Final = 3.0
# Of the least and the greatest standard deviation.
_TIMES_DEVIATION: Final = 3.0
FEWEST_ROWS: Final = 30


@dataclass(frozen=True)
class LabelBounds:
    """What the YAML says of the label; one of the three is set.

    Attributes:
        rate: Least and greatest share of 1, of a label of 0 and 1.
        shares: Of each class by name, of other classes.
        mean: Least and greatest mean of a number.
        deviation: Likewise of its standard deviation.
        min_rows: Spans with fewer labelled rows are not checked.
        why: What the bounds were made from, a sentence.
    """

    rate: tuple[float, float] | None = None
    shares: Mapping[str, tuple[float, float]] | None = None
    mean: tuple[float, float] | None = None
    deviation: tuple[float, float] | None = None
    min_rows: int = FEWEST_ROWS
    why: str = ""


def label_bounds(task: Task, label: pa.ChunkedArray, span_of_row: npt.NDArray[np.int64]) -> LabelBounds:
    """Chooses the bounds.

    Args:
        task: What the label is.
        label: The label's column, without missing cells; int64, float32 or binary.
        span_of_row: Number of each row's span, shape (rows,).
    """
    values = np.asarray(label.to_numpy())
    numbers = np.unique(span_of_row)
    several = f"of the {len(numbers)} spans" if len(numbers) > 1 else "of the one span"
    if task.is_zero_or_one:
        codes = task.codes(values)
        (rate,) = _shares([codes[span_of_row == number] for number in numbers], (1,))
        return LabelBounds(rate=rate, why=f"The share of 1 {several}, with room on both sides.")
    if task.kind != "regression" and _is_counted(task, label):
        codes = task.codes(values)
        spans = [codes[span_of_row == number] for number in numbers]
        shares = dict(zip(map(str, task.classes), _shares(spans, range(len(task.classes))), strict=True))
        return LabelBounds(shares=shares, why=f"The classes' shares {several}, with room on both sides.")
    amounts = values.astype(np.float64)
    spans = [amounts[span_of_row == number] for number in numbers]
    mean, deviation = _numbers([each for each in spans if len(each) >= FEWEST_ROWS] or [amounts])
    why = f"Mean and standard deviation {several}, with room on both sides."
    return LabelBounds(mean=mean, deviation=deviation, why=why)


def _is_counted(task: Task, label: pa.ChunkedArray) -> bool:
    """Whether the gate knows the shares: of text, and of integers that the schema calls categories."""
    if pa.types.is_binary(label.type):
        return True
    return task.kind == "multiclass" and pa.types.is_integer(label.type)


def _shares(spans: Sequence[npt.NDArray[Any]], codes: Sequence[int]) -> list[tuple[float, float]]:
    """Bounds of the shares of these codes."""
    counts = np.array([[np.count_nonzero(span == code) for code in codes] for span in spans], np.float64)
    rows = np.array([len(span) for span in spans], np.float64)[:, None]
    whole = counts.sum(axis=0) / rows.sum()
    shares = (counts + _OWN_ROWS * whole) / (rows + _OWN_ROWS)
    return [
        _share_bounds(low, high) for low, high in zip(shares.min(axis=0), shares.max(axis=0), strict=True)
    ]


def _share_bounds(low: float, high: float) -> tuple[float, float]:
    least, most = low / (1 - low) / _TIMES, high / (1 - high) * _TIMES
    if high < 0.5:
        most = min(most, max(most / _TIMES * _TIMES_SWAPPED, 1.0))
    if low > 0.5:
        least = max(least, min(least * _TIMES / _TIMES_SWAPPED, 1.0))
    return _figures(least / (1 + least), math.floor), max(_figures(most / (1 + most), math.ceil), 0.01)


def _numbers(spans: Sequence[npt.NDArray[Any]]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Bounds of mean and standard deviation; the spans' own with room for the next one's."""
    means = np.array([span.mean() for span in spans], np.float64)
    deviations = np.array([span.std() for span in spans], np.float64)
    times = _DEVIATIONS if len(spans) > 1 else _DEVIATIONS_OF_ONE
    room = max(times * float(np.median(deviations)), _RANGES * float(means.max() - means.min()))
    low, high = float(means.min()) - room, float(means.max()) + room
    least, most = float(deviations.min()) / _TIMES_DEVIATION, float(deviations.max()) * _TIMES_DEVIATION
    # A mean may be large beside its spread; a deviation is never 0 because the greatest is much larger.
    return _outward((low, high), (high - low, high - low)), _outward((least, most), (least, most))


def _figures(share: float, rounded: Callable[[float], int]) -> float:
    """A share in hundredths, or in thousandths where it is small."""
    step = 100.0 if share >= 0.1 else 1000.0
    return float(rounded(share * step) / step)


def _outward(ends: tuple[float, float], sizes: tuple[float, float]) -> tuple[float, float]:
    """Two bounds, rounded downwards and upwards; each to three figures of its size."""
    low, high = (
        _rounded(end, size, rounding)
        for end, size, rounding in zip(ends, sizes, (ROUND_FLOOR, ROUND_CEILING), strict=True)
    )
    return low, high


def _rounded(value: float, size: float, rounding: str) -> float:
    if size <= 0:
        return value
    step = Decimal(1).scaleb(math.floor(math.log10(size)) - 2)
    return float((Decimal(value) / step).to_integral_value(rounding) * step)
