"""Models of every task, asked through the real server: rows, columns, CSV and tf.Examples, REST and gRPC."""

import base64
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import jsonschema
import numpy as np
import pytest
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from perennial.schema import read_schema
from perennial.training.training_side import TrainingSide
from serving.model.answers import Answers
from serving.model.columns import input_names
from serving.model.row_arrays import arrays_of_rows
from serving.requests.forms import as_csv_line, as_example
from serving.requests.tensor_protos import array_of, proto_of
from tests.table_use_case import LABEL, SET_ASIDE, RealTable

if TYPE_CHECKING:
    from benchmarks.harness.server_process import ServerProcess

NAMES = ("wine", "breast_cancer", "diabetes")
ROWS = slice(0, 30)


@pytest.fixture(scope="module")
def asked(real_table: Any, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[ServerProcess]":
    from benchmarks.harness.server_process import ServerProcess

    folder = tmp_path_factory.mktemp("tasks")
    models = []
    for name in NAMES:
        shutil.copytree(real_table(name).model, folder / name / "1")
        models += ["--model", f"{name}={folder / name}"]
    server = ServerProcess([*models, "--workers", "1", "--access-log", ""])
    server.wait(lambda: server.get("/readyz")[0] == 200, "ready")
    yield server
    server.process.kill()
    server.process.wait()


def _expected(table: RealTable) -> dict[str, Any]:
    """What the training side says of the rows, as the model's outputs."""
    args = table.args
    side = TrainingSide(
        Path(args.transform_graph_path), Path(args.model_run_dir), read_schema(Path(args.schema_path))
    )
    scores = side.score([as_example(row, table.columns) for row in table.rows[ROWS]])
    return Answers.read(table.model).tensors(scores)


def _post(server: "ServerProcess", name: str, body: Any, query: str = "") -> Any:
    is_csv = isinstance(body, str)
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.rest_port}/v1/models/{name}:predict{query}",
        body.encode() if is_csv else json.dumps(body).encode(),
        {"content-type": "text/csv" if is_csv else "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


def _same(actual: Any, expected: dict[str, Any]) -> bool:
    """Whether a reply, in rows or in columns, is what was expected."""
    if isinstance(actual, list) and isinstance(actual[0], dict):
        actual = {key: [row[key] for row in actual] for key in actual[0]}
    actual = actual if isinstance(actual, dict) else {"prediction": actual}
    assert actual.keys() == expected.keys()
    for key, values in expected.items():
        if key == "probabilities" or "classes" not in expected:
            unit = 1e-6 * np.maximum(1, np.abs(values))
            assert (np.abs(np.array(actual[key], np.float64) - values) <= unit).all()
        else:
            plain = [each.decode() if isinstance(each, bytes) else each for each in values.ravel().tolist()]
            assert np.array(actual[key], object).ravel().tolist() == plain
    return True


def _csv(table: RealTable) -> str:
    """A CSV as it was exported: the label and a column that is set aside among its cells."""
    lines = [",".join([*(column.name for column in table.columns), SET_ASIDE, LABEL])]
    for row in table.rows[ROWS]:
        lines.append(f"{as_csv_line(row, table.columns)},{row[SET_ASIDE]},{row[LABEL]}")
    return "\n".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_rest_answers_by_task_in_every_form(asked: "ServerProcess", real_table: Any, name: str) -> None:
    table: RealTable = real_table(name)
    expected, rows = _expected(table), table.rows[ROWS]
    columns = {column.name: [row[column.name] for row in rows] for column in table.columns}
    b64 = [{"b64": base64.b64encode(as_example(row, table.columns)).decode()} for row in rows]
    lines = [as_csv_line(row, table.columns) for row in rows]
    assert _same(_post(asked, name, {"instances": rows})["predictions"], expected)
    assert _same(_post(asked, name, {"inputs": columns})["outputs"], expected)
    assert _same(_post(asked, name, {"instances": b64})["predictions"], expected)
    asked_as_lines = {"signature_name": "csv_lines", "instances": lines}
    assert _same(_post(asked, name, asked_as_lines)["predictions"], expected)
    assert _same(_post(asked, name, _csv(table))["predictions"], expected)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["raw_columns", "real names", "serving_default", "csv_lines"])
