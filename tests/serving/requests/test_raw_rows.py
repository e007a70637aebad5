"""In which forms a request's raw rows are found, and what is said where there are none."""

import base64
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.errors import ServingError
from serving.model.checks import RowChecks
from serving.model.columns import RowError
from serving.requests import raw_rows
from serving.requests.forms import as_csv_line, as_example
from serving.requests.raw_rows import RawRows, from_csv, from_json

CHECKS = RowChecks(
    {
        "feature": [
            {"name": "n", "type": "INT", "int_domain": {"min": "-9", "max": "9"}},
            {"name": "x", "type": "FLOAT"},
            {"name": "s", "type": "BYTES"},
        ]
    }
)
ROWS: list[Any] = [{"n": 1, "x": 0.5, "s": "a"}, {"n": -2, "x": None, "s": "é, b"}]
# Protocol Buffers' own warning where it stops at bytes that end a group; the row is refused.
pytestmark = pytest.mark.filterwarnings("ignore:Unexpected end-group tag:RuntimeWarning")


def _b64(row: Any) -> dict[str, str]:
    return {"b64": base64.b64encode(as_example(row, CHECKS.columns)).decode()}


def _same(read: RawRows) -> bool:
    arrays = [array.tolist() for array in CHECKS.read(read.rows).arrays]
    return arrays[0] == [1, -2] and str(arrays[1]) == "[0.5, nan]" and arrays[2] == [b"a", "é, b".encode()]


LINES = [as_csv_line(row, CHECKS.columns) for row in ROWS]
EXAMPLES = [_b64(row) for row in ROWS]
COLUMNS = {name: [row[name] for row in ROWS] for name in ("n", "x", "s")}


@pytest.mark.parametrize(
    "request_",
    [
        {"instances": ROWS},
        {"instances": ROWS, "signature_name": ""},
        {"instances": ROWS, "signature_name": "raw_columns"},
        {"instances": EXAMPLES},
        {"instances": EXAMPLES, "signature_name": "serving_default"},
        {"instances": [{"examples": each} for each in EXAMPLES]},
        {"instances": LINES, "signature_name": "csv_lines"},
        {"instances": [{"lines": line} for line in LINES], "signature_name": "csv_lines"},
    ],
)
def test_rows_are_read_from_each_form_of_instances(request_: dict[str, Any]) -> None:
    read = from_json(request_, CHECKS)
    assert not read.columnar
    assert _same(read)


@pytest.mark.parametrize(
    "request_",
    [
        {"inputs": COLUMNS},
        {"inputs": COLUMNS, "signature_name": "raw_columns"},
        {"inputs": EXAMPLES},
        {"inputs": {"examples": EXAMPLES}, "signature_name": "serving_default"},
        {"inputs": {"lines": LINES}},
        {"inputs": LINES, "signature_name": "csv_lines"},
    ],
)
def test_rows_are_read_from_each_form_of_inputs(request_: dict[str, Any]) -> None:
    read = from_json(request_, CHECKS)
    assert read.columnar
    assert _same(read)


