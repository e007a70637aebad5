"""The OpenAPI 3.1 document of what is served: TF Serving's REST API, with each model's own raw rows."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from serving.http.openapi_schemas import COMMON, Json, classes_reply, ref
from serving.model.description import ColumnDescription, described_columns, example_date
from serving.reading.rules import ISO

if TYPE_CHECKING:
    from serving.model.models import LoadedVersion

_INT64: Final = 2**63
_FLOAT32_MAX: Final = 3.4028234663852886e38
_PLACES: Final[Mapping[str, tuple[str, list[Json]]]] = {
    "": ("", []),
    "/versions/{version}": ("_version", [
        {"name": "version", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}},
    ]),
    "/labels/{label}": ("_label", [
        {"name": "label", "in": "path", "required": True, "schema": {"type": "string"}},
    ]),
}  # fmt: skip
_OWN: Final[Mapping[str, tuple[str, str, str]]] = {
    "/": ("page", "The page", "text/html"),
    "/page.json": ("page_json", "The models, as the page shows them", "application/json"),
    "/healthz": ("healthz", "Liveness: the process runs", "text/plain"),
    "/readyz": ("readyz", "Readiness: every model has a live version", "text/plain"),
    "/metrics": ("metrics", "Prometheus metrics", "text/plain"),
    "/monitoring/prometheus/metrics": ("tfs_metrics", "The same, at TensorFlow Serving's path", "text/plain"),
    "/openapi.json": ("openapi", "This document", "application/json"),
}
_PARTIAL: Final[Json] = {
    "name": "partial", "in": "query", "schema": {"type": "boolean", "default": False},
    "description": "Score the valid rows, and list the others in `errors`.",
}  # fmt: skip
_ERRORS: Final[Mapping[str, str]] = {
    "400": "The request is not valid; the error names row and column.",
    "404": "Model or version not found.",
    "413": "The request body is too large.",
    "429": "Too many requests are waiting; retry later.",
    "503": "The server is stopping, or no version is available yet.",
    "504": "The request timed out.",
}


def document(
    names: Sequence[str],
    live: Sequence["LoadedVersion"],
    *,
    release: str,
    tokens: bool = False,
    mtls: bool = False,
) -> Json:
    """Makes the document.

    Args:
        names: The models that are configured.
        live: The version that answers for each, where there is one.
        release: Of this server.
        tokens: Whether a bearer token is asked for.
        mtls: Whether a client's certificate is asked for.
    """
    by_name = {version.model: version for version in live}
    schemas: Json = {**COMMON}
    paths = _own_paths()
    for number, name in enumerate(names):
        key = re.sub(r"[^A-Za-z0-9_]", "_", name) + (
            f"_{number}" if re.search(r"[^A-Za-z0-9_]", name) else ""
        )
        columns = described_columns(by_name[name]) if name in by_name else ()
        engine = by_name[name].engine if name in by_name else None
        delimiter = engine.checks.rules.csv.delimiter if engine else ","
        schemas |= _schemas_of(key, columns, engine.answers.plain() if engine else (), delimiter)
        paths |= _model_paths(name, key, by_name.get(name), bool(columns))
    spec: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Predictions",
            "version": release,
            "description": "TensorFlow Serving's REST API, with raw rows in JSON and CSV.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": _about(by_name.get(name))} for name in names],
        "paths": paths,
        "components": {"schemas": schemas, "responses": _responses()},
    }
    schemes: Json = {}
    if tokens:
        schemes["token"] = {"type": "http", "scheme": "bearer"}
    if mtls:
        schemes["certificate"] = {"type": "mutualTLS"}
    if schemes:
        spec["components"]["securitySchemes"] = schemes
        spec["security"] = [{name: [] for name in schemes}]
        if tokens:
            for path in ("/healthz", "/readyz"):
                paths[path]["get"]["security"] = [{"certificate": []}] if mtls else []
    return spec


def _about(version: "LoadedVersion | None") -> str:
    if version is None:
        return "No version is live yet."
    description = str(version.card.get("description", ""))
    return f"{description} Version {version.number} is live.".strip()


def _model_paths(name: str, key: str, version: "LoadedVersion | None", raw: bool) -> Json:
    paths: Json = {}
    for place, (suffix, parameters) in _PLACES.items():
        base, target = f"/v1/models/{quote(name, safe='')}{place}", f"{key}{suffix}"
        status = _operation(f"status_{target}", "The state of the versions", ref("Status"), name, parameters)
        signatures = _operation(f"metadata_{target}", "The signatures", ref("Metadata"), name, parameters)
        paths[base] = {"get": status}
        paths[f"{base}/metadata"] = {"get": signatures}
        for verb in _verbs(version):
            paths[f"{base}:{verb}"] = {"post": _asking(name, key, target, verb, parameters, raw)}
    return paths


def _verbs(version: "LoadedVersion | None") -> list[str]:
    """Predict, and the others where the model has a signature for them."""
    methods = {str(one.method_name) for one in version.saved.signatures.values()} if version else set()
    others = [verb for verb in ("classify", "regress") if f"tensorflow/serving/{verb}" in methods]
    return ["predict", *others]


def _asking(name: str, key: str, target: str, verb: str, parameters: Sequence[Json], raw: bool) -> Json:
    predict = verb == "predict"
    content: Json = {"application/json": {"schema": ref(f"{key}_Request" if predict else "Examples")}}
    if predict and raw:
        content["text/csv"] = {"schema": ref(f"{key}_Csv")}
        parameters = [*parameters, _PARTIAL]
    reply = ref(f"{key}_Reply" if predict else f"{verb.capitalize()}Reply")
    asking = _operation(f"{verb}_{target}", f"{verb.capitalize()} with {name}", reply, name, parameters)
    return {**asking, "requestBody": {"required": True, "content": content}}


def _operation(
    name: str,
    summary: str,
    reply: Json,
    tag: str,
    parameters: Sequence[Json] = (),
    kind: str = "application/json",
) -> Json:
    refusals = {code: {"$ref": f"#/components/responses/E{code}"} for code in _ERRORS} if tag else {}
    answer = {"description": "The reply.", "content": {kind: {"schema": reply}}}
    made: Json = {"operationId": name, "summary": summary, "responses": {"200": answer, **refusals}}
    if tag:
        made["tags"] = [tag]
    if parameters:
        made["parameters"] = list(parameters)
    return made


def _responses() -> Json:
    body = {"application/json": {"schema": ref("Error")}}
    return {
        f"E{code}": {"description": description, "content": body} for code, description in _ERRORS.items()
    }


def _own_paths() -> Json:
    paths = {
        path: {
            "get": _operation(
                name, summary, {} if kind == "application/json" else {"type": "string"}, "", kind=kind
            )
        }
        for path, (name, summary, kind) in _OWN.items()
    }
    not_ready = {"description": "A model has no live version, or the server is stopping."}
    paths["/readyz"]["get"]["responses"]["503"] = not_ready
    return paths


def _schemas_of(
    key: str, columns: Sequence[ColumnDescription], classes: Sequence[str | int | float], delimiter: str
) -> Json:
    """A model's own schemas: of rows, requests and replies."""
    if not columns:
        return {f"{key}_Request": ref("TensorRequest"), f"{key}_Reply": ref("TensorReply")}
    row, names = ref(f"{key}_Row"), delimiter.join(column.name for column in columns)
    one_of_row = {c.name: {"$ref": f"{row['$ref']}/properties/{_pointer(c.name)}"} for c in columns}
    instances = {"type": "array", "items": {"anyOf": [row, ref("Bytes"), {"type": "string"}]}}
    inputs = {"anyOf": [ref(f"{key}_Columns"), {"type": "array"}]}
    return {
        f"{key}_Row": {
            "type": "object",
            "description": (
                "A raw row. Null or absent: missing. Names that begin with _ are ignored. Other spellings of "
                'a value, such as "17" or 17.0 for 17, are read as in the exports.'
            ),
            "properties": {
                "row_id": {
                    "type": ["string", "number", "null"],
                    "description": "Written to the request log.",
                },
                **{column.name: _column(column) for column in columns},
            },
        },
        f"{key}_Columns": {
            "type": "object",
            "description": "Rows by column.",
            "properties": {name: {"type": "array", "items": cell} for name, cell in one_of_row.items()},
        },
        f"{key}_Request": {
            "type": "object",
            "properties": {"signature_name": {"type": "string"}, "instances": instances, "inputs": inputs},
            "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
        },
        f"{key}_Csv": {
            "type": "string",
            "description": f"A header line, then one row per line: {names}",
        },
        **(classes_reply(key, classes) if classes else {f"{key}_Reply": ref("ScoresReply")}),
    }


def _pointer(name: str) -> str:
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="~")


def _column(column: ColumnDescription) -> Json:
    if column.formats:
        written = " or ".join("ISO 8601" if each == ISO else each for each in column.formats)
        return {
            "anyOf": [{"type": ["string", "null"]}, ref("Bytes")],
            "description": f"A date or time, written {written}. Other text is refused.",
            "examples": [example_date(each) for each in column.formats],
        }
    if column.kind == "string":
        schema: Json = {"anyOf": [{"type": ["string", "null"]}, ref("Bytes")]}
        if column.domain:
            schema |= {
                "examples": list(column.domain[:20]),
                "description": "Other values are accepted, too.",
            }
        return schema
    if column.kind == "int":
        low, high = column.low, column.high
        return {
            "type": ["integer", "null"], "format": "int64",
            "minimum": -_INT64 if low is None else low, "maximum": _INT64 - 1 if high is None else high,
        }  # fmt: skip
    return {
        "type": ["number", "null"], "format": "float",
        "minimum": -_FLOAT32_MAX if column.low is None else column.low,
        "maximum": _FLOAT32_MAX if column.high is None else column.high,
    }  # fmt: skip
