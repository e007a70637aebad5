"""Finds the values of raw rows in serialized tf.Examples; the model's reader says what they mean."""

from collections.abc import Sequence

from google.protobuf.message import DecodeError
from tensorflow.core.example import example_pb2

from serving.model.columns import InputColumn, RowError

Row = dict[str, object]


def rows_of_examples(examples: Sequence[bytes], columns: Sequence[InputColumn]) -> list[Row | RowError]:
    """Finds the values of serialized tf.Examples.

    Returns:
        Of each its row, with the columns' names alone: int, float or bytes as the feature's list has them, an
        absent or empty feature is None; or, in its place, why it cannot be read.
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
        values = getattr(feature, kind).value
        if len(values) > 1:
            return RowError(index, column.name, f"expected at most one value, got {len(values)}.")
        row[column.name] = values[0] if values else None
    return row
