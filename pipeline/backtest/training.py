"""Trains one model of the past by passes of the chain, and its refit where that is wanted."""

import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from components.next_span_scores.loss_by_day import SCORES_FILE
from perennial.files import read_json
from perennial.store.span_version import SpanVersion
from pipeline.backtest.kept_models import KeptModels
from pipeline.backtest.policies import Training
from pipeline.backtest.results import Keys, LossesOnSpan, TrainingResult
from pipeline.execution.chain import Chain
from pipeline.execution.messages import Pass
from pipeline.plan import AsOfPlan, AsOfRefitPlan, Job, RefitPlan, SchemaPlan, TrainedModel
from pipeline.run.span_outcome import failed
from pipeline.run.warm_start import as_it_began

# Where TFX's Trainer puts what is served.
_SERVABLE: Final = "Format-Serving"
_TRAINING_FILE: Final = "training.json"
_WINDOW_FILE: Final = "window.json"
_AGREEMENT_FILE: Final = "agreement.json"
# What trainings leave; the other nodes bring what others made.
_JUDGED: Final = ("Window", "Transform", "Trainer")
_REFIT: Final = ("RefitWindow", "RefitTransform", "RefitTrainer")
_LEAVES: Final = (*_JUDGED, *_REFIT, "Agreement", "NextSpanScores")


@dataclass(frozen=True)
class TrainingSources:
    """What trainings of a backtest are made from.

    Attributes:
        schema: The curated schema.
        versions: The versions in use, by span.
        keys: What results follow from.
        models: Models that later ones begin with.
    """

    schema: SchemaPlan
    versions: Mapping[str, SpanVersion]
    keys: Keys
    models: KeptModels

    def examples(self, spans: tuple[str, ...]) -> tuple[str, ...]:
        """URIs of the Examples of spans."""
        return tuple(self.versions[span].examples for span in spans)


def train(
    chain: Chain,
    sources: TrainingSources,
    judged: Training,
    spans: tuple[str, ...],
    *,
    refit: Training | None,
    is_kept: bool,
) -> list[TrainingResult]:
    """Trains a model as a run would, and judges it; what it left on the disk goes.

    Args:
        chain: Runs the passes.
        sources: What it is made from.
        judged: The model, not refit.
        spans: What it is judged on, oldest first.
        refit: Its refit; None where that is not wanted.
        is_kept: Whether the model is kept, as another begins with it.

    Returns:
        The result of the model, and of its refit.

    Raises:
        NodeFailed: A node failed.
        Stopped: The code was edited meanwhile.
    """
    examples = sources.examples(spans)
    passes: list[Pass] = []
    before = judged.continues
    start = sources.models.start_of(sources.keys.of_training(before)) if before else ""
    try:
        work = AsOfPlan(
            window=judged.spans,
            window_examples=sources.examples(judged.spans),
            judged_examples=examples,
            start=start,
        )
        began = time.monotonic()
        passes.append(_passed(chain, Job(schema_plan=sources.schema, work=work), judged))
        sources.keys.expect_code_of(judged)
        results = [_result(passes[0], sources, judged, spans, _JUDGED, time.monotonic() - began)]
        if is_kept:
            model = _folder(passes[0], "Trainer", "model") / _SERVABLE
            window = read_json(_folder(passes[0], "Window", "window") / _WINDOW_FILE)
            sources.models.keep(results[0].key, model, window)
        if refit:
            plan = _refit_plan(passes[0], judged, start)
            again = AsOfRefitPlan(refit=plan, judged_examples=examples)
            began = time.monotonic()
            passes.append(_passed(chain, Job(schema_plan=sources.schema, work=again), refit))
            sources.keys.expect_code_of(refit)
            own = _result(passes[1], sources, refit, spans, _REFIT, time.monotonic() - began)
            results.append(_with_judged(own, results[0], passes[1]))
        return results
    finally:
        for passed in passes:
            _remove_outputs(passed)


def _passed(chain: Chain, job: Job, training: Training) -> Pass:
    passed = chain.run(job)
    if passed.failure:
        raise failed(passed, f"the model as of {training.as_of}")
    return passed


def _refit_plan(passed: Pass, judged: Training, start: str) -> RefitPlan:
    record = read_json(_folder(passed, "Trainer", "model_run") / _TRAINING_FILE)
    model = TrainedModel(
        window=str(_folder(passed, "Window", "window")),
        transform_graph=str(_folder(passed, "Transform", "transform_graph")),
        model=str(_folder(passed, "Trainer", "model")),
        model_run=str(_folder(passed, "Trainer", "model_run")),
    )
    return RefitPlan(
        judged=model, newest=judged.as_of, epochs=record["epochs"], start=as_it_began(start, record)
    )


def _result(
    passed: Pass,
    sources: TrainingSources,
    training: Training,
    spans: tuple[str, ...],
    nodes: tuple[str, str, str],
    seconds: float,
) -> TrainingResult:
    """Reads what a pass put out; `nodes` are those of its window, transform and training."""
    window, _, trainer = nodes
    trained = read_json(_folder(passed, trainer, "model_run") / _TRAINING_FILE)
    scores = read_json(_folder(passed, "NextSpanScores", "scores") / SCORES_FILE)
    return TrainingResult(
        key=sources.keys.of_training(training),
        spans=training.spans,
        refit=training.refit,
        before=training.before,
        rows=read_json(_folder(passed, window, "window") / _WINDOW_FILE)["train"]["rows"],
        epochs=trained["epochs"],
        cpu_seconds=round(passed.cpu_seconds - scores["cpu_seconds"], 2),
        seconds=round(seconds, 2),
        why_cold=(trained.get("start") or {}).get("why_cold", ""),
        judged={span: LossesOnSpan(sources.keys.of_span(span), scores["spans"][span]) for span in spans},
    )


def _with_judged(refit: TrainingResult, judged: TrainingResult, passed: Pass) -> TrainingResult:
    """A refit with the cost of the model before it, which is what is used where the two do not agree."""
    agreement: Mapping[str, Any] = read_json(_folder(passed, "Agreement", "agreement") / _AGREEMENT_FILE)
    agrees = bool(agreement["agrees"])
    return replace(
        refit,
        cpu_seconds=round(judged.cpu_seconds + refit.cpu_seconds, 2),
        seconds=round(judged.seconds + refit.seconds, 2),
        judged=refit.judged if agrees else judged.judged,
        agrees=agrees,
    )


def _folder(passed: Pass, node: str, key: str) -> Path:
    folder = passed.output(node, key)
    if folder is None:
        raise RuntimeError(f"{node} ended well without an output")
    return folder


def _remove_outputs(passed: Pass) -> None:
    for node in passed.nodes:
        for uri in (uri for uris in node.outputs.values() for uri in uris if node.name in _LEAVES):
            with suppress(FileNotFoundError):
                shutil.rmtree(uri)
