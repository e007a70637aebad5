"""TensorFlow Serving's cases of json_tensor_test.cc that make tensors of JSON, and its bounds."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import grpc
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError
from serving.replies.json_reply import predictions
from serving.requests.json_parse import decode_base64, parse
from serving.requests.json_tensor import Format, PredictInputs, predict_inputs

INT = {"default": "DT_INT32"}
FLOAT = {"default": "DT_FLOAT"}
DOUBLE = {"default": "DT_DOUBLE"}
STRING = {"default": "DT_STRING"}
NAMED = {"int_tensor": "DT_INT32", "str_tensor": "DT_STRING"}
EVERY_TYPE: dict[str, tuple[str, Any]] = {
    "float": ("DT_FLOAT", np.float32),
    "double": ("DT_DOUBLE", np.float64),
    "bool": ("DT_BOOL", np.bool_),
    "int8": ("DT_INT8", np.int8),
    "int16": ("DT_INT16", np.int16),
    "int32": ("DT_INT32", np.int32),
    "int64": ("DT_INT64", np.int64),
    "uint8": ("DT_UINT8", np.uint8),
    "uint32": ("DT_UINT32", np.uint32),
    "uint64": ("DT_UINT64", np.uint64),
}


def f32(values: Any) -> Any:
    return np.array(values, np.float32)


def signature(types: Mapping[str, str]) -> Any:
    made = meta_graph_pb2.SignatureDef()
    for name, dtype in types.items():
        made.inputs[name].dtype = types_pb2.DataType.Value(dtype)
    return made


def read(body: str | bytes, types: Mapping[str, str]) -> PredictInputs:
    raw = body if isinstance(body, bytes) else body.encode()
    made = signature(types)
    return predict_inputs(parse(raw), {"serving_default": made, "predict_images": made})


def one(body: str, types: Mapping[str, str]) -> Any:
    return next(iter(read(body, types).inputs.values()))


def refusal(body: str | bytes, types: Mapping[str, str] = INT) -> str:
    with pytest.raises(ServingError) as raised:
        read(body, types)
    assert raised.value.code is grpc.StatusCode.INVALID_ARGUMENT
    return raised.value.message


def test_rows_become_a_batch() -> None:  # SingleUnnamedTensor, TensorFromNonNullTerminatedBuffer
    request = read('{"instances": [[1,2],[3,4],[5,6]]}', INT)
    assert request.form is Format.ROW
    assert request.signature == "serving_default"
    assert request.inputs["default"].dtype == np.int32
    assert request.inputs["default"].tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    "body", ['{"instances":[1], "nested":%s}', '{"signature_name":%s}', '{"instances":[NaN], "nested":%s}']
)
def test_deep_nesting_is_refused(body: str) -> None:  # DeeplyNestedWellFormed, DeeplyNestedMalformed
    assert "JSON Parse error" in refusal(body % ("[" * 500_000 + "]" * 500_000))


def test_a_tensor_of_more_than_32_dimensions_is_refused() -> None:
    assert "at most 32" in refusal('{"inputs": %s}' % ("[" * 40 + "]" * 40))
    assert "at most 32" in refusal('{"instances": %s}' % ("[" * 33 + "1" + "]" * 33))


@pytest.mark.parametrize("types", [FLOAT, DOUBLE])
def test_whole_numbers_are_floats_too(types: Mapping[str, str]) -> None:
    # MixedInputForFloatTensor, MixedInputForDoubleTensor
    tensor = one('{"instances": [1, 2.0, 3, 4, 5.003, 0.007, 0.0]}', types)
    np.testing.assert_array_equal(tensor, np.array([1, 2, 3, 4, 5.003, 0.007, 0], tensor.dtype))


@pytest.mark.parametrize("text", ["1435774380", "1435774380.0"])
def test_a_number_that_float32_does_not_hold_is_rounded(text: str) -> None:  # FloatTensorWithPrecisionLoss
    assert one(f'{{"instances": [{text}]}}', FLOAT).tolist() == [np.float32(1435774380)]


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_beyond_float32_is_an_infinity(sign: str) -> None:  # FloatTensorThatExceedsMaxReturnsInf
    assert one(f'{{"instances": [{sign}1.79769e+308]}}', FLOAT).tolist() == [float(sign + "inf")]


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_below_float32_is_zero(sign: str) -> None:  # FloatTensorThatExceedsMinReturnsZero
    assert str(one(f'{{"instances": [{sign}2.22507e-308]}}', FLOAT)[0]) == f"{sign}0.0"


def test_a_request_names_its_signature() -> None:  # SingleUnnamedTensorWithSignature
    request = read('{"signature_name": "predict_images", "instances": [[1,2]]}', INT)
    assert request.signature == "predict_images"
    assert request.inputs["default"].tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            '{"instances": [{"b64": "aGVsbG8="}, {"b64": "d29ybGQ="}]}',
            [b"hello", b"world"],
            id="SingleUnnamedTensorBase64Scalars",
        ),
        pytest.param(
            '{"instances": [[{"b64": "aGVsbG8="}], [{"b64": "d29ybGQ="}]]}',
            [[b"hello"], [b"world"]],
            id="SingleUnnamedTensorBase64Lists",
        ),
        pytest.param(
            '{"instances": [{"default": [[{"b64": "aGVsbG8="}], [{"b64": "d29ybGQ="}]]}]}',
            [[[b"hello"], [b"world"]]],
            id="SingleNamedTensorBase64",
        ),
        pytest.param('{"inputs": {"b64": "aGVsbG8="}}', b"hello", id="columnar"),
        pytest.param('{"instances": ["é", {"b64": "_w"}]}', None, id="not the alphabet"),
    ],
)
def test_base64_is_bytes(body: str, expected: Any) -> None:
    if expected is None:
        assert "Unable to base64 decode" in refusal(body, STRING)
    else:
        assert one(body, STRING).tolist() == expected


def test_several_inputs_come_as_objects() -> None:  # MultipleNamedTensor
    types = NAMED | {"float_tensor": "DT_FLOAT", "dbl_tensor": "DT_DOUBLE"}
    tensors = read(
        """{"instances": [
          {"int_tensor": [[1,2],[3,4],[5,6]], "str_tensor": ["foo", "bar"],
           "float_tensor": [1.0, NaN], "dbl_tensor": [NaN]},
          {"int_tensor": [[7,8],[9,0],[1,2]], "str_tensor": ["baz", "bat"],
           "float_tensor": [2.0, Infinity], "dbl_tensor": [2.0]}]}""",
        types,
    ).inputs
    assert tensors["int_tensor"].tolist() == [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 0], [1, 2]]]
    assert tensors["str_tensor"].tolist() == [[b"foo", b"bar"], [b"baz", b"bat"]]
    np.testing.assert_array_equal(tensors["float_tensor"], f32([[1, np.nan], [2, np.inf]]))
    np.testing.assert_array_equal(tensors["dbl_tensor"], [[np.nan], [2.0]])


@pytest.mark.parametrize(
    "body", ['{"inputs": {"int_tensor": [[[1,2],[3,4],[5,6]]]}}', '{"inputs": [[[1,2],[3,4],[5,6]]]}']
)
def test_one_input_in_columns_may_go_unnamed(body: str) -> None:  # SingleUnnamedTensorColumnarFormat
    request = read(body, {"int_tensor": "DT_INT32"})
    assert request.form is Format.COLUMNAR
    assert request.inputs["int_tensor"].tolist() == [[[1, 2], [3, 4], [5, 6]]]


def test_several_inputs_in_columns_are_named() -> None:  # MultipleNamedTensorColumnarFormat
    tensors = read(
        """{"inputs": {"int_tensor": [[[1,2],[3,4],[5,6]]], "str_tensor": ["foo", "bar"],
           "bin_tensor": {"b64": "aGVsbG8="}, "more": 1}}""",
        NAMED | {"bin_tensor": "DT_STRING"},
    ).inputs
    assert sorted(tensors) == ["bin_tensor", "int_tensor", "str_tensor"]
    assert tensors["str_tensor"].tolist() == [b"foo", b"bar"]
    assert tensors["bin_tensor"].shape == ()
    assert tensors["bin_tensor"].item() == b"hello"


@pytest.mark.parametrize(
    ("body", "expected"),
    [  # SingleUnnamedTensorErrors
        ("", "document is empty"),
        (" \n", "document is empty"),
        ('{"signature_name": 5, "instances": [[1,2],[3,4],[5,6,7]]}', "must be a string value"),
        ('{"instances": [[1,2]], "inputs": [[1,2]]}', "Not formatted correctly"),
        ('{"instances": [[1,2],[3,4],[5,6,7]]}', "element: 2 of 'instances' list.*Expecting tensor size: 2"),
        ('{"instances": [[1,2],[3,4],[[5,6]]]}', r"Expecting shape \[2\] but got: \[1,2\]"),
        ('{"instances": [1, [1]]}', r"Expecting shape \[\] but got: \[1\]"),
        ('{"instances": [[1,2],["a", "b"]]}', "element: 1 .*String is not of expected type: int32"),
        # HttpRestApiHandlerTest.PredictRequestErrors
        ("instances = [1, 2]", "JSON Parse error: Invalid value"),
        ('{"signature_name": 100}', "'signature_name' key must be a string value."),
        # of our own
        ("[1]", "Is not object"),
        ('{"instances": [1]} x', "JSON Parse error"),
        ('{"instances": [NaN,}', "JSON Parse error"),
        (b'{"instances": ["\xff"]}', "JSON Parse error"),
        (b'{"instances": ["\xff", NaN]}', "JSON Parse error"),
        ('{"instances": ["\\ud800", NaN]}', "JSON Parse error"),
        ('{"instances": [1e999, NaN]}', "JSON Parse error: Number too big"),
        ('{"instances": [%s, NaN]}' % ("9" * 5000), "JSON Parse error: Number too big"),
        ("{}", "Missing 'inputs' or 'instances' key"),
        ('{"instances": []}', "No values in 'instances' array"),
        ('{"instances": 1}', "Expecting 'instances' to be an list/array"),
        ('{"signature_name": "x", "instances": [1]}', 'name: "x" not found in signature def'),
        ('{"inputs": {"other": 1}}', "Missing named input: default in 'inputs' object."),
        ('{"instances": [{"other": 1}]}', "does not have named input: other"),
        ('{"instances": [{}]}', "keys must be equal to: default"),
        ('{"inputs": [[1],2]}', "found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
        ('{"inputs": [1,[2]]}', "Encountered list at unexpected level: 1"),
        ('{"inputs": [[1],[2,3]]}', "unexpected size: 2 at level: 1 expected size: 1"),
        ('{"instances": [{"b64": "AA=="}]}', "Object is not of expected type: int32"),
        ('{"instances": [true]}', "True is not of expected type: int32"),
        ('{"instances": [null]}', "Null is not of expected type: int32"),
        ('{"instances": [1.0]}', "Number is not of expected type: int32"),
        ('{"instances": [2147483648]}', "element: 0 .*Number is not of expected type: int32"),
    ],
)
def test_what_is_wrong_with_one_input_is_reported(body: str | bytes, expected: str) -> None:
    assert re.search(expected, refusal(body))


@pytest.mark.parametrize(
    ("body", "expected"),
    [  # MultipleNamedTensorErrors
        (
            """{"instances": [{"int_tensor": [[1,2],[3,4],[5,6]], "str_tensor": ["foo", "bar"]},
               {"int_tensor": [[[7,8],[9,0],[1,2]]], "str_tensor": ["baz", "bat"]}]}""",
            "element: 1 key: int_tensor of 'instances' list. Error: INVALID_ARGUMENT: Expecting shape",
        ),
        (
            """{"instances": [{"int_tensor": [[1,2],[3,4],[5,6],[7,8]], "str_tensor": ["foo", "bar"]},
               {"int_tensor": [[7,8],[9,0],[1,2]], "str_tensor": ["baz", "bat"]}]}""",
            "Expecting tensor size: 8 but got: 6",
        ),
        (
            """{"instances": [{"int_tensor": [[1,2],[3,4],[5,6]], "str_tensor": ["foo", "bar"]}, [1, 20, 30],
               {"int_tensor": [[[7,8],[9,0],[1,2]]], "str_tensor": ["baz", "bat"]}]}""",
            "Expecting object but got list at item 1 of input list",
        ),
        ('{"instances": [1]}', "instances is a plain list, but expecting list of objects"),
        ('{"inputs": [1]}', "inputs is a plain value/list, but expecting an object"),
    ],
)
def test_what_is_wrong_with_several_inputs_is_reported(body: str, expected: str) -> None:
    assert expected in refusal(body, NAMED)


def test_objects_do_not_follow_lists() -> None:  # MultipleNamedTensorErrors, the last of them
    body = '{"instances": [["baz", "bar"], {"str_tensor": ["baz", "bat"]}]}'
    assert "Expecting value/list but got object" in refusal(body, {"str_tensor": "DT_STRING"})


def test_no_message_holds_a_value() -> None:
    for body in ('{"instances": ["secret"]}', '{"inputs": "secret"}', '{"instances": {"a": "secret"}}'):
        assert "secret" not in refusal(body)


def test_a_dtype_without_json_is_unimplemented_in_columns() -> None:
    with pytest.raises(ServingError, match="Conversion of JSON Value to type: DT_COMPLEX64") as raised:
        read('{"inputs": [1]}', {"x": "DT_COMPLEX64"})
    assert raised.value.code is grpc.StatusCode.UNIMPLEMENTED


def test_a_signature_without_inputs_is_refused() -> None:
    assert "Failed to get input map for signature: serving_default" in refusal('{"instances": [1]}', {})


@pytest.mark.parametrize("name", [name for name in EVERY_TYPE if "int" in name])
def test_integers_keep_to_their_dtype(name: str) -> None:
    dtype, numpy = EVERY_TYPE[name]
    limits = np.iinfo(numpy)
    tensor = one(f'{{"instances": [{limits.min}, {limits.max}]}}', {"x": dtype})
    assert tensor.tolist() == [limits.min, limits.max]
    assert tensor.dtype == numpy
    for beyond in (limits.min - 1, limits.max + 1):
        assert f"not of expected type: {name}" in refusal(f'{{"instances": [{beyond}]}}', {"x": dtype})


@pytest.mark.parametrize("text", ["aGVsbG8=", "aGVsbG8", "aGVs\nbG8="])
def test_base64_may_lack_padding_and_hold_white_space(text: str) -> None:
    assert decode_base64({"b64": text}) == b"hello"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just({"b64": "aGVsbG8="}),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "b64"]), inner),
    max_leaves=12,
)
ANY_TYPES = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.sampled_from(["DT_FLOAT", "DT_INT32", "DT_UINT64", "DT_STRING", "DT_BOOL", "DT_HALF"]),
    min_size=1,
)


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xef\xbb\xbf{}")
@example(b'{"a": NaN, "b": "\\uDC00"}')
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    with suppress(ServingError):
        assert isinstance(parse(body), dict)


@given(st.sampled_from(["instances", "inputs"]), JSON | st.lists(JSON, min_size=1), ANY_TYPES)
def test_any_json_is_tensors_or_refused(key: str, value: Any, types: Mapping[str, str]) -> None:
    with suppress(ServingError):
        request = read(json.dumps({key: value}), types)
        assert request.inputs.keys() == types.keys()
        assert predictions(request.inputs, Format.COLUMNAR)


def leaf(name: str) -> st.SearchStrategy[Any]:
    if name == "bool":
        return st.booleans()
    if name in ("float", "double"):
        return st.floats(width=32 if name == "float" else 64)
    limits = np.iinfo(EVERY_TYPE[name][1])
    return st.integers(int(limits.min), int(limits.max))


@given(st.data())
def test_tensors_survive_a_reply_and_a_request(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(EVERY_TYPE)))
    dtype, numpy = EVERY_TYPE[name]
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    size = int(np.prod(shape))
    cells = data.draw(st.lists(leaf(name), min_size=size, max_size=size))
    array = np.array(cells, numpy).reshape(shape)
    for form in Format:
        for outputs in ({"x": array}, {"x": array, "y": array}):
            reply = predictions(outputs, form).replace(form.value.encode(), KEYS[form], 1)
            back = read(reply, dict.fromkeys(outputs, dtype)).inputs
            for key in outputs:
                np.testing.assert_array_equal(back[key], array)
                assert back[key].dtype == array.dtype


KEYS = {Format.ROW: b"instances", Format.COLUMNAR: b"inputs"}


@given(st.lists(st.binary() | st.text().map(str.encode), min_size=1), st.sampled_from(["x", "x_bytes"]))
def test_bytes_survive_a_reply_and_a_request(cells: list[bytes], key: str) -> None:
    array = np.empty(len(cells), object)
    array[:] = cells
    reply = predictions({key: array}, Format.ROW).replace(b"predictions", b"instances", 1)
    assert read(reply, {key: "DT_STRING"}).inputs[key].tolist() == cells
