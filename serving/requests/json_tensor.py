"""Makes the tensors of a `:predict` request by TensorFlow Serving's rules; no message quotes a value.

`json_parse.parse` gives the object, so that a handler may look at it first; `predict_inputs` the tensors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import Any, Final, NoReturn

import grpc
import numpy as np
import numpy.typing as npt
from tensorflow.core.framework import types_pb2

from serving.errors import ServingError, invalid
from serving.requests.json_parse import decode_base64, is_base64, quoted, type_name

TensorInfo = Any  # meta_graph_pb2.TensorInfo

DEFAULT_SIGNATURE: Final = "serving_default"
_MAX_RANK: Final = 32  # numpy's; TensorFlow's own is 254


class Format(Enum):
    """How a request gives its tensors, and so how its reply does; the value is the reply's key."""

    ROW = "predictions"
    COLUMNAR = "outputs"


@dataclass(frozen=True)
class PredictInputs:
    """The tensors of a request.

    Attributes:
        signature: The signature's name; the default one's where the request names none.
        inputs: Input key -> array of the signature's dtype; strings are bytes in an object array.
        form: How the reply is to be written.
    """

    signature: str
    inputs: dict[str, npt.NDArray[Any]]
    form: Format


@dataclass(frozen=True)
class _Type:
    name: str
    numpy: Any
    leaves: frozenset[type]
    least: int = 0
    most: int = 0


def _int(name: str) -> _Type:
    limits = np.iinfo(name)
    return _Type(name, np.dtype(name), frozenset({int}), int(limits.min), int(limits.max))


_STRING: Final = _Type("string", np.dtype(object), frozenset({str, dict}))
_TYPES: Final[Mapping[int, _Type]] = {
    types_pb2.DT_FLOAT: _Type("float", np.dtype(np.float32), frozenset({int, float})),
    types_pb2.DT_DOUBLE: _Type("double", np.dtype(np.float64), frozenset({int, float})),
    types_pb2.DT_BOOL: _Type("bool", np.dtype(np.bool_), frozenset({bool})),
    types_pb2.DT_STRING: _STRING,
    types_pb2.DT_INT8: _int("int8"),
    types_pb2.DT_INT16: _int("int16"),
    types_pb2.DT_INT32: _int("int32"),
    types_pb2.DT_INT64: _int("int64"),
    types_pb2.DT_UINT8: _int("uint8"),
    types_pb2.DT_UINT32: _int("uint32"),
    types_pb2.DT_UINT64: _int("uint64"),
}


def signature_name(request: Mapping[str, Any]) -> str:
    """The signature that a request names, or the default one's name.

    Raises:
        ServingError: INVALID_ARGUMENT: the name is no string.
    """
    name = request.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid("JSON Value not formatted correctly. 'signature_name' key must be a string value.")
    return name or DEFAULT_SIGNATURE


def predict_inputs(request: Mapping[str, Any], signatures: Mapping[str, Any]) -> PredictInputs:
    """Makes the tensors that a `:predict` request gives in rows ("instances") or columns ("inputs").

    Args:
        request: What `parse` gave.
        signatures: The model's signatures: name -> SignatureDef.

    Raises:
        ServingError: INVALID_ARGUMENT or UNIMPLEMENTED, in TensorFlow Serving's words.
    """
    name = signature_name(request)
    if name not in signatures:
        raise invalid(f'Serving signature name: "{quoted(name)}" not found in signature def')
    infos = signatures[name].inputs
    if not infos:
        raise invalid(f"Failed to get input map for signature: {name}")
    form = request_format(request)
    if form is Format.ROW:
        return PredictInputs(name, _from_rows(request["instances"], infos), form)
    return PredictInputs(name, _from_columns(request["inputs"], infos), form)


def request_format(request: Mapping[str, Any]) -> Format:
    """Whether a request has "instances" (a list with something in it) or "inputs".

    Raises:
        ServingError: INVALID_ARGUMENT: it has both or neither, or its instances are not such a list.
    """
    if "instances" not in request:
        if "inputs" not in request:
            raise invalid("Missing 'inputs' or 'instances' key")
        return Format.COLUMNAR
    if "inputs" in request:
        raise invalid(
            "JSON Value Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist"
        )
    if not isinstance(request["instances"], list):
        raise invalid("JSON Value Expecting 'instances' to be an list/array")
    if not request["instances"]:
        raise invalid("JSON Value No values in 'instances' array")
    return Format.ROW


def dense(value: Any, dtype: int) -> npt.NDArray[Any]:
    """Makes one tensor of a JSON value: a scalar, or lists in lists that are nowhere ragged.

    Args:
        value: The JSON value; strings may be given as `{"b64": …}`.
        dtype: The tensor's `types_pb2.DataType`.

    Raises:
        ServingError: INVALID_ARGUMENT: ragged, or of another type; UNIMPLEMENTED: no JSON for this dtype.
    """
    kind = _TYPES.get(dtype)
    if kind is None:
        raise ServingError(
            grpc.StatusCode.UNIMPLEMENTED,
            f"Conversion of JSON Value to type: {types_pb2.DataType.Name(dtype)}",
        )
    shape, leaves = _flatten(value)
    _check_leaves(leaves, kind)
    if kind.leaves is _STRING.leaves:
        texts = [leaf.encode() if isinstance(leaf, str) else decode_base64(leaf) for leaf in leaves]
        array = np.empty(len(texts), object)
        array[:] = texts
        return array.reshape(shape)
    with np.errstate(over="ignore"):  # a number beyond float32 becomes an infinity, as in TensorFlow Serving
        return np.array(leaves, kind.numpy).reshape(shape)


