"""The transform graph that is analysed in memory, against the one of TFX's own executor through Beam."""

import json
import linecache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import transform_pb2
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import json_utils, proto_utils

from components.artifacts import schema_of
from components.transform import in_memory
from components.transform.analyzers import NotInMemory
from components.transform.executor import Executor
from perennial.errors import UserCodeError
from perennial.training.data import TransformGraph
from perennial.training.scaling import SCALING_FILE, Scaling, constants_of
from perennial.training.starting_point import START_FILE, StartingPoint
from perennial.user_graph import user_graph
from pipeline.config import LOCAL_BEAM_ARGS
from serving.requests.forms import as_example
from tests import tiny_use_case
from tests.components.transform import preprocessing

ROWS = tiny_use_case.rows(400)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """A window of 400 rows and their schema."""
    folder = tmp_path_factory.mktemp("inputs")
    window = standard_artifacts.Examples()
    window.uri = str(folder / "window")
    window.split_names = artifact_utils.encode_split_names(["train", "eval"])
    window.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    window.set_string_custom_property("file_format", "tfrecords_gzip")
    for number, rows in enumerate((ROWS[:150], ROWS[150:])):
        name = f"data_tfrecord-{number:05d}-of-00002.gz"
        tiny_use_case.write_examples(rows, folder / "window" / "Split-train" / name)
    schema = standard_artifacts.Schema()
    schema.uri = str(folder / "schema")
    (folder / "schema").mkdir()
    (folder / "schema" / "schema.pbtxt").write_text(tiny_use_case.SCHEMA)
    return {"examples": [window], "schema": [schema]}


def transform(
    inputs: dict[str, list[Any]], folder: Path, function: str, engine: str, start: str = ""
) -> tft.TFTransformOutput:
    """Runs the node's executor; gives what it wrote."""
    graph = standard_artifacts.TransformGraph()
    graph.uri = str(folder / "graph")
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=list(LOCAL_BEAM_ARGS), tmp_dir=str(folder), unique_id="1"
    )
    splits = transform_pb2.SplitsConfig(analyze=["train"], transform=["train"])
    Executor(context).Do(
        inputs,
        {"transform_graph": [graph]},
        {
            "preprocessing_fn": f"tests.components.transform.preprocessing.{function}",
            "splits_config": proto_utils.proto_to_json(splits),
            "custom_config": json_utils.dumps(
                {"engine": engine, "source": ""} | ({"start": start} if start else {})
            ),
            "force_tf_compat_v1": 0,
            "disable_statistics": 1,
        },
    )
    return tft.TFTransformOutput(graph.uri)


def transformed(output: tft.TFTransformOutput) -> dict[str, Any]:
    """All rows through the graph."""
    serialized = [as_example(row, (*tiny_use_case.COLUMNS, tiny_use_case.LABEL)) for row in ROWS]
    raw = tf.io.parse_example(tf.constant(serialized), output.raw_feature_spec())
    loaded = tf.saved_model.load(output.transform_savedmodel_dir)
    return {name: values.numpy() for name, values in loaded.transform_fn(raw).items()}


