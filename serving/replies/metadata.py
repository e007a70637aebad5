"""Answers what a model is and how its versions do, as TensorFlow Serving prints it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from google.protobuf import json_format
from tensorflow.core.protobuf import error_codes_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from serving.model.models import VersionStatus

SIGNATURE_DEF: Final = "signature_def"


def metadata_response(model: str, version: int, signatures: Mapping[str, Any]) -> Any:
    """Makes a `GetModelMetadataResponse` of a version's signatures (name -> SignatureDef)."""
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = model
    response.model_spec.version.value = version
    response.metadata[SIGNATURE_DEF].Pack(_signature_map(signatures))
    return response


def metadata_json(model: str, version: int, signatures: Mapping[str, Any]) -> bytes:
    """Writes `GET …/metadata`'s answer: "model_spec", and "metadata" with the signatures."""
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = model
    response.model_spec.version.value = version
    signature_map = _plain(_signature_map(signatures))
    return _dumps({"model_spec": _plain(response.model_spec), "metadata": {SIGNATURE_DEF: signature_map}})


def status_response(versions: Iterable[VersionStatus]) -> Any:
    """Makes a `GetModelStatusResponse`, the newest version first."""
    response = get_model_status_pb2.GetModelStatusResponse()
    for one in sorted(versions, key=lambda version: version.version, reverse=True):
        status = response.model_version_status.add()
        status.version = one.version
        status.state = get_model_status_pb2.ModelVersionStatus.State.Value(one.state)
        if one.error:
            status.status.error_code = error_codes_pb2.UNKNOWN
        status.status.error_message = one.error
    return response


def status_json(versions: Iterable[VersionStatus]) -> bytes:
    """Writes `GET /v1/models/NAME`'s answer: "model_version_status", the newest version first."""
    return _dumps(_plain(status_response(versions)))


def _signature_map(signatures: Mapping[str, Any]) -> Any:
    mapped = get_model_metadata_pb2.SignatureDefMap()
    for name, signature in signatures.items():
        mapped.signature_def[name].CopyFrom(signature)
    return mapped


def _plain(message: Any) -> dict[str, Any]:
    """The proto's JSON with its own field names, defaults written out and 64-bit integers as text."""
    return json_format.MessageToDict(
        message, including_default_value_fields=True, preserving_proto_field_name=True
    )


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)
