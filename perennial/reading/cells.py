"""The rules for a cell of text: which text is an integer, a number or a string, told column by column."""

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.reading.csv_format import CsvFormat
from perennial.reading.dates import NO_SUCH_DAY, read_dates
from perennial.reading.reading import ARROW_TYPES, Fault
from serving.reading.csv_cells import DIGITS, integer_pattern, number_pattern
from serving.reading.date_formats import DateFormat
from serving.reading.values import MISSING_INT, Kind

RESERVED_INT = f"the integer {MISSING_INT}, which stands for missing"
NOT_FINITE = "expected a finite number, got NaN or an infinity"
TOO_LARGE = "a number outside the range of float32"
TOO_SMALL = "a number so small that float32 rounds it to 0"
OUT_OF_RANGE = "an integer outside the range of int64"
NOT_UTF8 = "text that is not UTF-8"
HAS_NUL = "text with a NUL character"

# What the reason of a cell begins with that is not written in the column's `date_format`.
DATE_EXPECTED = "expected a date written"

_DIGITS = b"-0123456789"
_FLOAT_CHARACTERS = b"-.0123456789Ee"
_ZERO_CHARACTERS = b"-.0"
_ZERO = r"\A[+-]?[0.]+(?:[eE].*)?\z"
# RE2 reads binary columns byte by byte, so this is the table of well-formed UTF-8 (Unicode 15, table 3-7).
_UTF8 = (
    r"\A(?:[\x00-\x7F]|[\xC2-\xDF][\x80-\xBF]|\xE0[\xA0-\xBF][\x80-\xBF]|[\xE1-\xEC\xEE\xEF][\x80-\xBF]{2}"
    r"|\xED[\x80-\x9F][\x80-\xBF]|\xF0[\x90-\xBF][\x80-\xBF]{2}|[\xF1-\xF3][\x80-\xBF]{3}"
    r"|\xF4[\x80-\x8F][\x80-\xBF]{2})*\z"
)
_SPACED = "a number with spaces around it"
_KINDS_OF_TEXT = (
    (re.compile(rb""), "a quoted empty cell"),
    (re.compile(rb"\s+[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?\s*|[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?\s+"), _SPACED),
    (re.compile(rb"[+-]?(?:nan|inf|infinity)", re.IGNORECASE), "NaN or an infinity"),
    (re.compile(rb"[+-]?0[xX][0-9a-fA-F]+"), "a hexadecimal number"),
    (
        re.compile(rb"[+-]?[0-9]+(?:[_,' ][0-9]+)+(?:\.[0-9]*)?"),
        "a number with separators between its digits",
    ),
    (re.compile(rb"(?:na|n/a|null|none|nil|-|\?)", re.IGNORECASE), "a placeholder for missing"),
    (re.compile(rb"true|false", re.IGNORECASE), "a boolean"),
)
_DECIMAL_BYTES = re.compile(rb"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)")
_EXPONENT_BYTES = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+")


class _Numbers(NamedTuple):
    """How numbers are written: a pattern for each kind, an example of each, and the marks to take out."""

    integer: str
    decimal: str
    an_integer: str
    a_number: str
    point: str
    thousands: str | None


@functools.cache
def _numbers(decimal: str, thousands: str | None) -> _Numbers:
    # By their bytes, for in a binary column RE2 takes each byte for a character of Latin-1.
    point = _as_pattern(decimal)
    digits = DIGITS
    if thousands is not None:
        digits = f"(?:{DIGITS}|[1-9][0-9]{{0,2}}(?:{_as_pattern(thousands)}[0-9]{{3}})+)"
    such_integer = f" such as 1{thousands}234" if thousands else ""
    such_number = f" such as 1{thousands or ''}234{decimal}5" if thousands or decimal != "." else ""
    return _Numbers(
        rf"\A{integer_pattern(digits)}\z",
        rf"\A{number_pattern(digits, point)}\z",
        f"an integer{such_integer}",
        f"a number{such_number}",
        decimal,
        thousands,
    )


def number_patterns(decimal: str, thousands: str | None) -> tuple[str, str]:
    """The patterns, on bytes, of an integer and of a number that are written with these marks."""
    numbers = _numbers(decimal, thousands)
    return numbers.integer, numbers.decimal


