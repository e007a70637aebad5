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
        "refit_model": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
        "refit_examples": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "agreement": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing, optional=True),
        "infra_blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing),
    }
    OUTPUTS = {"pushed_model": component_spec.ChannelParameter(type=standard_artifacts.PushedModel)}


class AtomicPusher(base_component.BaseComponent):
    """Publishes a candidate that both gates blessed, if what is live is still what it was compared with.

    Where it was refit and the refit model agrees with it, that is published in its place.
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
        refit_model: types.BaseChannel | None = None,
        refit_examples: types.BaseChannel | None = None,
        agreement: types.BaseChannel | None = None,
    ) -> None:
        """Makes the node.

        Args:
            model: The candidate.
            examples: The window it was trained on and judged by.
            evaluation: The Evaluator's evaluation, with `judgement.json`.
            model_blessing: The Evaluator's verdict.
            infra_blessing: The serving probe's verdict on what is published.
            models: The models folder.
            ledger: The ledger's file.
            champion: The version the candidate was compared with; 0 for none.
            card: JSON of what the chain's builder knows for the model card.
            run_id: The run; with it in the cache key, publishing is never skipped as done before.
            push_rules: JSON of when a candidate is pushed (`perennial.push_rules.PushRules`).
            refit_model: Its refit; None of a candidate that was not refit, and so the next two.
            refit_examples: The window that the refit was trained on.
            agreement: Whether the two agree.
        """
        spec = AtomicPusherSpec(
            model=model,
            examples=examples,
            evaluation=evaluation,
            model_blessing=model_blessing,
            infra_blessing=infra_blessing,
            refit_model=refit_model,
            refit_examples=refit_examples,
            agreement=agreement,
            models=models,
            ledger=ledger,
            champion=champion,
            card=card,
            run_id=run_id,
            push_rules=push_rules,
            pushed_model=types.Channel(type=standard_artifacts.PushedModel),
        )
        super().__init__(spec=spec)
