"""TensorFlow Serving's cases of json_tensor_test.cc that write JSON."""

import json
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import classification_pb2, regression_pb2

from serving.errors import ServingError
from serving.replies.json_reply import classifications, error_body, predictions, regressions
from serving.requests.json_tensor import Format

INTS = np.array([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 0], [1, 2]]], np.int32)


def f32(values: Any) -> Any:
    return np.array(values, np.float32)


def strings(*rows: Any) -> Any:
    return np.array(rows, object)


def row(**outputs: Any) -> Any:
    return json.loads(predictions(outputs, Format.ROW))["predictions"]


def columns(**outputs: Any) -> Any:
    return json.loads(predictions(outputs, Format.COLUMNAR))["outputs"]


def test_one_output_goes_unnamed() -> None:  # FromJsonSingleTensor, FromJsonSingleScalarTensor
    assert row(int_tensor=INTS) == columns(int_tensor=INTS) == INTS.tolist()
    scalars = np.arange(1, 6, dtype=np.int32)
    assert row(int_tensor=scalars) == columns(int_tensor=scalars) == [1, 2, 3, 4, 5]


def test_an_output_named_bytes_is_base64() -> None:  # FromJsonSingleBytesTensor
    rows = row(str_tensor_bytes=strings([b"hello", b"world"], [b"tf", b"serving"]))
    assert rows == [
        [{"b64": "aGVsbG8="}, {"b64": "d29ybGQ="}],
        [{"b64": "dGY="}, {"b64": "c2VydmluZw=="}],
    ]


def test_bytes_that_are_no_text_are_base64_whatever_their_name() -> None:
    assert row(x=strings(b"\xc3\xa9", b"\xff")) == ["é", {"b64": "/w=="}]


def test_float32_is_written_by_its_shortest_digits() -> None:  # FromJsonSingleFloatTensorSixDigitPrecision
    values = f32([[9000000, 999999, 0.5], [0.0003, 0.00003, 555557.5]])
    assert predictions({"x": values}, Format.ROW) == (
        b'{"predictions":[[9000000.0,999999.0,0.5],[0.0003,0.00003,555557.5]]}'
    )


def test_floats_that_are_not_finite_are_bare_words() -> None:  # FromJsonSingleFloatTensorNonFinite
    values = f32([[np.nan, np.inf], [3, -np.inf]])
    for form in Format:
        assert (
            predictions({"x": values}, form)
            == b'{"%s":[[NaN,Infinity],[3.0,-Infinity]]}' % form.value.encode()
        )


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [  # FromJsonSingleTensorErrors
        ({}, "empty tensor map"),
        ({"x": np.zeros(2, np.complex64)}, "tensor type: complex64"),
        ({"x": np.int32(1)}, "no shape information"),
        # FromJsonMultipleNamedTensorsErrors, FromJsonMultipleZeroBatchTensorsErrors
        ({"a": np.zeros((2, 3)), "b": strings([b"foo", b"bar", b"baz"])}, "inconsistent batch size: 1"),
        ({"a": np.zeros((0, 2)), "b": strings([b"foo", b"bar"])}, "inconsistent batch size: 1"),
    ],
)
def test_what_has_no_row_format_is_refused(outputs: dict[str, Any], expected: str) -> None:
    with pytest.raises(ServingError, match=expected):
        predictions(outputs, Format.ROW)


def test_several_outputs_are_named() -> None:  # FromJsonMultipleNamedTensors
    outputs = {
        "int_tensor": INTS,
        "str_tensor": strings([b"foo", b"bar"], [b"baz", b"bat"]),
        "float_tensor": f32([[1], [2]]),
        "double_scalar_tensor": np.array([8.0, 9.0]),
        "str_tensor_bytes": strings([b"hello", b"world"], [b"tf", b"serving"]),
    }
    encoded = [[{"b64": "aGVsbG8="}, {"b64": "d29ybGQ="}], [{"b64": "dGY="}, {"b64": "c2VydmluZw=="}]]
    assert row(**outputs) == [
        {
            "double_scalar_tensor": 8.0,
            "float_tensor": [1.0],
            "int_tensor": [[1, 2], [3, 4], [5, 6]],
            "str_tensor": ["foo", "bar"],
            "str_tensor_bytes": encoded[0],
        },
        {
            "double_scalar_tensor": 9.0,
            "float_tensor": [2.0],
            "int_tensor": [[7, 8], [9, 0], [1, 2]],
            "str_tensor": ["baz", "bat"],
            "str_tensor_bytes": encoded[1],
        },
    ]
    assert columns(**outputs) == {
        "double_scalar_tensor": [8.0, 9.0],
        "float_tensor": [[1.0], [2.0]],
        "int_tensor": INTS.tolist(),
        "str_tensor": [["foo", "bar"], ["baz", "bat"]],
        "str_tensor_bytes": encoded,
    }


def test_a_batch_of_none_is_an_empty_list() -> None:
    # FromJsonSingleZeroBatchTensor, FromJsonMultipleZeroBatchTensors
    assert row(int_tensor=np.zeros((0, 2), np.int32)) == []
    assert row(a=np.empty((0, 1, 2), object), b=np.zeros((0, 3, 4), np.float32)) == []


def test_a_column_may_be_a_scalar() -> None:
    assert predictions({"x": np.array(0.1, np.float32)}, Format.COLUMNAR) == b'{"outputs":0.1}'
    assert columns(x=np.array(b"a", object), y=np.array(np.nan)) == {
        "x": "a",
        "y": pytest.approx(np.nan, nan_ok=True),
    }


def test_classes_are_pairs_of_label_and_score() -> None:  # JsonFromClassificationResult
    result = text_format.Parse(
        """classifications { classes { label: "car" score: 0.2 } classes { label: "bike" score: 0.7 } }
           classifications { classes { label: "car" score: 0.7 } classes { label: "bus" score: nan } }""",
        classification_pb2.ClassificationResult(),
    )
    assert classifications(result) == b'{"results":[[["car",0.2],["bike",0.7]],[["car",0.7],["bus",NaN]]]}'


def test_regressions_are_numbers() -> None:  # JsonFromRegressionResult, JsonFromRegressionResultWithNonFinite
    def written(*values: float) -> bytes:
        result = regression_pb2.RegressionResult()
        for value in values:
            result.regressions.add(value=value)
        return regressions(result)

    assert written(0.2, 0.9, 1.0) == b'{"results":[0.2,0.9,1.0]}'
    assert written(0.2, np.inf, 1.0, -np.inf, np.nan) == b'{"results":[0.2,Infinity,1.0,-Infinity,NaN]}'


def test_empty_results_are_refused() -> None:  # JsonFromResultErrors
    with pytest.raises(ServingError, match="empty ClassificationResults"):
        classifications(classification_pb2.ClassificationResult())
    with pytest.raises(ServingError, match="empty RegressionResults"):
        regressions(regression_pb2.RegressionResult())


@pytest.mark.parametrize("message", ['Bad key: "key"', "Bad key: 'key'", "\ud800"])
def test_an_error_is_an_object(message: str) -> None:  # MakeJsonFromTensors.StatusError
    assert json.loads(error_body(message)) == {"error": message.replace("\ud800", "?")}
