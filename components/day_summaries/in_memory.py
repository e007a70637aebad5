"""The summaries of a span's days in memory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial import examples
from perennial.drift.day_summaries import DayTable, empty_days
from perennial.drift.summarise import days_of
from perennial.schema import every_column

# Rows parsed at once, as many as SpanStatistics parses.
_BATCH_ROWS: Final = 65_536


def summaries_of(files: Sequence[Path], schema: schema_pb2.Schema, time_column: str) -> DayTable:
    """Summarises the rows of gzip TFRecord files of tf.Examples by day.

    All rows are in memory at once, as a day's quantiles are of all its rows.

    Args:
        files: The files.
        schema: The curated schema.
        time_column: As `days_of` takes it.
    """
    columns = every_column(schema)
    tables = [examples.value_columns(each, columns) for each in examples.batches(files, _BATCH_ROWS)]
    return days_of(pa.concat_tables(tables), schema, time_column) if tables else empty_days()
