"""A span's statistics in memory, by TFDV's own generators; alone calls TFDV's private functions."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import tensorflow as tf
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx_bsl.coders import example_coder

from components.span_statistics.options import in_schema_order, stats_options
from pipeline.progress import report

# Rows decoded at once: so many that Python per batch is nothing, so few that they take 100 MB or so.
BATCH_ROWS = 65_536


def decode(serialized: Sequence[bytes]) -> pa.RecordBatch:
    """Returns serialized tf.Examples as one Arrow batch.

    Types are those in the data, not the schema's: the gate is to see a wrong type, not a decoder's error.

    Args:
        serialized: tf.Examples, at most `BATCH_ROWS` of them to bound memory.

    Returns:
        A column for each feature, `large_list` of int64, float32 or large_binary; an absent feature is null.
    """
    return example_coder.ExamplesToRecordBatchDecoder().DecodeBatch(serialized)


def record_batches(files: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    """Yields the rows of gzip TFRecord files of tf.Examples, in order, as `decode` gives them.

    Args:
        files: The files; none gives no batches.

    Yields:
        Batches of 1 to `BATCH_ROWS` rows.
    """
    if not files:
        return
    records = tf.data.TFRecordDataset([str(file) for file in files], compression_type="GZIP")
    for batch in records.batch(BATCH_ROWS).as_numpy_iterator():
        yield decode(batch)


def statistics_of(
    batches: Iterable[pa.RecordBatch], schema: schema_pb2.Schema
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns TFDV's statistics of all rows: the proto that `tfdv.GenerateStatistics` makes of them.

    A missing cell counts in `num_missing`, NaN in the histograms' `num_nan`; the empty string is a value.

    Args:
        batches: Rows as `decode` gives them.
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
