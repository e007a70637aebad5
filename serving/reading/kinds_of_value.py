"""Names what a value looks like, in words that do not repeat it: for the reasons of refused cells."""

import datetime
import decimal
import math
import re
from typing import Final

# Around a number or a date they mean nothing: also those that do not break or that align digits.
SPACES: Final = " \t\u00a0\u2007\u2009\u202f"

_KINDS_OF_TEXT: Final = (
    (re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)"), "a decimal number"),
    (re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+"), "a number with an exponent"),
    (re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE), "NaN or an infinity"),
    (re.compile(r"[+-]?0[xX][0-9a-fA-F]+"), "a hexadecimal number"),
    (re.compile(r"[+-]?[0-9]+(?:[_,' ][0-9]+)+(?:\.[0-9]*)?"), "a number with separators between its digits"),
    (re.compile(r"(?:na|n/a|null|none|nil|-|\?)", re.IGNORECASE), "a placeholder for missing"),
    (re.compile(r"true|false|yes|no", re.IGNORECASE), "a truth value"),
    (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.,]{5,18} ?[A-Z]{2,5}"),
        "a time with a zone's short name",
    ),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}.*"), "a date"),
)


def kind_of(value: object) -> str:
    """What a value of any class is."""
    if isinstance(value, str):
        return kind_of_text(value)
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float | decimal.Decimal):
        if not math.isfinite(value):
            return "NaN or an infinity"
        return "a number with a fraction" if value != int(value) else "an integer"
    if isinstance(value, datetime.date):
        return "a date"
    names: dict[type, str] = {list: "a list", dict: "an object"}
    return names.get(type(value), f"a value of Python's type {type(value).__name__}")


def kind_of_text(text: str) -> str:
    """What a text looks like."""
    if not text.strip(SPACES):
        return "an empty text"
    return next((kind for pattern, kind in _KINDS_OF_TEXT if pattern.fullmatch(text.strip(SPACES))), "text")
