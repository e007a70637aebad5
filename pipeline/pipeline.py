"""The chain on one screen: an export is read, judged, learned from, evaluated, served in a probe, pushed."""

import json
from typing import Any

from tfx.components import Trainer
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.importer import Importer
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration import metadata
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import trainer_pb2
from tfx.types import Channel, standard_artifacts

from components.arrow_example_gen.component import ArrowExampleGen
from components.atomic_pusher.component import AtomicPusher
from components.champion_resolver.component import ChampionResolver
from components.data_gate.component import DataGate
from components.evaluator.component import Evaluator
from components.serving_probe.component import ServingProbe
from components.span_statistics.component import SpanStatistics
from components.transform.component import Transform
from components.window.component import Window
from components.window_gate.component import WindowGate
from components.yardstick.component import Yardstick
from pipeline import inputs
from pipeline.config import UseCase
from pipeline.plan import Job, SpanPlan, WindowPlan
from pipeline.resolvers import ByUri


def create_pipeline(use_case: UseCase, job: Job) -> Pipeline:
    """One half of the chain: a span up to its data gate, or the accepted spans from there to the push.

    The halves are two pipelines of one name, so that they share lineage and cache: which spans are accepted,
    and whether to train at all, is decided between them (docs/decisions/two-halves.md).
    """
    schema = Importer(
        source_uri=job.schema_plan.uri,
        artifact_type=standard_artifacts.Schema,
        custom_properties={"digest": job.schema_plan.digest},
    ).with_id("Schema")
    imported = schema.outputs["result"]
    if isinstance(job.work, SpanPlan):
        nodes = _up_to_gate(use_case, job.work, job.schema_plan.columns, imported)
    else:
        nodes = _from_window(use_case, job.work, imported)
    return Pipeline(
        pipeline_name=use_case.name,
        pipeline_root=str(use_case.root / "artifacts"),
        components=[schema, *nodes],
        enable_cache=True,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(
            str(use_case.root / "metadata.db")
        ),
        beam_pipeline_args=list(use_case.beam_pipeline_args),
    )


def _up_to_gate(use_case: UseCase, span: SpanPlan, columns: str, schema: Any) -> list[BaseNode]:
    """ArrowExampleGen → SpanStatistics → DataGate."""
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
    nodes: list[BaseNode] = [example_gen, statistics]
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
        **given["DataGate"],
    )
    return [*nodes, gate]


def _from_window(use_case: UseCase, window: WindowPlan, schema: Any) -> list[BaseNode]:
    """AcceptedSpans → Window → WindowGate → Transform → Trainer → (Yardstick) Evaluator → probe → pusher."""
    given = inputs.begun_with(inputs.of_window(use_case, window.spans[-1]), window.start)
    accepted, rows, gate = _window(given, window)
    transform, trainer = _learning(given, schema, rows, gate)
    judges = _judges(use_case, given, window, schema, rows, gate, trainer)
    publishing = _publishing(use_case, given, window, schema, rows, transform, trainer, judges[-1])
    return [accepted, rows, gate, transform, trainer, *judges, *publishing]


def _window(given: inputs.NodeSettings, window: WindowPlan) -> tuple[Resolver, Window, WindowGate]:
    """AcceptedSpans → Window → WindowGate, which fails where the window may not be trained on."""
    accepted = Resolver(
        strategy_class=ByUri,
        config={"uris": list(window.examples)},
        examples=_made_by("ArrowExampleGen", "examples", standard_artifacts.Examples),
    ).with_id("AcceptedSpans")
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
    given: inputs.NodeSettings, schema: Any, rows: Window, gate: WindowGate
) -> tuple[Transform, Trainer]:
    """Transform → Trainer, after the gate."""
    transform = Transform(
        examples=rows.outputs["window"],
        schema=schema,
        **given["Transform"],
    )
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
        schema=schema,
        yardstick=yardstick.outputs["yardstick"] if yardstick else None,
        live_stale=int(window.live_stale),
        **given["Evaluator"],
    )
    return [champion, yardstick, evaluator] if yardstick else [champion, evaluator]


def _publishing(
    use_case: UseCase,
    given: inputs.NodeSettings,
    window: WindowPlan,
    schema: Any,
    rows: Window,
    transform: Transform,
    trainer: Trainer,
    evaluator: BaseNode,
) -> tuple[ServingProbe, AtomicPusher]:
    """ServingProbe → AtomicPusher."""
    probe = ServingProbe(
        examples=rows.outputs["window"],
        model=trainer.outputs["model"],
        model_run=trainer.outputs["model_run"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema,
        model_blessing=evaluator.outputs["blessing"],
        python=window.serving_python,
        run_id=window.run_id,
        **given["ServingProbe"],
    )
    pusher = AtomicPusher(
        model=trainer.outputs["model"],
        examples=rows.outputs["window"],
        evaluation=evaluator.outputs["evaluation"],
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=probe.outputs["blessing"],
        models=str(use_case.models_folder),
        ledger=str(use_case.root / "ledger.db"),
        champion=window.live,
        card=window.card,
        run_id=window.run_id,
        push_rules=window.push_rules,
    )
    return probe, pusher


def _statistics_at(node: str, uris: list[str]) -> Resolver | None:
    """A node that brings the statistics of earlier spans; None where there are none."""
    if not uris:
        return None
    made = _made_by("SpanStatistics", "statistics", standard_artifacts.ExampleStatistics)
    return Resolver(strategy_class=ByUri, config={"uris": uris}, statistics=made).with_id(node)


def _made_by(node: str, key: str, artifact_type: Any) -> Channel:
    """All that the node called `node` ever put out under `key`, in any run of this pipeline."""
    return Channel(type=artifact_type, producer_component_id=node, output_key=key)
