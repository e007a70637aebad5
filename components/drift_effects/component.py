"""The DriftEffects component: what the drift alarms of a span do to the live model's scores."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.day_artifacts import DaySummariesArtifact
from components.drift_effects import executor


class DriftEffectsSpec(component_spec.ComponentSpec):
    """What goes in and out."""

    PARAMETERS = {
        "span": component_spec.ExecutionParameter(type=str),
        "alarms": component_spec.ExecutionParameter(type=str),
        "history": component_spec.ExecutionParameter(type=str),
        "models": component_spec.ExecutionParameter(type=str),
        "live": component_spec.ExecutionParameter(type=str),
        "task": component_spec.ExecutionParameter(type=str),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {"days": component_spec.ChannelParameter(type=DaySummariesArtifact)}
    OUTPUTS = {"effects": component_spec.ChannelParameter(type=standard_artifacts.InferenceResult)}


class DriftEffects(base_component.BaseComponent):
    """Its output `effects` has the effect of each alarm, or why it is not known.

    A model that cannot score is a result, not a failure.
    """

    SPEC_CLASS = DriftEffectsSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        days: types.BaseChannel,
        span: str,
        alarms: str,
        history: str,
        models: str,
        live: str,
        task: str,
        source: str,
    ) -> None:
        """Makes the node.

        Args:
            days: The summaries of the span's days.
            span: The span's name.
            alarms: JSON list of its alarms (`perennial.drift.orders.AlarmOrder`).
            history: JSON list of the accepted spans before it, oldest first (`HistorySpan`).
            models: The models folder.
            live: Digest of the live model's files, as its card has it.
            task: `Task.to_json()`.
            source: Digest of the code that runs.
        """
        spec = DriftEffectsSpec(
            days=days,
            span=span,
            alarms=alarms,
            history=history,
            models=models,
            live=live,
            task=task,
            source=source,
            effects=types.Channel(type=standard_artifacts.InferenceResult),
        )
        super().__init__(spec=spec)
