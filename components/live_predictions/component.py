"""The LivePredictions component: the live model's answers on the rows of a span."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.live_predictions import executor


class LivePredictionsSpec(component_spec.ComponentSpec):
    """What goes in and out."""

    PARAMETERS = {
        "models": component_spec.ExecutionParameter(type=str),
        "live": component_spec.ExecutionParameter(type=str),
        "task": component_spec.ExecutionParameter(type=str),
        "time_column": component_spec.ExecutionParameter(type=str),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {"predictions": component_spec.ChannelParameter(type=standard_artifacts.InferenceResult)}


class LivePredictions(base_component.BaseComponent):
    """Its output `predictions` says what was scored, or why nothing could be (`perennial.drift.predictions`).

    A model that cannot score is a result, not a failure. The model is known by the digest of its files: with
    the same content of a span the result is taken from the cache, whatever number the version has.
    """

    SPEC_CLASS = LivePredictionsSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        schema: types.BaseChannel,
        models: str,
        live: str,
        task: str,
        time_column: str,
        source: str,
    ) -> None:
        """Makes the node.

        Args:
            examples: A span: Examples with the custom properties `span`, `version` and `digest`.
            schema: The curated schema.
            models: The models folder.
            live: Digest of the live model's files, as its card has it.
            task: `Task.to_json()`.
            time_column: Column whose first ten characters are a row's day; "" where there is none.
            source: Digest of the code that runs.
        """
        spec = LivePredictionsSpec(
            examples=examples,
            schema=schema,
            models=models,
            live=live,
            task=task,
            time_column=time_column,
            source=source,
            predictions=types.Channel(type=standard_artifacts.InferenceResult),
        )
        super().__init__(spec=spec)
