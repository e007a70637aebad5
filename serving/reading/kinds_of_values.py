"""What a value looks like that a column refuses, in words, and which setting would take it."""

import datetime
import decimal
import math
import re
from typing import Final

from serving.reading.values import MOST_EXACT

# Around a number or a date they mean nothing: also those that do not break or that align digits.
SPACES: Final = " \t\u00a0\u2007\u2009\u202f"
PLACEHOLDER: Final = "a placeholder for missing"
NO_NUMBER: Final = "NaN or an infinity"
TRUTH_VALUE: Final = "a truth value"
SEPARATED: Final = "a number with separators"
DATE: Final = "a date"
# A longer one is just text: some of the patterns take a time that grows with the square of the length.
_LONGEST: Final = 100
_MONTH: Final = r"(?:jan|feb|m[aä]r|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[^\W\d]*\.?"
_KINDS_OF_TEXT: Final = (
    (re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)"), "a decimal number"),
    (re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+"), "a number with an exponent"),
    (re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE), NO_NUMBER),
    (re.compile(r"[+-]?0[xX][0-9a-fA-F]+"), "a hexadecimal number"),
    (
        re.compile(
            r"(?:na|n/a|#n/a|null|none|nil|-+|\?|\.)|0000[./-]00[./-]00.*|00[./-]00[./-]0000.*", re.IGNORECASE
        ),
        PLACEHOLDER,
    ),
    (re.compile(r"true|false|yes|no|[yntf]|ja|nein|on|off|oui|non", re.IGNORECASE), TRUTH_VALUE),
    (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.,]{5,18} ?[A-Z]{2,5}"),
        "a time with a zone's short name",
    ),
    (
        re.compile(
            r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]|[0-9]{4}([./-])[0-9]{1,2}\1[0-9]{1,2}(?![0-9]).*"
            r"|[0-9]{1,2}([./-])[0-9]{1,2}\2(?:[0-9]{4}|[0-9]{2})(?![0-9.]).*"
            rf"|[0-9]{{1,2}}[ ./-]{{1,2}}{_MONTH}[ ./-]{{0,2}}[0-9]{{2,4}}(?![0-9]).*"
            rf"|(?:[a-z]+,? )?{_MONTH} [0-9]{{1,2}},? .*[0-9]{{4}}.*",
            re.IGNORECASE,
        ),
        DATE,
    ),
    (
        re.compile(
            r"[+-]?(?:[0-9]+(?:[_,' \u2019\u00a0\u2009\u202f][0-9]+)+(?:\.[0-9]*)?"
            r"|[0-9]{1,3}(?:[. '][0-9]{3})+(?:,[0-9]*)?)"
        ),
        SEPARATED,
    ),
)
# Keys of `exports`, by what a text looks like that is no number, or no date.
_OF_NUMBERS: Final = {
    PLACEHOLDER: "exports.na_values",
    NO_NUMBER: "exports.na_values",
    TRUTH_VALUE: "exports.true_values and exports.false_values",
    SEPARATED: "exports.decimal and exports.thousands",
}
_OF_DATES: Final = {PLACEHOLDER: "exports.na_values", DATE: "exports.date_format"}


def described(value: object) -> str:
    """What a value is, in words that do not repeat it."""
    if isinstance(value, str):
        return kind_of_text(value)
    if isinstance(value, bool):
        return TRUTH_VALUE
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float | decimal.Decimal):
        if not math.isfinite(value):
            return "an infinity"
        return "a number with a fraction" if value != int(value) else "an integer"
    if isinstance(value, datetime.date):
        return DATE
    names: dict[type, str] = {list: "a list", dict: "an object"}
    return names.get(type(value), f"a value of Python's type {type(value).__name__}")


def kind_of_text(text: str) -> str:
    """What a text looks like."""
    stripped = text.strip(SPACES)
    if not stripped:
        return "an empty text"
    if len(stripped) > _LONGEST:
        return "text"
    return next((kind for pattern, kind in _KINDS_OF_TEXT if pattern.fullmatch(stripped)), "text")


def no_number(value: object, has_marks: bool) -> str:
    """What a value is that a column of numbers refuses, with the settings that would take it.

    Args:
        value: Of any class.
        has_marks: Whether decimal mark or thousands are set already: then these are not named.
    """
    kind = described(value)
    is_named = isinstance(value, str) and not (kind == SEPARATED and has_marks)
    return _with_setting(kind, _OF_NUMBERS.get(kind) if is_named else None)


def no_date(value: object) -> str:
    """What a value is that a column of dates refuses, with the setting that would take it."""
    kind = described(value)
    if isinstance(value, bool):
        return kind
    # Digits may be typed, as 20240329.
    looks_like = kind
    if (
        kind == "an integer"
        and isinstance(value, int | float | decimal.Decimal)
        and abs(int(value)) <= MOST_EXACT
    ):
        looks_like = kind_of_text(str(int(value)))
    return _with_setting(kind, _OF_DATES.get(looks_like))


def _with_setting(kind: str, setting: str | None) -> str:
    return f"{kind}; see {setting}" if setting else kind
