"""What `:classify` and `:regress` do by TensorFlow Serving's rules, for REST and gRPC alike."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tensorflow.core.example import example_pb2
from tensorflow_serving.apis import classification_pb2, regression_pb2

from serving.errors import ServingError, invalid
from serving.requests.json_parse import decode_base64, is_base64, quoted, type_name

SignatureDef = Any  # meta_graph_pb2.SignatureDef
Input = Any  # input_pb2.Input

INPUTS: Final = "inputs"
CLASSES: Final = "classes"
SCORES: Final = "scores"
OUTPUTS: Final = "outputs"
_UINT64_FLOOR: Final = 2**63
_INT64, _FLOAT, _BYTES = "int64", "float", "bytes"


def examples_of_json(request: Mapping[str, Any]) -> list[bytes]:
    """The serialized tf.Examples of a REST request, each with the request's context merged in.

    A feature is a value or a list of them: texts and `{"b64": …}` are bytes, numbers with a point floats,
    other numbers and booleans int64. The context comes first, so that an example's own feature of the same
    name holds.

    Args:
        request: What `json_parse.parse` gave; has "examples" and may have "context".

    Raises:
        ServingError: INVALID_ARGUMENT, in TensorFlow Serving's words.
    """
    context = _example(request["context"]) if "context" in request else b""
    if "examples" not in request:
        raise invalid("JSON Value When method is classify, key 'examples' is expected and was not found")
    examples = request["examples"]
    if not isinstance(examples, list):
        raise invalid("JSON Value Expecting 'examples' value to be an list/array")
    if not examples:
        raise invalid("JSON Value 'examples' value is an empty array")
    return [context + _example(one) for one in examples]


def examples_of_input(message: Input) -> list[bytes]:
    """The serialized tf.Examples of a gRPC request's `Input`, each with the context merged in.

    Raises:
        ServingError: INVALID_ARGUMENT: it has no example.
    """
    with_context = message.WhichOneof("kind") == "example_list_with_context"
    listed = message.example_list_with_context if with_context else message.example_list
    if not listed.examples:
        raise invalid("Input is empty.")
    context = listed.context.SerializeToString() if with_context else b""
    return [context + one.SerializeToString() for one in listed.examples]


def find_signature(signatures: Mapping[str, SignatureDef], name: str) -> SignatureDef:
    """The signature with a name; empty: the default one.

    Raises:
        ServingError: INVALID_ARGUMENT: the model has no such signature.
    """
    wanted = name or "serving_default"
    if wanted not in signatures:
        raise invalid(f"No signature was found with the name: {quoted(wanted)}")
    return signatures[wanted]


def classify_outputs(signature: SignatureDef) -> list[str]:
    """The outputs that a classification fetches: "classes", "scores" or both. The input is `INPUTS`.

    As TensorFlow Serving by default, this goes by the signature's inputs and outputs, not its method_name.

    Raises:
        ServingError: INVALID_ARGUMENT: the signature does not classify.
    """
    _check_input(signature, "classification")
    if len(signature.outputs) not in (1, 2):
        raise invalid(f"Expected one or two output Tensors, found {len(signature.outputs)}")
    outputs = [key for key in (CLASSES, SCORES) if key in signature.outputs]
    if not outputs:
        raise invalid(
            "Expected classification signature outputs to contain at least one of "
            f'"{CLASSES}" or "{SCORES}". Signature was: {", ".join(sorted(signature.outputs))}'
        )
    return outputs


def regress_outputs(signature: SignatureDef) -> list[str]:
    """The one output that a regression fetches: "outputs". The input is `INPUTS`.

    As TensorFlow Serving by default, this goes by the signature's inputs and outputs, not its method_name.

    Raises:
        ServingError: INVALID_ARGUMENT: the signature does not regress.
    """
    _check_input(signature, "regression")
    if len(signature.outputs) != 1:
        raise invalid("Expected one output Tensor.")
    if OUTPUTS not in signature.outputs:
        raise invalid(f"No regression outputs found in SignatureDef: {', '.join(sorted(signature.outputs))}")
    return [OUTPUTS]


def classification_result(outputs: Mapping[str, npt.NDArray[Any]], examples: int) -> Any:
    """Makes the result of a classification.

    Args:
        outputs: What the signature gave for `classify_outputs`: classes are bytes, scores float32, both
            of shape (examples, classes).
        examples: How many examples the request has.

    Returns:
        A `classification_pb2.ClassificationResult`; without classes labels are empty, without scores 0.

    Raises:
        ServingError: INVALID_ARGUMENT: an output is of another shape or dtype.
    """
    classes, scores = outputs.get(CLASSES), outputs.get(SCORES)
    _check_classes(classes, CLASSES, "DT_STRING", examples)
    _check_classes(scores, SCORES, "DT_FLOAT", examples)
    if classes is not None and scores is not None and classes.shape[1] != scores.shape[1]:
        raise invalid(
            "Tensors class and score should match in dim_size(1). Got "
            f"{classes.shape[1]} vs. {scores.shape[1]}"
        )
    result = classification_pb2.ClassificationResult()
    for row in range(examples):
        labels = None if classes is None else [_label(one) for one in classes[row]]
        values = None if scores is None else scores[row].tolist()
        target = result.classifications.add().classes
        for index in range(len(labels if labels is not None else values or ())):
            target.add(label=labels[index] if labels else "", score=values[index] if values else 0.0)
    return result


def regression_result(outputs: Mapping[str, npt.NDArray[Any]], examples: int) -> Any:
    """Makes the result of a regression.

    Args:
        outputs: What the signature gave for `regress_outputs`: float32, shape (examples,) or (examples, 1).
        examples: How many examples the request has.

    Returns:
        A `regression_pb2.RegressionResult`.

    Raises:
        ServingError: INVALID_ARGUMENT: the output is missing, or of another shape or dtype.
    """
    if OUTPUTS not in outputs:
        raise invalid(f"Could not find output tensor '{OUTPUTS}'")
    values = outputs[OUTPUTS]
    if values.ndim != 1 and (values.ndim != 2 or values.shape[1] != 1):
        raise invalid(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got "
            f"{_shape(values)}"
        )
    if len(values) != examples:
        raise invalid(f"Input batch size did not match output batch size: {examples} vs. {len(values)}")
    if _type(values) != "DT_FLOAT":
        raise invalid(f"Expected output Tensor of DT_FLOAT.  Got: {_type(values)}")
    result = regression_pb2.RegressionResult()
    for value in values.ravel().tolist():
        result.regressions.add(value=value)
    return result


def _check_input(signature: SignatureDef, task: str) -> None:
    if len(signature.inputs) != 1:
        raise invalid("Expected one input Tensor.")
    if INPUTS not in signature.inputs:
        raise invalid(f"No {task} inputs found in SignatureDef: {', '.join(sorted(signature.inputs))}")


def _check_classes(values: npt.NDArray[Any] | None, name: str, dtype: str, examples: int) -> None:
    if values is None:
        return
    if values.ndim != 2:
        raise invalid(f"Expected Tensor shape: [batch_size num_classes] but got {_shape(values)}")
    if _type(values) != dtype:
        raise invalid(f"Expected {name} Tensor of {dtype}. Got: {_type(values)}")
    if len(values) != examples:
        raise invalid(f"Expected {name} output batch size of {examples}. Got: {len(values)}")


def _label(value: bytes | str) -> str:
    """A label as the proto's string holds it; TensorFlow Serving lets bytes that are not UTF-8 through."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _shape(values: npt.NDArray[Any]) -> str:
    return f"[{','.join(map(str, values.shape))}]"