def _as_pattern(mark: str) -> str:
    return "".join(rf"\x{byte:02x}" for byte in mark.encode())


def from_text(
    kind: Kind, name: str, cells: pa.ChunkedArray, written: CsvFormat
) -> tuple[pa.ChunkedArray, list[Fault]]:
    """Reads a column of text as what the schema says it is.

    Args:
        kind: What it is.
        name: The column's name, for the faults.
        cells: Binary; null is missing, empty is a quoted empty cell.
        written: How numbers and dates are written, and what else is missing.

    Returns:
        The column as int64, float32 or binary, null where the cell is missing or at fault; and the faults.
    """
    cells = without_missing(cells, written.na_values)
    if name in written.date_format:
        return dates(name, cells, written.date_format[name])
    values = _at_once(kind, cells, written)
    if values is not None:
        return values, []
    if kind == "string":
        return strings(name, cells)
    numbers = _numbers(written.decimal, written.thousands)
    return _integers(name, cells, numbers) if kind == "int" else _floats(name, cells, numbers)


def _at_once(kind: Kind, cells: pa.ChunkedArray, written: CsvFormat) -> pa.ChunkedArray | None:
    """The column, read without a look at each cell; None where one of them may be amiss."""
    text = _text_of(cells)
    if kind == "string":
        return cells if b"\0" not in text and _is_utf8(cells) else None
    if written.thousands is not None or (kind == "float" and written.decimal != "."):
        return None
    # Of these characters Arrow's parsers take no text that is no number by our rules.
    if text.translate(None, delete=_DIGITS if kind == "int" else _FLOAT_CHARACTERS):
        return None
    try:
        values = cells.cast(pa.string()).cast(ARROW_TYPES[kind])
    except pa.ArrowInvalid:
        return None
    if kind == "int":
        return values if not pc.any(pc.equal(values, MISSING_INT)).as_py() else None
    if pc.any(pc.is_inf(values)).as_py():
        return None
    zeros = _text_of(cells.filter(pc.equal(values, 0.0)))
    return values if not zeros.translate(None, delete=_ZERO_CHARACTERS) else None


def _text_of(cells: pa.ChunkedArray) -> bytes:
    """The bytes of all cells of a binary column, one after the other."""
    parts = []
    for chunk in cells.chunks:
        _, offsets, data = chunk.buffers()
        if data is not None and len(chunk):
            ends = np.frombuffer(offsets, np.int32)
            parts.append(memoryview(data)[ends[chunk.offset] : ends[chunk.offset + len(chunk)]])
    return b"".join(parts)


def _is_utf8(cells: pa.ChunkedArray) -> bool:
    try:
        cells.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def without_missing(cells: pa.ChunkedArray, na_values: Sequence[str]) -> pa.ChunkedArray:
    """A binary column with the cells that equal one of these set to missing."""
    if not na_values:
        return cells
    words = pa.array([word.encode() for word in na_values], pa.binary())
    return pc.if_else(pc.is_in(cells, value_set=words), pa.scalar(None, cells.type), cells)


def dates(name: str, cells: pa.ChunkedArray, written: str) -> tuple[pa.ChunkedArray, list[Fault]]:
    """Reads a binary column of dates or times written in a format of `strptime` as ISO text."""
    values, unfit, unreal = read_dates(cells, DateFormat(written))
    faults = [
        Fault(row, name, f"{DATE_EXPECTED} {written}, got {_kind_of_text(cells[row].as_py())}")
        for row in rows_where(unfit)
    ]
    return values, faults + [Fault(row, name, NO_SUCH_DAY) for row in rows_where(unreal)]


def rows_where(mask: pa.ChunkedArray) -> list[int]:
    """The row numbers at which a boolean column is true; null counts as false."""
    filled = pc.fill_null(mask, False)
    if not pc.any(filled).as_py():
        return []
    return [int(row) for row in np.flatnonzero(filled.to_numpy())]


def without(column: pa.ChunkedArray, rows: list[int]) -> pa.ChunkedArray:
    """The column with the values of these rows set to missing."""
    if not rows:
        return column
    mask = np.zeros(len(column), dtype=bool)
    mask[rows] = True
    return pc.if_else(pa.chunked_array([pa.array(mask)]), pa.scalar(None, column.type), column)


