"""Reads a span's examples and writes the summaries of its days."""

from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from components.artifacts import copy_identity, schema_of
from components.day_artifacts import days_file
from components.day_summaries import in_memory, through_beam
from perennial.drift.day_file import write_days
from perennial.drift.summarise import believed
from perennial.errors import ConfigError, NodeFailed
from perennial.files import file_digest, read_json


class Executor(base_beam_executor.BaseBeamExecutor):
    """Executes DaySummaries."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes `days.arrow`; the properties span, version and digest are the examples'.

        Args:
            input_dict: `examples` (all its splits are read; one without a file is empty) and `schema`.
            output_dict: `days`.
            exec_properties: `time_column` and `engine`.

        Raises:
            ConfigError: An unknown engine.
            NodeFailed: The examples hold no file.
        """
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        days = artifact_utils.get_single_instance(output_dict["days"])
        schema = schema_of(artifact_utils.get_single_instance(input_dict["schema"]))
        time_column, engine = exec_properties["time_column"], exec_properties["engine"]
        files = _files(examples)
        if not files:
            raise NodeFailed("The span's examples have no file.", "Run again: it rebuilds damaged outputs.")
        if engine == "in_memory":
            table = in_memory.summaries_of(files, schema, time_column)
        elif engine == "beam":
            aside = Path(days.uri) / "parts"
            with self._make_beam_pipeline() as pipeline:
                through_beam.write_parts(pipeline, files, schema, time_column, aside)
            table = through_beam.read_parts(aside)
        else:
            raise ConfigError("The engine must be in_memory or beam.", "Fix the use case's YAML.")
        file = days_file(days)
        file.parent.mkdir(parents=True, exist_ok=True)
        if time_column:
            table = believed(table, read_json(Path(examples.uri) / "summary.json"))
        write_days(file, table)
        copy_identity(examples, days)
        days.set_string_custom_property("content", file_digest(file))


def _files(examples: types.Artifact) -> list[Path]:
    """The files of all splits, by split and name."""
    splits = artifact_utils.decode_split_names(examples.split_names)
    folders = [Path(artifact_utils.get_split_uri([examples], split)) for split in splits]
    return [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir())]
