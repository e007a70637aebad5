"""The node that serves a candidate in a clean process before it may be pushed."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.serving_probe import executor


class ServingProbeSpec(component_spec.ComponentSpec):
    """What goes in and out."""

    PARAMETERS = {
        "python": component_spec.ExecutionParameter(type=str),
        "rows": component_spec.ExecutionParameter(type=int),
        "timeout_seconds": component_spec.ExecutionParameter(type=int),
        "run_id": component_spec.ExecutionParameter(type=str),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
        "transform_graph": component_spec.ChannelParameter(type=standard_artifacts.TransformGraph),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing),
    }


class ServingProbe(base_component.BaseComponent):
    """Replays raw rows to the candidate in the serving environment and compares with the training side.

    Its output `blessing` is an InfraBlessing with `probe.json` beside TFX's own mark. Only a candidate that
    the Evaluator blessed comes here.
    """

    SPEC_CLASS = ServingProbeSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        model_run: types.BaseChannel,
        transform_graph: types.BaseChannel,
        schema: types.BaseChannel,
        python: str,
        run_id: str,
        source: str,
        rows: int = 500,
        timeout_seconds: int = 120,
    ) -> None:
        """Wires the node.

        Args:
            examples: The window, with the splits `eval`, `anchor` and `train` of raw tf.Examples.
            model: The exported candidate.
            model_run: Its Keras model before the export.
            transform_graph: The transform it was trained behind.
            schema: The curated schema.
            python: Path of the serving environment's interpreter.
            run_id: The run; with it in the cache key, a probe that failed for want of an interpreter, or on
                an overloaded machine, is not remembered as the candidate's fault.
            source: Digest of the source of this node.
            rows: How many real rows to replay; hostile copies come with them.
            timeout_seconds: How long the serving process has to answer.
        """
        super().__init__(
            spec=ServingProbeSpec(
                examples=examples,
                model=model,
                model_run=model_run,
                transform_graph=transform_graph,
                schema=schema,
                python=python,
                rows=rows,
                timeout_seconds=timeout_seconds,
                run_id=run_id,
                source=source,
                blessing=types.Channel(type=standard_artifacts.InfraBlessing),
            )
        )
