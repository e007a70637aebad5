"""Reads columns of text: at once what is plain, and cell by cell, by the common rules, what is not.

`serving.reading.cells` has the rules; a property test compares the two.
"""

import functools
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.reading.dates import AROUND, read_dates
from perennial.reading.iso_times import text_of
from perennial.reading.reading import ARROW_TYPES, Fault, ReadColumn
from serving.reading.cells import MIDNIGHT, CellRefused, CellRule
from serving.reading.csv_cells import DIGITS, integer_pattern, number_pattern
from serving.reading.kinds_of_values import SPACES
from serving.reading.numbers import MOST_CHARACTERS
from serving.reading.values import MISSING_INT

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
_SPACES = tuple(space.encode() for space in SPACES)
# Of so many digits every integer is within int64; of so many characters with a point, within 2^53.
_SHORT_INTEGER = r"\A-?[0-9]{1,18}\z"
_EXACT_LENGTH = 16
_DAY_LENGTH = len("2013-01-31")

Mask = npt.NDArray[np.bool_]


@functools.cache
def number_patterns(decimal: str, thousands: str | None) -> tuple[str, str]:
    """The patterns, on bytes, of an integer and of a number that are written with these marks."""
    # By their bytes, for in a binary column RE2 takes each byte for a character of Latin-1.
    point = _as_pattern(decimal)
    digits = DIGITS
    if thousands is not None:
        digits = f"(?:{DIGITS}|[1-9][0-9]{{0,2}}(?:{_as_pattern(thousands)}[0-9]{{3}})+)"
    return rf"\A{integer_pattern(digits)}\z", rf"\A{number_pattern(digits, point)}\z"


def _as_pattern(mark: str) -> str:
    return "".join(rf"\x{byte:02x}" for byte in mark.encode())


def from_text(name: str, rule: CellRule, cells: pa.ChunkedArray) -> ReadColumn:
    """Reads a column of text as what it is to be.

    Args:
        name: The column's name, for the faults.
        rule: What it is, how numbers and dates are written, and what is missing.
        cells: Binary; null is missing, empty is a quoted empty cell.
    """
    cells = without_words(cells, rule.missing)
    if rule.formats:
        return dates_in(name, rule, _without_spaces(rule, cells) if rule.missing else cells, cells)
    if rule.kind == "string":
        return _strings(name, rule, cells)
    lengths = pc.min_max(pc.binary_length(cells)).as_py()
    if lengths["min"] == 0:
        # Writers that quote every cell leave one that is missing empty.
        empty = pc.equal(pc.binary_length(cells), 0)
        cells = pc.if_else(empty, pa.scalar(None, pa.binary()), cells)
    values = _at_once(rule, cells) if (lengths["max"] or 0) <= MOST_CHARACTERS else None
    if values is not None:
        return ReadColumn(without_markers(values, rule), [])
    plain = _plain_integers(rule, cells) if rule.kind == "int" else _plain_floats(rule, cells)
    odd = rows_where(pc.and_(pc.is_valid(cells), pc.is_null(plain)))
    read = read_each(name, rule, cells, odd)
    return ReadColumn(without_markers(patched(plain, odd, read), rule), read.faults)


def dates_in(name: str, rule: CellRule, texts: pa.ChunkedArray, cells: pa.ChunkedArray) -> ReadColumn:
    """Reads a column of dates.

    Args:
        name: The column's name, for the faults.
        rule: How they are written.
        texts: The cells as text, binary, without those that are words for missing.
        cells: As they are in the file; of these the faults tell.
    """
    read = read_dates(texts, rule.formats, rule.time_zone)
    odd = rows_where(pc.or_(read.unfit, read.unreal))
    # Empty ones among them are missing, and have no fault.
    each = read_each(name, rule, cells, odd)
    return ReadColumn(moments(patched(read.values, odd, each), rule), each.faults, read.zones)


def moments(texts: pa.ChunkedArray, rule: CellRule) -> pa.ChunkedArray:
    """Dates and times, ISO text in binary, as the column has them; null where one stands for missing."""
    if rule.is_of_days and pc.any(pc.greater(pc.binary_length(texts), _DAY_LENGTH)).as_py():
        texts = pc.replace_substring_regex(texts, pattern=rf"{MIDNIGHT}\z", replacement="")
    return without_words(texts, rule.missing_dates)


