"""The summaries of a span's days through Beam, for spans that a cluster reads: each day by one worker."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import apache_beam as beam
import tensorflow as tf
from apache_beam.io.filesystems import FileSystems
from tensorflow_metadata.proto.v0 import schema_pb2

from perennial import examples
from perennial.drift.day_file import read_all_days, write_days
from perennial.drift.day_summaries import DayTable
from perennial.drift.summarise import days_of
from perennial.files import remove
from perennial.schema import every_column

_DATE_LENGTH: Final = len("2013-01-31")


def write_parts(
    pipeline: beam.Pipeline,
    files: Sequence[Path],
    schema: schema_pb2.Schema,
    time_column: str,
    folder: Path,
) -> None:
    """Has a pipeline read the files and write a file for each day; equal to `in_memory.summaries_of`.

    A worker has all rows of a day, in memory at once: quantiles and the most frequent values are exact of a
    day, however its rows were cut into files. Without a time column that is the whole span.

    Args:
        pipeline: Runs when its owner leaves it.
        files: Gzip TFRecord files of tf.Examples, at least one.
        schema: The curated schema.
        time_column: As `days_of` takes it.
        folder: Where the days' files are written; all workers and this process share it.
    """
    remove(folder)
    FileSystems.mkdirs(str(folder))
    _ = (
        pipeline
        | "Files" >> beam.Create([str(file) for file in files])
        | "Read" >> beam.io.ReadAllFromTFRecord()
        | "Day" >> beam.Map(lambda record: (_day_of(record, time_column), record))
        | "Rows" >> beam.GroupByKey()
        | "Summarise" >> beam.Map(_write_day, schema=schema, time_column=time_column, folder=folder)
    )


def read_parts(folder: Path) -> DayTable:
    """The days that `write_parts` wrote, in order; the folder is removed."""
    table = read_all_days(sorted(folder.iterdir()))
    remove(folder)
    return table


def _day_of(record: bytes, time_column: str) -> str:
    """The day of a row; "" where it has no time, or there is no time column."""
    features = tf.train.Example.FromString(record).features.feature
    values = features[time_column].bytes_list.value if time_column in features else ()
    return values[0].decode("ascii")[:_DATE_LENGTH] if values else ""


def _write_day(
    rows: tuple[str, Iterable[bytes]], schema: schema_pb2.Schema, time_column: str, folder: Path
) -> None:
    day, records = rows
    table = examples.value_columns(tf.constant(list(records)), every_column(schema))
    write_days(folder / f"{day or 'none'}.arrow", days_of(table, schema, time_column))
