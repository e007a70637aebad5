"""Metadata and states in the JSON and the protos of TensorFlow Serving."""

import json
from typing import Any

from google.protobuf import text_format
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from serving.model.models import VersionStatus
from serving.replies.metadata import metadata_json, metadata_response, status_json, status_response


def signatures() -> dict[str, Any]:
    text = """inputs { key: "x" value { name: "x:0" dtype: DT_FLOAT
                tensor_shape { dim { size: -1 } dim { size: 1 } } } }
              outputs { key: "y" value { name: "y:0" dtype: DT_FLOAT tensor_shape { unknown_rank: true } } }
              method_name: "tensorflow/serving/predict" """
    return {"serving_default": text_format.Parse(text, meta_graph_pb2.SignatureDef())}


def test_a_state_is_written_with_its_defaults() -> (
    None
):  # HttpRestApiHandlerTest.GetStatus, testGetStatusREST
    assert json.loads(status_json([VersionStatus(123, "AVAILABLE")])) == {
        "model_version_status": [
            {
                "version": "123",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }


def test_the_newest_version_is_first_and_a_failed_one_has_its_error() -> None:
    response = status_response([VersionStatus(9, "AVAILABLE"), VersionStatus(10, "END", "no weights")])
    newest, older = response.model_version_status
    assert (newest.version, newest.status.error_code, newest.status.error_message) == (10, 2, "no weights")
    assert newest.state == get_model_status_pb2.ModelVersionStatus.END
    assert (older.version, older.status.error_code) == (9, 0)


def test_metadata_has_the_signatures() -> (
    None
):  # HttpRestApiHandlerTest.GetModelMetadata, testGetModelMetadataREST
    answer = json.loads(metadata_json("half_plus_two", 123, signatures()))
    assert answer["model_spec"] == {"name": "half_plus_two", "signature_name": "", "version": "123"}
    signature = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["x"] == {
        "dtype": "DT_FLOAT",
        "name": "x:0",
        "tensor_shape": {
            "dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}],
            "unknown_rank": False,
        },
    }
    assert signature["outputs"]["y"]["tensor_shape"] == {"dim": [], "unknown_rank": True}


def test_metadata_as_a_proto_holds_the_same() -> None:
    response = metadata_response("half_plus_two", 123, signatures())
    packed = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(packed)
    assert (response.model_spec.name, response.model_spec.version.value) == ("half_plus_two", 123)
    assert packed.signature_def["serving_default"] == signatures()["serving_default"]
