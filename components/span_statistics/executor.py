"""Reads a span's examples and writes their statistics where StatisticsGen would."""

from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from components.artifacts import SPLIT, copy_identity, schema_of, statistics_file
from components.span_statistics import in_memory, through_beam
from perennial.errors import ConfigError, NodeFailed


class Executor(base_beam_executor.BaseBeamExecutor):
    """Executes SpanStatistics."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes `Split-span/FeatureStats.pb`; the properties span, version and digest are the examples'.

        Args:
            input_dict: `examples` (all its splits are read; one without a file is empty) and `schema`.
            output_dict: `statistics`.
            exec_properties: `engine`.

        Raises:
            ConfigError: An unknown engine.
            NodeFailed: The examples hold no file.
        """
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        statistics = artifact_utils.get_single_instance(output_dict["statistics"])
        schema = schema_of(artifact_utils.get_single_instance(input_dict["schema"]))
        files = example_files(examples)
        if not files:
            raise NodeFailed("The span's examples have no file.", "Run again: it rebuilds damaged outputs.")
        statistics.split_names = artifact_utils.encode_split_names([SPLIT])
        destination = statistics_file(statistics)
        destination.parent.mkdir(parents=True, exist_ok=True)
        engine = exec_properties["engine"]
        if engine == "in_memory":
            made = in_memory.statistics_of(in_memory.record_batches(files, schema), schema)
            destination.write_bytes(made.SerializeToString())
        elif engine == "beam":
            with self._make_beam_pipeline() as pipeline:
                through_beam.write_statistics(pipeline, files, schema, destination)
        else:
            raise ConfigError(
                "The engine must be in_memory or beam.",
                "Fix the use case's YAML.",
            )
        copy_identity(examples, statistics)


def example_files(examples: types.Artifact) -> list[Path]:
    """Returns the files of all splits of an Examples artifact, by split and name."""
    splits = artifact_utils.decode_split_names(examples.split_names)
    folders = [Path(artifact_utils.get_split_uri([examples], split)) for split in splits]
    return [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir())]