def strings(name: str, cells: pa.ChunkedArray) -> tuple[pa.ChunkedArray, list[Fault]]:
    """Checks a binary column to be UTF-8 without NUL; its bytes stay as they came."""
    faults = [
        Fault(row, name, HAS_NUL) for row in rows_where(pc.match_substring_regex(cells, pattern=r"\x00"))
    ]
    try:
        cells.cast(pa.string())
    except pa.ArrowInvalid:
        malformed = rows_where(pc.invert(pc.match_substring_regex(cells, pattern=_UTF8)))
        faults += [Fault(row, name, NOT_UTF8) for row in malformed]
    return without(cells, [fault.row for fault in faults]), faults


def reserved_integers(name: str, values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, list[Fault]]:
    """Takes out of an int64 column the value that to the model means missing."""
    rows = rows_where(pc.equal(values, MISSING_INT))
    return without(values, rows), [Fault(row, name, RESERVED_INT) for row in rows]


def _integers(name: str, cells: pa.ChunkedArray, numbers: _Numbers) -> tuple[pa.ChunkedArray, list[Fault]]:
    cells, faults = _matching(name, cells, numbers.integer, numbers.an_integer)
    text = _unsigned_plus(_plain(cells, numbers))
    try:
        values = text.cast(pa.int64())
    except pa.ArrowInvalid:
        # Only a text of 19 digits or more can be out of range; those few are looked at one by one.
        long = rows_where(pc.greater_equal(pc.binary_length(text), 19))
        beyond = [row for row in long if not _fits_int64(text[row].as_py())]
        faults += [Fault(row, name, OUT_OF_RANGE) for row in beyond]
        values = without(text, beyond).cast(pa.int64())
    values, reserved = reserved_integers(name, values)
    return values, faults + reserved


def _fits_int64(text: str) -> bool:
    digits = text.lstrip("-").lstrip("0") or "0"
    if len(digits) > 19:
        return False
    return -(2**63) <= int(digits) * (-1 if text.startswith("-") else 1) < 2**63


def _floats(name: str, cells: pa.ChunkedArray, numbers: _Numbers) -> tuple[pa.ChunkedArray, list[Fault]]:
    cells, faults = _matching(name, cells, numbers.decimal, numbers.a_number)
    cells = _plain(cells, numbers)
    # Arrow parses straight to float32 (fast_float): by way of float64 some values would be rounded twice.
    values = _unsigned_plus(cells).cast(pa.float32())
    infinite = rows_where(pc.is_inf(values))
    zeros = pc.if_else(pc.equal(values, 0.0), cells, None)
    vanished = rows_where(pc.invert(pc.match_substring_regex(zeros, pattern=_ZERO)))
    faults += [Fault(row, name, TOO_LARGE) for row in infinite]
    faults += [Fault(row, name, TOO_SMALL) for row in vanished]
    return without(values, infinite + vanished), faults


def _matching(
    name: str, cells: pa.ChunkedArray, pattern: str, expected: str
) -> tuple[pa.ChunkedArray, list[Fault]]:
    rows = rows_where(pc.invert(pc.match_substring_regex(cells, pattern=pattern)))
    faults = [
        Fault(row, name, f"expected {expected}, got {_kind_of_text(cells[row].as_py())}") for row in rows
    ]
    return without(cells, rows), faults


def _plain(cells: pa.ChunkedArray, numbers: _Numbers) -> pa.ChunkedArray:
    """Numbers, known to be written so, as Arrow's parsers take them."""
    if numbers.thousands is not None:
        cells = pc.replace_substring(cells, pattern=numbers.thousands, replacement="")
    if numbers.point != ".":
        cells = pc.replace_substring(cells, pattern=numbers.point, replacement=".")
    return cells


def _unsigned_plus(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    # Arrow's parsers know "-" but not "+".
    if pc.any(pc.starts_with(cells, pattern="+")).as_py():
        cells = pc.replace_substring_regex(cells, pattern=r"\A\+", replacement="")
    return cells.cast(pa.string())


def _kind_of_text(cell: bytes) -> str:
    if _DECIMAL_BYTES.fullmatch(cell):
        return "a decimal number"
    if _EXPONENT_BYTES.fullmatch(cell):
        return "a number with an exponent"
    return next((kind for pattern, kind in _KINDS_OF_TEXT if pattern.fullmatch(cell)), "text")
