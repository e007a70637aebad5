"""The wiring: which nodes there are, what reaches them, and which of them an edit concerns."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.compiler import compiler
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2

from components.agreement.settings import AgreementBounds
from components.evaluator.settings import Bound, MulticlassEvaluation
from perennial.reading.csv_format import CsvFormat
from pipeline import config
from pipeline.config import UseCase
from pipeline.pipeline import create_pipeline
from pipeline.plan import (
    EffectsPlan,
    Job,
    PublishPlan,
    RefitPlan,
    RefitResult,
    SchemaPlan,
    SpanPlan,
    TrainedModel,
    WindowPlan,
)
from pipeline.run.publishing import PUBLISHING_NODES, REFIT_NODES
from tests.written import written

BEAM_NODES = {"ArrowExampleGen", "DaySummaries", "SpanStatistics", "Transform", "RefitTransform", "Evaluator"}
FLINK = ("--runner=FlinkRunner", "--flink_master=localhost:1")
SPAN = SpanPlan(span="2013-01", version=1, digest="d", files=(), previous_statistics="s", live="m")
EFFECTS = EffectsPlan(span="2013-01", days="d", live="m", alarms=(), history=())
WINDOW = WindowPlan(
    spans=("2013-01",),
    examples=("e",),
    champion=0,
    champion_digest="",
    twin="",
    twin_digest="",
    serving_python="python",
    live_stale=False,
    live_rows="{}",
    fewer_rows_accepted="",
    start="",
)
CANDIDATE = TrainedModel(window="w", transform_graph="t", model="m", model_run="r")
REFIT = RefitPlan(judged=CANDIDATE, newest="2013-01", epochs=2, start="")
PUBLISH = PublishPlan(
    judged=CANDIDATE,
    evaluation="e",
    blessing="b",
    refit=RefitResult(model=CANDIDATE, agreement="a", agrees=True),
    live=0,
    serving_python="python",
    card="{}",
    run_id="r",
    push_rules="",
)


def compiled(use_case: UseCase) -> list[Any]:
    """All parts of the chain as TFX compiles them."""
    schema = SchemaPlan(uri=str(use_case.home), digest="d", columns="[]")
    jobs = [Job(schema_plan=schema, work=work) for work in (SPAN, EFFECTS, WINDOW, REFIT, PUBLISH)]
    return [compiler.Compiler().compile(create_pipeline(use_case, job)) for job in jobs]


@pytest.fixture
def flights(tmp_path: Path) -> UseCase:
    """The use case, with a home of its own."""
    return config.load("flights").model_copy(update={"home": tmp_path})


def test_the_configs_beam_options_reach_every_beam_node(flights: UseCase) -> None:
    beam_args = {}
    for half in compiled(flights.model_copy(update={"beam_pipeline_args": FLINK})):
        deployment = pipeline_pb2.IntermediateDeploymentConfig()
        half.deployment_config.Unpack(deployment)
        for name, packed in deployment.executor_specs.items():
            spec = executable_spec_pb2.BeamExecutableSpec()
            if packed.Unpack(spec):
                beam_args[name] = tuple(spec.beam_pipeline_args)
    assert beam_args == dict.fromkeys(BEAM_NODES, FLINK)


def test_how_exports_are_written_is_part_of_what_the_cache_knows(flights: UseCase) -> None:
    exports = flights.exports.model_copy(update={"delimiter": ";", "na_values": ("NA",)})
    first, *_ = compiled(flights.model_copy(update={"exports": exports}))
    nodes = {node.pipeline_node.node_info.id: node.pipeline_node for node in first.nodes}
    csv_format = nodes["ArrowExampleGen"].parameters.parameters["csv_format"].field_value.string_value
    assert CsvFormat.from_json(csv_format) == written(
        ";", na_values=("NA",), date_format={"sched_dep": "ISO8601"}
    )


def test_statistics_leave_memory_for_beam_on_a_cluster(flights: UseCase) -> None:
    assert config.LOCAL_RUNNER in flights.beam_pipeline_args
    assert not flights.on_cluster
    assert flights.model_copy(update={"beam_pipeline_args": FLINK}).on_cluster


def test_every_node_that_looks_at_labels_is_given_the_task(flights: UseCase) -> None:
    evaluation = MulticlassEvaluation(bounds={"auc": Bound(min=0.6)})
    task = {"task": "multiclass", "classes": (0, 1, 2), "evaluation": evaluation}
    nodes = properties_of(flights.model_copy(update=task))
    asked = {name for name, properties in nodes.items() if re.search(r"classes\W+: \[0, 1, 2\]", properties)}
    assert asked == {
        *("ArrowExampleGen", "LivePredictions", "DriftEffects", "Trainer", "Yardstick", "Evaluator"),
        *("RefitTrainer", "Agreement"),
    }
    assert '"late"' in nodes["DataGate"]


def test_scikit_learn_is_fitted_only_where_it_is_asked_for(flights: UseCase) -> None:
    evaluation = flights.evaluation.model_copy(update={"yardstick": False})
    without = flights.model_copy(update={"evaluation": evaluation})
    assert set(properties_of(flights)) - set(properties_of(without)) == {"Yardstick"}


def test_a_span_is_scored_only_where_a_model_is_live(flights: UseCase) -> None:
    schema = SchemaPlan(uri=str(flights.home), digest="d", columns="[]")
    nodes = []
    for live in ("", "m"):
        job = Job(schema_plan=schema, work=SPAN.model_copy(update={"live": live}))
        half = compiler.Compiler().compile(create_pipeline(flights, job))
        nodes.append({node.pipeline_node.node_info.id for node in half.nodes})
    without, scored = nodes
    assert scored - without == {"LivePredictions"}
    assert without <= scored


def test_only_the_evaluator_is_given_that_the_live_version_is_stale(flights: UseCase) -> None:
    schema = SchemaPlan(uri=str(flights.home), digest="d", columns="[]")
    given = []
    for stale in (False, True):
        job = Job(schema_plan=schema, work=WINDOW.model_copy(update={"live_stale": stale}))
        half = compiler.Compiler().compile(create_pipeline(flights, job))
        nodes = (node.pipeline_node for node in half.nodes)
        given.append({node.node_info.id: str(node.parameters) for node in nodes})
    fresh, stale_given = given
    assert {name for name in fresh if fresh[name] != stale_given[name]} == {"Evaluator"}


def test_the_nodes_that_a_candidate_which_did_not_pass_never_reaches_are_those_of_the_last_parts(
    flights: UseCase,
) -> None:
    *_, refit, publish = compiled(flights)
    for part, names in ((refit, REFIT_NODES), (publish, PUBLISHING_NODES)):
        nodes = [node.pipeline_node.node_info for node in part.nodes]
        own = [node.id for node in nodes if not node.type.name.endswith(("Importer", "Resolver"))]
        assert own == list(names)


def test_only_a_refit_that_agrees_is_probed(flights: UseCase) -> None:
    probed = {}
    for agrees in (True, False):
        refit = RefitResult(model=CANDIDATE, agreement="a", agrees=agrees)
        job = Job(
            schema_plan=SchemaPlan(uri=str(flights.home), digest="d", columns="[]"),
            work=PUBLISH.model_copy(update={"refit": refit}),
        )
        part = compiler.Compiler().compile(create_pipeline(flights, job))
        nodes = {node.pipeline_node.node_info.id: node.pipeline_node for node in part.nodes}
        (channel,) = nodes["ServingProbe"].inputs.inputs["model"].channels
        probed[agrees] = channel.producer_node_query.id
    assert probed == {True: "RefitModel", False: "JudgedModel"}


def properties_of(use_case: UseCase) -> dict[str, str]:
    """What each node is told, by name: its exec properties as one text."""
    return {
        node.pipeline_node.node_info.id: str(node.pipeline_node.parameters)
        for half in compiled(use_case)
        for node in half.nodes
    }


@pytest.mark.parametrize(
    ("file", "concerned"),
    [
        (
            "transforms/flights.py",
            {"Transform", "Trainer", "RefitTransform", "RefitTrainer"},
        ),  # the model imports its feature names
        ("models/flights.py", {"Trainer", "RefitTrainer"}),
        (
            "perennial/training/trainer.py",
            {"Trainer", "RefitTrainer", "ServingProbe"},
        ),  # the probe reads its model
        ("components/refit_window/whole.py", {"RefitWindow"}),
        ("components/agreement/compare.py", {"Agreement"}),
        ("perennial/reading/cells.py", {"ArrowExampleGen"}),
        ("components/data_gate/gate.py", {"DataGate"}),
        ("components/live_predictions/executor.py", {"LivePredictions"}),
        ("components/drift_effects/executor.py", {"DriftEffects"}),
        ("components/window/cut.py", {"Window"}),
        ("components/yardstick/fit.py", {"Yardstick"}),
        ("components/evaluator/judge.py", {"Evaluator"}),
        ("components/champion_resolver/executor.py", {"ChampionResolver"}),
        ("components/serving_probe/hostile.py", {"ServingProbe"}),
        ("perennial/errors.py", set()),
        ("perennial/progress.py", set()),
        ("pipeline/run/runner.py", set()),
        ("pipeline/run/verdict_block.py", set()),
    ],
)
def test_an_edit_concerns_the_nodes_that_run_the_code_and_no_others(
    flights: UseCase, edit: Callable[[str], None], file: str, concerned: set[str]
) -> None:
    before = properties_of(flights)
    edit(file)
    after = properties_of(flights)
    assert {name for name in before if before[name] != after[name]} == concerned


@pytest.mark.parametrize(
    ("section", "change", "concerned"),
    [
        ("exports", {"tail_days": 8}, {"ArrowExampleGen"}),
        ("window", {"eval_days": 8}, {"Window"}),
        ("data", {"min_rows": 7}, {"DataGate"}),
        ("training", {"seed": 1}, {"Trainer", "RefitTrainer"}),
        ("training", {"agreement": AgreementBounds(max_ks=0.3)}, {"Agreement"}),
        ("evaluation", {"min_days": 8}, {"Evaluator"}),
        ("serving", {"probe_rows": 600}, {"ServingProbe"}),
        ("run", {"deadline": 60}, set()),
    ],
)
def test_a_setting_concerns_the_nodes_that_follow_it_and_no_others(
    flights: UseCase, section: str, change: dict[str, Any], concerned: set[str]
) -> None:
    changed = flights.model_copy(update={section: getattr(flights, section).model_copy(update=change)})
    before, after = properties_of(flights), properties_of(changed)
    assert {name for name in before if before[name] != after[name]} == concerned
