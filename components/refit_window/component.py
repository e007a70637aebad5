"""The RefitWindow component: the rows of a judged window, all but the anchors to be trained on."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.refit_window import executor


class RefitWindowSpec(component_spec.ComponentSpec):
    """What goes into the RefitWindow and what comes out."""

    PARAMETERS = {"source": component_spec.ExecutionParameter(type=str)}
    INPUTS = {"judged": component_spec.ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {"window": component_spec.ChannelParameter(type=standard_artifacts.Examples)}


class RefitWindow(base_component.BaseComponent):
    """Makes one `train` of a window's `train` and `eval`, by hard links; nothing is read or copied."""

    SPEC_CLASS = RefitWindowSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, judged: types.BaseChannel, source: str) -> None:
        """Makes the node.

        Args:
            judged: The window that a candidate was trained on and judged by.
            source: Digest of the code that runs.
        """
        spec = RefitWindowSpec(
            judged=judged, source=source, window=types.Channel(type=standard_artifacts.Examples)
        )
        super().__init__(spec=spec)
