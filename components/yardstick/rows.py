"""Reads rows of gzip TFRecords as Arrow tables, all of them or a sample by a seeded choice."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import tensorflow as tf

from perennial import examples
from serving.model.columns import InputColumn

MOST_ROWS: Final = 100_000
# A table of hundreds of columns is sampled further: this many cells take 160 MB as scikit-learn holds them.
MOST_CELLS: Final = 20_000_000
SEED: Final = 17
_BATCH: Final = 65_536


def sampled(files: Sequence[Path], columns: Sequence[InputColumn], rows: int, width: int) -> pa.Table:
    """The rows of the files, or, of more than `MOST_ROWS` or `MOST_CELLS`, as many, the same at each call.

    Args:
        files: The files, in order.
        columns: What to read.
        rows: How many rows the files hold.
        width: How many columns are fitted to.

    Returns:
        As `batches` gives them.
    """
    most = min(MOST_ROWS, MOST_CELLS // max(width, 1))
    keep = None
    if rows > most:
        keep = np.zeros(rows, bool)
        keep[np.random.default_rng(SEED).choice(rows, most, replace=False)] = True
    tables = list(batches(files, columns, keep))
    return pa.concat_tables(tables) if tables else examples.value_columns(tf.constant([], tf.string), columns)


def batches(
    files: Sequence[Path], columns: Sequence[InputColumn], keep: Any | None = None
) -> Iterator[pa.Table]:
    """Yields rows in order; what is not kept is not parsed.

    Args:
        files: The files, in order.
        columns: What to read.
        keep: Which rows of all, booleans; None: all.

    Yields:
        Tables of int64, float32 and binary columns; an absent or empty feature is null.
    """
    done = 0
    # What is read next is unpacked beside the parsing.
    for serialized in examples.batches(files, _BATCH).prefetch(1):
        read = len(serialized)
        if keep is not None:
            serialized = tf.boolean_mask(serialized, keep[done : done + read])
        done += read
        yield examples.value_columns(serialized, columns)
