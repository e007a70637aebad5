"""A span's statistics through Beam, by TFDV's public transform, for spans that a cluster reads."""

from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.tfxio import tf_example_record

from components.span_statistics.options import in_schema_order, stats_options


def write_statistics(
    pipeline: beam.Pipeline, files: Sequence[Path], schema: schema_pb2.Schema, destination: Path
) -> None:
    """Has a pipeline read the files and write their statistics; equal to `in_memory.statistics_of`.

    Args:
        pipeline: Runs when its owner leaves it.
        files: Gzip TFRecord files of tf.Examples, at least one.
        schema: What the columns should be.
        destination: The binary DatasetFeatureStatisticsList to write.
    """
    rows = tf_example_record.TFExampleRecord(
        file_pattern=[str(file) for file in files], telemetry_descriptors=["span_statistics"]
    )
    _ = (
        pipeline
        | "Read" >> rows.BeamSource()
        | "Statistics" >> tfdv.GenerateStatistics(stats_options(schema))
        | "Order" >> beam.Map(in_schema_order, schema=schema)
        | "Write" >> tfdv.WriteStatisticsToBinaryFile(str(destination))
    )
