"""The node that reads one version of a span: files and columns go in, Examples of three splits come out."""

from typing import ClassVar

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.arrow_example_gen import executor
from perennial.reading.csv_format import CsvFormat


class ArrowExampleGenSpec(component_spec.ComponentSpec):
    """What goes in and out of `ArrowExampleGen`."""

    PARAMETERS = {
        "span": component_spec.ExecutionParameter(type=str),
        "version": component_spec.ExecutionParameter(type=int),
        "digest": component_spec.ExecutionParameter(type=str),
        "files": component_spec.ExecutionParameter(type=str),
        "columns": component_spec.ExecutionParameter(type=str),
        "label": component_spec.ExecutionParameter(type=str),
        "task": component_spec.ExecutionParameter(type=str),
        "time_column": component_spec.ExecutionParameter(type=str),
        "csv_format": component_spec.ExecutionParameter(type=str),
        "max_bad_share": component_spec.ExecutionParameter(type=float),
        "max_unlabelled_share": component_spec.ExecutionParameter(type=float),
        "anchor_share": component_spec.ExecutionParameter(type=float),
        "tail_days": component_spec.ExecutionParameter(type=int),
        "quarantine": component_spec.ExecutionParameter(type=str),
        "engine": component_spec.ExecutionParameter(type=str),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, component_spec.ChannelParameter]] = {}
    OUTPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
    }


class ArrowExampleGen(base_beam_component.BaseBeamComponent):
    """Reads an export without loss.

    Its output `examples` has the splits head, tail, anchor, early and after, `summary.json` and
    `row_sketch.npz`. A span that is refused fails the node.
    """

    SPEC_CLASS = ArrowExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self,
        span: str,
        version: int,
        digest: str,
        files: str,
        columns: str,
        label: str,
        time_column: str,
        quarantine: str,
        engine: str,
        source: str,
        task: str = "",
        csv_format: str = "",
        max_bad_share: float = 0.01,
        max_unlabelled_share: float = 0.5,
        anchor_share: float = 0.02,
        tail_days: int = 7,
    ) -> None:
        """Makes the node.

        Args:
            span: The span's name.
            version: Its arrival number.
            digest: Of its content; with it the cache knows a replaced span.
            files: JSON list of pairs: the absolute path and the SHA-256 of each of its files.
            columns: Of `columns.columns_to_json`.
            label: Name of the label; a row without it is counted and left out. "" for none.
            time_column: Name of the column with the row's ISO date or time; "" for none.
            quarantine: The CSV file to write rows to that cannot be read; none is written where there is no
                such row. It is written for a refused span as well.
            engine: "in_memory", or "beam" for files that a cluster reads.
            source: Hash of this component's source.
            task: What the label is to be, as `Task.to_json` writes it: a row whose label is none of its
                classes goes to quarantine. "" for any value.
            csv_format: Of `CsvFormat.to_json`; "" for a plain CSV.
            max_bad_share: The share of bad rows, of the whole span, above which it is refused.
            max_unlabelled_share: The share of rows without a label, of the whole span, above which it waits.
            anchor_share: The share of rows, by hash, that is never trained on.
            tail_days: How many of the span's last days are its tail.
        """
        super().__init__(
            ArrowExampleGenSpec(
                span=span,
                version=version,
                digest=digest,
                files=files,
                columns=columns,
                label=label,
                task=task,
                time_column=time_column,
                csv_format=csv_format or CsvFormat().to_json(),
                max_bad_share=float(max_bad_share),
                max_unlabelled_share=float(max_unlabelled_share),
                anchor_share=float(anchor_share),
                tail_days=tail_days,
                quarantine=quarantine,
                engine=engine,
                source=source,
                examples=types.Channel(type=standard_artifacts.Examples),
            )
        )
