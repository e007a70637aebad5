"""The Evaluator: what goes into judging a candidate, and what comes out."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import BaseChannel, channel_utils, component_spec, standard_artifacts

from components.evaluator.executor import Executor


class EvaluatorSpec(component_spec.ComponentSpec):
    """Inputs, outputs and exec properties of the `Evaluator`."""

    PARAMETERS = {
        "task": component_spec.ExecutionParameter(type=str),
        "time_column": component_spec.ExecutionParameter(type=str),
        "settings": component_spec.ExecutionParameter(type=str),
        "engine": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
        "live_stale": component_spec.ExecutionParameter(type=int),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "baseline_model": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
        "live_twin": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "yardstick": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation, optional=True),
    }
    OUTPUTS = {
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
    }


class Evaluator(base_beam_component.BaseBeamComponent):
    """Scores candidate and champion on the same rows with TFMA, and blesses the candidate if no check fails.

    Outputs: `evaluation`, TFMA's own files (`tfma.load_eval_result` opens them) and `judgement.json`;
    `blessing`, with the custom property `blessed` and a file `BLESSED` or `NOT_BLESSED`.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: BaseChannel,
        model: BaseChannel,
        schema: BaseChannel,
        task: str,
        settings: str,
        engine: str,
        code: str,
        source: str,
        live_stale: int,
        time_column: str = "",
        baseline_model: BaseChannel | None = None,
        live_twin: BaseChannel | None = None,
        yardstick: BaseChannel | None = None,
    ) -> None:
        """Makes the component.

        Args:
            examples: The window's Examples, splits `train`, `eval` and `anchor`, with `window.json`.
            model: The candidate.
            schema: The curated schema.
            task: What is to be answered, as `Task.to_json` writes it.
            settings: JSON of the task's settings, one of `settings.EVALUATIONS`.
            engine: "in_memory", or "beam" for rows that a cluster scores.
            code: JSON list of the files that the candidate's graph was made by; messages name them.
            source: Hash of the source that the executor runs, so that an edit is a cache miss.
            live_stale: 1 where the live model was trained on rows that a person rejected since.
            time_column: Column whose first ten characters are a row's day; "" where there is none.
            baseline_model: The live version; may be left out, or empty.
            live_twin: Its twin, which the candidate is compared with instead; may be left out, or empty.
            yardstick: What scikit-learn came to on the same rows, for information; may be left out.
        """
        super().__init__(
            spec=EvaluatorSpec(
                examples=examples,
                model=model,
                baseline_model=baseline_model,
                live_twin=live_twin,
                schema=schema,
                yardstick=yardstick,
                task=task,
                time_column=time_column,
                settings=settings,
                engine=engine,
                code=code,
                live_stale=live_stale,
                source=source,
                evaluation=channel_utils.as_channel([standard_artifacts.ModelEvaluation()]),
                blessing=channel_utils.as_channel([standard_artifacts.ModelBlessing()]),
            )
        )
