"""The rules for one cell: which values each kind of column takes, and what they become there.

A value is of a class, whatever it came in: missing, a truth value, an integer, a number with a fraction, text
or a date. One table says what each becomes in each kind of column (docs/reference/reading.md). The pipeline
reads whole columns at once, and by these rules what is not plain in them.
"""

import contextlib
import datetime
import decimal
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from serving.reading.date_formats import DateFormat, formats_of
from serving.reading.kinds_of_values import SPACES, described, no_date, no_number
from serving.reading.numbers import MOST_CHARACTERS, NumberFormat, float32_of, is_zero, numbers_of, whole
from serving.reading.rules import ISO, ReadingRules
from serving.reading.times import read_time, wall_clock
from serving.reading.values import MISSING_INT, MOST_EXACT, Kind

Cell = int | float | bytes
RESERVED_INT: Final = f"the integer {MISSING_INT}, which stands for missing"
NOT_FINITE: Final = "expected a finite number, got an infinity"
NOT_FINITE_INT: Final = "expected an integer, got an infinity"
TOO_LARGE: Final = "a number outside the range of float32"
TOO_SMALL: Final = "a number so small that float32 rounds it to 0"
OUT_OF_RANGE: Final = "an integer outside the range of int64"
TOO_LARGE_TO_BE_WHOLE: Final = "a number beyond 2^53 that is not written as an integer"
NOT_UTF8: Final = "text that is not UTF-8"
HAS_NUL: Final = "text with a NUL character"
# What the reason of a cell begins with that is written in none of the column's formats.
DATE_EXPECTED: Final = "expected a date written"
# The end of a time that is midnight.
MIDNIGHT: Final = " 00:00:00"
_TRUTH: Final = {"true": 1, "false": 0}
_TRUTH_TEXTS: Final = ("false", "true")
_TIME_AT_END: Final = re.compile(r"[ T]*%[HI].*\Z", re.DOTALL)
_NUMBERS: Final = (int, float, decimal.Decimal)


class CellRefused(ValueError):
    """A cell that cannot be read; the message says what was expected and what came, without the value."""


