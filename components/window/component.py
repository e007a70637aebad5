"""The Window component: which rows to train on and which to judge by, as one Examples artifact."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.window import executor


class WindowSpec(component_spec.ComponentSpec):
    """What goes into the Window and what comes out."""

    PARAMETERS = {
        "spans": component_spec.ExecutionParameter(type=str),
        "eval_days": component_spec.ExecutionParameter(type=int),
        "eval_min_rows": component_spec.ExecutionParameter(type=int),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {"examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {"window": component_spec.ChannelParameter(type=standard_artifacts.Examples)}


class Window(base_component.BaseComponent):
    """Cuts the accepted spans into train, eval and anchor, by hard links; nothing is read or copied."""

    SPEC_CLASS = WindowSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        spans: tuple[str, ...],
        eval_days: int,
        eval_min_rows: int,
        source: str,
    ) -> None:
        """Makes the node.

        Args:
            examples: Examples of the spans, with splits head, tail and anchor.
            spans: Their names, oldest first.
            eval_days: Whole days that `eval` must hold at least.
            eval_min_rows: Rows that `eval` must hold at least.
            source: Digest of the code that runs.
        """
        spec = WindowSpec(
            examples=examples,
            spans=",".join(spans),
            eval_days=eval_days,
            eval_min_rows=eval_min_rows,
            source=source,
            window=types.Channel(type=standard_artifacts.Examples),
        )
        super().__init__(spec=spec)
