"""The rules for one cell: which values each kind of column takes, and what they become there.

A value is of a class, whatever it came in: missing, a truth value, an integer, a number with a fraction, text
or a date. One table says what each becomes in each kind of column (docs/reference/reading.md). The pipeline
reads whole columns at once, and by these rules what is not plain in them.
"""

import datetime
import decimal
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from serving.reading.date_formats import DateFormat, formats_of
from serving.reading.numbers import MOST_CHARACTERS, NumberFormat, float32_of, numbers_of, whole
from serving.reading.rules import ReadingRules
from serving.reading.times import read_time, wall_clock
from serving.reading.values import MISSING_INT, MOST_EXACT, Kind

Cell = int | float | bytes
RESERVED_INT: Final = f"the integer {MISSING_INT}, which stands for missing"
NOT_FINITE: Final = "expected a finite number, got an infinity"
TOO_LARGE: Final = "a number outside the range of float32"
TOO_SMALL: Final = "a number so small that float32 rounds it to 0"
OUT_OF_RANGE: Final = "an integer outside the range of int64"
TOO_LARGE_TO_BE_WHOLE: Final = "a number beyond 2^53 that is not written as an integer"
NOT_UTF8: Final = "text that is not UTF-8"
HAS_NUL: Final = "text with a NUL character"
# What the reason of a cell begins with that is written in none of the column's formats.
DATE_EXPECTED: Final = "expected a date written"
# Around a number or a date they mean nothing: also those that do not break or that align digits.
SPACES: Final = " \t\u00a0\u2007\u2009\u202f"

_TRUTH: Final = {"true": 1, "false": 0}
_NUMBERS: Final = (int, float, decimal.Decimal)
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


class CellRefused(ValueError):
    """A cell that cannot be read; the message says what was expected and what came, without the value."""


