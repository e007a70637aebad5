"""A span's statistics in memory, by TFDV's own generators; alone calls TFDV's private functions."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.span_statistics.options import in_schema_order, stats_options
from perennial import examples
from perennial.progress import report
from perennial.schema import every_column

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
    columns = every_column(schema)
    # Parsed outside of the dataset: in it, every span would trace a function of its own.
    for serialized in examples.batches(files, BATCH_ROWS):
        yield examples.list_columns(serialized, columns)


def batches_of(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Yields the rows of a typed table (int64, float32, binary; null is missing) as `record_batches` does."""
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        columns = {}
        for name, column in zip(table.column_names, batch.columns, strict=True):
            values = column.drop_null()
            if pa.types.is_binary(column.type):
                values = values.cast(pa.large_binary())
            lengths = column.is_valid().to_numpy(zero_copy_only=False)
            columns[name] = examples.lists(values, np.concatenate([[0], np.cumsum(lengths)]))
        yield pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


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
