"""How the cells of an export are written: what a person sets, in pandas' words, and what may not be set."""

import codecs
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from perennial.reading.dialect import Dialect
from serving.reading.date_formats import DateFormat

# Python's names for what is read as it is.
_PLAIN = ("utf-8", "utf-8-sig")
# Text encodings by Python's account that no file is written in.
_NO_FILES = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")
_NAMES = {" ": "a space", "\t": "a tab", ",": "a comma", ".": "a point", ";": "a semicolon"}


@dataclass(frozen=True)
class CsvFormat:
    """How the files of an export are written; the defaults are those of a plain CSV.

    Attributes:
        delimiter: One ASCII character between two cells.
        encoding: Of the text, as Python calls it.
        decimal: What stands before a number's fraction.
        thousands: What groups a number's digits by three; None: nothing does.
        na_values: A cell equal to one of these is missing, quoted or not.
        date_format: Column -> how its dates or times are written (`strptime`).
        skipfooter: How many lines at the end are no rows; blank ones do not count.
        skipinitialspace: Whether spaces after a delimiter are no part of the cell.
        quotechar: What a cell with a delimiter stands in; None: nothing quotes, and a quote is text.
        escapechar: What takes its meaning from the character after it; None: nothing does.
        escape_unquoted: Whether it does so outside of quotes, too (`dialect.Dialect`).
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str | None = None
    na_values: tuple[str, ...] = ()
    date_format: Mapping[str, str] = field(default_factory=dict)
    skipfooter: int = 0
    skipinitialspace: bool = False
    quotechar: str | None = '"'
    escapechar: str | None = None
    escape_unquoted: bool = True

    @property
    def dialect(self) -> Dialect:
        """How cells are quoted and escaped."""
        return Dialect(self.delimiter, self.quotechar, self.escapechar, self.escape_unquoted)

    @property
    def is_utf8(self) -> bool:
        """Whether the text is UTF-8, with or without a byte-order mark."""
        return codecs.lookup(self.encoding).name in _PLAIN

    @property
    def is_wide(self) -> bool:
        """Whether each character takes two bytes or more."""
        return codecs.lookup(self.encoding).name.startswith(("utf-16", "utf-32"))

    def to_json(self) -> str:
        """As one JSON object with sorted keys, which is how it travels as an exec property."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "CsvFormat":
        """The inverse of `to_json`."""
        fields = json.loads(text)
        return cls(**fields | {"na_values": tuple(fields["na_values"])})


def check_encoding(name: str) -> None:
    """Refuses a name that is no encoding of text.

    Raises:
        ValueError: With what was expected.
    """
    expected = "expected an encoding as Python calls it, such as utf-8, cp1252, latin-1 or utf-16"
    try:
        known = codecs.lookup(name).name
        sound = known.replace("-", "_") not in _NO_FILES and "a;1\n".encode(name).decode(name) == "a;1\n"
    except (LookupError, ValueError, UnicodeError):
        sound = False
    if not sound:
        raise ValueError(f"{expected}; {name!r} is not one")


def check_date_formats(formats: Mapping[str, str]) -> None:
    """Refuses a format that leaves the day of a date open.

    Raises:
        ValueError: With the column, what was expected, and what came.
    """
    for column, written in formats.items():
        try:
            DateFormat(written)
        except ValueError as error:
            raise ValueError(f"column `{column}`: {error}") from error


def check_quoting(written: CsvFormat) -> None:
    """Refuses quoting and escapes with which a cell would have two readings.

    Raises:
        ValueError: With the key, and what was expected.
    """
    taken = {"delimiter": written.delimiter, "decimal": written.decimal, "thousands": written.thousands}
    for key, mark in (("quotechar", written.quotechar), ("escapechar", written.escapechar)):
        if mark is None:
            continue
        if not mark.isascii() or mark.isalnum() or mark in "+-\r\n\0 \t":
            raise ValueError(f"expected a `{key}` of one ASCII character, not a letter, digit, sign or space")
        for other, used in taken.items():
            if mark == used:
                raise ValueError(f"`{key}` and `{other}` cannot be the same character")
        taken[key] = mark


def check_marks(delimiter: str, decimal: str, thousands: str | None) -> None:
    """Refuses marks with which a cell would have two readings.

    A delimiter that is the decimal mark as well, or groups thousands, is let through: such numbers stand in
    quotes, and without them their row has another width.

    Raises:
        ValueError: With the two that clash.
    """
    if not delimiter.isascii() or delimiter in '"\r\n\0' or delimiter.isalnum():
        raise ValueError("expected a `delimiter` of one ASCII character, not a letter, digit or quote")
    for key, mark in (("decimal", decimal), ("thousands", thousands)):
        if mark is not None and (mark.isalnum() or mark in '+-"\r\n\0'):
            raise ValueError(f"expected a `{key}` other than a letter, digit, sign or quote")
    if decimal == thousands:
        what = _NAMES.get(decimal, repr(decimal))
        raise ValueError(
            f"`decimal` and `thousands` cannot both be {what}: 1{decimal}234 would have two meanings"
        )
