"""The Agreement component: a gate between a refit model and the push."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.agreement import executor


class AgreementSpec(component_spec.ComponentSpec):
    """What goes into the Agreement and what comes out."""

    PARAMETERS = {
        "task": component_spec.ExecutionParameter(type=str),
        "limits": component_spec.ExecutionParameter(type=str),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "judged": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "refit": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {"agreement": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing)}


class Agreement(base_component.BaseComponent):
    """Blesses a refit model whose scores are those of the judged candidate, within limits.

    Its output `agreement` has `agreement.json` and the custom property `blessed`.
    """

    SPEC_CLASS = AgreementSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        judged: types.BaseChannel,
        refit: types.BaseChannel,
        schema: types.BaseChannel,
        task: str,
        limits: str,
        source: str,
    ) -> None:
        """Makes the node.

        Args:
            examples: The window that the candidate was judged by, with the splits `eval` and `anchor`.
            judged: The candidate.
            refit: The model that was trained anew on those rows, too.
            schema: The curated schema.
            task: `Task.to_json()`.
            limits: JSON of `settings.AgreementLimits`.
            source: Digest of the code that runs.
        """
        super().__init__(
            spec=AgreementSpec(
                examples=examples,
                judged=judged,
                refit=refit,
                schema=schema,
                task=task,
                limits=limits,
                source=source,
                agreement=types.Channel(type=standard_artifacts.ModelBlessing),
            )
        )
