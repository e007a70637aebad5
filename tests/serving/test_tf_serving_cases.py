"""TensorFlow Serving's end-to-end cases, asked of a real server over REST and gRPC."""

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from tests import half_plus

ROOT = Path(__file__).parents[2]
SECONDS = 30.0
AVAILABLE_123 = {
    "model_version_status": [
        {"version": "123", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    ]
}
CONFIG = """
config {{
  name: "{name}" base_path: "{path}" model_platform: "tensorflow"
  model_version_policy {{ specific {{ versions: 123 }} }} version_labels {{ key: "TestLabel" value: 123 }}
}}
"""


class RunningServer:
    """A server process, and how it is asked."""

    def __init__(self, config: Path, *options: str) -> None:
        command = [sys.executable, "-m", "serving", "--model_config_file", str(config), "--port", "0"]
        command += ["--grpc-port", "auto", "--workers", "1", "--access-log", "", *options]
        self.log = config.with_suffix(".log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log)
        self.rest, address = self._addresses()
        self.channel = grpc.insecure_channel(address)
        self.predictions = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def _addresses(self) -> tuple[str, str]:
        deadline = time.monotonic() + SECONDS
        while not (addresses := re.search(r"REST at http://(\S+), gRPC at ([^\s;]+)", self.log.read_text())):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return addresses[1], addresses[2]

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS
        while self.ask("GET", "/readyz")[0] != 200:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self.rest, timeout=SECONDS)
        try:
            connection.request(method, path, body.encode() or None)
            response = connection.getresponse()
            text = response.read()
            is_json = response.headers.get_content_type() == "application/json"
            return response.status, json.loads(text) if is_json else text
        finally:
            connection.close()

    def predict(self, model: str, x: Any = 2.0, signature: str = "", outputs: tuple[str, ...] = ()) -> Any:
        request = predict_pb2.PredictRequest(output_filter=outputs)
        request.model_spec.name, request.model_spec.signature_name = model, signature
        request.inputs["x"].CopyFrom(tf.make_tensor_proto(x, tf.float32))
        return self.predictions.Predict(request, SECONDS)

    def stop(self) -> int:
        self.channel.close()
        self.process.terminate()
        return self.process.wait(SECONDS)


def write_config(path: Path, models: Mapping[str, Path]) -> Path:
    each = "".join(CONFIG.format(name=name, path=folder) for name, folder in models.items())
    path.write_text(f"model_config_list {{ {each} }}")
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    half_plus.save_tf1(root / "half_plus_two/00000123", 2.0)
    half_plus.save_tf1(root / "half_plus_two/00000124", 2.0)
    half_plus.save_tf1(root / "half_plus_three/00000123", 3.0)
    half_plus.save_tf2(root / "half_plus_two_tf2/00000123")
    half_plus.save_functions(root / "six_times/00000123", {"serving_default": lambda x: {"y": 6.0 * x}})
    half_plus.save_functions(
        root / "two_signatures/00000123",
        {
            "serving_default": lambda x: {"y": 0 * x + 1.0},
            "custom_signature_key": lambda x: {"y": 0 * x + 2.0},
        },
    )
    half_plus.save_keras(root / "keras/00000123")
    half_plus.save_types(root / "types/00000123")
    return {folder.name: folder for folder in root.iterdir()}


@pytest.fixture(scope="module")
def config(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("config") / "models.config", folders)


@pytest.fixture(scope="module")
def server(config: Path) -> Iterator[RunningServer]:
    server = RunningServer(config)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


PATHS = [
    "/v1/models/half_plus_two",
    "/v1/models/half_plus_two/versions/123",
    "/v1/models/half_plus_two/labels/TestLabel",
]


@pytest.mark.parametrize("path", ["/statuspage", "/index"])
def test_paths_outside_the_api_are_not_there(server: RunningServer, path: str) -> None:  # kPathRegex
    assert server.ask("GET", path)[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [  # UnsupportedApiCalls; the other paths of it are in test_paths.py
        ("GET", "/v1/foo", "Malformed request: GET /v1/foo"),
        ("POST", "/v1/foo", "Malformed request: POST /v1/foo"),
        ("GET", "/v1/models", "Missing model name in request."),
        ("POST", "/v1/models", "Malformed request: POST /v1/models"),
        ("GET", "/v1/models/debug/model_name", "Malformed request"),
        ("GET", "/v1/models/foo:predict", "Malformed request"),
        ("POST", "/v1/models/foo/metadata", "Malformed request"),
        ("POST", "/v1/models/foo/versions/HELLO:regress", "Malformed request"),
        ("POST", f"/v1/models/foo/versions/{2**64 - 1}:regress", "Failed to convert version"),
    ],
)
def test_a_call_that_is_none_is_refused(server: RunningServer, method: str, path: str, expected: str) -> None:
    status, answer = server.ask(method, path)
    assert status == 400
    assert expected in answer["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/foo",
        "/v1/models/foo/versions/50",
        "/v1/models/half_plus_two/versions/99",
        "/v1/models/half_plus_two99",
    ],
)
def test_a_model_or_version_that_is_not_there_is_404(server: RunningServer, path: str) -> None:
    # PredictModelNameVersionErrors
    status, answer = server.ask("POST", f"{path}:predict", '{"instances": [1]}')
    assert status == 404
    assert set(answer) == {"error"}


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [  # PredictRequestErrors
        (PATHS[0], "", "JSON Parse error: The document is empty"),
        (PATHS[0], "instances = [1, 2]", "JSON Parse error: Invalid value"),
        (PATHS[0], '{"instances": ["x", "y"]}', "not of expected type: float"),
        (
            "/v1/models/half_plus_two/labels/NoLabel",
            '{"instances": ["x", "y"]}',
            "Unrecognized servable version label",
        ),
        (PATHS[0], '{"signature_name": 100}', "'signature_name' key must be a string value."),
        (PATHS[0], '{"signature_name": "no", "instances": [1]}', "not found in signature def"),
    ],
)
def test_a_request_that_is_wrong_is_400(server: RunningServer, path: str, body: str, expected: str) -> None:
    status, answer = server.ask("POST", f"{path}:predict", body)
    assert status == 400
    assert expected in answer["error"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("body", "expected"),
    [  # Predict, testPredictREST, testPredictColumnarREST
        ('{"instances": [[1.0, 2.0], [3.0, 4.0]]}', {"predictions": [[2.5, 3.0], [3.5, 4.0]]}),
        ('{"instances": [1.0, 2.0]}', {"predictions": [2.5, 3.0]}),
        ('{"signature_name": "serving_default", "instances": [3.0, 4.0]}', {"predictions": [3.5, 4.0]}),
        ('{"signature_name": "serving_default", "inputs": [3.0, 4.0]}', {"outputs": [3.5, 4.0]}),
        ('{"inputs": {"x": 2}}', {"outputs": 3.0}),
        ('{"instances": [2.0, 3.0, 4.0]}', {"predictions": [3.0, 3.5, 4.0]}),
    ],
)
def test_predictions_over_rest(server: RunningServer, path: str, body: str, expected: Any) -> None:
    assert server.ask("POST", f"{path}:predict", body) == (200, expected)


