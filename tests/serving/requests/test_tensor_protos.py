"""TensorProtos as arrays and back, and those that ask for more than they hold."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2

from serving.errors import ServingError
from serving.requests.tensor_protos import array_of, proto_of

ARRAYS: list[Any] = [
    np.array([[1.5, float("nan")], [-0.0, float("inf")]], np.float32),
    np.array([1e300], np.float64),
    np.array([2**63 - 1, -(2**63)], np.int64),
    np.array([[1], [2]], np.int32),
    np.array([True, False]),
    np.array([2**64 - 1], np.uint64),
    np.array([b"", b"\xff", "é".encode()], object),
    np.zeros((0, 3), np.float32),
    np.array(7, np.int64),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays_come_back_as_they_were(array: Any) -> None:
    for proto in (proto_of(array), tf.make_tensor_proto(array)):
        decoded = array_of("x", proto, 10**6)
        assert (decoded.dtype, decoded.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(decoded, array)


def test_values_stand_where_clients_of_tf_serving_read_them() -> None:
    assert list(proto_of(np.array([0.5], np.float32)).float_val) == [0.5]
    assert list(proto_of(np.array([b"a"], object)).string_val) == [b"a"]


def _proto(dtype: int, shape: list[int], **values: Any) -> Any:
    proto = tensor_pb2.TensorProto(dtype=dtype, **values)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


@pytest.mark.parametrize(
    "proto",
    [
        _proto(types_pb2.DT_FLOAT, [10**12], float_val=[1.0]),
        _proto(types_pb2.DT_STRING, [10**9], string_val=[b"x"]),
        _proto(types_pb2.DT_FLOAT, [-1], float_val=[1.0]),
        _proto(types_pb2.DT_FLOAT, [3], tensor_content=b"1234"),
        _proto(types_pb2.DT_FLOAT, [2], float_val=[1.0, 2.0, 3.0]),
        _proto(types_pb2.DT_STRING, [2], string_val=[b"a", b"b", b"c"]),
        _proto(types_pb2.DT_INVALID, [1]),
        _proto(types_pb2.DT_RESOURCE, [1]),
        _proto(9999, [1]),
    ],
    ids=range(9),
)
def test_what_does_not_fit_its_shape_is_refused(proto: Any) -> None:
    with pytest.raises(ServingError, match="Input 'x'"):
        array_of("x", proto, 10**6)


def test_one_value_may_stand_for_all() -> None:
    array = array_of("x", _proto(types_pb2.DT_FLOAT, [2, 2], float_val=[3.0]), 10**6)
    assert array.tolist() == [[3.0, 3.0], [3.0, 3.0]]