@pytest.mark.parametrize("request_", [{"instances": []}, {"inputs": {}}, {"inputs": {"n": []}}])
def test_no_rows_are_none(request_: dict[str, Any]) -> None:
    assert list(from_json(request_, CHECKS).rows) == []


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({}, "either 'instances' (rows) or 'inputs' (columns)"),
        ({"instances": [], "inputs": []}, "either 'instances' (rows) or 'inputs' (columns)"),
        ({"instances": {"n": 1}}, "'instances' must be a list"),
        ({"instances": "SECRET"}, "'instances' must be a list"),
        ({"instances": [{}, 7]}, "Row 1: expected an object of column names and values"),
        ({"instances": [[1, 2]]}, "Row 0: expected an object"),
        ({"instances": [{}, None]}, "Row 1: expected an object"),
        ({"instances": [{}], "signature_name": "other"}, 'signature name: "other" not found'),
        ({"instances": [{}], "signature_name": None}, 'signature name: "(no string)" not found'),
        ({"inputs": {"n": [1], "x": [1.0, 2.0]}}, "All columns must have the same length."),
        ({"inputs": {"n": 1}}, "Column 'n': expected a list of values."),
        ({"inputs": 7}, "Column 'examples': expected a list of values."),
        ({"instances": [{"b64": "é"}]}, "The value of {'b64': ...} is not valid base64."),
        ({"instances": [{"b64": "SECRET"}]}, "The value of {'b64': ...} is not valid base64."),
        (
            {"instances": [7], "signature_name": "serving_default"},
            "Each instance must be a string or {'b64': ...}",
        ),
        (
            {"instances": [{"b64": "/w=="}], "signature_name": "csv_lines"},
            "The CSV lines are not valid UTF-8.",
        ),
    ],
)
def test_what_holds_no_rows_is_refused_with_what_was_expected(request_: dict[str, Any], words: str) -> None:
    with pytest.raises(ServingError) as raised:
        from_json(request_, CHECKS)
    assert words in raised.value.message
    assert raised.value.http_status == 400
    assert "SECRET" not in raised.value.message


def test_a_bad_line_or_example_stands_in_its_rows_place() -> None:
    for request in (
        {"instances": [LINES[0], "1,2", LINES[1]], "signature_name": "csv_lines"},
        {"instances": [EXAMPLES[0], {"b64": "/w=="}, EXAMPLES[1]]},
    ):
        first, error, last = from_json(request, CHECKS).rows
        assert isinstance(error, RowError)
        assert error.row == 1
        assert _same(RawRows([first, last]))


def test_a_csv_body_is_read_as_the_models_columns_are() -> None:
    assert _same(from_csv('s,n,x\na,1,0.5\n"é, b",-2,\n'.encode(), CHECKS))


@pytest.mark.parametrize("deep", [3000, 100])
def test_a_signature_of_lists_in_lists_is_no_signature(deep: int) -> None:
    nested: list[Any] = []
    for _ in range(deep):
        nested = [nested]
    with pytest.raises(ServingError, match="not found in signature def"):
        from_json({"instances": [], "signature_name": nested}, CHECKS)


@pytest.mark.parametrize(
    "request_",
    [
        {"instances": [{}] * 6},
        {"instances": EXAMPLES * 3},
        {"instances": LINES * 3, "signature_name": "csv_lines"},
        {"inputs": {"n": [1] * 6}},
        {"inputs": {"lines": LINES * 3}},
    ],
)
def test_too_many_rows_are_refused_before_they_are_made(
    request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_rows, "MAX_ROWS", 5)
    with pytest.raises(ServingError, match="at most 5 rows, got 6"):
        from_json(request_, CHECKS)
    with pytest.raises(ServingError, match="at most 5 rows"):
        from_csv(b"n\n" + b"1\n" * 6, CHECKS)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["b64", "examples", "lines", "é", "AA==", "1,2,a", math.inf, 1e39]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["n", "x", "s", "b64", "examples", "lines", "row_id", "_a", "", "é"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "instances": VALUES | st.lists(VALUES, max_size=3),
        "inputs": VALUES,
        "signature_name": st.sampled_from(["", "serving_default", "raw_columns", "csv_lines"]) | VALUES,
        "other": VALUES,
    },
)


@settings(max_examples=300, deadline=None)
@given(REQUESTS)
def test_any_json_object_is_rows_or_an_error_of_ours(request_: dict[str, Any]) -> None:
    try:
        read = from_json(request_, CHECKS)
    except ServingError:
        return
    assert all(isinstance(row, dict | RowError) for row in read.rows)
    checked = CHECKS.read(read.rows)
    assert len(checked.sound.arrays[0]) == len(read.rows) - len(checked.errors)
    assert all(error.problem for error in checked.errors.values())