@pytest.mark.parametrize("path", PATHS)
def test_regressions_over_rest(server: RunningServer, path: str) -> None:  # Regress, testRegressREST
    body = '{"signature_name": "regress_x_to_y", "examples": [{"x": 80.0}, {"x": 2.0}]}'
    assert server.ask("POST", f"{path}:regress", body) == (200, {"results": [42.0, 3.0]})


@pytest.mark.parametrize("path", PATHS)
def test_classes_over_rest(server: RunningServer, path: str) -> None:  # Classify, testClassifyREST
    body = '{"signature_name": "classify_x_to_y", "examples": [{"x": 20.0}, {"x": 10.0}]}'
    assert server.ask("POST", f"{path}:classify", body) == (200, {"results": [[["", 12.0]], [["", 7.0]]]})


@pytest.mark.parametrize("verb", ["classify", "regress"])
def test_a_signature_of_another_kind_neither_classifies_nor_regresses(
    server: RunningServer, verb: str
) -> None:
    status, answer = server.ask("POST", f"{PATHS[0]}:{verb}", '{"examples": [{"x": 2.0}]}')
    assert status == 400
    assert "inputs found in SignatureDef" in answer["error"]


@pytest.mark.parametrize("path", PATHS)
def test_status_over_rest(server: RunningServer, path: str) -> None:  # GetStatus, testGetStatusREST
    assert server.ask("GET", path) == (200, AVAILABLE_123)


