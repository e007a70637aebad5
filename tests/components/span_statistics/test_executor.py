"""The node: both engines write where StatisticsGen would, with the span's identity."""

from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, channel_utils, standard_artifacts

from components.span_statistics.component import SpanStatistics
from components.span_statistics.executor import Executor
from perennial.errors import ConfigError, NodeFailed
from tests.flights_spans import SCHEMA_FILE, batch_of, rows_of, write_examples

RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"
# Without it Beam packs a source distribution of TFX, two seconds each time.
NO_SDIST = "--sdk_container_image=unused"
Inputs = dict[str, list[standard_artifacts.Examples]]


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    examples = standard_artifacts.Examples()
    examples.uri = str(tmp_path / "examples")
    examples.split_names = artifact_utils.encode_split_names(["head", "tail", "anchor"])
    examples.set_string_custom_property("span", "2013-03-01")
    examples.set_int_custom_property("version", 2)
    examples.set_string_custom_property("digest", "d1")
    rows = rows_of("2013-03-01")
    write_examples(tmp_path / "examples", {"tail": [batch_of(rows[:900])], "anchor": [batch_of(rows[900:])]})
    schema = standard_artifacts.Schema()
    schema.uri = str(tmp_path / "schema")
    Path(schema.uri).mkdir()
    (Path(schema.uri) / "schema.pbtxt").write_text(SCHEMA_FILE.read_text())
    return {"examples": [examples], "schema": [schema]}


def executed(inputs: Inputs, folder: Path, engine: str) -> standard_artifacts.ExampleStatistics:
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(folder / engine)
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=[RUNNER, NO_SDIST], tmp_dir=str(folder), unique_id="1"
    )
    Executor(context).Do(inputs, {"statistics": [statistics]}, {"engine": engine, "source": "s"})
    return statistics


def read(statistics: standard_artifacts.ExampleStatistics) -> statistics_pb2.DatasetFeatureStatisticsList:
    file = Path(statistics.uri) / "Split-span" / "FeatureStats.pb"
    return statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes())


@pytest.mark.parametrize("engine", ["in_memory", "beam"])
def test_all_rows_of_all_splits_are_counted_under_the_span_s_identity(
    inputs: Inputs, tmp_path: Path, engine: str
) -> None:
    statistics = executed(inputs, tmp_path, engine)
    assert read(statistics).datasets[0].num_examples == len(rows_of("2013-03-01"))
    assert artifact_utils.decode_split_names(statistics.split_names) == ["span"]
    assert statistics.get_string_custom_property("span") == "2013-03-01"
    assert statistics.get_int_custom_property("version") == 2
    assert statistics.get_string_custom_property("digest") == "d1"


def test_an_unknown_engine_is_a_config_error(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        executed(inputs, tmp_path, "spark")


def test_examples_without_a_file_fail_the_node(inputs: Inputs, tmp_path: Path) -> None:
    inputs["examples"][0].uri = str(tmp_path / "empty")
    with pytest.raises(NodeFailed):
        executed(inputs, tmp_path, "in_memory")


def test_the_component_takes_beam_options() -> None:
    node = SpanStatistics(
        examples=channel_utils.as_channel([standard_artifacts.Examples()]),
        schema=channel_utils.as_channel([standard_artifacts.Schema()]),
        engine="beam",
        source="s",
    ).with_beam_pipeline_args([RUNNER])
    assert node.executor_spec.beam_pipeline_args == [RUNNER]
    assert set(node.outputs) == {"statistics"}
