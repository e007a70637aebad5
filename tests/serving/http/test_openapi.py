"""The OpenAPI document tells what the server takes, model by model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tensorflow as tf

from serving.http.openapi import document
from serving.model.checks import RowChecks
from serving.model.models import LoadedVersion
from tests.serving.bounded_versions import bounded


@pytest.fixture(scope="module")
def version(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> LoadedVersion:
    """The tiny model, with bounds and a domain in its schema."""
    bounds: dict[str, Any] = {
        "colour": {"string_domain": {"value": ["red"]}},
        "size": {"int_domain": {"min": "-5", "max": "5"}},
        "heat": {"float_domain": {"min": -10.5}},
    }
    return LoadedVersion(
        "tiny", 3, bounded(tiny.serving_model_dir, tmp_path_factory.mktemp("bounded") / "1", bounds)
    )


@pytest.fixture(scope="module")
def api(version: LoadedVersion) -> dict[str, Any]:
    return document(["tiny", "a/b c"], [version], release="1.2")


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (each for key, each in value.items() if key == "$ref")
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _fits(api: dict[str, Any], schema: str, value: Any) -> bool:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": api["components"]}
    return bool(jsonschema.Draft202012Validator(whole).is_valid(value))


def test_all_references_lead_somewhere_and_names_are_unique(api: dict[str, Any]) -> None:
    for reference in _references(api):
        place: Any = api
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    operations = [each for path in api["paths"].values() for each in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)


def test_every_model_has_tf_servings_paths(api: dict[str, Any]) -> None:
    for base in ("/v1/models/tiny", "/v1/models/a%2Fb%20c"):
        for place in ("", "/versions/{version}", "/labels/{label}"):
            assert {f"{base}{place}", f"{base}{place}/metadata", f"{base}{place}:predict"} <= api[
                "paths"
            ].keys()
    raw = api["paths"]["/v1/models/tiny:predict"]["post"]
    assert set(raw["requestBody"]["content"]) == {"application/json", "text/csv"}
    nothing_live = api["paths"]["/v1/models/a%2Fb%20c:predict"]["post"]
    assert set(nothing_live["requestBody"]["content"]) == {"application/json"}


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"colour": "red", "size": 5, "heat": -10.5, "row_id": "a"},
        {"colour": "never seen", "size": None, "heat": 3, "_note": [1]},
        {"colour": {"b64": "cmVk"}},
        {"size": 6},
        {"size": -6},
        {"size": 1.5},
        {"heat": -11},
        {"heat": 1e39},
        {"colour": 1},
    ],
)
def test_a_row_fits_the_document_just_when_the_server_takes_it(
    api: dict[str, Any], version: LoadedVersion, row: dict[str, Any]
) -> None:
    assert version.engine
    checks: RowChecks = version.engine.checks
    assert _fits(api, "tiny_Row", row) is not bool(checks.read([row]).errors)


def test_requests_are_rows_or_columns_and_not_both(api: dict[str, Any]) -> None:
    assert _fits(api, "tiny_Request", {"instances": [{"size": 1}, {"b64": "cmVk"}]})
    assert _fits(api, "tiny_Request", {"inputs": {"size": [1, None]}, "signature_name": "raw_columns"})
    assert not _fits(api, "tiny_Request", {"instances": [], "inputs": {}})
    assert not _fits(api, "tiny_Request", {})


def test_other_verbs_are_listed_where_the_model_has_a_signature_for_them(tmp_path: Path) -> None:
    graph = tf.Graph()
    with graph.as_default(), tf.compat.v1.Session(graph=graph) as session:
        examples = tf.compat.v1.placeholder(tf.string, (None,), "examples")
        outputs = tf.ones_like(tf.strings.length(examples), tf.float32)
        signature = tf.compat.v1.saved_model.regression_signature_def(examples, outputs)
        builder = tf.compat.v1.saved_model.Builder(str(tmp_path / "1"))
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()
    plain = LoadedVersion("plain", 1, tmp_path / "1")
    paths = document(["plain"], [plain], release="1")["paths"]
    assert "/v1/models/plain:regress" in paths
    assert "/v1/models/plain:classify" not in paths
    plain.saved.close()


@pytest.mark.parametrize(
    ("guards", "security"),
    [
        ({}, None),
        ({"tokens": True}, [{"token": []}]),
        ({"mtls": True}, [{"certificate": []}]),
        ({"tokens": True, "mtls": True}, [{"token": [], "certificate": []}]),
    ],
)
def test_the_credentials_that_are_required_are_listed(
    version: LoadedVersion, guards: dict[str, bool], security: Any
) -> None:
    api = document(["tiny"], [version], release="1", **guards)
    assert api.get("security") == security
    assert set(api["components"].get("securitySchemes", {})) == set(security[0] if security else ())
    if "tokens" in guards:
        assert "token" not in str(api["paths"]["/readyz"]["get"]["security"])
