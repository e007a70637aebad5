"""The AtomicPusher component: stage, sync, rename; the version is the highest there ever was, plus one."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.atomic_pusher import executor


class AtomicPusherSpec(component_spec.ComponentSpec):
    """What goes into the AtomicPusher and what comes out."""

    PARAMETERS = {
        "models": component_spec.ExecutionParameter(type=str),
        "ledger": component_spec.ExecutionParameter(type=str),
        "champion": component_spec.ExecutionParameter(type=int),
        "card": component_spec.ExecutionParameter(type=str),
        "run_id": component_spec.ExecutionParameter(type=str),
        "push_rules": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "model_blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "infra_blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing),
    }
    OUTPUTS = {"pushed_model": component_spec.ChannelParameter(type=standard_artifacts.PushedModel)}


class AtomicPusher(base_component.BaseComponent):
    """Publishes a candidate that both gates blessed, if what is live is still what it was compared with.

    On a day on which nothing is pushed, or where a person decides, the candidate waits.
    """

    SPEC_CLASS = AtomicPusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        examples: types.BaseChannel,
        evaluation: types.BaseChannel,
        model_blessing: types.BaseChannel,
        infra_blessing: types.BaseChannel,
        *,
        models: str,
        ledger: str,
        champion: int,
        card: str,
        run_id: str,
        push_rules: str,
    ) -> None:
        """Makes the node.

        Args:
            model: The candidate.
            examples: The window it was trained on and judged by.
            evaluation: The Evaluator's evaluation, with `judgement.json`.
            model_blessing: The Evaluator's verdict.
            infra_blessing: The serving probe's verdict.
            models: The models folder.
            ledger: The ledger's file.
            champion: The version the candidate was compared with; 0 for none.
            card: JSON of what the chain's builder knows for the model card.
            run_id: The run; with it in the cache key, publishing is never skipped as done before.
            push_rules: JSON of when a candidate is pushed (`perennial.push_rules.PushRules`).
        """
        spec = AtomicPusherSpec(
            model=model,
            examples=examples,
            evaluation=evaluation,
            model_blessing=model_blessing,
            infra_blessing=infra_blessing,
            models=models,
            ledger=ledger,
            champion=champion,
            card=card,
            run_id=run_id,
            push_rules=push_rules,
            pushed_model=types.Channel(type=standard_artifacts.PushedModel),
        )
        super().__init__(spec=spec)