@dataclass(frozen=True)
class CellRule:
    """How the cells of one column are read.

    Attributes:
        kind: What they become.
        missing: Texts that are missing, beside the empty one.
        missing_numbers: The numbers among them, which are missing however they are written.
        numbers: How numbers are written in text.
        true: Texts that are 1 in a number column, in lower case `true` beside them.
        false: Texts that are 0.
        formats: How dates are written; empty where the column has none.
        time_zone: Of their wall clock.
    """

    kind: Kind
    missing: frozenset[str]
    missing_numbers: frozenset[int | float]
    numbers: NumberFormat
    true: frozenset[str]
    false: frozenset[str]
    formats: tuple[DateFormat, ...]
    time_zone: str

    @classmethod
    def of(cls, name: str, kind: Kind, rules: ReadingRules) -> "CellRule":
        """What the rules say of a column."""
        missing = rules.missing_texts(name)
        numbers = numbers_of(rules.decimal, rules.thousands)
        return cls(
            kind,
            missing,
            _numbers_in(missing, kind, numbers),
            numbers,
            frozenset(rules.true_values),
            frozenset(rules.false_values),
            formats_of(rules.date_format[name]) if name in rules.date_format else (),
            rules.time_zone,
        )

    def read(self, value: object) -> Cell | None:
        """Reads a cell.

        Args:
            value: None, bool, int, float, Decimal, str, bytes (of UTF-8), date or datetime.

        Returns:
            An int within int64, a float that is a float32, or bytes of UTF-8; None where it is missing. A
            date becomes ISO text (`times.Moment`).

        Raises:
            CellRefused: It is no such value.
        """
        if value is None or value != value:  # a NaN
            return None
        if isinstance(value, bytes):
            value = _decoded(value)
        if isinstance(value, str) and value in self.missing:
            return None
        if self.formats:
            return self._date(value)
        return _READERS[self.kind](self, value)

    def _int(self, value: object) -> int | None:
        plain = self._plain_number(value, "an integer")
        if plain is None:
            return None
        if isinstance(plain, int):
            number = plain
        elif isinstance(plain, str) and plain.lstrip("+-").isdecimal():
            number = int(plain)
        elif isinstance(plain, decimal.Decimal) and plain.as_tuple().exponent == 0:
            number = int(plain)  # of a column of decimals without a fraction, which is one of integers
        else:
            nearby = whole(plain)
            if nearby is None:
                raise CellRefused(_not_whole(value, plain))
            number = nearby
        if number in self.missing_numbers:
            return None
        if not -(2**63) <= number < 2**63:
            raise CellRefused(OUT_OF_RANGE)
        if number == MISSING_INT:
            raise CellRefused(RESERVED_INT)
        return number

    def _float(self, value: object) -> float | None:
        plain = self._plain_number(value, "a number")
        if plain is None:
            return None
        number = float32_of(plain)
        if math.isinf(number):
            raise CellRefused(NOT_FINITE if plain in (math.inf, -math.inf) else TOO_LARGE)
        if number == 0 and decimal.Decimal(plain) != 0:
            raise CellRefused(TOO_SMALL)
        return None if number in self.missing_numbers else number

    def _plain_number(self, value: object, expected: str) -> int | float | decimal.Decimal | str | None:
        """A number, or its text as Python writes it; None where it is missing."""
        if not isinstance(value, str):
            if isinstance(value, bool):
                return int(value)
            if isinstance(value, _NUMBERS):
                return value
            raise CellRefused(f"expected {expected}, got {_kind_of(value)}")
        text = value.strip(SPACES)
        if not text or text in self.missing:
            return None
        if text in self.true:
            return 1
        if text in self.false:
            return 0
        if len(text) <= MOST_CHARACTERS and self.numbers.number.match(text):
            return self.numbers.plain(text)
        if text.lower() in _TRUTH:
            return _TRUTH[text.lower()]
        raise CellRefused(f"expected {expected}{self._example()}, got {_kind_of(value)}")

    def _example(self) -> str:
        """How numbers are written, where not as everywhere."""
        point, thousands = self.numbers.point, self.numbers.thousands
        if thousands is None and point == ".":
            return ""
        fraction = "" if self.kind == "int" else f"{point}5"
        return f" such as 1{thousands or ''}234{fraction}"

    def _text(self, value: object) -> bytes:
        if isinstance(value, bool):
            return b"true" if value else b"false"
        if isinstance(value, datetime.datetime):
            return self._typed_time(value)
        if isinstance(value, datetime.date):
            return value.isoformat().encode()
        if not isinstance(value, str):
            raise CellRefused(f"expected text, got {_kind_of(value)}")
        try:
            text = value.encode()
        except UnicodeEncodeError:
            raise CellRefused("expected valid Unicode text, got half of a surrogate pair") from None
        if b"\0" in text:
            raise CellRefused(HAS_NUL)
        return text

    def _date(self, value: object) -> bytes | None:
        if isinstance(value, datetime.date):
            return self._text(value)
        text = value.strip(SPACES) if isinstance(value, str) else self._digits(value)
        if not text or text in self.missing:
            return None
        try:
            moment = read_time(text, self.formats, self.time_zone)
        except ValueError as error:
            raise CellRefused(str(error)) from None
        if moment is None:
            raise CellRefused(f"{self._dates()}, got {_kind_of(value)}")
        return moment.text.encode()

    def _digits(self, value: object) -> str:
        """A whole number as text, for formats such as %Y%m%d."""
        if isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool):
            number = value if isinstance(value, int) else whole(value)
            if number is not None:
                return str(number)
        raise CellRefused(f"{self._dates()}, got {_kind_of(value)}")

    def _dates(self) -> str:
        return f"{DATE_EXPECTED} {' or '.join(way.written for way in self.formats)}"

    def _typed_time(self, value: datetime.datetime) -> bytes:
        if value.tzinfo is not None:
            whole_seconds = value.replace(microsecond=0)
            clock = wall_clock(int(whole_seconds.timestamp()), self.time_zone)
            value = clock.replace(microsecond=value.microsecond)
        text = value.isoformat(" ")
        return (text.rstrip("0") if value.microsecond else text).encode()


_READERS: Final[dict[Kind, Callable[[CellRule, object], Cell | None]]] = {
    "int": CellRule._int,
    "float": CellRule._float,
    "string": CellRule._text,
}


def _numbers_in(texts: frozenset[str], kind: Kind, numbers: NumberFormat) -> frozenset[int | float]:
    """The numbers among texts that a column of numbers can hold."""
    plain = [numbers.plain(text) for text in texts if numbers.number.match(text)]
    if kind == "int":
        read = (number for text in plain if (number := _integer(text)) is not None)
        return frozenset(number for number in read if -(2**63) <= number < 2**63)
    return frozenset(map(float32_of, plain)) if kind == "float" else frozenset()


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return whole(text)


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise CellRefused(NOT_UTF8) from None


def _not_whole(value: object, plain: int | float | decimal.Decimal | str) -> str:
    try:
        if abs(decimal.Decimal(plain)) > MOST_EXACT:
            return TOO_LARGE_TO_BE_WHOLE
    except decimal.DecimalException:
        pass
    return f"expected an integer, got {_kind_of(value)}"


def _kind_of(value: object) -> str:
    """What a value is, in words that do not repeat it."""
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
