"""Reads raw rows of serialized tf.Examples, as typed as the model's columns are."""

from collections.abc import Sequence
from typing import Final

from google.protobuf.message import DecodeError
from tensorflow.core.example import example_pb2

from serving.model.columns import InputColumn, RowError
from serving.reading.values import Kind

Row = dict[str, object]
_LISTS: Final[dict[Kind, str]] = {"int": "int64_list", "float": "float_list", "string": "bytes_list"}
_WANTED: Final[dict[Kind, str]] = {"int": "integers", "float": "floats", "string": "bytes"}


def rows_of_examples(examples: Sequence[bytes], columns: Sequence[InputColumn]) -> list[Row | RowError]:
    """Reads serialized tf.Examples.

    Returns:
        Of each its row, with the columns' names alone: an absent or empty feature is None, a string stays
        bytes; or, in its place, why it cannot be read.
    """
    return [_row(index, example, columns) for index, example in enumerate(examples)]


def _row(index: int, serialized: bytes, columns: Sequence[InputColumn]) -> Row | RowError:
    example = example_pb2.Example()
    try:
        whole = example.MergeFromString(serialized) == len(serialized)
    except DecodeError:
        whole = False
    # At bytes that end a group the parser stops, content with what it has read.
    if not whole:
        return RowError(index, columns[0].name, "expected a serialized tf.Example, got other bytes.")
    features = example.features.feature
    row: Row = {}
    for column in columns:
        # Asking a map of protocol buffers for a key that is not there would make it.
        if column.name not in features:
            continue
        feature = features[column.name]
        kind = feature.WhichOneof("kind")
        if kind is None:
            continue
        if kind != _LISTS[column.kind]:
            return RowError(index, column.name, f"expected {_WANTED[column.kind]}, got {kind}.")
        values = getattr(feature, kind).value
        if len(values) > 1:
            return RowError(index, column.name, f"expected at most one value, got {len(values)}.")
        row[column.name] = values[0] if values else None
    return row
