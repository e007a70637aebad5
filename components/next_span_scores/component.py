"""The NextSpanScores component: a model of the past on all rows of the spans that came after it."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.next_span_scores import executor


class NextSpanScoresSpec(component_spec.ComponentSpec):
    """What goes in and out."""

    PARAMETERS = {
        "task": component_spec.ExecutionParameter(type=str),
        "time_column": component_spec.ExecutionParameter(type=str),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {"scores": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation)}


class NextSpanScores(base_component.BaseComponent):
    """Its output `scores` has one file, `scores.json`: of each span and day the rows and the sum of losses.

    It blesses nothing, and nothing is published after it.
    """

    SPEC_CLASS = NextSpanScoresSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        schema: types.BaseChannel,
        task: str,
        time_column: str,
        source: str,
    ) -> None:
        """Makes the node.

        Args:
            examples: Examples of the spans that the model is judged on.
            model: The model; it is asked through its signature for raw rows.
            schema: The curated schema.
            task: `Task.to_json()`.
            time_column: Column whose first ten characters are a row's day; "" where there is none.
            source: Digest of the code that runs.
        """
        spec = NextSpanScoresSpec(
            examples=examples,
            model=model,
            schema=schema,
            task=task,
            time_column=time_column,
            source=source,
            scores=types.Channel(type=standard_artifacts.ModelEvaluation),
        )
        super().__init__(spec=spec)
