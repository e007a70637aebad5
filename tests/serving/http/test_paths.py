"""TensorFlow Serving's cases of http_rest_api_util_test.cc, and the paths of its handler's test."""

from contextlib import suppress
from urllib.parse import quote

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import HTTP_STATUS, ServingError
from serving.http.paths import ModelPath, parse_path

RESERVED = "%21%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D"
PLAIN = "!#$%&'()*+,/:;=?@[]"
UINT64_MAX = 2**64 - 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [  # HttpRestApiUtilTest.TestParseModelInfoForGet
        (f"/v1/models/modelname{RESERVED}", ModelPath(f"modelname{PLAIN}", None, None, "status")),
        ("/v1/models/modelname/versions/99", ModelPath("modelname", 99, None, "status")),
        ("/v1/models/modelname/labels/latest", ModelPath("modelname", None, "latest", "status")),
        (
            f"/v1/models/modelname/labels/latest{RESERVED}",
            ModelPath("modelname", None, f"latest{PLAIN}", "status"),
        ),
        ("/v1/models/modelname/labels/latest/metadata", ModelPath("modelname", None, "latest", "metadata")),
        (
            f"/v1/models/modelname{RESERVED}/labels/latest{RESERVED}/metadata",
            ModelPath(f"modelname{PLAIN}", None, f"latest{PLAIN}", "metadata"),
        ),
        ("/V1/Models/m", ModelPath("m", None, None, "status")),
    ],
)
def test_a_get_asks_for_status_or_metadata(path: str, expected: ModelPath) -> None:
    assert parse_path("GET", path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [  # HttpRestApiUtilTest.TestParseModelInfoForPost
        (f"/v1/models/modelname{RESERVED}:predict", ModelPath(f"modelname{PLAIN}", None, None, "predict")),
        ("/v1/models/modelname/versions/99:predict", ModelPath("modelname", 99, None, "predict")),
        ("/v1/models/modelname/labels/latest:predict", ModelPath("modelname", None, "latest", "predict")),
        (
            f"/v1/models/modelname/labels/latest{RESERVED}:predict",
            ModelPath("modelname", None, f"latest{PLAIN}", "predict"),
        ),
        (
            f"/v1/models/modelname{RESERVED}/labels/latest{RESERVED}:predict",
            ModelPath(f"modelname{PLAIN}", None, f"latest{PLAIN}", "predict"),
        ),
        ("/v1/models/m:classify", ModelPath("m", None, None, "classify")),
        ("/v1/models/m/versions/0007:regress", ModelPath("m", 7, None, "regress")),
    ],
)
def test_a_post_asks_for_an_answer_of_the_model(path: str, expected: ModelPath) -> None:
    assert parse_path("POST", path) == expected


@pytest.mark.parametrize(
    ("method", "path"),
    [  # the failures of both, and HttpRestApiHandlerTest.UnsupportedApiCalls
        ("GET", "/v1/foo"),
        ("GET", "/v1/models/foo:predict"),
        ("GET", "/v1/models/foo/version/50:predict"),
        ("GET", "/v1/models/debug/model_name"),
        ("POST", "/v1/foo"),
        ("POST", "/v1/models"),
        ("POST", "/v1/models/foo/version/50:predict"),
        ("POST", "/v1/models/foo/version/50:regress"),
        ("POST", "/v1/models/foo/versions/string:predict"),
        ("POST", "/v1/models/foo/versions/HELLO:regress"),
        ("POST", "/v1/models/foo/metadata"),
        ("POST", "/v1/models/foo/label/some_label:regress"),
        ("POST", "/v1/models/foo/versions/50/labels/some_label:regress"),
        ("POST", "/v1/models/foo/versions/some_label:regress"),
        ("POST", "/v1/models/foo/versions/\u0663:predict"),
        ("POST", "/v1/models/foo:PREDICT"),
        ("PUT", "/v1/models/foo:predict"),
    ],
)
def test_a_path_of_no_call_is_malformed(method: str, path: str) -> None:
    with pytest.raises(ServingError, match=f"Malformed request: {method} /v1/") as raised:
        parse_path(method, path)
    assert raised.value.http_status == 400


@pytest.mark.parametrize("verb", ["predict", "regress"])
def test_a_version_beyond_64_bits_is_refused(verb: str) -> None:
    with pytest.raises(ServingError, match="Failed to convert version"):
        parse_path("POST", f"/v1/models/foo/versions/{UINT64_MAX}:{verb}")


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/versions/1"])
def test_a_get_without_a_model_is_refused(path: str) -> None:
    with pytest.raises(ServingError, match="Missing model name in request"):
        parse_path("GET", path)


def test_every_code_of_grpc_has_an_http_status() -> None:
    assert set(HTTP_STATUS) == set(grpc.StatusCode)
    assert HTTP_STATUS[grpc.StatusCode.RESOURCE_EXHAUSTED] == 429


@given(st.sampled_from(["GET", "POST"]), st.text())
def test_any_path_is_read_or_refused(method: str, rest: str) -> None:
    with suppress(ServingError):
        assert parse_path(method, f"/v1/models/{rest}").model


@given(st.text(min_size=1), st.integers(0, 2**63 - 1))
def test_a_quoted_name_comes_back(name: str, version: int) -> None:
    parsed = parse_path("POST", f"/v1/models/{quote(name, safe='')}/versions/{version}:predict")
    assert parsed == ModelPath(name, version, None, "predict")
