"""Writes one raw row in the forms that a model takes beside JSON: a CSV line and a serialized tf.Example."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from serving.model.columns import InputColumn
from serving.reading.csv_cells import csv_cell

Row = Mapping[str, int | float | str | None]


def as_csv_line(row: Row, columns: Sequence[InputColumn]) -> str:
    """The row as a CSV line (RFC 4180): cells in the order of `columns`, null or absent as an empty cell.

    A float is written with the digits that Python needs to read the same float64 again, so where the value
    is a float32, the same float32 is read.
    """
    return ",".join(_cell(row.get(column.name)) for column in columns)


def as_example(row: Row, columns: Sequence[InputColumn]) -> bytes:
    """The row as a serialized tf.Example of the columns; null or absent is an absent feature."""
    example = tf.train.Example()
    for column in columns:
        value = row.get(column.name)
        if value is None:
            continue
        feature = example.features.feature[column.name]
        if column.kind == "int":
            feature.int64_list.value.append(value)
        elif column.kind == "float":
            feature.float_list.value.append(value)
        else:
            feature.bytes_list.value.append(str(value).encode())
    return bytes(example.SerializeToString(deterministic=True))


def _cell(value: int | float | str | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return repr(value)
    # The signature that takes these lines has one cell for the empty string and for what is missing.
    return csv_cell(value.encode()).decode() if value else ""
