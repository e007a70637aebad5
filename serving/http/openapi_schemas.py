"""The parts of the OpenAPI document that are the same for every model: TF Serving's requests and replies."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Json = dict[str, Any]


def ref(name: str) -> Json:
    """A reference to a schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


_ERROR: Final[Json] = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "errors": {"type": "array", "items": ref("RowError")}},
}
_BYTES: Final[Json] = {
    "type": "object",
    "required": ["b64"],
    "additionalProperties": False,
    "properties": {"b64": {"type": "string", "contentEncoding": "base64"}},
}
_ROW_ERROR: Final[Json] = {
    "type": "object",
    "required": ["row", "column", "error"],
    "properties": {"row": {"type": "integer"}, "column": {"type": "string"}, "error": {"type": "string"}},
}
_SCORES: Final[Json] = {
    "type": "object",
    "properties": {
        "predictions": {"type": "array", "items": {"type": ["number", "null"]}},
        "outputs": {"type": "array", "items": {"type": ["number", "null"]}},
        "errors": {"type": "array", "items": ref("RowError")},
    },
}
_TENSORS: Final[Json] = {
    "type": "object",
    "properties": {
        "signature_name": {"type": "string"},
        "instances": {"type": "array"},
        "inputs": {},
    },
    "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
}
_EXAMPLES: Final[Json] = {
    "type": "object",
    "required": ["examples"],
    "properties": {
        "signature_name": {"type": "string"},
        "context": {"type": "object"},
        "examples": {"type": "array", "items": {"type": "object"}},
    },
}
_CLASSIFY: Final[Json] = {
    "type": "object",
    "required": ["results"],
    "properties": {"results": {"type": "array", "items": {"type": "array"}}},
}
_REGRESS: Final[Json] = {
    "type": "object",
    "required": ["results"],
    "properties": {"results": {"type": "array", "items": {"type": "number"}}},
}
_STATUS: Final[Json] = {
    "type": "object",
    "required": ["model_version_status"],
    "properties": {"model_version_status": {"type": "array", "items": ref("VersionStatus")}},
}
_VERSION_STATUS: Final[Json] = {
    "type": "object",
    "required": ["version", "state", "status"],
    "properties": {
        "version": {"type": "string"},
        "state": {"enum": ["UNKNOWN", "START", "LOADING", "AVAILABLE", "UNLOADING", "END"]},
        "status": {
            "type": "object",
            "properties": {"error_code": {"type": "string"}, "error_message": {"type": "string"}},
        },
    },
}
_METADATA: Final[Json] = {
    "type": "object",
    "required": ["model_spec", "metadata"],
    "properties": {"model_spec": {"type": "object"}, "metadata": {"type": "object"}},
}
COMMON: Final[Mapping[str, Json]] = {
    "Error": _ERROR,
    "Bytes": _BYTES,
    "RowError": _ROW_ERROR,
    "ScoresReply": _SCORES,
    "TensorRequest": _TENSORS,
    "TensorReply": {"type": "object", "properties": {"predictions": {}, "outputs": {}}},
    "Examples": _EXAMPLES,
    "ClassifyReply": _CLASSIFY,
    "RegressReply": _REGRESS,
    "Status": _STATUS,
    "VersionStatus": _VERSION_STATUS,
    "Metadata": _METADATA,
}


def classes_reply(key: str, classes: Sequence[str | int | float]) -> Json:
    """The schemas of what a model of named classes answers: of one row, and of a request."""
    prediction: Json = {"enum": [*classes], "description": "The likeliest class."}
    names: Json = {"const": [*classes], "description": "The classes in the order of the probabilities."}
    size = {"minItems": len(classes), "maxItems": len(classes)}
    probabilities: Json = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, **size}
    refused: Json = {"type": "array", "items": {"type": ["number", "null"]}, **size}
    columns = {
        "prediction": {"type": "array", "items": {"enum": [*classes, None]}},
        "classes": {"type": "array", "items": names},
        "probabilities": {"type": "array", "items": refused},
    }
    return {
        f"{key}_Answer": {
            "type": "object",
            "required": ["prediction", "classes", "probabilities"],
            "properties": {"prediction": prediction, "classes": names, "probabilities": probabilities},
        },
        f"{key}_Reply": {
            "type": "object",
            "properties": {
                "predictions": {
                    "type": "array",
                    "items": {"anyOf": [ref(f"{key}_Answer"), {"type": "null"}]},
                },
                "outputs": {"type": "object", "required": [*columns], "properties": columns},
                "errors": {"type": "array", "items": ref("RowError")},
            },
        },
    }
