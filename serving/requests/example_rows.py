"""Finds the values of raw rows in serialized tf.Examples; the model's reader says what they mean."""

from collections.abc import Mapping, Sequence

from google.protobuf.message import DecodeError
from tensorflow.core.example import example_pb2

from serving.model.columns import InputColumn, RowError
from serving.reading.rules import several_names
from serving.requests.renames import Renames, names_of

Row = dict[str, object]


def rows_of_examples(
    examples: Sequence[bytes], columns: Sequence[InputColumn], renames: Renames
) -> list[Row | RowError]:
    """Finds the values of serialized tf.Examples, of features of the columns' names or of those renamed.

    Returns:
        Of each its row, with the columns' names alone: int, float or bytes as the feature's list has them, an
        absent or empty feature is None; or, in its place, why it cannot be read.
    """
    names = {name: column.name for column in columns for name in names_of(column.name, renames)}
    return [_row(index, example, names) for index, example in enumerate(examples)]


def _row(index: int, serialized: bytes, names: Mapping[str, str]) -> Row | RowError:
    example = example_pb2.Example()
    try:
        whole = example.MergeFromString(serialized) == len(serialized)
    except DecodeError:
        whole = False
    # At bytes that end a group the parser stops, content with what it has read.
    if not whole:
        return RowError(index, next(iter(names)), "expected a serialized tf.Example, got other bytes.")
    features = example.features.feature
    row: Row = {}
    for name, column in names.items():
        # Asking a map of protocol buffers for a key that is not there would make it.
        if name not in features:
            continue
        feature = features[name]
        kind = feature.WhichOneof("kind")
        if kind is None:
            continue
        values = getattr(feature, kind).value
        if len(values) > 1:
            return RowError(index, name, f"expected at most one value, got {len(values)}.")
        if not values:
            row.setdefault(column, None)
        elif row.get(column) is not None:
            both = [each for each in names if names[each] == column and each in features]
            return RowError(index, column, f"{several_names(both)}.")
        else:
            row[column] = values[0]
    return row
