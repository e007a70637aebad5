"""Reads a REST request's method and path as TensorFlow Serving does: which model and version, what to do."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, cast
from urllib.parse import unquote

from serving.errors import ServingError, invalid

Verb = Literal["predict", "classify", "regress", "metadata", "status"]

# The two expressions of TensorFlow Serving (model_servers/http_rest_api_util.cc), in Python's syntax.
_VERSION: Final = r"(?:(?:/versions/(\d+))|(?:/labels/([^/:]+)))?"
_POST: Final = re.compile(rf"(?ai)/v1/models/([^/:]+){_VERSION}:(classify|regress|predict)")
_GET: Final = re.compile(rf"(?ai)/v1/models(?:/([^/:]+))?{_VERSION}(?:/(metadata))?")
_VERBS: Final = ("classify", "regress", "predict")
_INT64_DIGITS: Final = 19
_INT64_MAX: Final = 2**63 - 1


@dataclass(frozen=True)
class ModelPath:
    """What a request's path asks for.

    Attributes:
        model: The model's name, percent-decoded.
        version: The version's number; None: not given.
        label: The version's label, percent-decoded; None: not given. Never together with `version`.
        verb: What to do with it.
    """

    model: str
    version: int | None
    label: str | None
    verb: Verb


@lru_cache(maxsize=1024)
def parse_path(method: str, path: str) -> ModelPath:
    """Reads a path under `/v1/`.

    Args:
        method: The HTTP method, in capitals.
        path: The path as it was sent: still percent-encoded, without the query.

    Raises:
        ServingError: INVALID_ARGUMENT, in TensorFlow Serving's words: the path is none of its API, the
            version is no 64-bit integer, or the model's name is missing.
    """
    match = {"POST": _POST, "GET": _GET}[method].fullmatch(path) if method in ("POST", "GET") else None
    if match is None:
        raise _malformed(method, path)
    model, digits, label, word = match.groups()
    version = _number(digits)
    verb = word if method == "POST" else ("metadata" if word == "metadata" else "status")
    if method == "POST" and verb not in _VERBS:  # the expression takes ":PREDICT", the dispatch does not
        raise _malformed(method, path)
    if not model:
        raise invalid("Missing model name in request.")
    return ModelPath(unquote(model), version, unquote(label) if label else None, cast(Verb, verb))


def _number(digits: str | None) -> int | None:
    if not digits:
        return None
    significant = digits.lstrip("0") or "0"
    if len(significant) > _INT64_DIGITS or int(significant) > _INT64_MAX:
        raise invalid(f"Failed to convert version: {digits[:64]} to numeric.")
    return int(significant)


def _malformed(method: str, path: str) -> ServingError:
    return invalid(f"Malformed request: {method} {path[:256]}")
