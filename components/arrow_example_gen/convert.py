"""Turns a typed Arrow table into tf.Examples, and says which split each of its rows belongs to."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tfx_bsl.coders import example_coder

from components.arrow_example_gen.usual_days import UsualDays
from perennial.periods import Period
from perennial.reading.dates import days_of, hours_of
from serving.reading.values import MISSING_INT

SPLITS = ("head", "tail", "anchor", "early", "late", "stray")
HEAD, TAIL, ANCHOR, EARLY, LATE, STRAY = range(6)
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
    hashes: npt.NDArray[np.uint64], times: pa.ChunkedArray | None, days: "SpanDays", anchor_share: float
) -> npt.NDArray[np.int8]:
    """The split of each row, as an index into `SPLITS`.

    A row before or after the usual days of the span is in `early` or `late`, which are trained on where their
    days are before those judged by, and never judged by. One after the span's period, or too far from its
    usual days, is in `stray`: nothing is trained on it or judged by it.

    Args:
        hashes: Of `row_hashes`.
        times: ISO dates or times, binary, none missing; None without a time column, and then the tail is 20%
            of all rows by hash.
        days: Of the span, over all of its files.
        anchor_share: The share of all rows, by hash, that is never trained on; between 0 and 1.
    """
    place = hashes / 2.0**64
    is_anchor = place < anchor_share
    if times is None or not len(times):
        is_tail = place < anchor_share + TAIL_SHARE
        return np.where(is_anchor, ANCHOR, np.where(is_tail, TAIL, HEAD)).astype(np.int8)
    present = days_of(times)
    splits = np.where(_at_least(present, days.tail), TAIL, HEAD)
    splits[~_at_least(present, days.first)] = EARLY
    splits[~_at_most(present, days.last)] = LATE
    splits[is_anchor] = ANCHOR
    reached = hours_of(times) if len(days.latest) > len(days.last) else present
    splits[~(_at_least(present, days.earliest) & _at_most(reached, days.latest))] = STRAY
    return splits.astype(np.int8)


@dataclass(frozen=True)
class SpanDays:
    """Where a span is cut, over all of its files; `YYYY-MM-DD`, "" where there is no such day.

    Attributes:
        first: Its first usual day; rows before it are early.
        tail: First day of its tail.
        last: Its last usual day; rows after it are late.
        earliest: The first day that is believed; rows before it are strays.
        latest: The last day that is believed, of its period where the name has one; of an hour the hour,
            `YYYY-MM-DD HH`.
    """

    first: str = ""
    tail: str = ""
    last: str = ""
    earliest: str = ""
    latest: str = ""


def span_days(usual: UsualDays, period: Period | None, tail_days: int) -> SpanDays:
    """Where to cut a span.

    Args:
        usual: The days that most of its rows are of, without those outside of its period.
        period: By the span's name; None where it is not known, or no row is of it and so it says nothing.
        tail_days: How many of its last usual days are its tail, at least 1.
    """
    before = datetime.date.fromisoformat(usual.last).toordinal() - tail_days
    tail = datetime.date.fromordinal(max(before + 1, 1)).isoformat()
    if period is None:
        return SpanDays(usual.first, tail, *usual[1:])
    return SpanDays(usual.first, tail, usual.last, "", period.hour or period.last)


def _at_least(days: pa.ChunkedArray, first: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.greater_equal(days, first).to_numpy(), dtype=bool)


def _at_most(days: pa.ChunkedArray, last: str) -> npt.NDArray[np.bool_]:
    """Without a last day all of them."""
    if not last:
        return np.ones(len(days), dtype=bool)
    return np.asarray(pc.less_equal(days, last).to_numpy(), dtype=bool)


def content_hashes(hashes: npt.NDArray[np.uint64], labels: pa.ChunkedArray | None) -> npt.NDArray[np.uint64]:
    """A hash of each row's values with the label, from that of `row_hashes` without; uniform as that is.

    Args:
        hashes: Of `row_hashes`.
        labels: The label's column; None where there is none.
    """
    if labels is None:
        return hashes
    of_label = pd.util.hash_array(_hashable(labels), categorize=True)
    # Multiplied by an odd number, so that a row and its label cannot be exchanged.
    return np.asarray(hashes * np.uint64(0x9E3779B97F4A7C15) + of_label, dtype=np.uint64)


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
