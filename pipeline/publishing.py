"""The third part of the chain: a candidate that passed is trained anew if asked for, probed and pushed."""

from typing import Any

from tfx.components import Trainer
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.proto import trainer_pb2
from tfx.types import standard_artifacts

from components.agreement.component import Agreement
from components.atomic_pusher.component import AtomicPusher
from components.refit_window.component import RefitWindow
from components.serving_probe.component import ServingProbe
from components.transform.component import Transform
from pipeline import inputs
from pipeline.config import UseCase
from pipeline.plan import PublishPlan, RefitPlan, TrainedModel
from pipeline.resolvers import brought, made_by


def refitting(use_case: UseCase, plan: RefitPlan, schema: Any) -> list[BaseNode]:
    """JudgedModel → RefitWindow → RefitTransform → RefitTrainer → Agreement."""
    given = inputs.begun_with(
        inputs.of_refit(use_case, plan.newest), plan.start, transform="RefitTransform", trainer="RefitTrainer"
    )
    judged = _parts("JudgedModel", plan.judged, names=("Window", "Transform", "Trainer"))
    rows = RefitWindow(judged=judged.outputs["window"], **given["RefitWindow"])
    transform = Transform(examples=rows.outputs["window"], schema=schema, **given["RefitTransform"]).with_id(
        "RefitTransform"
    )
    settings = dict(given["RefitTrainer"])
    custom_config = {**settings.pop("custom_config"), "epochs": plan.epochs}
    trainer = Trainer(
        examples=rows.outputs["window"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["train"]),
        custom_config=custom_config,
        **settings,
    ).with_id("RefitTrainer")
    agreement = Agreement(
        examples=judged.outputs["window"],
        judged=judged.outputs["model"],
        refit=trainer.outputs["model"],
        schema=schema,
        **given["Agreement"],
    )
    return [judged, rows, transform, trainer, agreement]


def publishing(use_case: UseCase, plan: PublishPlan, schema: Any) -> list[BaseNode]:
    """JudgedModel (RefitModel) → ServingProbe → AtomicPusher; of a refit that agrees its model is pushed."""
    given = inputs.of_publishing(use_case)
    judged = _parts(
        "JudgedModel",
        plan.judged,
        names=("Window", "Transform", "Trainer"),
        evaluation=(plan.evaluation, made_by("Evaluator", "evaluation", standard_artifacts.ModelEvaluation)),
        blessing=(plan.blessing, made_by("Evaluator", "blessing", standard_artifacts.ModelBlessing)),
    )
    refit = None
    if plan.refit:
        agreement = made_by("Agreement", "agreement", standard_artifacts.ModelBlessing)
        refit = _parts(
            "RefitModel",
            plan.refit.model,
            names=("RefitWindow", "RefitTransform", "RefitTrainer"),
            agreement=(plan.refit.agreement, agreement),
        )
    chosen = refit if plan.refit and plan.refit.agrees and refit else judged
    probe = ServingProbe(
        examples=judged.outputs["window"],
        model=chosen.outputs["model"],
        model_run=chosen.outputs["model_run"],
        transform_graph=chosen.outputs["transform_graph"],
        schema=schema,
        python=plan.serving_python,
        run_id=plan.run_id,
        **given["ServingProbe"],
    )
    pusher = AtomicPusher(
        model=judged.outputs["model"],
        examples=judged.outputs["window"],
        evaluation=judged.outputs["evaluation"],
        model_blessing=judged.outputs["blessing"],
        refit_model=refit.outputs["model"] if refit else None,
        refit_examples=refit.outputs["window"] if refit else None,
        agreement=refit.outputs["agreement"] if refit else None,
        infra_blessing=probe.outputs["blessing"],
        models=str(use_case.models_folder),
        ledger=str(use_case.root / "ledger.db"),
        champion=plan.live,
        card=plan.card,
        run_id=plan.run_id,
        push_rules=plan.push_rules,
    )
    return [judged, *([refit] if refit else []), probe, pusher]


def _parts(node: str, model: TrainedModel, names: tuple[str, str, str], **further: Any) -> Resolver:
    """A node that brings what belongs to a model, by the names of the nodes that made it, and what else."""
    window, transform, trainer = names
    return brought(
        node,
        window=(model.window, made_by(window, "window", standard_artifacts.Examples)),
        transform_graph=(
            model.transform_graph,
            made_by(transform, "transform_graph", standard_artifacts.TransformGraph),
        ),
        model=(model.model, made_by(trainer, "model", standard_artifacts.Model)),
        model_run=(model.model_run, made_by(trainer, "model_run", standard_artifacts.ModelRun)),
        **further,
    )