def _flatten(value: Any) -> tuple[list[int], Sequence[Any]]:
    """The shape that the first elements say, and all leaves in order; no recursion, however deep."""
    shape: list[int] = []
    level: list[Any] = [value]
    while level and isinstance(level[0], list):
        size = len(level[0])
        if set(map(type, level)) != {list}:
            depth = len(shape)
            raise invalid(
                f"JSON Value found at incorrect level: {depth + 1} in the JSON DOM. "
                f"Expected at level: {depth + _depth(level[0])}"
            )
        if len(set(map(len, level))) > 1:
            other = next(len(one) for one in level if len(one) != size)
            raise invalid(
                f"Encountered list at unexpected size: {other} at level: {len(shape)} expected size: {size}"
            )
        shape.append(size)
        level = list(chain.from_iterable(level)) if len(level) > 1 else level[0]
    if list in set(map(type, level)):
        raise invalid(f"Encountered list at unexpected level: {len(shape)} expected < {len(shape)}")
    if len(shape) > _MAX_RANK:
        raise invalid(f"Lists can be nested at most {_MAX_RANK} deep, got {len(shape)}")
    return shape, level


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        depth += 1
        value = value[0] if value else None
    return depth


def _check_leaves(leaves: Sequence[Any], kind: _Type) -> None:
    """Refuses leaves of another JSON type, and integers that the dtype does not hold."""
    if not kind.leaves.issuperset(map(type, leaves)):
        _wrong_type(next(leaf for leaf in leaves if type(leaf) not in kind.leaves), kind)
    if leaves and kind.most and (min(leaves) < kind.least or max(leaves) > kind.most):
        _wrong_type(0, kind)


def _wrong_type(leaf: Any, kind: _Type) -> NoReturn:
    raise invalid(f"JSON Value Type: {type_name(leaf)} is not of expected type: {kind.name}")


def _from_columns(value: Any, infos: Mapping[str, TensorInfo]) -> dict[str, npt.NDArray[Any]]:
    if isinstance(value, dict) and not is_base64(value):
        for name in infos:
            if name not in value:
                raise invalid(f"Missing named input: {name} in 'inputs' object.")
        return {name: dense(value[name], info.dtype) for name, info in infos.items()}
    if len(infos) > 1:
        raise invalid(
            "inputs is a plain value/list, but expecting an object as multiple input "
            "tensors required as per tensorinfo_map"
        )
    return {name: dense(value, info.dtype) for name, info in infos.items()}


def _from_rows(rows: list[Any], infos: Mapping[str, TensorInfo]) -> dict[str, npt.NDArray[Any]]:
    named = [isinstance(row, dict) and not is_base64(row) for row in rows]
    if not named[0] and len(infos) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input "
            "tensors required as per tensorinfo_map"
        )
    if named[0] and not all(named):
        raise invalid(f"Expecting object but got list at item {named.index(False)} of input list")
    if not named[0]:
        if any(named):
            raise invalid(f"Expecting value/list but got object at item {named.index(True)} of input list")
        return {name: _batch(rows, info.dtype, "") for name, info in infos.items()}
    names = frozenset(infos)
    for index, row in enumerate(rows):
        if row.keys() != names:
            raise _wrong_keys(index, row, infos)
    return {
        name: _batch([row[name] for row in rows], info.dtype, f" key: {name}") for name, info in infos.items()
    }


def _wrong_keys(index: int, row: Mapping[str, Any], infos: Mapping[str, TensorInfo]) -> ServingError:
    for key in row:
        if key not in infos:
            return invalid(
                f"Failed to process element: {index} key: {quoted(key)} of 'instances' list. Error: "
                f"INVALID_ARGUMENT: JSON object: does not have named input: {quoted(key)}"
            )
    return invalid(
        f"Failed to process element: {index} of 'instances' list. JSON object: keys must be equal to: "
        f"{','.join(sorted(infos))}"
    )


def _batch(values: list[Any], dtype: int, key: str) -> npt.NDArray[Any]:
    """Makes one tensor whose zeroth dimension is the rows; an error names the first row that is off."""
    try:
        return dense(values, dtype)
    except ServingError as error:
        index, problem = _first_problem(values, dtype)
        raise invalid(
            f"Failed to process element: {index}{key} of 'instances' list. Error: {error.code.name}: "
            f"{problem or error.message}",
        ) from None


def _first_problem(values: list[Any], dtype: int) -> tuple[int, str]:
    """Halves the rows until one is left: reading them one by one would keep a large request's worker busy."""
    good, bad = 0, len(values)  # values[:good] are in order together, values[:bad] are not
    while bad - good > 1:
        middle = (good + bad) // 2
        if _problem(values[:1] + values[good:middle], dtype):
            bad = middle
        else:
            good = middle
    if problem := _problem(values[good], dtype):
        return good, problem
    first, other = (_flatten(values[index]) for index in (0, good))
    if len(first[1]) != len(other[1]):
        return good, f"Expecting tensor size: {len(first[1])} but got: {len(other[1])}"
    shapes = [f"[{','.join(map(str, shape))}]" for shape, _ in (first, other)]
    return good, f"Expecting shape {shapes[0]} but got: {shapes[1]}" if shapes[0] != shapes[1] else ""


def _problem(value: Any, dtype: int) -> str:
    try:
        dense(value, dtype)
    except ServingError as error:
        return error.message
    return ""
