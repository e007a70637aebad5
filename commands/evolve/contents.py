"""How alike the contents of two columns are: the measure by which a renamed column is recognised."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.examples import batches, value_columns
from perennial.store.span_version import SpanVersion
from serving.model.columns import InputColumn

_BATCH_ROWS: Final = 8_192
# As many rows of a span say what its columns hold.
_MOST_ROWS: Final = 100_000
# A column with fewer cells says nothing.
FEWEST_CELLS: Final = 20


def rows_of(version: SpanVersion, columns: Sequence[InputColumn]) -> pa.Table:
    """The rows of an accepted span: int64, float32 or binary columns; missing is null."""
    files = sorted(Path(version.examples).glob("Split-*/*.gz"))
    tables, rows = [], 0
    for batch in batches(files, _BATCH_ROWS):
        tables.append(value_columns(batch, columns))
        rows += tables[-1].num_rows
        if rows >= _MOST_ROWS:
            break
    return pa.concat_tables(tables)


def distance(one: pa.ChunkedArray, other: pa.ChunkedArray, *, is_date: bool = False) -> float:
    """How far two columns are apart, from 0 (equal) to 1.

    Args:
        one: Numbers or binary texts; missing is null.
        other: Of the same kind.
        is_date: Whether the texts are ISO dates: two spans share no day, so lengths and hours are compared.

    Returns:
        The larger of two differences: of the missing shares, and of the values (of numbers Kolmogorov's and
        Smirnov's statistic, of texts the total variation of their shares); 1 where a column has no cells.
    """
    cells = [column.drop_null() for column in (one, other)]
    if min(map(len, cells)) == 0:
        return 1.0
    missing = abs(one.null_count / len(one) - other.null_count / len(other))
    if pa.types.is_binary(one.type) != pa.types.is_binary(other.type):
        return 1.0
    if not pa.types.is_binary(one.type):
        return max(missing, _numbers_apart(*map(_numbers, cells)))
    if is_date:
        cells = [_clock(column) for column in cells]
    return max(missing, _texts_apart(*cells))


def noise(spans: Sequence[pa.ChunkedArray], *, is_date: bool = False) -> float:
    """How far a column is from itself: between the last two spans, and between the halves of the last."""
    last = spans[-1]
    half = len(last) // 2
    pairs = [(last.slice(0, half), last.slice(half))]
    pairs += [(spans[-2], last)] if len(spans) > 1 else []
    return max(distance(one, other, is_date=is_date) for one, other in pairs)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    return np.sort(column.cast(pa.float64(), safe=False).to_numpy())


def _numbers_apart(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    values = np.concatenate([one, other])
    shares = [np.searchsorted(each, values, side="right") / len(each) for each in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def _texts_apart(one: pa.ChunkedArray, other: pa.ChunkedArray) -> float:
    shares = []
    for column in (one, other):
        counted = pc.value_counts(column)
        counts = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
        shares.append({value: count / len(column) for value, count in counts})
    values = shares[0].keys() | shares[1].keys()
    return sum(abs(shares[0].get(value, 0.0) - shares[1].get(value, 0.0)) for value in values) / 2


def _clock(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """Of ISO dates and times: the length of the text, and its hour."""
    texts = dates.cast(pa.string())
    length = pc.utf8_length(texts).cast(pa.string())
    hours = pc.utf8_slice_codeunits(texts, 11, 13)
    return pc.binary_join_element_wise(length, hours, " ").cast(pa.binary())