def test_grpc_answers_by_task_in_every_form(
    asked: "ServerProcess", real_table: Any, name: str, form: str
) -> None:
    table: RealTable = real_table(name)
    rows, columns = table.rows[ROWS], table.columns
    if form in ("raw_columns", "real names"):
        names = input_names(columns) if form == "raw_columns" else [column.name for column in columns]
        inputs = dict(zip(names, arrays_of_rows(rows, columns), strict=True))
    elif form == "serving_default":
        inputs = {"examples": np.array([as_example(row, columns) for row in rows], object)}
    else:
        inputs = {"lines": np.array([as_csv_line(row, columns).encode() for row in rows], object)}
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = "" if form == "real names" else form
    for key, array in inputs.items():
        request.inputs[key].CopyFrom(proto_of(array))
    with grpc.insecure_channel(f"127.0.0.1:{asked.grpc_port}") as channel:
        reply = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=10)
        request.output_filter.append("prediction")
        filtered = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=10)
    arrays = {key: array_of(key, proto, 2**20) for key, proto in reply.outputs.items()}
    expected = _expected(table)
    assert {key: array.dtype for key, array in arrays.items()} == {
        key: array.dtype for key, array in expected.items()
    }
    plain = {key: array.tolist() for key, array in arrays.items()}
    if "classes" in plain and isinstance(table.task.named[0], str):
        plain["prediction"] = [each.decode() for each in plain["prediction"]]
        plain["classes"] = [[each.decode() for each in row] for row in plain["classes"]]
    assert _same(plain, expected)
    assert list(filtered.outputs) == ["prediction"]


def test_a_refused_row_is_named_by_its_real_column(asked: "ServerProcess") -> None:
    body = {"instances": [{"mean radius": 1.0}, {"mean radius": "x"}, {"mean radiuss": 1.0}]}
    reply = _post(asked, "breast_cancer", body)
    assert [each["column"] for each in reply["errors"]] == ["mean radius", "mean radiuss"]
    assert "Did you mean 'mean radius'?" in reply["errors"][1]["error"]
    partial = _post(asked, "breast_cancer", body, "?partial=true")
    assert [each is None for each in partial["predictions"]] == [False, True, True]


def test_a_column_that_is_set_aside_may_hold_anything(asked: "ServerProcess") -> None:
    (answer,) = _post(asked, "wine", {"instances": [{SET_ASIDE: [{}], LABEL: "unknown"}]})["predictions"]
    assert answer["prediction"] in (0, 1, 2)


@pytest.mark.parametrize("name", NAMES)
def test_the_document_and_the_page_describe_the_answers(
    asked: "ServerProcess", real_table: Any, name: str
) -> None:
    table: RealTable = real_table(name)
    document = json.loads(asked.get("/openapi.json")[1])
    reply = {
        "$ref": f"#/components/schemas/{name}_Reply",
        "components": document["components"],
    }
    rows = [{}, {table.columns[0].name: "x"}]
    columns = {column.name: [1.0] for column in table.columns}
    for body in (
        _post(asked, name, {"instances": rows}, "?partial=true"),
        _post(asked, name, {"inputs": columns}),
    ):
        jsonschema.Draft202012Validator(reply).validate(body)
    wrong = {"predictions": [{"prediction": "no class", "classes": [], "probabilities": []}]}
    assert not jsonschema.Draft202012Validator(reply).is_valid(wrong)
    page = {each["name"]: each for each in json.loads(asked.get("/page.json")[1])["models"]}
    (version,) = page[name]["versions"]
    assert version["kind"] == table.task.kind
    example = version["example"]
    assert SET_ASIDE not in example
    # As the digits of its float32.
    assert example[table.columns[1].name] == pytest.approx(table.rows[0][table.columns[1].name], rel=1e-6)
