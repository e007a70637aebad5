"""gRPC over versions that are loaded: raw rows in every form, and refusals with TF Serving's codes."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.grpc.service import Services
from serving.model.engine import Engine
from serving.model.models import LoadedVersion, Models
from serving.model.row_arrays import arrays_of_rows
from serving.model.scoring_thread import ScoringThread
from serving.observe.observer import Observer
from serving.requests.forms import as_csv_line, as_example
from serving.requests.tensor_protos import array_of, proto_of
from tests import tiny_use_case
from tests.serving import plain_models

ROWS = tiny_use_case.rows(5)
STATE = {"versions": {"3": {"state": "AVAILABLE", "error": ""}}, "live": 3, "labels": {"stable": 3}}


@pytest.fixture(scope="module")
def plus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plain_models.export(2.0, tmp_path_factory.mktemp("plus") / "3")


def _ask(folders: dict[str, Path], call: Callable[[Any, Any], Any]) -> Any:
    """What a server of these folders answers to one call."""

    async def asked() -> Any:
        thread = ScoringThread(10, lambda *_: None)
        models = Models(list(folders), thread, 10.0)
        for name, folder in folders.items():
            models.add(LoadedVersion(name, 3, folder))
        models.apply({name: STATE for name in folders})
        services = Services(models, Observer(list(folders)), 2**20)
        server = grpc.aio.server()
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(services, server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(services, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                return await call(
                    prediction_service_pb2_grpc.PredictionServiceStub(channel),
                    model_service_pb2_grpc.ModelServiceStub(channel),
                )
        finally:
            await server.stop(None)
            await thread.close()

    return asyncio.run(asked())


def _request(model: str, signature: str = "", outputs: Any = (), **inputs: Any) -> Any:
    request = predict_pb2.PredictRequest(output_filter=list(outputs))
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for key, array in inputs.items():
        request.inputs[key].CopyFrom(proto_of(array))
    return request


def _predict(folder: Path, request: Any) -> Any:
    return _ask({"m": folder}, lambda predictions, _: predictions.Predict(request, timeout=10))


def _refused(folder: Path, call: Callable[[Any, Any], Any]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        _ask({"m": folder}, call)
    return raised.value.code(), raised.value.details() or ""


def _raw() -> dict[str, Any]:
    columns = tiny_use_case.COLUMNS
    return {c.name: a for c, a in zip(columns, arrays_of_rows(ROWS, columns), strict=True)}


@pytest.mark.parametrize("form", ["raw_columns", "", "serving_default", "csv_lines"])
def test_each_form_of_raw_rows_has_the_engines_scores(tiny: Any, form: str) -> None:
    columns = tiny_use_case.COLUMNS
    folder = Path(tiny.serving_model_dir)
    inputs = _raw()
    if form == "serving_default":
        inputs = {"examples": np.array([as_example(row, columns) for row in ROWS], object)}
    elif form == "csv_lines":
        inputs = {"lines": np.array([as_csv_line(row, columns).encode() for row in ROWS], object)}
    reply = _predict(folder, _request("m", form, **inputs))
    (scores,) = (array_of(key, proto, 2**20) for key, proto in reply.outputs.items())
    assert scores == pytest.approx(Engine.load(folder).score_rows(ROWS), abs=1e-6)
    assert (reply.model_spec.name, reply.model_spec.version.value) == ("m", 3)
    assert reply.model_spec.signature_name == (form or "raw_columns")


@pytest.mark.parametrize(
    ("request_", "code", "expected"),
    [
        (_request("other"), "NOT_FOUND", "Servable not found for request: Latest(other)"),
        (_request(""), "INVALID_ARGUMENT", "Missing ModelSpec name."),
        (_request("m", "none"), "FAILED_PRECONDITION", 'Serving signature key "none" not found.'),
        (_request("m", z=np.ones(1, np.float32)), "INVALID_ARGUMENT", "Sent extra: {z}"),
        (
            _request("m", x=np.ones(1, np.int64)),
            "INVALID_ARGUMENT",
            "'x': the dtype is not that of the signature",
        ),
        (_request("m", "", ["q"], x=np.ones(1, np.float32)), "INVALID_ARGUMENT", "alias not found"),
        (_request("m", "", ["y", "y"], x=np.ones(1, np.float32)), "INVALID_ARGUMENT", "duplicate"),
    ],
)
def test_a_prediction_that_cannot_be_is_refused(plus: Path, request_: Any, code: str, expected: str) -> None:
    actual, text = _refused(plus, lambda predictions, _: predictions.Predict(request_))
    assert (actual.name, expected in text) == (code, True), text


def test_a_version_is_selected_by_number_and_label(plus: Path) -> None:
    request = _request("m", x=np.ones(2, np.float32))
    request.model_spec.version_label = "stable"
    assert list(_predict(plus, request).outputs["y"].float_val) == [3.0, 3.0]
    request.model_spec.version.value = 9
    code, text = _refused(plus, lambda predictions, _: predictions.Predict(request))
    assert (code, text) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Specific(m, 9)",
    )


def test_metadata_status_and_inference_want_their_arguments(plus: Path) -> None:
    metadata = get_model_metadata_pb2.GetModelMetadataRequest()
    metadata.model_spec.name = "m"
    assert "at least one" in _refused(plus, lambda predictions, _: predictions.GetModelMetadata(metadata))[1]
    status = get_model_status_pb2.GetModelStatusRequest()
    assert "Missing ModelSpec" in _refused(plus, lambda _, models: models.GetModelStatus(status))[1]
    several = inference_pb2.MultiInferenceRequest()
    several.tasks.add(method_name="tensorflow/serving/predict").model_spec.name = "m"
    code, _ = _refused(plus, lambda predictions, _: predictions.MultiInference(several))
    assert code is grpc.StatusCode.UNIMPLEMENTED


def test_a_config_is_not_taken_over_grpc(plus: Path) -> None:
    request = model_management_pb2.ReloadConfigRequest()
    code, text = _refused(plus, lambda _, models: models.HandleReloadConfigRequest(request))
    assert (code, "--model_config_file" in text) == (grpc.StatusCode.UNIMPLEMENTED, True)
