"""Ingests one span file by file, on a cluster through Beam: reads rows, writes splits of tf.Examples."""

import functools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
from tfx import types
from tfx.components.example_gen import utils as example_gen_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs

from components.arrow_example_gen import ingest, parked
from components.arrow_example_gen.convert import SPLITS
from components.arrow_example_gen.refused_rows import refuse_if_bad
from components.arrow_example_gen.summary import facts_of, summary_of
from perennial import row_sketch
from perennial.errors import SchemaError
from perennial.files import write_json
from perennial.reading.columns import check_label, columns_from_json
from perennial.reading.csv_format import CsvFormat
from perennial.reading.quarantine import write_quarantine
from perennial.reading.reading import ExportFormat
from perennial.task import Task

SUMMARY = "summary.json"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Writes the Examples artifact of a span, its summary and its quarantine."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Reads, judges, cuts, writes.

        Args:
            input_dict: Empty.
            output_dict: `examples`: one Examples artifact.
            exec_properties: Those of `ArrowExampleGenSpec`.

        Raises:
            PerennialError: the span is refused; what was written so far is then no artifact.
        """
        del input_dict
        examples = artifact_utils.get_single_instance(output_dict[standard_component_specs.EXAMPLES_KEY])
        export, cutting = _export_of(exec_properties), _cutting_of(exec_properties)
        identity = {name: exec_properties[name] for name in ("span", "version", "digest")}
        root = Path(examples.uri)
        folder = root / ".parked"
        folder.mkdir(parents=True, exist_ok=True)
        files = json.loads(exec_properties["files"])
        ingest.refuse_no_files(files)
        sources = [parked.InputFile(index, len(files), *file) for index, file in enumerate(files)]

        for_each = self._through_beam if exec_properties["engine"] == "beam" else _one_by_one
        for_each(sources, "Read", functools.partial(parked.park, folder=folder, export=export))
        reports, bad_files = parked.reports_in(folder, len(sources))
        write_quarantine(Path(exec_properties["quarantine"]), bad_files, export.written)
        refuse_if_bad(reports, cutting.max_bad_share, cutting.max_unlabelled_share, identity["span"])
        facts = facts_of(identity["span"], reports)
        used = [source for source in sources if source.number not in facts.repeated]
        write = functools.partial(
            parked.write_splits,
            folder=folder,
            root=root,
            export=export,
            cutting=cutting,
            facts=facts,
        )
        for_each(used, "Write", write)
        summary = summary_of(identity, reports, parked.split_reports_in(folder, used), facts)
        parked.sketch_in(folder, used).write(root / row_sketch.FILE)
        write_json(root / SUMMARY, summary)
        shutil.rmtree(folder)
        _describe(examples, identity)

    def _through_beam(
        self, sources: list[parked.InputFile], step: str, work: Callable[[parked.InputFile], None]
    ) -> None:
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Files" >> beam.Create(sources, reshuffle=True)
                | step >> beam.Map(work).with_output_types(type(None))
            )


def _one_by_one(
    sources: list[parked.InputFile], _step: str, work: Callable[[parked.InputFile], None]
) -> None:
    """Setting up a Beam pipeline takes longer than a file does."""
    for source in sources:
        work(source)


def _export_of(exec_properties: dict[str, Any]) -> ExportFormat:
    export = ExportFormat(
        columns=columns_from_json(exec_properties["columns"]),
        label=exec_properties["label"],
        task=Task.from_json(exec_properties["task"]) if exec_properties["task"] else None,
        time_column=exec_properties["time_column"],
        written=CsvFormat.from_json(exec_properties["csv_format"]),
    )
    columns = {column.name: column for column in export.columns}
    for role, name in (("label", export.label), ("time column", export.time_column)):
        if name and name not in columns:
            raise SchemaError(f"The {role} `{name}` is not in the schema.", "Add it to the schema.")
    if export.label and export.task:
        check_label(columns[export.label], export.task)
    if export.time_column and columns[export.time_column].kind != "string":
        raise SchemaError(
            f"The time column `{export.time_column}` must be BYTES in the schema.",
            "Set it to BYTES: its values are ISO dates or times.",
        )
    return export


def _cutting_of(exec_properties: dict[str, Any]) -> ingest.Cutting:
    return ingest.Cutting(
        max_bad_share=exec_properties["max_bad_share"],
        max_unlabelled_share=exec_properties["max_unlabelled_share"],
        anchor_share=exec_properties["anchor_share"],
        tail_days=exec_properties["tail_days"],
    )


def _describe(examples: types.Artifact, identity: dict[str, Any]) -> None:
    examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
    examples.set_string_custom_property("span", identity["span"])
    examples.set_int_custom_property("version", identity["version"])
    examples.set_string_custom_property("digest", identity["digest"])
    # What TFX's readers of Examples ask for before they open the files.
    payload = example_gen_pb2.PayloadFormat.Name(example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE)
    examples.set_string_custom_property(example_gen_utils.PAYLOAD_FORMAT_PROPERTY_NAME, payload)
    examples.set_string_custom_property(example_gen_utils.FILE_FORMAT_PROPERTY_NAME, "tfrecords_gzip")
