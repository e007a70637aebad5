"""A span's statistics in memory, by TFDV's own generators; alone calls TFDV's private functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.span_statistics.options import in_schema_order, stats_options
from perennial.progress import report

_TYPES: Final = {
    schema_pb2.INT: (tf.int64, pa.int64()),
    schema_pb2.FLOAT: (tf.float32, pa.float32()),
    schema_pb2.BYTES: (tf.string, pa.large_binary()),
}
# Rows parsed at once: so many that Python per batch is nothing, so few that they take 100 MB or so.
BATCH_ROWS = 65_536


def record_batches(files: Sequence[Path], schema: schema_pb2.Schema) -> Iterator[pa.RecordBatch]:
    """Yields the rows of gzip TFRecord files of tf.Examples, in order.

    `tf.io.parse_example` takes 0.4 of the time of tfx_bsl's decoder (docs/decisions/reading.md).

    Args:
        files: The files; none gives no batches.
        schema: The features to read.

    Yields:
        Batches of 1 to `BATCH_ROWS` rows: a column for each feature, `large_list` of int64, float32 or
        large_binary; an absent feature is null.
    """
    if not files:
        return
    features = {
        feature.name: tf.io.RaggedFeature(_TYPES[feature.type][0], row_splits_dtype=tf.int64)
        for feature in schema.feature
    }

    records = tf.data.TFRecordDataset([str(file) for file in files], compression_type="GZIP")
    # Parsed outside of the dataset: in it, every span would trace a function of its own.
    for serialized in records.batch(BATCH_ROWS):
        parsed = tf.io.parse_example(serialized, features)
        yield _batch(
            {
                feature.name: _lists(pa.array(ragged.values.numpy(), kind), ragged.row_splits.numpy())
                for feature in schema.feature
                for ragged, kind in [(parsed[feature.name], _TYPES[feature.type][1])]
            }
        )


def batches_of(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Yields the rows of a typed table (int64, float32, binary; null is missing) as `record_batches` does."""
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        columns = {}
        for name, column in zip(table.column_names, batch.columns, strict=True):
            values = column.drop_null()
            if pa.types.is_binary(column.type):
                values = values.cast(pa.large_binary())
            lengths = column.is_valid().to_numpy(zero_copy_only=False)
            columns[name] = _lists(values, np.concatenate([[0], np.cumsum(lengths)]))
        yield _batch(columns)


def _lists(values: pa.Array, splits: npt.NDArray[np.int64]) -> pa.Array:
    """A row for each pair of neighbouring splits; one without a value is null."""
    if not len(values):
        return pa.nulls(len(splits) - 1)
    missing = np.append(splits[1:] == splits[:-1], False)
    return pa.LargeListArray.from_arrays(pa.array(splits, pa.int64(), mask=missing), values)


def _batch(columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def statistics_of(
    batches: Iterable[pa.RecordBatch], schema: schema_pb2.Schema
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns TFDV's statistics of all rows: the proto that `tfdv.GenerateStatistics` makes of them.

    A missing cell counts in `num_missing`, NaN in the histograms' `num_nan`; the empty string is a value.

    Args:
        batches: Rows as `record_batches` gives them.
        schema: What the columns should be; says which integers are categories.

    Returns:
        One dataset with its features in the schema's order; with no rows, one dataset of 0 examples.
    """
    generators = stats_impl.get_generators(stats_options(schema), in_memory=True)
    for generator in generators:
        generator.setup()
    accumulators = [generator.create_accumulator() for generator in generators]
    rows = 0
    for batch in batches:
        accumulators = [
            generator.add_input(accumulator, batch)
            for generator, accumulator in zip(generators, accumulators, strict=True)
        ]
        rows += batch.num_rows
        report(rows, None, "rows")
    return in_schema_order(stats_impl.extract_statistics_output(accumulators, generators), schema)
