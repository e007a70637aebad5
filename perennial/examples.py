"""Reads tf.Examples into columns: one way of parsing, for TensorFlow's graphs and for Arrow in memory.

A feature that is absent and one that is there and empty are both missing; features other than the columns are
ignored. What differs is the form: a graph takes tensors and the Evaluator arrays, in which a value stands for
missing; statistics and scikit-learn take Arrow, in which missing is null
(docs/decisions/one-of-everything.md).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from serving.model.columns import InputColumn
from serving.reading.values import MISSING, Kind

DTYPES: Final[Mapping[Kind, tf.DType]] = {"int": tf.int64, "float": tf.float32, "string": tf.string}


def batches(files: Sequence[str | Path], rows: int) -> tf.data.Dataset:
    """The records of gzip TFRecords, in the order of `files`: serialized tf.Examples, string [`rows`].

    They are unpacked by one reader: parallel reads cost eight times the CPU here.
    """
    paths = tf.constant([str(file) for file in files], tf.string)
    return tf.data.TFRecordDataset(paths, compression_type="GZIP").batch(rows)


def parsed(serialized: tf.Tensor, dtypes: Mapping[str, tf.DType]) -> dict[str, tf.RaggedTensor]:
    """Parses tf.Examples, in a graph or out of one.

    Args:
        serialized: string [None].
        dtypes: Feature -> int64, float32 or string.

    Returns:
        Feature -> the values of each row, [None, None], with int64 splits. A feature that is absent or empty
        has none. (`FixedLenFeature` would fail the whole batch at a feature that is there and empty.)
    """
    spec = {name: tf.io.RaggedFeature(dtype, row_splits_dtype=tf.int64) for name, dtype in dtypes.items()}
    return dict(tf.io.parse_example(serialized, spec))


def dense_columns(serialized: tf.Tensor, columns: Sequence[InputColumn]) -> dict[str, tf.Tensor]:
    """Parses tf.Examples into dense raw columns, in a graph or out of one.

    Args:
        serialized: string [None].
        columns: What to parse.

    Returns:
        Column name -> int64, float32 or string [None]. A missing value is the kind's sentinel
        (`serving.model.folder.MISSING`). Of a feature with several values the first counts.
    """
    ragged = _of_columns(serialized, columns)
    return {column.name: _first_or(ragged[column.name], MISSING[column.kind]) for column in columns}


def array_columns(serialized: tf.Tensor, columns: Sequence[InputColumn]) -> dict[str, npt.NDArray[Any]]:
    """The same out of a graph, as arrays of shape (rows,): int64, float32, or objects (bytes).

    In memory this takes half the time of `dense_columns`, whose operations TensorFlow would run one by one.
    """
    ragged = _of_columns(serialized, columns)
    return {column.name: _first_values(ragged[column.name], column.kind)[0] for column in columns}


def list_columns(serialized: tf.Tensor, columns: Sequence[InputColumn]) -> pa.RecordBatch:
    """Parses tf.Examples, at least one, into Arrow lists as TFDV takes them.

    Returns:
        A column each: `large_list` of int64, float32 or large_binary with all values; missing is null. A
        column without any value has the type null.
    """
    ragged = _of_columns(serialized, columns)
    arrays = {}
    for name, rows in ragged.items():
        values = rows.values.numpy()
        arrays[name] = lists(
            pa.array(values, _arrow_type(values, pa.large_binary())), rows.row_splits.numpy()
        )
    return pa.RecordBatch.from_arrays(list(arrays.values()), list(arrays))


def value_columns(serialized: tf.Tensor, columns: Sequence[InputColumn]) -> pa.Table:
    """Parses tf.Examples into an Arrow table of single values.

    Returns:
        A column each: int64, float32 or binary; missing is null. Of several values the first counts.
    """
    ragged = _of_columns(serialized, columns)
    arrays = {}
    for column in columns:
        values, missing = _first_values(ragged[column.name], column.kind)
        arrays[column.name] = pa.array(values, _arrow_type(values, pa.binary()), mask=missing)
    return pa.table(arrays)


def lists(values: pa.Array, splits: npt.NDArray[np.int64]) -> pa.Array:
    """A row for each pair of neighbouring splits; one without a value is null."""
    if not len(values):
        return pa.nulls(len(splits) - 1)
    missing = np.append(splits[1:] == splits[:-1], False)
    return pa.LargeListArray.from_arrays(pa.array(splits, pa.int64(), mask=missing), values)


def _of_columns(serialized: tf.Tensor, columns: Sequence[InputColumn]) -> dict[str, tf.RaggedTensor]:
    ragged = parsed(serialized, {column.name: DTYPES[column.kind] for column in columns})
    return {column.name: ragged[column.name] for column in columns}


def _first_or(ragged: tf.RaggedTensor, missing: int | float | bytes) -> tf.Tensor:
    starts, ends = ragged.row_splits[:-1], ragged.row_splits[1:]
    # What is missing is behind the last value.
    values = tf.concat([ragged.values, tf.constant([missing], ragged.dtype)], axis=0)
    last = tf.shape(ragged.values, out_type=tf.int64)[0]
    return tf.gather(values, tf.where(tf.equal(starts, ends), last, starts))


def _first_values(ragged: tf.RaggedTensor, kind: Kind) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """The first value of each row, or what stands for missing; and where it is missing."""
    values, splits = ragged.values.numpy(), ragged.row_splits.numpy()
    missing = splits[1:] == splits[:-1]
    if len(values) == len(missing) and not missing.any():
        return values, missing
    # What is missing is behind the last value.
    values = np.append(values, np.array([MISSING[kind]], values.dtype))
    return values[np.where(missing, len(values) - 1, splits[:-1])], missing


def _arrow_type(values: npt.NDArray[Any], strings: pa.DataType) -> pa.DataType:
    return strings if values.dtype == object else pa.from_numpy_dtype(values.dtype)
