"""Turns a typed Arrow table into tf.Examples, and says which split each of its rows belongs to."""

import datetime
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tfx_bsl.coders import example_coder

from perennial.reading.row_rules import days_of
from serving.model.folder import MISSING_INT

SPLITS = ("head", "tail", "anchor")
HEAD, TAIL, ANCHOR = range(3)
TAIL_SHARE = 0.2

_BATCH_ROWS = 65_536


def examples_of(table: pa.Table) -> Iterator[bytes]:
    """Serialises each row as a tf.Example.

    Args:
        table: int64, float32 and binary columns.

    Yields:
        One record a row, in order; a missing value is a feature that has no list.
    """
    encoder = example_coder.RecordBatchToExamplesEncoder()
    for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
        lists = [_as_lists(column) for column in batch.columns]
        yield from encoder.encode(pa.record_batch(lists, names=table.column_names))


def row_hashes(table: pa.Table, label: str) -> npt.NDArray[np.uint64]:
    """A hash of each row's values without the label; equal for equal rows in any process, file or order.

    The hash is `pandas.util.hash_pandas_object`'s, of the columns in the table's order.

    Args:
        table: int64, float32 and binary columns.
        label: Name of the column to leave out; "" for none.
    """
    frame = {name: _hashable(table[name]) for name in table.column_names if name != label}
    hashes = pd.util.hash_pandas_object(pd.DataFrame(frame), index=False)
    return np.asarray(hashes, dtype=np.uint64)


def splits_of(
    hashes: npt.NDArray[np.uint64], is_tail: npt.NDArray[np.bool_] | None, anchor_share: float
) -> npt.NDArray[np.int8]:
    """The split of each row, as an index into `SPLITS`.

    Args:
        hashes: Of `row_hashes`.
        is_tail: Whether the row's day is among the span's last ones; None without a time column, and then
            the tail is 20% of all rows by hash.
        anchor_share: The share of all rows, by hash, that is never trained on; between 0 and 1.
    """
    place = hashes / 2.0**64
    is_anchor = place < anchor_share
    if is_tail is None:
        is_tail = place < anchor_share + TAIL_SHARE
    return np.where(is_anchor, ANCHOR, np.where(is_tail, TAIL, HEAD)).astype(np.int8)


def in_tail(times: pa.ChunkedArray, last_day: str, tail_days: int) -> npt.NDArray[np.bool_]:
    """Whether each time lies in the last `tail_days` days of a span.

    Args:
        times: ISO dates or times, binary, none missing.
        last_day: The span's last day over all of its files, `YYYY-MM-DD`.
        tail_days: At least 1.
    """
    before = datetime.date.fromisoformat(last_day).toordinal() - tail_days
    first = datetime.date.fromordinal(max(before + 1, 1)).isoformat()
    return np.asarray(pc.greater_equal(days_of(times), first).to_numpy(), dtype=bool)


def _as_lists(column: pa.Array) -> pa.ListArray:
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(valid)]).astype(np.int32)
    # A null offset makes a null list, for which the encoder writes no list at all.
    marks = np.append(~valid, False)
    return pa.ListArray.from_arrays(pa.array(offsets, mask=marks), column.drop_null())


def _hashable(column: pa.ChunkedArray) -> npt.NDArray[np.generic]:
    # With a null among them pandas turns integers into floats, and a hash would depend on the file.
    if pa.types.is_integer(column.type):
        return np.asarray(pc.fill_null(column, MISSING_INT).to_numpy())
    return np.asarray(column.to_numpy())
