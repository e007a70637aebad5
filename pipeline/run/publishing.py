"""What follows a judgement: a candidate that passed is refit if that is asked for, probed and pushed."""

import json
from collections.abc import Callable
from typing import Final

from perennial.files import read_json
from pipeline import config
from pipeline.config import UseCase
from pipeline.execution.messages import Pass
from pipeline.plan import PublishPlan, RefitPlan, RefitResult, TrainedModel, WindowPlan, Work
from pipeline.run import waiting
from pipeline.run.context import RunContext
from pipeline.run.findings import Findings, findings_of, judgement_of, refit_of
from pipeline.run.settled import known_to_card
from pipeline.run.span_outcome import failed
from pipeline.run.warm_start import start_of_refit
from pipeline.summary import NodeSummary

# The nodes of the parts of the chain that follow a judgement, without those that bring what is there.
REFIT_NODES: Final = ("RefitWindow", "RefitTransform", "RefitTrainer", "Agreement")
PUBLISHING_NODES: Final = ("ServingProbe", "AtomicPusher")
# Why they were not reached.
NOT_BLESSED: Final = "the Evaluator did not bless the candidate"
FAILED_BEFORE: Final = "an earlier node failed"


class Publishing:
    """The passes of the chain that follow the one which judges."""

    def __init__(self, context: RunContext, live: int, spans: str, newest: str, start: str) -> None:
        """Runs nothing yet.

        Args:
            context: The run.
            live: The version that is live; 0 for none.
            spans: The spans of the window, in words.
            newest: The newest of them.
            start: With what the candidate's training began, as in `WindowPlan`.
        """
        self._context = context
        self._live = live
        self._spans = spans
        self._newest = newest
        self._start = start

    def after(self, judged: Pass, run_pass: Callable[[Work], Pass]) -> Findings:
        """What came of a candidate.

        Args:
            judged: The pass that judged it.
            run_pass: Runs a further pass.

        Raises:
            NodeFailed: A node failed, in that pass or in a further one.
        """
        judgement = judgement_of(judged)
        if judgement is None:
            raise failed(judged, self._spans)
        if not judgement.blessed:
            return self._findings(judged, None, None)
        candidate = _trained(judged, "Window", "Transform", "Trainer")
        refit = self._refit(judged, candidate, run_pass) if self._context.use_case.training.refit else None
        return self._findings(judged, run_pass(self._plan(judged, candidate, refit)), refit)

    def _refit(self, judged: Pass, candidate: TrainedModel, run_pass: Callable[[Work], Pass]) -> RefitResult:
        """Trains the candidate anew on all rows but the anchors, and compares the two."""
        folder = judged.output("Trainer", "model_run")
        trained = read_json(folder / "training.json") if folder else {}
        plan = RefitPlan(
            judged=candidate,
            newest=self._newest,
            epochs=trained.get("epochs", 0),
            start=start_of_refit(self._start, (trained.get("start") or {}).get("why_cold", "")),
        )
        passed = run_pass(plan)
        agreement = passed.output("Agreement", "agreement")
        if passed.failure or agreement is None:
            raise failed(passed, self._spans)
        return RefitResult(
            model=_trained(passed, "RefitWindow", "RefitTransform", "RefitTrainer"),
            agreement=str(agreement),
            agrees=read_json(agreement / "agreement.json")["agrees"],
        )

    def _plan(self, judged: Pass, candidate: TrainedModel, refit: RefitResult | None) -> PublishPlan:
        context = self._context
        return PublishPlan(
            judged=candidate,
            evaluation=_uri(judged, "Evaluator", "evaluation"),
            blessing=_uri(judged, "Evaluator", "blessing"),
            refit=refit,
            live=self._live,
            serving_python=str(config.serving_python()),
            card=json.dumps(known_to_card(context.use_case, context.schema), sort_keys=True),
            run_id=context.run_id,
            push_rules=waiting.push_rules(context.use_case).to_json(),
        )

    def _findings(self, judged: Pass, published: Pass | None, refit: RefitResult | None) -> Findings:
        findings = findings_of(judged, published, refit_of(refit) if refit else None)
        if findings is None:
            raise failed(published or judged, self._spans)
        return findings


def skipped(use_case: UseCase, work: Work, why: str) -> list[NodeSummary]:
    """What became of the nodes of the parts that follow a pass, none of which is reached.

    Args:
        use_case: Whose chain it is.
        work: What that pass worked on; none follows one that reads a span or publishes.
        why: Why they are not reached, a few words.
    """
    names: tuple[str, ...] = ()
    if isinstance(work, WindowPlan):
        names = (*(REFIT_NODES if use_case.training.refit else ()), *PUBLISHING_NODES)
    elif isinstance(work, RefitPlan):
        names = PUBLISHING_NODES
    return [NodeSummary(span=None, name=name, state="SKIPPED", seconds=0.0, why=why) for name in names]


def _trained(passed: Pass, window: str, transform: str, trainer: str) -> TrainedModel:
    """What belongs to the model that a pass trained, by the names of its nodes."""
    return TrainedModel(
        window=_uri(passed, window, "window"),
        transform_graph=_uri(passed, transform, "transform_graph"),
        model=_uri(passed, trainer, "model"),
        model_run=_uri(passed, trainer, "model_run"),
    )


def _uri(passed: Pass, node: str, key: str) -> str:
    """URI of an output; empty where the node did not put it out."""
    return str(passed.output(node, key) or "")
