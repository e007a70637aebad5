"""The Yardstick: what scikit-learn makes of the rows that the candidate is trained on and judged by."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.yardstick import executor


class YardstickSpec(component_spec.ComponentSpec):
    """What goes in and out."""

    PARAMETERS = {
        "task": component_spec.ExecutionParameter(type=str),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {"yardstick": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation)}


class Yardstick(base_component.BaseComponent):
    """Fits two models of scikit-learn to the window's `train`, and keeps the better one on its `eval`.

    Its output `yardstick` has `yardstick.json`, with a `fit.YardstickResult`, and `answers.npy`, what the
    model answers to the rows of `eval` in their order, so that the Evaluator can pair them with the
    candidate's. It stops no run: where there is no yardstick, the first file has the reason, and there is no
    second.
    """

    SPEC_CLASS = YardstickSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        schema: types.BaseChannel,
        task: str,
        source: str,
    ) -> None:
        """Wires the node.

        Args:
            examples: The window, with the splits `train` and `eval` of raw tf.Examples.
            schema: The curated schema.
            task: `Task.to_json()`.
            source: Digest of the code that runs.
        """
        super().__init__(
            spec=YardstickSpec(
                examples=examples,
                schema=schema,
                task=task,
                source=source,
                yardstick=types.Channel(type=standard_artifacts.ModelEvaluation),
            )
        )
