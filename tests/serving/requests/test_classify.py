"""TensorFlow Serving's cases of json_tensor_test.cc on examples, and what is refused as no result."""

import json
import re
from contextlib import suppress
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.example import example_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import input_pb2

from serving.errors import ServingError
from serving.requests.classify import (
    classification_result,
    classify_outputs,
    examples_of_input,
    examples_of_json,
    find_signature,
    regress_outputs,
    regression_result,
)
from serving.requests.json_parse import parse
from serving.requests.json_tensor import signature_name


def f32(values: Any) -> Any:
    return np.array(values, np.float32)


def plain(serialized: bytes) -> dict[str, list[Any]]:
    features = example_pb2.Example.FromString(serialized).features.feature
    return {
        name: list(getattr(feature, str(feature.WhichOneof("kind") or "int64_list")).value)
        for name, feature in features.items()
    }


def signature(inputs: tuple[str, ...] = ("inputs",), outputs: tuple[str, ...] = ("scores",)) -> Any:
    made = meta_graph_pb2.SignatureDef()
    for name in inputs:
        made.inputs[name].name = f"{name}:0"
    for name in outputs:
        made.outputs[name].name = f"{name}:0"
    return made


def strings(*rows: Any) -> Any:
    return np.array(rows, object)


def test_examples_take_texts_numbers_and_lists() -> None:  # RequestNoContext
    request = b"""{"examples": [{"names": ["foo", "bar"], "ratings": [8.0, 9.0], "age": 20},
                                {"names": ["baz"], "ratings": 6.0}]}"""
    assert [plain(one) for one in examples_of_json(parse(request))] == [
        {"names": [b"foo", b"bar"], "ratings": [8.0, 9.0], "age": [20]},
        {"names": [b"baz"], "ratings": [6.0]},
    ]


def test_the_context_is_merged_into_each_example() -> None:  # RequestWithContextAndSignature
    request = parse(
        b"""{"signature_name": "custom_signture", "context": {"query": "pizza", "location": ["sfo"]},
        "examples": [{"names": ["foo", "bar"], "ratings": [8.0, 9.0, NaN, Infinity], "age": 20},
                     {"names": ["baz", {"b64": "aGVsbG8="}], "ratings": 6.0, "intboolmix": [1, true, false]},
                     {"names": "bar", "ratings": -Infinity, "query": "pasta"}]}"""
    )
    assert signature_name(request) == "custom_signture"
    first, second, third = (plain(one) for one in examples_of_json(request))
    assert first.pop("ratings") == [8.0, 9.0, pytest.approx(np.nan, nan_ok=True), np.inf]
    assert first == {"query": [b"pizza"], "location": [b"sfo"], "names": [b"foo", b"bar"], "age": [20]}
    assert second["names"] == [b"baz", b"hello"]
    assert second["intboolmix"] == [1, 1, 0]
    assert (third["ratings"], third["query"]) == ([-np.inf], [b"pasta"])


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [  # JsonErrors
        ('{"context": [{"names": ["foo", "bar"]}]}', "Example must be JSON object but got JSON Array"),
        ('{"examples": {"names": ["foo", "bar"]}}', "list/array"),
        ('{"examples": [[{"names": ["foo", "bar"]}]]}', "Example must be JSON object but got JSON Array"),
        ('{"examples": [{"names": [10, null]}]}', "names has element with unexpected JSON type: Null"),
        ('{"examples": [{"names": [10, 10.0]}]}', "feature: names expecting type: int64"),
        (
            '{"examples": [{"names": [10, {"test": 10}]}]}',
            "names has element with unexpected JSON type: Object",
        ),
        ('{"examples": [{"names": [[10], 20]}]}', "names has element with unexpected JSON type: Array"),
        ('{"examples": [{"names": [20, 18446744073709551603]}]}', "Only int64_t is supported"),
        ("{}", "key 'examples' is expected and was not found"),
        ('{"examples": []}', "'examples' value is an empty array"),
    ],
)
def test_what_is_wrong_with_examples_is_reported(request_body: str, expected: str) -> None:
    with pytest.raises(ServingError, match=expected) as raised:
        examples_of_json(parse(request_body.encode()))
    assert raised.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_signature_name_is_text() -> None:  # JsonErrors, the first of them
    with pytest.raises(ServingError, match="'signature_name' key must be a string"):
        signature_name(parse(b'{"signature_name": ["hello"], "examples": [{"names": ["foo"]}]}'))


def test_an_empty_feature_and_a_float_beyond_32_bits_are_taken() -> None:
    examples = examples_of_json(parse(b'{"examples": [{"a": [], "b": [1e300], "c": 99999999999999999999}]}'))
    assert plain(examples[0]) == {"a": [], "b": [np.inf], "c": [np.float32(1e20)]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"examples": JSON | st.lists(JSON)}, optional={"context": JSON}))
def test_any_json_is_examples_or_refused(request_object: dict[str, Any]) -> None:
    with suppress(ServingError):
        request = parse(json.dumps(request_object).encode())
        assert len(examples_of_json(request)) == len(request_object["examples"])