class ReadCells(NamedTuple):
    """Some cells of a column, read one by one: values, null where missing or at fault; and faults."""

    values: pa.Array
    faults: list[Fault]


def read_each(name: str, rule: CellRule, cells: pa.ChunkedArray, rows: Sequence[int]) -> ReadCells:
    """Reads some rows of a column by the rules of a cell: each distinct value once.

    Args:
        name: The column's name, for the faults.
        rule: What the cells are to be.
        cells: Of a type whose values are Python's int, float, Decimal, bool, str or bytes.
        rows: Which.
    """
    arrow_type = ARROW_TYPES[rule.kind]
    if not len(rows):
        return ReadCells(pa.array([], arrow_type), [])
    chosen = cells.take(pa.array(rows, pa.int64()))
    distinct = pc.unique(chosen)
    values: list[object] = []
    reasons: list[str] = []
    for cell in distinct.to_pylist():
        value, reason = None, ""
        try:
            value = rule.read(cell)
        except CellRefused as refusal:
            reason = str(refusal)
        values.append(value)
        reasons.append(reason)
    places = np.asarray(pc.index_in(chosen, value_set=distinct).to_numpy())
    faults = [
        Fault(row, name, reasons[place])
        for row, place in zip(rows, places.tolist(), strict=True)
        if reasons[place]
    ]
    return ReadCells(pa.array(values, arrow_type).take(pa.array(places)), faults)


def patched(plain: pa.ChunkedArray, rows: Sequence[int], read: ReadCells) -> pa.ChunkedArray:
    """A column with other values in some rows."""
    if not len(rows):
        return plain
    places = np.full(len(plain), -1)
    places[rows] = np.arange(len(rows))
    replaced = places >= 0
    patch = read.values.take(pa.array(places, mask=~replaced))
    return pc.if_else(pa.chunked_array([pa.array(replaced)]), patch, plain)


def without_markers(values: pa.ChunkedArray, rule: CellRule) -> pa.ChunkedArray:
    """A column of numbers without those that stand for missing."""
    if not rule.missing_numbers:
        return values
    # Arrow tells 0 and -0 apart.
    zeros = [0.0, -0.0] if rule.kind == "float" and 0 in rule.missing_numbers else []
    markers = pa.array([*rule.missing_numbers, *zeros], values.type)
    return pc.if_else(pc.is_in(values, value_set=markers), pa.scalar(None, values.type), values)


def rows_where(mask: pa.ChunkedArray) -> list[int]:
    """The row numbers at which a boolean column is true; null counts as false."""
    filled = pc.fill_null(mask, False)
    if not pc.any(filled).as_py():
        return []
    return [int(row) for row in np.flatnonzero(filled.to_numpy())]


def without(column: pa.ChunkedArray, rows: Sequence[int]) -> pa.ChunkedArray:
    """The column with the values of these rows set to missing."""
    if not len(rows):
        return column
    mask = np.zeros(len(column), dtype=bool)
    mask[rows] = True
    return pc.if_else(pa.chunked_array([pa.array(mask)]), pa.scalar(None, column.type), column)


def _strings(name: str, rule: CellRule, cells: pa.ChunkedArray) -> ReadColumn:
    """The cells, whose bytes stay as they came; they are UTF-8 without NUL."""
    odd: list[int] = []
    is_utf8 = _is_utf8(cells)
    if not is_utf8 or b"\0" in text_of(cells):
        sound = pc.invert(pc.match_substring_regex(cells, pattern=r"\x00"))
        if not is_utf8:
            sound = pc.and_(sound, pc.match_substring_regex(cells, pattern=_UTF8))
        odd = rows_where(pc.invert(sound))
    return ReadColumn(without(cells, odd), read_each(name, rule, cells, odd).faults)


