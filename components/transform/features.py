"""Checks what a `preprocessing_fn` returns, before tf.Transform takes it apart."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

import tensorflow as tf

from perennial.errors import UserCodeError

_REMEDY: Final = "Return a dict of name -> tensor of shape (batch, ...), one of each feature."
_KINDS: Final = (tf.Tensor, tf.SparseTensor, tf.RaggedTensor)


def checked(function: Callable[..., Any], where: str) -> Callable[..., Mapping[str, Any]]:
    """The function, each result of which is features by name.

    Args:
        function: A use case's `preprocessing_fn`.
        where: Its file and line.

    Returns:
        A function that raises a `UserCodeError` where the result is something else.
    """

    @functools.wraps(function)
    def bounded(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        features = function(inputs)
        if problem := _problem(features):
            raise UserCodeError(where, f"preprocessing_fn returns {problem}", _REMEDY)
        return dict(features)

    return bounded


def _problem(features: object) -> str:
    """What is wrong with a result; empty if nothing is."""
    if not isinstance(features, Mapping):
        return f"{_kind(features)}; a dict was expected"
    if not features:
        return "an empty dict; at least one feature was expected"
    for name, feature in features.items():
        if not isinstance(name, str):
            return f"a key of type {type(name).__name__}; the name of a feature, a str, was expected"
        if not isinstance(feature, _KINDS):
            return f"{_kind(feature)} as `{name}`; a tensor was expected"
        if isinstance(feature, tf.Tensor) and not _has_rows(feature.shape):
            return f"`{name}` of shape {_shape(feature.shape)}; (batch, ...) was expected, with known sizes"
    return ""


def _has_rows(shape: tf.TensorShape) -> bool:
    return bool(shape.rank) and shape[0] is None and shape[1:].is_fully_defined()


def _kind(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"


def _shape(shape: tf.TensorShape) -> str:
    if shape.rank is None:
        return "unknown"
    unknown = ["batch", *["unknown"] * shape.rank]
    return f"({', '.join(str(size or word) for size, word in zip(shape, unknown, strict=False))})"