def _type(values: npt.NDArray[Any]) -> str:
    names = {"object": "DT_STRING", "float32": "DT_FLOAT", "float64": "DT_DOUBLE", "float16": "DT_HALF"}
    return names.get(values.dtype.name, f"DT_{values.dtype.name.upper()}")


def _example(value: Any) -> bytes:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {type_name(value)}")
    example = example_pb2.Example()
    features = example.features.feature
    for name, content in value.items():
        _fill(features[name], name, content if isinstance(content, list) else [content])
    return example.SerializeToString()


def _fill(feature: Any, name: str, values: Sequence[Any]) -> None:
    """Adds the values to a feature; the first says of what kind all are."""
    plain_values = []
    kind = ""
    for value in values:
        this, plain = _kind_and_value(name, value)
        if kind not in ("", this):
            raise invalid(f"Unexpected element type in feature: {quoted(name)} expecting type: {kind}")
        kind = this
        plain_values.append(plain)
    if kind == _INT64:
        feature.int64_list.value.extend(plain_values)
    elif kind == _FLOAT:
        with np.errstate(over="ignore"):  # beyond float32: an infinity
            feature.float_list.value.extend(np.array(plain_values, np.float32).tolist())
    elif kind == _BYTES:
        feature.bytes_list.value.extend(plain_values)


def _kind_and_value(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, str):
        return _BYTES, value.encode()
    if isinstance(value, float):
        return _FLOAT, value
    if isinstance(value, int):
        if value >= _UINT64_FLOOR:
            raise _no_uint64(name)
        return _INT64, int(value)
    if is_base64(value):
        return _BYTES, decode_base64(value)
    raise invalid(f"Feature: {quoted(name)} has element with unexpected JSON type: {type_name(value)}")


def _no_uint64(name: str) -> ServingError:
    return invalid(f"Feature: {quoted(name)} has uint64_t element. Only int64_t is supported.")