def test_an_input_of_grpc_is_read_alike() -> None:
    text = """example_list_with_context {
      context { features { feature { key: "query" value { bytes_list { value: "pizza" } } } } }
      examples { features { feature { key: "x" value { float_list { value: 2 } } } } } }"""
    (example,) = examples_of_input(text_format.Parse(text, input_pb2.Input()))
    assert plain(example) == {"query": [b"pizza"], "x": [2.0]}
    with pytest.raises(ServingError, match=r"Input is empty\."):
        examples_of_input(input_pb2.Input())


def test_a_signature_is_selected_by_name() -> None:
    signatures = {"serving_default": signature(), "other": signature()}
    assert find_signature(signatures, "") is signatures["serving_default"]
    assert find_signature(signatures, "other") is signatures["other"]
    with pytest.raises(ServingError, match="No signature was found with the name: none"):
        find_signature(signatures, "none")


def test_a_classifying_signature_has_classes_or_scores() -> None:
    assert classify_outputs(signature()) == ["scores"]
    assert classify_outputs(signature(outputs=("scores", "classes"))) == ["classes", "scores"]


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (signature(inputs=("inputs", "more")), "Expected one input Tensor."),
        (signature(inputs=("x",)), "No classification inputs found in SignatureDef: x"),
        (signature(outputs=("a", "b", "c")), "Expected one or two output Tensors, found 3"),
        (signature(outputs=("y",)), 'contain at least one of "classes" or "scores". Signature was: y'),
    ],
)
def test_a_signature_that_does_not_classify_is_refused(definition: Any, expected: str) -> None:
    with pytest.raises(ServingError, match=re.escape(expected)):
        classify_outputs(definition)


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (signature(inputs=()), "Expected one input Tensor."),
        (signature(inputs=("x",), outputs=("outputs",)), "No regression inputs found in SignatureDef: x"),
        (signature(outputs=("outputs", "more")), "Expected one output Tensor."),
        (signature(outputs=("y",)), "No regression outputs found in SignatureDef: y"),
    ],
)
def test_a_signature_that_does_not_regress_is_refused(definition: Any, expected: str) -> None:
    assert regress_outputs(signature(outputs=("outputs",))) == ["outputs"]
    with pytest.raises(ServingError, match=re.escape(expected)):
        regress_outputs(definition)


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({"scores": f32([[1, 2]]), "classes": strings([b"a", b"b"])}, [("a", 1.0), ("b", 2.0)]),
        ({"scores": f32([[1, 2]])}, [("", 1.0), ("", 2.0)]),
        ({"classes": strings([b"a", b"\xff"])}, [("a", 0.0), ("\ufffd", 0.0)]),
        ({"scores": np.zeros((1, 0), np.float32)}, []),
    ],
)
def test_a_classification_pairs_labels_and_scores(outputs: dict[str, Any], expected: Any) -> None:
    (classification,) = classification_result(outputs, 1).classifications
    assert [(one.label, one.score) for one in classification.classes] == expected


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({"classes": strings(b"a")}, "Expected Tensor shape: [batch_size num_classes] but got [1]"),
        ({"classes": f32([[1]])}, "Expected classes Tensor of DT_STRING. Got: DT_FLOAT"),
        ({"classes": strings([b"a"], [b"b"])}, "Expected classes output batch size of 1. Got: 2"),
        ({"scores": f32([1])}, "Expected Tensor shape: [batch_size num_classes] but got [1]"),
        ({"scores": np.array([[1.0]])}, "Expected scores Tensor of DT_FLOAT. Got: DT_DOUBLE"),
        ({"scores": f32([[1], [2]])}, "Expected scores output batch size of 1. Got: 2"),
        (
            {"scores": f32([[1]]), "classes": strings([b"a", b"b"])},
            "Tensors class and score should match in dim_size(1). Got 2 vs. 1",
        ),
    ],
)
def test_outputs_that_are_no_classification_are_refused(outputs: dict[str, Any], expected: str) -> None:
    with pytest.raises(ServingError, match=re.escape(expected)):
        classification_result(outputs, 1)


@pytest.mark.parametrize("values", [f32([1, 2]), f32([[1], [2]])])
def test_a_regression_is_a_value_for_each_example(values: Any) -> None:
    assert [one.value for one in regression_result({"outputs": values}, 2).regressions] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({}, "Could not find output tensor 'outputs'"),
        ({"outputs": np.float32(1)}, "either [batch_size] or [batch_size, 1] but got []"),
        ({"outputs": f32([[1, 2]])}, "either [batch_size] or [batch_size, 1] but got [1,2]"),
        ({"outputs": f32([1, 2])}, "Input batch size did not match output batch size: 1 vs. 2"),
        ({"outputs": np.array([1])}, "Expected output Tensor of DT_FLOAT.  Got: DT_INT64"),
    ],
)
def test_outputs_that_are_no_regression_are_refused(outputs: dict[str, Any], expected: str) -> None:
    with pytest.raises(ServingError, match=re.escape(expected)):
        regression_result(outputs, 1)
