"""Writes results as the JSON that TensorFlow Serving's REST API answers with."""

import base64
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from serving.errors import invalid
from serving.requests.json_tensor import Format

_BYTES_SUFFIX: Final = "_bytes"
# What TensorFlow Serving writes; it has no JSON for half, uint16 and complex numbers.
_WRITTEN: Final = frozenset(
    map(
        np.dtype,
        ("f4", "f8", "bool", "i1", "i2", "i4", "i8", "u1", "u4", "u8", "object"),
    )
)
_NAN: Final = orjson.Fragment(b"NaN")
_INFINITY: Final = {True: orjson.Fragment(b"Infinity"), False: orjson.Fragment(b"-Infinity")}


def predictions(outputs: Mapping[str, npt.NDArray[Any]], form: Format) -> bytes:
    """Writes the outputs of `:predict`.

    Floats are written by the shortest digits that read back to the same value of their dtype; NaN and the
    infinities as bare words, as TensorFlow Serving does (and JSON's standard does not). Bytes are written as
    text, or as `{"b64": …}` where the output's key ends in `_bytes` or they are not UTF-8.

    Args:
        outputs: Output key -> array; strings are bytes in an object array. A single output is
            written unnamed.
        form: As the request was given. In rows, the zeroth dimension of all outputs has to agree.

    Raises:
        ServingError: INVALID_ARGUMENT: nothing to write, outputs that are not batches of one size, or of a
            dtype that has no JSON.
    """
    if not outputs:
        raise invalid("Cannot convert empty tensor map to JSON")
    if form is Format.ROW:
        _check_batch(outputs)
    plain = {name: _plain(name, array) for name, array in outputs.items()}
    if len(plain) == 1:
        return _dumps({form.value: next(iter(plain.values()))})
    if form is Format.COLUMNAR:
        return _dumps({form.value: plain})
    return _dumps(
        {form.value: [dict(zip(plain, cells, strict=True)) for cells in zip(*plain.values(), strict=True)]}
    )


def classifications(result: Any) -> bytes:
    """Writes a `classification_pb2.ClassificationResult`: of each example a list of [label, score].

    Raises:
        ServingError: INVALID_ARGUMENT: the result is empty.
    """
    if not result.classifications:
        raise invalid("Cannot convert empty ClassificationResults to JSON")
    rows = [[[one.label, _float32(one.score)] for one in row.classes] for row in result.classifications]
    return _dumps({"results": rows})


def regressions(result: Any) -> bytes:
    """Writes a `regression_pb2.RegressionResult`: of each example a number.

    Raises:
        ServingError: INVALID_ARGUMENT: the result is empty.
    """
    if not result.regressions:
        raise invalid("Cannot convert empty RegressionResults to JSON")
    values = np.array([one.value for one in result.regressions], np.float32)
    return _dumps({"results": _numbers(values)})


def error_body(message: str) -> bytes:
    """Writes an error as `{"error": message}`."""
    return orjson.dumps({"error": message.encode("utf-8", "replace").decode()})


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def _check_batch(outputs: Mapping[str, npt.NDArray[Any]]) -> None:
    size = -1
    for name, array in outputs.items():
        if not array.shape:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if size not in (-1, len(array)):
            raise invalid(f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {size}")
        size = len(array)


def _plain(name: str, array: npt.NDArray[Any]) -> Any:
    """What orjson writes as the array's JSON; a list, an array, or a scalar where the array is one."""
    if array.dtype not in _WRITTEN:
        raise invalid(f"Failed to write JSON value for tensor type: {array.dtype.name}")
    if array.dtype == object:
        as_bytes = name.endswith(_BYTES_SUFFIX)
        return _nested([_text(one, as_bytes) for one in array.ravel()], array.shape)
    return _numbers(array)


def _numbers(array: npt.NDArray[Any]) -> Any:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return _nested([_number(one) for one in array.ravel()], array.shape)
    return np.ascontiguousarray(array) if array.shape else array[()]


def _float32(value: float) -> Any:
    return _number(np.float32(value))


def _number(value: Any) -> Any:
    if np.isnan(value):
        return _NAN
    return _INFINITY[bool(value > 0)] if np.isinf(value) else value


def _nested(leaves: list[Any], shape: tuple[int, ...]) -> Any:
    cells = np.empty(len(leaves), object)
    cells[:] = leaves
    return cells.reshape(shape).tolist()


def _text(value: Any, as_bytes: bool) -> Any:
    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
    if not as_bytes:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            pass  # TensorFlow Serving writes such bytes as they are, which no JSON parser reads
    return {"b64": base64.b64encode(raw).decode()}
