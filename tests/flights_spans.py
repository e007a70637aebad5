"""Real spans of flights as statistics sees them, made small; columns can be changed to make a span wrong."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx_bsl.coders import example_coder

from components.span_statistics.in_memory import statistics_of
from pipeline.config import load
from tests.flights_past import past_rows

SCHEMA_FILE = Path(__file__).parents[1] / "schemas" / "flights.pbtxt"
TYPES = {schema_pb2.BYTES: pa.large_binary(), schema_pb2.INT: pa.int64(), schema_pb2.FLOAT: pa.float32()}
# The gate's settings as the use case has them.
GATE = load("flights").data

Change = Callable[[Any], Any]


def flights_schema() -> schema_pb2.Schema:
    """The curated schema."""
    return text_format.Parse(SCHEMA_FILE.read_text(), schema_pb2.Schema())


@functools.cache
def year() -> Any:
    """The rows of 2013 that arrived, by departure, numbers as numbers."""
    rows = past_rows()
    for feature in flights_schema().feature:
        if feature.type != schema_pb2.BYTES:
            rows[feature.name] = rows[feature.name].astype("float64")
    return rows


def rows_of(span: str) -> Any:
    """A frame of the rows of a span: "2013-01" or "2013-01-15"; "" is the year."""
    first, end = np.searchsorted(year()["sched_dep"].to_numpy(), [span, f"{span}~"])
    return year().iloc[first:end].copy()


def batch_of(rows: Any, types: Mapping[str, pa.DataType] | None = None) -> pa.RecordBatch:
    """Rows as an Arrow batch of lists of one, NaN missing; `types` are others than the schema's."""
    wanted = {feature.name: TYPES[feature.type] for feature in flights_schema().feature} | dict(types or {})
    names = [name for name in wanted if name in rows]
    return pa.RecordBatch.from_arrays([_lists(rows[name], wanted[name]) for name in names], names)


def _lists(column: Any, kind: pa.DataType) -> pa.Array:
    values = pa.array(column, from_pandas=True)
    present = values.is_valid().to_numpy(zero_copy_only=False)
    kept = values.drop_null()
    if pa.types.is_large_binary(kind):
        kept = kept.cast(pa.string())
    ends = np.concatenate([[0], np.cumsum(present)])
    offsets = pa.array(ends, mask=np.concatenate([~present, [False]]), type=pa.int64())
    return pa.LargeListArray.from_arrays(offsets, kept.cast(kind))


@functools.cache
def statistics_of_span(span: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics of a real span."""
    return statistics_of([batch_of(rows_of(span))], flights_schema())


def changed(
    span: str, types: Mapping[str, pa.DataType] | None = None, **columns: Change
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Statistics of a real span of which some columns were changed, each by a function of the column."""
    rows = rows_of(span)
    for name, change in columns.items():
        rows[name] = change(rows[name])
    return statistics_of([batch_of(rows, types)], flights_schema())


def celsius(fahrenheit: Any) -> Any:
    """The same temperatures in °C."""
    return (fahrenheit - 32) * 5 / 9


def write_examples(folder: Path, splits: Mapping[str, Sequence[pa.RecordBatch]]) -> None:
    """Writes splits as gzip TFRecord files of tf.Examples, a file for each batch."""
    encoder = example_coder.RecordBatchToExamplesEncoder()
    for split, batches in splits.items():
        for number, batch in enumerate(batches):
            file = folder / f"Split-{split}" / f"data_tfrecord-{number:05d}-of-{len(batches):05d}.gz"
            file.parent.mkdir(parents=True, exist_ok=True)
            with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
                for example in encoder.encode(batch):
                    writer.write(example)