@pytest.mark.parametrize("path", PATHS)
def test_metadata_over_rest(
    server: RunningServer, path: str
) -> None:  # GetModelMetadata, testGetModelMetadataREST
    status, answer = server.ask("GET", f"{path}/metadata")
    assert status == 200
    assert answer["model_spec"] == {"name": "half_plus_two", "signature_name": "", "version": "123"}
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    assert sorted(signatures) == [
        "classify_x2_to_y3",
        "classify_x_to_y",
        "regress_x2_to_y3",
        "regress_x_to_y",
        "serving_default",
    ]
    assert signatures["regress_x_to_y"]["method_name"] == "tensorflow/serving/regress"
    assert signatures["serving_default"]["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert signatures["classify_x_to_y"]["inputs"]["inputs"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}],
        "unknown_rank": False,
    }


def test_every_type_goes_through_and_comes_back(server: RunningServer) -> None:
    row = {"text": "é", "number": 0.1, "count": 2**60, "truth": True}
    status, answer = server.ask("POST", "/v1/models/types:predict", json.dumps({"instances": [row]}))
    expected = {
        "text_out": "é",
        "text_bytes": {"b64": "w6k="},
        "number_out": 0.1,
        "count_out": 2**60,
        "truth_out": True,
    }
    assert (status, answer) == (200, {"predictions": [expected]})


def test_metrics_are_at_tensorflow_servings_path(server: RunningServer) -> None:  # testPrometheusEndpoint
    status, answer = server.ask("GET", "/monitoring/prometheus/metrics")
    assert status == 200
    assert b"# TYPE" in answer


def test_status_over_grpc(server: RunningServer) -> None:  # testGetModelStatus
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "half_plus_two"
    (version_status,) = server.models.GetModelStatus(request, SECONDS).model_version_status
    assert (version_status.version, version_status.state, version_status.status.error_code) == (123, 30, 0)


def test_metadata_over_grpc(server: RunningServer) -> None:  # testGetModelMetadata
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "half_plus_two"
    response = server.predictions.GetModelMetadata(request, SECONDS)
    assert (response.model_spec.name, response.model_spec.version.value) == ("half_plus_two", 123)
    assert list(response.metadata) == ["signature_def"]


def check_spec(spec: Any, model: str, signature: str) -> None:
    assert (spec.name, spec.signature_name, spec.version.value) == (model, signature, 123)


HALF_PLUS_TWO = pytest.mark.parametrize("model", ["half_plus_two", "half_plus_two_tf2"])


@HALF_PLUS_TWO
def test_classes_over_grpc(server: RunningServer, model: str) -> None:  # testClassify, testClassifyTf2
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name, request.model_spec.signature_name = model, "classify_x_to_y"
    request.input.example_list.examples.add().features.feature["x"].float_list.value.append(2.0)
    answer = server.predictions.Classify(request, SECONDS)
    ((only,),) = (each.classes for each in answer.result.classifications)
    assert only.score == 3.0
    check_spec(answer.model_spec, model, "classify_x_to_y")


@HALF_PLUS_TWO
def test_regressions_over_grpc(server: RunningServer, model: str) -> None:  # testRegress, testRegressTf2
    request = regression_pb2.RegressionRequest()
    request.model_spec.name, request.model_spec.signature_name = model, "regress_x_to_y"
    request.input.example_list.examples.add().features.feature["x"].float_list.value.append(2.0)
    answer = server.predictions.Regress(request, SECONDS)
    assert [each.value for each in answer.result.regressions] == [3.0]
    check_spec(answer.model_spec, model, "regress_x_to_y")


