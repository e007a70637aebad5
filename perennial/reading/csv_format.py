"""How the files of an export are written: what a person sets, in pandas' words, and what may not be set."""

import codecs
import json
from dataclasses import asdict, dataclass, field, replace

from serving.reading.csv_dialect import CsvDialect
from serving.reading.rules import ReadingRules
from serving.reading.version_rules import VersionRules

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
        skipfooter: How many lines at the end are no rows; blank ones do not count.
        skipinitialspace: Whether spaces after a delimiter are no part of the cell.
        rules: How the cells are written, in a file of any format.
        quotechar: What a cell with a delimiter stands in; None: nothing quotes, and a quote is text.
        escapechar: What takes its meaning from the character after it; None: nothing does.
        escape_unquoted: Whether it does so outside of quotes, too (`csv_dialect.CsvDialect`).
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    skipfooter: int = 0
    skipinitialspace: bool = False
    rules: ReadingRules = field(default_factory=ReadingRules)
    quotechar: str | None = '"'
    escapechar: str | None = None
    escape_unquoted: bool = True

    @property
    def dialect(self) -> CsvDialect:
        """How cells are quoted and escaped."""
        return CsvDialect(
            self.delimiter, self.skipinitialspace, self.quotechar, self.escapechar, self.escape_unquoted
        )

    @property
    def is_utf8(self) -> bool:
        """Whether the text is UTF-8, with or without a byte-order mark."""
        return codecs.lookup(self.encoding).name in _PLAIN

    @property
    def is_wide(self) -> bool:
        """Whether each character takes two bytes or more."""
        return codecs.lookup(self.encoding).name.startswith(("utf-16", "utf-32"))

    @property
    def version_rules(self) -> VersionRules:
        """What of it travels with a version, which reads tables and requests."""
        return VersionRules(self.rules, self.dialect)

    def of_version(self, travelled: VersionRules) -> "CsvFormat":
        """The same encoding and footer; all else is what travels with a version, as for the server."""
        return replace(self, rules=travelled.cells, **asdict(travelled.csv))

    @property
    def of_request_log(self) -> "CsvFormat":
        """The format of a server's log of such rows: a plain CSV, whose dates are ISO text."""
        return CsvFormat(rules=ReadingRules().with_dates(*self.rules.date_format))

    def to_json(self) -> str:
        """As one JSON object with sorted keys, which is how it travels as an exec property."""
        dialect = {name: value for name, value in vars(self).items() if name != "rules"}
        return json.dumps({**dialect, "rules": json.loads(self.rules.to_json())}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "CsvFormat":
        """The inverse of `to_json`."""
        fields = json.loads(text)
        return cls(**fields | {"rules": ReadingRules.from_json(json.dumps(fields["rules"]))})


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


def check_quoting(written: CsvFormat) -> None:
    """Refuses quoting and escapes with which a cell would have two readings.

    Raises:
        ValueError: With the key, and what was expected.
    """
    rules = written.rules
    taken = {"delimiter": written.delimiter, "decimal": rules.decimal, "thousands": rules.thousands}
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
