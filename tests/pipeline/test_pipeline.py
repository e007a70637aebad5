"""The wiring: which nodes there are, and that what the config says of Beam reaches each that runs on it."""

from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.compiler import compiler
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2

from pipeline import config
from pipeline.pipeline import create_pipeline
from pipeline.plan import Job, SchemaPlan, SpanPlan, WindowPlan

BEAM_NODES = {"ArrowExampleGen", "SpanStatistics", "Transform", "Evaluator"}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Both halves of the flights chain compiled with Beam options of another runner; executor specs by node."""
    home = tmp_path_factory.mktemp("home")
    use_case = config.load("flights").model_copy(
        update={"home": home, "beam_pipeline_args": ("--runner=FlinkRunner", "--flink_master=localhost:1")}
    )
    schema = SchemaPlan(uri=str(home), digest="d", columns="[]")
    span = SpanPlan(span="2013-01", version=1, digest="d", files=(), previous_statistics=str(home))
    window = WindowPlan(
        spans=("2013-01",),
        examples=(str(home),),
        live=0,
        champion=0,
        champion_digest="",
        serving_python="python",
        card="{}",
        run_id="r",
    )
    found: dict[str, Any] = {}
    for work in (span, window):
        compiled = compiler.Compiler().compile(create_pipeline(use_case, Job(schema_plan=schema, work=work)))
        deployment = pipeline_pb2.IntermediateDeploymentConfig()
        compiled.deployment_config.Unpack(deployment)
        for name, packed in deployment.executor_specs.items():
            spec = executable_spec_pb2.BeamExecutableSpec()
            found[name] = spec if packed.Unpack(spec) else None
    return found


def test_the_chain_has_the_nodes_of_the_design(nodes: dict[str, Any]) -> None:
    assert set(nodes) == BEAM_NODES | {
        "DataGate",
        "Window",
        "Trainer",
        "ChampionResolver",
        "ServingProbe",
        "AtomicPusher",
    }


@pytest.mark.parametrize("name", sorted(BEAM_NODES))
def test_the_configs_beam_options_reach_the_node(nodes: dict[str, Any], name: str) -> None:
    assert list(nodes[name].beam_pipeline_args) == ["--runner=FlinkRunner", "--flink_master=localhost:1"]


def test_the_local_runner_is_named_in_full() -> None:
    assert config.LOCAL_RUNNER in config.load("flights").beam_pipeline_args


def test_statistics_leave_memory_for_beam_on_a_cluster(tmp_path: Path) -> None:
    use_case = config.load("flights")
    assert not use_case.on_cluster
    assert use_case.model_copy(update={"beam_pipeline_args": ("--runner=FlinkRunner",)}).on_cluster
