"""DaySummaries: the summaries of a span's days, in memory or through Beam on a cluster."""

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.day_artifacts import DaySummariesArtifact
from components.day_summaries import executor


class DaySummariesSpec(ComponentSpec):
    """What goes in and out of DaySummaries."""

    PARAMETERS = {
        "time_column": ExecutionParameter(type=str),
        "engine": ExecutionParameter(type=str),
        "source": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {"days": ChannelParameter(type=DaySummariesArtifact)}


class DaySummaries(base_beam_component.BaseBeamComponent):
    """Writes `days.arrow`: the summaries of all days of a span that are believed."""

    SPEC_CLASS = DaySummariesSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self, examples: types.Channel, schema: types.Channel, time_column: str, engine: str, source: str
    ) -> None:
        """Wires the node.

        Args:
            examples: A span: Examples with the custom properties `span`, `version` and `digest`.
            schema: The curated schema.
            time_column: Name of the column with the row's ISO date or time; "": the span is one day.
            engine: "in_memory", or "beam" for spans that a cluster reads.
            source: A hash of the executor's source, so that an edit is a cache miss.
        """
        super().__init__(
            spec=DaySummariesSpec(
                examples=examples,
                schema=schema,
                time_column=time_column,
                engine=engine,
                source=source,
                days=types.Channel(type=DaySummariesArtifact),
            )
        )