@dataclass(frozen=True)
class CellRule:
    """How the cells of one column are read.

    Attributes:
        kind: What they become.
        missing: Texts that are missing, beside the empty one.
        missing_numbers: The numbers among them, which are missing however they are written.
        missing_dates: The dates and times among them, as ISO text; a midnight is also there as its day.
        numbers: How numbers are written in text.
        true: Texts that are 1 in a number column, in lower case `true` beside them.
        false: Texts that are 0.
        formats: How dates are written; empty where the column has none.
        is_of_days: Whether none of the formats that are set has a time of day: a midnight is then its day.
        time_zone: Of their wall clock.
    """

    kind: Kind
    missing: frozenset[str]
    missing_numbers: frozenset[int | float]
    missing_dates: frozenset[str]
    numbers: NumberFormat
    true: frozenset[str]
    false: frozenset[str]
    formats: tuple[DateFormat, ...]
    is_of_days: bool
    time_zone: str

    @classmethod
    def of(cls, name: str, kind: Kind, rules: ReadingRules) -> "CellRule":
        """What the rules say of a column."""
        missing = rules.missing_texts(name)
        numbers = numbers_of(rules.decimal, rules.thousands)
        written = rules.date_format.get(name, ())
        formats = formats_of(written) if written else ()
        return cls(
            kind,
            missing,
            _numbers_in(missing, kind, numbers),
            _dates_in(missing, formats, rules.time_zone) if kind == "string" else frozenset(),
            numbers,
            frozenset(rules.true_values),
            frozenset(rules.false_values),
            formats,
            bool(written) and ISO not in written and not any(way.has_time for way in formats),
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
        if number == 0 and not is_zero(plain):
            raise CellRefused(TOO_SMALL)
        return None if number in self.missing_numbers else number

    def _plain_number(self, value: object, expected: str) -> int | float | decimal.Decimal | str | None:
        """A number, or its text as Python writes it; None where it is missing."""
        if not isinstance(value, str):
            if isinstance(value, bool):
                return None if _TRUTH_TEXTS[value] in self.missing else int(value)
            if isinstance(value, _NUMBERS):
                return value
            raise CellRefused(f"expected {expected}, got {described(value)}")
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
        raise CellRefused(
            f"expected {expected}{self._example()}, got {no_number(value, bool(self._example()))}"
        )

    def _example(self) -> str:
        """How numbers are written, where not as everywhere."""
        point, thousands = self.numbers.point, self.numbers.thousands
        if thousands is None and point == ".":
            return ""
        fraction = "" if self.kind == "int" else f"{point}5"
        return f" such as 1{thousands or ''}234{fraction}"

    def _text(self, value: object) -> bytes | None:
        if isinstance(value, bool):
            word = _TRUTH_TEXTS[value]
            return None if word in self.missing else word.encode()
        if isinstance(value, datetime.date):
            return self._moment(self._typed_date(value))
        if not isinstance(value, str):
            raise CellRefused(f"expected text, got {described(value)}")
        try:
            text = value.encode()
        except UnicodeEncodeError:
            raise CellRefused("expected valid Unicode text, got half of a surrogate pair") from None
        if b"\0" in text:
            raise CellRefused(HAS_NUL)
        return text

    def _date(self, value: object) -> bytes | None:
        if isinstance(value, datetime.date):
            return self._moment(self._typed_date(value))
        text = value.strip(SPACES) if isinstance(value, str) else self._digits(value)
        if not text or text in self.missing:
            return None
        try:
            moment = read_time(text, self.formats, self.time_zone)
        except ValueError as error:
            raise CellRefused(str(error)) from None
        if moment is None:
            raise CellRefused(f"{self._dates()}, got {no_date(value)}")
        return self._moment(moment.text)

    def _moment(self, text: str) -> bytes | None:
        """ISO text as the column has it; None where it stands for missing."""
        if self.is_of_days:
            text = text.removesuffix(MIDNIGHT)
        return None if text in self.missing_dates else text.encode()

    def _digits(self, value: object) -> str:
        """A whole number as text, for formats such as %Y%m%d."""
        if isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool):
            number = value if isinstance(value, int) else whole(value)
            if number is not None:
                return str(number)
        raise CellRefused(f"{self._dates()}, got {no_date(value)}")

    def _dates(self) -> str:
        return f"{DATE_EXPECTED} {' or '.join(way.written for way in self.formats)}"

    def _typed_date(self, value: datetime.date) -> str:
        if not isinstance(value, datetime.datetime):
            return value.isoformat()
        if value.tzinfo is not None:
            whole_seconds = value.replace(microsecond=0)
            clock = wall_clock(int(whole_seconds.timestamp()), self.time_zone)
            value = clock.replace(microsecond=value.microsecond)
        text = value.isoformat(" ")
        return text.rstrip("0") if value.microsecond else text


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


def _dates_in(texts: frozenset[str], formats: tuple[DateFormat, ...], time_zone: str) -> frozenset[str]:
    """The dates among texts, as ISO text: a day and its midnight are one."""
    dates: set[str] = set()
    ways = (*(formats or formats_of((ISO,))), *_formats_of_days(formats))
    for text in texts:
        with contextlib.suppress(ValueError):  # no such day, as 0000-00-00: such a text is only a text
            moment = read_time(text.strip(SPACES), ways, time_zone)
            if moment is not None:
                day = moment.text.removesuffix(MIDNIGHT)
                dates |= {moment.text, day, *([day + MIDNIGHT] if len(day) == len("2013-01-31") else [])}
    return frozenset(dates)


def _formats_of_days(formats: Sequence[DateFormat]) -> Iterator[DateFormat]:
    """The formats without their times: a marker may be a day where the column has times."""
    for way in formats:
        if way.has_time:
            with contextlib.suppress(ValueError):  # the year stands after the time
                yield DateFormat(_TIME_AT_END.sub("", way.written))


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
        number = decimal.Decimal(plain)
        if number.is_infinite():
            return NOT_FINITE_INT
        if abs(number) > MOST_EXACT:
            return TOO_LARGE_TO_BE_WHOLE
    except decimal.DecimalException:
        pass
    return f"expected an integer, got {described(value)}"
