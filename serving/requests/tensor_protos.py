"""TensorProtos of gRPC requests as arrays, and arrays as the TensorProtos of replies."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2

from serving.errors import invalid

# The field that holds the values of a dtype, as TF Serving fills it: clients read `float_val` and the like.
_FIELDS: Final[Mapping[int, str]] = {
    types_pb2.DT_FLOAT: "float_val",
    types_pb2.DT_DOUBLE: "double_val",
    types_pb2.DT_INT32: "int_val",
    types_pb2.DT_INT16: "int_val",
    types_pb2.DT_INT8: "int_val",
    types_pb2.DT_UINT8: "int_val",
    types_pb2.DT_UINT16: "int_val",
    types_pb2.DT_INT64: "int64_val",
    types_pb2.DT_BOOL: "bool_val",
    types_pb2.DT_STRING: "string_val",
    types_pb2.DT_UINT32: "uint32_val",
    types_pb2.DT_UINT64: "uint64_val",
}


def array_of(name: str, proto: Any, most_bytes: int) -> npt.NDArray[Any]:
    """The array of a TensorProto; strings are bytes in an object array.

    Args:
        name: Of the input, for the messages.
        proto: `tensor_pb2.TensorProto`. One value may stand for all, so a few bytes can ask for any amount.
        most_bytes: An array that would be larger is refused.

    Raises:
        ServingError: INVALID_ARGUMENT: values and shape do not fit, or it would be too large.
    """
    shape = [dimension.size for dimension in proto.tensor_shape.dim]
    dtype = tf.dtypes.as_dtype(proto.dtype) if proto.dtype in _FIELDS else None
    if dtype is None:
        raise invalid(f"Input {name[:100]!r}: the dtype is not supported.")
    if min(shape, default=0) < 0 or math.prod(shape) * max(dtype.size or 8, 1) > most_bytes:
        raise invalid(f"Input {name[:100]!r}: expected a tensor of at most {most_bytes} bytes.")
    try:
        if proto.dtype == types_pb2.DT_STRING and len(proto.string_val) == math.prod(shape):
            array = np.empty(len(proto.string_val), object)
            array[:] = proto.string_val
            return array.reshape(shape)
        if proto.tensor_content and proto.dtype != types_pb2.DT_STRING:
            return np.frombuffer(proto.tensor_content, dtype.as_numpy_dtype).reshape(shape)
        return tf.make_ndarray(proto)
    except (TypeError, ValueError):
        raise invalid(f"Input {name[:100]!r}: the values do not match the shape {shape}.") from None


def proto_of(array: npt.NDArray[Any]) -> Any:
    """The TensorProto of an array, its values in the field of the dtype."""
    dtype = tf.dtypes.as_dtype(array.dtype).as_datatype_enum
    if dtype not in _FIELDS:
        return tf.make_tensor_proto(array)
    proto = tensor_pb2.TensorProto(dtype=dtype)
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, _FIELDS[dtype]).extend(array.ravel().tolist())
    return proto
