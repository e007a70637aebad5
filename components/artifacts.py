"""Artifacts that more than one component reads: a span's statistics, the schema, which span one is of."""

from pathlib import Path

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx import types
from tfx.types import artifact_utils

from perennial.schema import read_schema

SPLIT = "span"
_FILE_NAME = "FeatureStats.pb"


def statistics_file(artifact: types.Artifact) -> Path:
    """Returns where StatisticsGen would write the statistics of the split `span`."""
    return Path(artifact_utils.get_split_uri([artifact], SPLIT)) / _FILE_NAME


def read_statistics(artifact: types.Artifact) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns the statistics of all rows of a span."""
    return statistics_pb2.DatasetFeatureStatisticsList.FromString(statistics_file(artifact).read_bytes())


def schema_of(artifact: types.Artifact) -> schema_pb2.Schema:
    """Returns the schema of a Schema artifact: the one file in its folder."""
    (file,) = (path for path in Path(artifact.uri).iterdir() if path.is_file())
    return read_schema(file)


def copy_identity(source: types.Artifact, target: types.Artifact) -> None:
    """Copies which span an artifact is of: the custom properties `span`, `version` and `digest`."""
    target.set_string_custom_property("span", source.get_string_custom_property("span"))
    target.set_int_custom_property("version", source.get_int_custom_property("version"))
    target.set_string_custom_property("digest", source.get_string_custom_property("digest"))
