"""Reads the JSON of a REST request: NaN and Infinity are numbers, nesting is bounded, bytes are base64."""

import base64
import binascii
import json
import re
from math import isinf
from typing import Any, Final

import orjson

from serving.errors import invalid

_MAX_QUOTED: Final = 256
# Each takes some 60 bytes and more, whatever is in it: 32 MiB of "{}," would be 700 MiB, and seconds.
MOST_CONTAINERS: Final = 2_000_000
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def parse(body: bytes) -> dict[str, Any]:
    """Reads a request's body; NaN and ±Infinity are numbers, integers beyond 64 bits are floats.

    Raises:
        ServingError: INVALID_ARGUMENT: it is not one JSON object in UTF-8, nested more than 1,000 deep, or
            holds more than `MOST_CONTAINERS` lists and objects.
    """
    if len(body) > MOST_CONTAINERS and body.count(b"{") + body.count(b"[") > MOST_CONTAINERS:
        raise invalid(f"A request can have at most {MOST_CONTAINERS} lists and objects, got more.")
    if not body.strip():
        raise invalid("JSON Parse error: The document is empty")
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"NaN" not in body and b"Infinity" not in body:
            raise invalid(f"JSON Parse error: Invalid value ({error.msg}) at offset: {error.pos}") from None
        request = _parse_slowly(body)
    if not isinstance(request, dict):
        raise invalid(f"JSON Value of type {type_name(request)} Is not object")
    return request


def is_base64(value: Any) -> bool:
    """Whether a JSON value is `{"b64": "…"}` and nothing else."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def decode_base64(value: Any) -> bytes:
    """The bytes of `{"b64": "…"}`; padding may be left out, white space is skipped.

    Raises:
        ServingError: INVALID_ARGUMENT: it is no such object, or not base64.
    """
    if not is_base64(value):
        raise invalid("JSON Value not formatted correctly for base64 data")
    text = "".join(value["b64"].split())
    if "=" not in text:
        text += "=" * (-len(text) % 4)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("Unable to base64 decode") from None


def type_name(value: Any) -> str:
    """The JSON type of a value, as TensorFlow Serving names it."""
    if isinstance(value, bool):
        return str(value)
    names = {dict: "Object", list: "Array", str: "String", type(None): "Null"}
    return names.get(type(value), "Number")


def quoted(name: str) -> str:
    """A key that a client sent, short enough for a message."""
    return name if len(name) <= _MAX_QUOTED else name[:_MAX_QUOTED] + "…"


def _parse_slowly(body: bytes) -> Any:
    """Parses by the standard library, which takes NaN and Infinity."""
    try:
        text = body.decode()
        value = json.loads(text, parse_int=_integer, parse_float=_float)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: Invalid value ({error.msg}) at offset: {error.pos}") from None
    except UnicodeError:
        raise invalid("JSON Parse error: Invalid encoding in string") from None
    except RecursionError:
        raise invalid("JSON Parse error: nested too deeply") from None
    return value


def _integer(text: str) -> int | float:
    value = int(text) if len(text) <= 20 else _float(text)
    return value if -(2**63) <= value < 2**64 else float(value)


def _float(text: str) -> float:
    value = float(text)
    if isinf(value):
        raise invalid("JSON Parse error: Number too big to be stored in double")
    return value