@pytest.fixture(scope="module")
def in_memory_output(
    inputs: dict[str, list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> tft.TFTransformOutput:
    """What the analysis in memory gave for many analyzers."""
    return transform(inputs, tmp_path_factory.mktemp("memory"), "many_analyzers", "in_memory")


@pytest.fixture(scope="module")
def beam_output(
    inputs: dict[str, list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> tft.TFTransformOutput:
    """What TFX's own executor gave for them."""
    return transform(inputs, tmp_path_factory.mktemp("beam"), "many_analyzers", "beam")


@pytest.fixture(scope="module")
def version(inputs: dict[str, list[Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported model without a network, whose `two_passes` saw the first of the two files."""
    folder = tmp_path_factory.mktemp("version")
    (first, _) = sorted(Path(inputs["examples"][0].uri).glob("Split-train/*.gz"))
    schema, graph = schema_of(inputs["schema"][0]), folder / "graph"
    in_memory.write_transform_graph(preprocessing.two_passes, schema, [str(first)], graph, folder / "work")
    module, loaded = tf.Module(), TransformGraph(str(graph))
    module.variables_of_model, module.transform = [], loaded.loaded
    tf.saved_model.save(module, str(folder / "model"))
    (folder / "model" / SCALING_FILE).parent.mkdir()
    assert loaded.constants is not None
    Scaling(loaded.constants, 0.0, 1.0).write(folder / "model")
    return folder / "model"


def test_every_feature_is_equal_to_that_of_tfxs_own_executor(
    in_memory_output: tft.TFTransformOutput, beam_output: tft.TFTransformOutput
) -> None:
    ours, theirs = transformed(in_memory_output), transformed(beam_output)
    assert ours.keys() == theirs.keys()
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-6, atol=1e-6, err_msg=name)


def test_vocabularies_and_schemas_are_equal_to_those_of_tfxs_own_executor(
    in_memory_output: tft.TFTransformOutput, beam_output: tft.TFTransformOutput
) -> None:
    for name in ("colours", "sizes"):
        assert in_memory_output.vocabulary_by_name(name) == beam_output.vocabulary_by_name(name)
    assert in_memory_output.transformed_metadata.schema == beam_output.transformed_metadata.schema
    assert in_memory_output.raw_metadata.schema == beam_output.raw_metadata.schema


def test_an_analyzer_may_follow_from_another(inputs: dict[str, list[Any]], tmp_path: Path) -> None:
    features = transformed(transform(inputs, tmp_path, "two_passes", "in_memory"))
    heat = features["heat"].astype(np.float64)
    np.testing.assert_allclose(features["spread"], ((heat - heat.mean()) ** 2).max(), rtol=1e-5)


@pytest.mark.parametrize(
    ("function", "parts", "why_cold"),
    [
        ("two_passes", [], ""),
        (
            "two_passes",
            [{"span": "2013-01", "digest": "d", "split": "head", "rows": 9}],
            "Version 3 learned from rows of span 2013-01 that judge this candidate.",
        ),
        (
            "two_passes_of_another_column",
            [],
            "Version 3 cannot be continued: its feature `heat` has other values.",
        ),
    ],
)
def test_the_constants_of_a_version_are_kept_where_they_are_of_the_same_columns(
    inputs: dict[str, list[Any]],
    version: Path,
    tmp_path: Path,
    function: str,
    parts: list[dict[str, Any]],
    why_cold: str,
) -> None:
    window = Path(inputs["examples"][0].uri) / "window.json"
    window.write_text(json.dumps({"eval_parts": parts}))
    point = StartingPoint(3, str(version), learned=(("2013-01", "d", "head"),))
    output = transform(inputs, tmp_path, function, "in_memory", point.to_json())
    graph = tmp_path / "graph"
    assert json.loads((graph / START_FILE).read_text()) == {"why_cold": why_cold}
    kept, constants = Scaling.of_version(version), constants_of(graph)
    assert kept is not None
    assert constants is not None
    assert sorted(kept.constants) == sorted(constants)
    assert all(np.array_equal(kept.constants[name], each) for name, each in constants.items()) != bool(
        why_cold
    )
    greatest = max(float(values) for name, values in constants.items() if "max" in name)
    assert set(transformed(output)["spread"].ravel()) == {greatest}


def test_in_memory_no_beam_pipeline_is_run(
    inputs: dict[str, list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Any) -> None:
        raise AssertionError("a Beam pipeline was made")

    monkeypatch.setattr(base_beam_executor.BaseBeamExecutor, "_make_beam_pipeline", refused)
    output = transform(inputs, tmp_path, "none", "in_memory")
    assert list(transformed(output)) == ["heat"]


def test_an_analyzer_that_is_not_done_in_memory_goes_through_beam(
    inputs: dict[str, list[Any]], tmp_path: Path
) -> None:
    output = transform(inputs, tmp_path, "mean_per_key", "in_memory")
    assert np.isfinite(transformed(output)["heat"]).all()


def test_what_is_not_done_in_memory_is_reported_before_anything_is_written(
    inputs: dict[str, list[Any]], tmp_path: Path
) -> None:
    from tests.components.transform.preprocessing import mean_per_key

    schema = schema_of(inputs["schema"][0])
    with pytest.raises(NotInMemory, match="PerKey"):
        in_memory.write_transform_graph(mean_per_key, schema, [], tmp_path / "graph", tmp_path / "work")
    assert not (tmp_path / "graph").exists()


@pytest.mark.parametrize("engine", ["in_memory", "beam"])
@pytest.mark.parametrize(
    ("function", "what"), [("absent_column", "KeyError 'visib'"), ("with_a_value", "RuntimeError")]
)
def test_an_error_of_the_preprocessing_fn_names_its_line_and_no_value(
    inputs: dict[str, list[Any]], tmp_path: Path, engine: str, function: str, what: str
) -> None:
    with pytest.raises(UserCodeError, match=r"^tests/components/transform/preprocessing\.py:\d+: ") as caught:
        transform(inputs, tmp_path, function, engine)
    assert caught.value.what == what


@pytest.mark.parametrize("engine", ["in_memory", "beam"])
def test_a_result_that_is_no_dict_of_tensors_is_refused(
    inputs: dict[str, list[Any]], tmp_path: Path, engine: str
) -> None:
    """What else is refused: `test_features.py`."""
    with pytest.raises(UserCodeError) as caught:
        transform(inputs, tmp_path, "returns_a_list", engine)
    line = preprocessing.returns_a_list.__code__.co_firstlineno
    assert caught.value.where == f"tests/components/transform/preprocessing.py:{line}"
    assert caught.value.what == "preprocessing_fn returns an object of type list; a dict was expected"


def test_an_operation_that_fails_on_a_row_names_its_line_and_no_value(
    inputs: dict[str, list[Any]], tmp_path: Path
) -> None:
    with pytest.raises(UserCodeError) as caught:
        transform(inputs, tmp_path, "fails_on_a_row", "in_memory")
    file, _, line = caught.value.where.partition(":")
    assert file == "tests/components/transform/preprocessing.py"
    assert "assert_positive" in linecache.getline(preprocessing.__file__, int(line))
    assert caught.value.what == "this operation fails on some rows (InvalidArgumentError)"


def test_the_graph_keeps_the_lines_that_made_its_operations(
    inputs: dict[str, list[Any]], tmp_path: Path
) -> None:
    transform(inputs, tmp_path, "fails_on_missing", "in_memory")
    graph = TransformGraph(str(tmp_path / "graph"))
    rows = {"colour": tf.constant(["red", ""]), "heat": tf.constant([1.0, 2.0])}
    with pytest.raises(UserCodeError) as caught, user_graph(preprocessing.__name__, lambda: graph.lines):
        graph(rows)
    file, _, line = caught.value.where.partition(":")
    assert file == "tests/components/transform/preprocessing.py"
    assert "to_number" in linecache.getline(preprocessing.__file__, int(line))


@pytest.mark.parametrize("engine", ["in_memory", "beam"])
def test_a_bug_of_ours_is_none_of_the_preprocessing_fn(
    inputs: dict[str, list[Any]], tmp_path: Path, engine: str
) -> None:
    """What a damaged window raises is no error of a user's code."""
    broken = standard_artifacts.Examples()
    broken.uri = str(tmp_path / "window")
    broken.split_names = inputs["examples"][0].split_names
    for name in ("payload_format", "file_format"):
        broken.set_string_custom_property(name, inputs["examples"][0].get_string_custom_property(name))
    (tmp_path / "window" / "Split-train").mkdir(parents=True)
    (tmp_path / "window" / "Split-train" / "data_tfrecord-00000-of-00001.gz").write_bytes(b"no gzip")
    with pytest.raises(Exception) as caught:  # noqa: PT011 (of any type but one)
        transform({**inputs, "examples": [broken]}, tmp_path, "two_passes", engine)
    assert not isinstance(caught.value, UserCodeError)
