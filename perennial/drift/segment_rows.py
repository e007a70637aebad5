"""What each sampled row adds to a measure of a column: its mean over a segment is the segment's measure."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.drift.day_summaries import SHAPES, DayTable
from perennial.drift.joint import JointModel
from perennial.drift.kinds import TIE
from perennial.drift.sample_rows import Floats, SampleRows
from perennial.drift.text_values import text_shapes


def is_value(texts: pa.Array, value: bytes) -> npt.NDArray[np.bool_]:
    """Which rows have this text, shape (N,)."""
    return np.asarray(
        pc.fill_null(pc.equal(texts, pa.scalar(value, texts.type)), False).to_numpy(zero_copy_only=False)
    )


def per_row(
    rows: SampleRows,
    table: DayTable,
    column: str,
    measure: str,
    detail: bytes,
    past: SampleRows,
    model: JointModel | None,
) -> Floats | None:
    """What a row adds to the measure, shape (N,); NaN where it adds nothing; None: this kind has none."""
    if measure == TIE:
        if model is None or column not in model.names:
            return None
        return np.sqrt(model.surprises(table, column)[1])
    numbers, texts = rows.numbers.get(column), rows.texts.get(column)
    if measure == "missing":
        return None if numbers is None and texts is None else _is_missing(numbers, texts)
    if numbers is not None:
        low, high = _bounds(past.numbers.get(column))
        if measure == "outside":
            return np.where(np.isnan(numbers), np.nan, (numbers < low) | (numbers > high))
        return np.clip(numbers, 2 * low - high, 2 * high - low)
    if texts is None:
        return None
    is_present = texts.is_valid().to_numpy(zero_copy_only=False)
    if measure in SHAPES:
        encoded = texts.dictionary_encode()
        shapes = text_shapes(encoded.dictionary).astype(np.float64)[:, SHAPES.index(measure)]
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        return np.append(shapes, np.nan)[codes]
    if measure in ("unseen", "distinct"):
        return _is_new(rows, past, column)
    if measure in ("value", "mix"):
        return np.where(is_present, is_value(texts, detail), np.nan)
    return None


def _is_missing(numbers: Floats | None, texts: pa.Array) -> Floats:
    if numbers is not None:
        return np.isnan(numbers).astype(np.float64)
    return np.asarray(~texts.is_valid().to_numpy(zero_copy_only=False), np.float64)


def _bounds(past: Floats | None) -> tuple[float, float]:
    """Values beyond the history's range count as far as twice its width."""
    finite = np.zeros(0) if past is None else past[np.isfinite(past)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (-np.inf, np.inf)


def _is_new(rows: SampleRows, past: SampleRows, column: str) -> Floats:
    """1 where a row's text was on no day before, shape (N,); NaN where it is missing.

    Rows of the days before count likewise, by the days before theirs; those of the first third are NaN.
    """
    texts, earlier = rows.texts[column], past.texts.get(column)
    is_missing = ~texts.is_valid().to_numpy(zero_copy_only=False)
    if earlier is None:
        return np.full(len(texts), np.nan)
    if rows is not past:
        is_known = pc.is_in(texts, value_set=earlier.drop_null().unique()).to_numpy(zero_copy_only=False)
        return np.where(is_missing, np.nan, ~is_known)
    encoded = texts.dictionary_encode()
    codes = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    first_day = np.full(len(encoded.dictionary) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first_day, codes, rows.day)
    started = rows.day >= (int(rows.day[-1]) + 1) // 3 if len(rows.day) else rows.day >= 0
    return np.where(is_missing | ~started, np.nan, first_day[codes] == rows.day)
