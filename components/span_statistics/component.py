"""SpanStatistics: the statistics of all rows of a span, in memory or through Beam on a cluster."""

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.span_statistics import executor


class SpanStatisticsSpec(ComponentSpec):
    """What goes in and out of SpanStatistics."""

    PARAMETERS = {
        "engine": ExecutionParameter(type=str),
        "source": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {"statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics)}


class SpanStatistics(base_beam_component.BaseBeamComponent):
    """Standard ExampleStatistics with one split, `span`, of all rows of the span's splits."""

    SPEC_CLASS = SpanStatisticsSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(self, examples: types.Channel, schema: types.Channel, engine: str, source: str) -> None:
        """Wires the node.

        Args:
            examples: A span: Examples with the custom properties `span`, `version` and `digest`.
            schema: The curated schema.
            engine: "in_memory", or "beam" for spans that a cluster reads.
            source: A hash of the executor's source, so that an edit is a cache miss.
        """
        super().__init__(
            spec=SpanStatisticsSpec(
                examples=examples,
                schema=schema,
                engine=engine,
                source=source,
                statistics=types.Channel(type=standard_artifacts.ExampleStatistics),
            )
        )
