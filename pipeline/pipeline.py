"""The chain on one screen: an export is read, judged, learned from, evaluated, and published."""

import json
from collections.abc import Sequence
from typing import Any

from tfx.components import Trainer
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.importer import Importer
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration import metadata
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import trainer_pb2
from tfx.types import standard_artifacts

from components.arrow_example_gen.component import ArrowExampleGen
from components.champion_resolver.component import ChampionResolver
from components.data_gate.component import DataGate
from components.day_summaries.component import DaySummaries
from components.evaluator.component import Evaluator
from components.live_predictions.component import LivePredictions
from components.next_span_scores.component import NextSpanScores
from components.span_statistics.component import SpanStatistics
from components.transform.component import Transform
from components.window.component import Window
from components.window_gate.component import WindowGate
from components.yardstick.component import Yardstick
from pipeline import inputs
from pipeline.config import UseCase
from pipeline.effects import effects
from pipeline.plan import (
    AsOfPlan,
    AsOfRefitPlan,
    DaysPlan,
    EffectsPlan,
    Job,
    PublishPlan,
    RefitPlan,
    SpanPlan,
    WindowPlan,
)
from pipeline.publishing import publishing, refitting
from pipeline.resolvers import brought, made_by


def create_pipeline(use_case: UseCase, job: Job) -> Pipeline:
    """One part of the chain, as the job says.

    A span up to its data gate; the accepted spans from there to a candidate that is judged; if it passed, its
    refit where the use case asks for one, and its push. The parts are pipelines of one name, so that they
    share lineage and cache: which spans are accepted, whether to train at all, and what is published, is
    decided between them (docs/decisions/two-halves.md).

    What a model of the past costs is measured, so it is never cached.
    """
    schema = Importer(
        source_uri=job.schema_plan.uri,
        artifact_type=standard_artifacts.Schema,
        custom_properties={"digest": job.schema_plan.digest},
    ).with_id("Schema")
    imported = schema.outputs["result"]
    nodes = _nodes(use_case, job, imported)
    return Pipeline(
        pipeline_name=use_case.name,
        pipeline_root=str(use_case.root / "artifacts"),
        components=[schema, *nodes],
        enable_cache=not isinstance(job.work, AsOfPlan | AsOfRefitPlan),
        metadata_connection_config=metadata.sqlite_metadata_connection_config(
            str(use_case.root / "metadata.db")
        ),
        beam_pipeline_args=list(use_case.beam_pipeline_args),
    )


def _nodes(use_case: UseCase, job: Job, schema: Any) -> list[BaseNode]:
    match job.work:
        case SpanPlan() as span:
            return _up_to_gate(use_case, span, job.schema_plan.columns, schema)
        case DaysPlan() as days:
            return _days(use_case, days, schema)
        case EffectsPlan() as plan:
            return effects(use_case, plan)
        case WindowPlan() as window:
            return _from_window(use_case, window, schema)
        case RefitPlan() as refit:
            return refitting(use_case, refit, schema)
        case PublishPlan() as publish:
            return publishing(use_case, publish, schema)
        case AsOfPlan() as past:
            return _as_of(use_case, past, schema)
        case AsOfRefitPlan() as past:
            judged, rows, transform, trainer, agreement = refitting(use_case, past.refit, schema)
            scores = _next_span_scores(use_case, trainer, past.judged_examples, schema)
            return [judged, rows, transform, trainer, agreement, *scores]


def _up_to_gate(use_case: UseCase, span: SpanPlan, columns: str, schema: Any) -> list[BaseNode]:
    """ArrowExampleGen → DaySummaries, SpanStatistics, (LivePredictions) → DataGate."""
    given = inputs.of_span(use_case, span.span)
    example_gen = ArrowExampleGen(
        span=span.span,
        version=span.version,
        digest=span.digest,
        files=json.dumps(span.files),
        columns=columns,
        quarantine=str(use_case.root / "quarantine" / span.span / f"v{span.version}.csv"),
        **given["ArrowExampleGen"],
    )
    statistics = SpanStatistics(
        examples=example_gen.outputs["examples"],
        schema=schema,
        **given["SpanStatistics"],
    )
    days = DaySummaries(
        examples=example_gen.outputs["examples"], schema=schema, **inputs.of_days(use_case)["DaySummaries"]
    )
    nodes: list[BaseNode] = [example_gen, days, statistics]
    if span.live:
        predictions = LivePredictions(
            examples=example_gen.outputs["examples"],
            schema=schema,
            live=span.live,
            **inputs.of_live_predictions(use_case)["LivePredictions"],
        )
        nodes.append(predictions)
    former = [
        _statistics_at(node, uris)
        for node, uris in (
            ("PreviousSpan", [span.previous_statistics] if span.previous_statistics else []),
            ("OlderSpans", list(span.older_statistics)),
        )
    ]
    nodes += [resolver for resolver in former if resolver]
    previous, older = (resolver.outputs["statistics"] if resolver else None for resolver in former)
    gate = DataGate(
        statistics=statistics.outputs["statistics"],
        schema=schema,
        previous_statistics=previous,
        examples=example_gen.outputs["examples"],
        others=json.dumps(span.others),
        older_statistics=older,
        older=json.dumps(span.older_statistics),
        span=span.span,
        row_counts=json.dumps(span.row_counts),
        days=days.outputs["days"],
        calibration=span.calibration,
        open_alarms=json.dumps(span.open_alarms),
        private=json.dumps(sorted(use_case.serving.private)),
        **given["DataGate"],
    )
    return [*nodes, gate]


