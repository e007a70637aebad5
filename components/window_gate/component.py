"""The WindowGate component: stops the chain if the live model was trained on many more rows."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.window_gate import executor


class WindowGateSpec(component_spec.ComponentSpec):
    """What goes in and out."""

    PARAMETERS = {
        "use_case": component_spec.ExecutionParameter(type=str),
        "live": component_spec.ExecutionParameter(type=str),
        "accepted": component_spec.ExecutionParameter(type=str),
        "max_shrink": component_spec.ExecutionParameter(type=float),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {"window": component_spec.ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {"anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies)}


class WindowGate(base_component.BaseComponent):
    """Its output `anomalies` has one file, `gate.json`, with a `gate.WindowResult`; none if it blocks."""

    SPEC_CLASS = WindowGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        window: types.BaseChannel,
        *,
        use_case: str,
        live: str,
        accepted: str,
        max_shrink: float,
        source: str,
    ) -> None:
        """Makes the node.

        Args:
            window: What is to be trained on, from Window.
            use_case: Its name, for the remedy.
            live: JSON of `gate.LiveRows`.
            accepted: The reason of a person who accepts fewer rows; empty: nobody does.
            max_shrink: Share of the live version's rows that may be gone.
            source: Digest of the code that runs.
        """
        spec = WindowGateSpec(
            window=window,
            use_case=use_case,
            live=live,
            accepted=accepted,
            max_shrink=max_shrink,
            source=source,
            anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
        )
        super().__init__(spec=spec)
