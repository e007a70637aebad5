"""DataGate: judges a span by its statistics; publishes standard anomalies, marked when the policy blocks."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.data_gate import executor
from components.day_artifacts import DaySummariesArtifact


class DataGateSpec(ComponentSpec):
    """What goes in and out of DataGate."""

    PARAMETERS = {
        "settings": ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str),
        "environment": ExecutionParameter(type=str),
        "time_zone": ExecutionParameter(type=str),
        "others": ExecutionParameter(type=str),
        "span": ExecutionParameter(type=str),
        "row_counts": ExecutionParameter(type=str),
        "older": ExecutionParameter(type=str),
        "drift": ExecutionParameter(type=str),
        "calibration": ExecutionParameter(type=str),
        "open_alarms": ExecutionParameter(type=str),
        "private": ExecutionParameter(type=str),
        "source": ExecutionParameter(type=str),
    }
    # Statistics of what is served join here, as an optional input beside the previous span's.
    INPUTS = {
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "days": ChannelParameter(type=DaySummariesArtifact, optional=True),
        "previous_statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "older_statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
    }
    OUTPUTS = {"anomalies": ChannelParameter(type=standard_artifacts.ExampleAnomalies)}


class DataGate(base_component.BaseComponent):
    """Standard ExampleAnomalies with one split, `span`, and the verdict as custom properties."""

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        statistics: types.Channel,
        schema: types.Channel,
        examples: types.Channel,
        settings: str,
        label: str,
        source: str,
        span: str,
        row_counts: str,
        drift: str = "{}",
        calibration: str = "",
        open_alarms: str = "[]",
        private: str = "[]",
        days: types.Channel | None = None,
        others: str = "[]",
        older: str = "[]",
        environment: str = "TRAINING",
        time_zone: str = "",
        previous_statistics: types.Channel | None = None,
        older_statistics: types.Channel | None = None,
    ) -> None:
        """Wires the node.

        Args:
            statistics: Of the span, from SpanStatistics.
            schema: The curated schema.
            examples: Of the span, from ArrowExampleGen.
            settings: JSON of `settings.GateSettings`.
            label: The name of the label's column.
            source: A hash of the executor's source, so that an edit is a cache miss.
            drift: JSON of the section `drift`, as far as a judgement follows from it (`DriftSettings`).
            calibration: JSON of the calibration that judges the days: `file`, its `digest` and `number`, and
                `spans`, the newest that it was made from (`HistorySpan`); "" where there is none.
            open_alarms: JSON list of the open alarms of the span before: subject, first day, columns.
            private: JSON list of the columns whose values are in no message.
            days: The span's day summaries; without, drift by day is not checked.
            others: JSON list of the other spans in use: name, digest of the content and URI of the Examples.
            older: JSON list of the URIs of `older_statistics`, newest first: TFX hands over the artifacts of
                a channel in the order of their ids.
            span: The span's name.
            row_counts: JSON of name and rows of each accepted span before, oldest first.
            environment: The schema's environment that the span is of.
            time_zone: `exports.time_zone`; "" where it is not set.
            previous_statistics: Of the previous accepted span; without, drift is not checked.
            older_statistics: Of the accepted spans before that; without, extreme drift is measured by a
                fixed limit alone.
        """
        super().__init__(
            spec=DataGateSpec(
                statistics=statistics,
                schema=schema,
                previous_statistics=previous_statistics,
                examples=examples,
                days=days,
                drift=drift,
                calibration=calibration,
                open_alarms=open_alarms,
                private=private,
                others=others,
                older_statistics=older_statistics,
                settings=settings,
                label=label,
                environment=environment,
                time_zone=time_zone,
                span=span,
                row_counts=row_counts,
                older=older,
                source=source,
                anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
            )
        )