def _days(use_case: UseCase, plan: DaysPlan, schema: Any) -> list[BaseNode]:
    """SummarisedSpan → DaySummaries, of a span that an earlier run read."""
    examples = _examples_at("SummarisedSpan", [plan.examples])
    days = DaySummaries(
        examples=examples.outputs["examples"], schema=schema, **inputs.of_days(use_case)["DaySummaries"]
    )
    return [examples, days]


def _from_window(use_case: UseCase, window: WindowPlan, schema: Any) -> list[BaseNode]:
    """AcceptedSpans → Window → WindowGate → Transform → Trainer → (Yardstick) Evaluator."""
    given = inputs.begun_with(inputs.of_window(use_case, window.spans[-1]), window.start)
    accepted, rows, gate = _window(given, window)
    transform, trainer = _learning(given, schema, rows, gate)
    judges = _judges(use_case, given, window, schema, rows, gate, trainer)
    return [accepted, rows, gate, transform, trainer, *judges]


def _as_of(use_case: UseCase, plan: AsOfPlan, schema: Any) -> list[BaseNode]:
    """AcceptedSpans → Window → Transform → Trainer → NextSpanScores: nothing is compared or published."""
    given = inputs.begun_with(inputs.of_window(use_case, plan.window[-1]), plan.start)
    accepted = _examples_at("AcceptedSpans", plan.window_examples)
    rows = Window(examples=accepted.outputs["examples"], spans=plan.window, **given["Window"])
    transform, trainer = _learning(given, schema, rows, None)
    scores = _next_span_scores(use_case, trainer, plan.judged_examples, schema)
    return [accepted, rows, transform, trainer, *scores]


def _next_span_scores(
    use_case: UseCase, trainer: BaseNode, examples: Sequence[str], schema: Any
) -> list[BaseNode]:
    """NextSpans → NextSpanScores, of what a Trainer trained."""
    following = _examples_at("NextSpans", examples)
    scores = NextSpanScores(
        examples=following.outputs["examples"],
        model=trainer.outputs["model"],
        schema=schema,
        **inputs.of_next_spans(use_case)["NextSpanScores"],
    )
    return [following, scores]


def _window(given: inputs.NodeSettings, window: WindowPlan) -> tuple[Resolver, Window, WindowGate]:
    """AcceptedSpans → Window → WindowGate, which fails where the window may not be trained on."""
    accepted = _examples_at("AcceptedSpans", window.examples)
    rows = Window(
        examples=accepted.outputs["examples"],
        spans=window.spans,
        **given["Window"],
    )
    gate = WindowGate(
        window=rows.outputs["window"],
        live=window.live_rows,
        accepted=window.fewer_rows_accepted,
        **given["WindowGate"],
    )
    return accepted, rows, gate


def _learning(
    given: inputs.NodeSettings, schema: Any, rows: Window, gate: WindowGate | None
) -> tuple[Transform, Trainer]:
    """Transform → Trainer, after the gate where there is one."""
    transform = Transform(
        examples=rows.outputs["window"],
        schema=schema,
        **given["Transform"],
    )
    if gate:
        transform.add_upstream_node(gate)
    trainer = Trainer(
        examples=rows.outputs["window"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["train"]),
        **given["Trainer"],
    )
    return transform, trainer


def _judges(
    use_case: UseCase,
    given: inputs.NodeSettings,
    window: WindowPlan,
    schema: Any,
    rows: Window,
    gate: WindowGate,
    trainer: Trainer,
) -> list[BaseNode]:
    """ChampionResolver, the Yardstick where the use case asks for it, and last the Evaluator."""
    champion = ChampionResolver(
        models=str(use_case.models_folder),
        version=window.champion,
        digest=window.champion_digest,
        twin=window.twin,
        twin_digest=window.twin_digest,
        **given["ChampionResolver"],
    )
    yardstick = None
    if "Yardstick" in given:
        yardstick = Yardstick(examples=rows.outputs["window"], schema=schema, **given["Yardstick"])
        yardstick.add_upstream_node(gate)
    evaluator = Evaluator(
        examples=rows.outputs["window"],
        model=trainer.outputs["model"],
        baseline_model=champion.outputs["model"],
        live_twin=champion.outputs["twin_model"],
        schema=schema,
        yardstick=yardstick.outputs["yardstick"] if yardstick else None,
        live_stale=int(window.live_stale),
        **given["Evaluator"],
    )
    return [champion, yardstick, evaluator] if yardstick else [champion, evaluator]


def _examples_at(node: str, uris: Sequence[str]) -> Resolver:
    """A node that brings the Examples of spans."""
    made = made_by("ArrowExampleGen", "examples", standard_artifacts.Examples)
    return brought(node, examples=(uris, made))


def _statistics_at(node: str, uris: list[str]) -> Resolver | None:
    """A node that brings the statistics of earlier spans; None where there are none."""
    if not uris:
        return None
    made = made_by("SpanStatistics", "statistics", standard_artifacts.ExampleStatistics)
    return brought(node, statistics=(uris, made))