def _at_once(rule: CellRule, cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """A column of numbers, read without a look at each cell; None where one of them may be amiss."""
    is_int = rule.kind == "int"
    if rule.true or rule.false or rule.numbers.thousands is not None:
        return None
    if not is_int and rule.numbers.point != ".":
        return None
    # Of these characters Arrow's parsers take no text that is no number by our rules.
    if text_of(cells).translate(None, delete=_DIGITS if is_int else _FLOAT_CHARACTERS):
        return None
    try:
        values = cells.cast(pa.string()).cast(ARROW_TYPES[rule.kind])
    except pa.ArrowInvalid:
        return None
    if is_int:
        return values if not pc.any(pc.equal(values, MISSING_INT)).as_py() else None
    if pc.any(pc.is_inf(values)).as_py():
        return None
    zeros = text_of(cells.filter(pc.equal(values, 0.0)))
    return values if not zeros.translate(None, delete=_ZERO_CHARACTERS) else None


def _plain_integers(rule: CellRule, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """The integers among the cells; null where a cell is another text, long, or stands for missing."""
    text = _plain_numbers(rule, cells).cast(pa.string())
    with_point = pc.match_substring(text, pattern=".")
    if pc.any(with_point).as_py():
        exact = pc.if_else(pc.less_equal(pc.binary_length(text), _EXACT_LENGTH), text, None)
        whole = pc.ascii_rtrim(pc.ascii_rtrim(exact, characters="0"), characters=".")
        text = pc.if_else(with_point, whole, text)
    short = pc.match_substring_regex(text, pattern=_SHORT_INTEGER)
    values = pc.if_else(short, text, None).cast(pa.int64())
    return pc.if_else(pc.equal(values, MISSING_INT), None, values)


def _plain_floats(rule: CellRule, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """The numbers among the cells that are float32s; null where a cell is another text or another number."""
    text = _plain_numbers(rule, cells)
    text = pc.if_else(pc.less_equal(pc.binary_length(text), MOST_CHARACTERS), text, None)
    # Arrow parses straight to float32 (fast_float): by way of float64 some values would be rounded twice.
    values = text.cast(pa.string()).cast(pa.float32())
    zeros = pc.if_else(pc.equal(values, 0.0), text, None)
    vanished = pc.invert(pc.match_substring_regex(zeros, pattern=_ZERO))
    return pc.if_else(pc.or_(pc.is_inf(values), pc.fill_null(vanished, False)), None, values)


def _plain_numbers(rule: CellRule, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """The cells that are numbers, as Arrow's parsers take them; null where one is not."""
    cells = _without_spaces(rule, cells)
    for words, number in ((rule.true, b"1"), (rule.false, b"0")):
        if words:
            cells = pc.if_else(pc.is_in(cells, value_set=_words(words)), number, cells)
    decimal, thousands = rule.numbers.point, rule.numbers.thousands
    fits = pc.match_substring_regex(cells, pattern=number_patterns(decimal, thousands)[1])
    cells = pc.if_else(fits, cells, None)
    if thousands is not None:
        cells = pc.replace_substring(cells, pattern=thousands, replacement="")
    if decimal != ".":
        cells = pc.replace_substring(cells, pattern=decimal, replacement=".")
    # Arrow's parsers know "-" but not "+".
    if pc.any(pc.starts_with(cells, pattern="+")).as_py():
        cells = pc.replace_substring_regex(cells, pattern=r"\A\+", replacement="")
    return cells


def _without_spaces(rule: CellRule, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """The cells without the spaces around them, and without those that are words for missing then."""
    text = text_of(cells)
    if not any(space in text for space in _SPACES):
        return cells
    return without_words(pc.replace_substring_regex(cells, pattern=AROUND, replacement=""), rule.missing)


def without_words(cells: pa.ChunkedArray, words: Collection[str]) -> pa.ChunkedArray:
    """The cells without those that are one of these words, which are missing."""
    if not words:
        return cells
    return pc.if_else(pc.is_in(cells, value_set=_words(words)), pa.scalar(None, pa.binary()), cells)


def _words(words: Collection[str]) -> pa.Array:
    return pa.array([word.encode() for word in words], pa.binary())


def _is_utf8(cells: pa.ChunkedArray) -> bool:
    try:
        cells.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True