@HALF_PLUS_TWO
def test_several_inferences_in_one_call(server: RunningServer, model: str) -> None:
    # testMultiInference, testMultiInferenceTf2
    request = inference_pb2.MultiInferenceRequest()
    for signature, method in (("regress_x_to_y", "regress"), ("classify_x_to_y", "classify")):
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.name, task.model_spec.signature_name = model, signature
    request.input.example_list.examples.add().features.feature["x"].float_list.value.append(2.0)
    regressed, classified = server.predictions.MultiInference(request, SECONDS).results
    assert regressed.regression_result.regressions[0].value == 3.0
    assert classified.classification_result.classifications[0].classes[0].score == 3.0
    check_spec(regressed.model_spec, model, "regress_x_to_y")
    check_spec(classified.model_spec, model, "classify_x_to_y")


@pytest.mark.parametrize("outputs", [(), ("y",)])
@pytest.mark.parametrize(
    ("model", "signature", "expected"),
    [
        pytest.param("half_plus_two", "", 3.0, id="testPredictSavedModel"),
        pytest.param("half_plus_three", "", 4.0, id="testGoodModelConfig"),
        pytest.param("six_times", "", 12.0, id="test_tf_saved_model_save"),
        pytest.param("two_signatures", "", 1.0, id="test_tf_saved_model_save_multiple_signatures"),
        pytest.param("two_signatures", "custom_signature_key", 2.0, id="custom_signature_key"),
    ],
)
def test_predictions_over_grpc(
    server: RunningServer, model: str, signature: str, expected: float, outputs: tuple[str, ...]
) -> None:
    answer = server.predict(model, signature=signature, outputs=outputs)
    assert tf.make_ndarray(answer.outputs["y"]) == expected
    check_spec(answer.model_spec, model, signature or "serving_default")


def test_a_keras_model_over_grpc(server: RunningServer) -> None:  # test_sequential_keras_saved_model_save
    (output,) = server.predict("keras", [[2.0]]).outputs.values()
    assert tf.make_ndarray(output).tolist() == [[2.0]]


def test_a_config_that_is_none_ends_the_server(tmp_path: Path) -> None:  # testBadModelConfig
    bad = tmp_path / "bad.config"
    bad.write_text("improperly formatted file!")
    command = [sys.executable, "-m", "serving", "--model_config_file", str(bad), "--port", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 2
    assert "ModelServerConfig" in ended.stderr


def test_a_config_is_read_once_without_a_poll_option(
    server: RunningServer, config: Path, folders: dict[str, Path]
) -> None:  # testModelConfigReloadWithZeroPollPeriod
    write_config(config, {"half_plus_three": folders["half_plus_three"]})
    time.sleep(1.5)
    assert tf.make_ndarray(server.predict("half_plus_two").outputs["y"]) == 3.0


def test_a_config_that_changes_is_followed(tmp_path: Path, folders: dict[str, Path]) -> None:
    # testModelConfigReload
    path = write_config(tmp_path / "models.config", {"half_plus_two": folders["half_plus_two"]})
    server = RunningServer(path, "--model_config_file_poll_wait_seconds", "0.2")
    try:
        server.wait_until_ready()
        assert tf.make_ndarray(server.predict("half_plus_two").outputs["y"]) == 3.0
        write_config(path, {"half_plus_three": folders["half_plus_three"]})
        deadline = time.monotonic() + SECONDS
        while server.ask("GET", "/v1/models/half_plus_three") != (200, AVAILABLE_123):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert tf.make_ndarray(server.predict("half_plus_three").outputs["y"]) == 4.0
        with pytest.raises(grpc.RpcError) as raised:
            server.predict("half_plus_two")
        assert raised.value.code() is grpc.StatusCode.NOT_FOUND
    finally:
        assert server.stop() == 0
