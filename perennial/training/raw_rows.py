"""Reads raw rows of the examples that a model is trained on, as a server is asked about them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from perennial.examples import array_columns, batches
from serving.model.columns import InputColumn
from serving.reading.values import MISSING_INT

Value = int | float | str | None
Row = dict[str, Value]


def read_rows(files: Sequence[str], columns: Sequence[InputColumn], count: int) -> list[Row]:
    """Reads up to `count` raw rows from the front of gzip TFRecords of tf.Examples.

    Returns:
        Rows of JSON's kinds. What is missing, or what JSON cannot hold (a float that is not finite), is None;
        bytes that are no UTF-8 are replaced.
    """
    serialized = next(iter(batches(files, count)), None)
    if serialized is None:
        return []
    raw = array_columns(serialized, columns)
    cells = [[_value(value) for value in raw[column.name].tolist()] for column in columns]
    return [
        {column.name: value for column, value in zip(columns, row, strict=True)}
        for row in zip(*cells, strict=True)
    ]


def _value(value: Any) -> Value:
    if isinstance(value, bytes):
        return value.decode(errors="replace") or None
    if isinstance(value, int):
        return None if value == MISSING_INT else value
    return float(value) if np.isfinite(value) else None
