"""Reads columns that have a type already: at once where it is the wanted one, else by the cells' rules."""

import decimal
import json

import pyarrow as pa
import pyarrow.compute as pc

from perennial.reading.cells import (
    dates_in,
    from_text,
    moments,
    patched,
    read_each,
    rows_where,
    without,
    without_markers,
    without_words,
)
from perennial.reading.dates import times_of
from perennial.reading.reading import Fault, ReadColumn, missing_values
from perennial.reading.zones import ZoneCount
from serving.reading.cells import CellRule
from serving.reading.times import NO_SUCH_DAY
from serving.reading.values import MISSING_INT, MOST_EXACT

_TEXTS = (
    *(pa.types.is_string, pa.types.is_large_string),
    *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary),
)
_NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
_INT64_MAX = 2**63 - 1
_INT64_DIGITS = 18


def expected(rule: CellRule) -> str:
    """Which types `fits` a column, in words."""
    if rule.formats:
        return "a string, date, timestamp or number type"
    if rule.kind == "string":
        return "a string, binary, boolean, date or timestamp type"
    return "a number, boolean or string type"


def fits(rule: CellRule, arrow_type: pa.DataType) -> bool:
    """Whether a column may take values of an Arrow type.

    Args:
        rule: Of the column.
        arrow_type: The file's type; of a dictionary-encoded column, the type of its values counts.
    """
    if pa.types.is_dictionary(arrow_type):
        arrow_type = arrow_type.value_type
    if pa.types.is_null(arrow_type) or any(is_one(arrow_type) for is_one in _TEXTS):
        return True
    is_number = any(is_one(arrow_type) for is_one in _NUMBERS)
    if rule.kind != "string":
        return is_number or pa.types.is_boolean(arrow_type)
    if pa.types.is_timestamp(arrow_type) or pa.types.is_date(arrow_type):
        return True
    return is_number if rule.formats else pa.types.is_boolean(arrow_type)


def is_missing(values: pa.ChunkedArray) -> bool:
    """Whether a column of any type has no value: only nulls and NaNs."""
    if values.null_count == len(values):
        return True
    if pa.types.is_dictionary(values.type) or not pa.types.is_floating(values.type):
        return False
    return bool(pc.all(pc.is_nan(values)).as_py())


def from_arrow(name: str, rule: CellRule, values: pa.ChunkedArray) -> ReadColumn:
    """Reads a typed column as what it is to be: by its type, whatever the type of other files' columns.

    Args:
        name: The column's name, for the faults.
        rule: What it is to be.
        values: The column; its type `fits`, or all of it `is_missing`.

    Returns:
        The column. A boolean becomes 0 or 1, or "true" or "false" where text is wanted; a whole number an
        integer; a number the nearest float32; a date or timestamp ISO text (of a zoned one, the wall clock of
        the rule's zone); text what a cell of a CSV is.
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    arrow_type = values.type
    if is_missing(values):
        return ReadColumn(missing_values(rule.kind, len(values)), [])
    if any(is_one(arrow_type) for is_one in _TEXTS):
        return from_text(name, rule, _as_binary(values))
    if rule.kind == "string":
        return _strings(name, rule, values)
    if pa.types.is_boolean(arrow_type):
        values = without_words(_as_binary(values.cast(pa.string())), rule.missing)
        values = pc.equal(values, b"true").cast(pa.int8())
    plain = _integers(values) if rule.kind == "int" else _floats(values)
    missing = pc.is_null(values, nan_is_null=True)
    odd = rows_where(pc.and_(pc.is_null(plain), pc.invert(missing)))
    read = read_each(name, rule, values, odd)
    return ReadColumn(without_markers(patched(plain, odd, read), rule), read.faults)


def rendered(values: pa.ChunkedArray) -> list[bytes | None]:
    """The values as text for the quarantine; None for a missing one. Of zoned times, the instant in UTC."""
    if pa.types.is_timestamp(values.type):
        zone = "" if values.type.tz is None else "Z"
        # By way of integers: a cast would look for the column's zone, which may be none.
        naive = values.cast(pa.int64()).cast(pa.timestamp(values.type.unit))
        values = pc.binary_join_element_wise(naive.cast(pa.string()), zone, "")
    elif pa.types.is_temporal(values.type) and not pa.types.is_duration(values.type):
        values = values.cast(pa.string())
    return [rendered_value(value) for value in values.to_pylist()]


def rendered_value(value: object) -> bytes | None:
    """One value as text for the quarantine; None for a missing one."""
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return b"1" if value else b"0"
    if isinstance(value, list | dict):
        return json.dumps(value, default=str, ensure_ascii=False).encode()
    return str(value).encode("utf-8", "surrogateescape")


def _strings(name: str, rule: CellRule, values: pa.ChunkedArray) -> ReadColumn:
    """Text or dates, from values that are no text."""
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        read = times_of(values, rule.time_zone)
        faults = [Fault(row, name, NO_SUCH_DAY) for row in rows_where(read.unreal)]
        zones = read.zones if rule.formats else ZoneCount()
        return ReadColumn(moments(read.values, rule), faults, zones)
    if pa.types.is_integer(values.type):
        digits = without_words(_as_binary(values.cast(pa.string())), rule.missing)
        return dates_in(name, rule, digits, values)
    if pa.types.is_boolean(values.type) and not rule.formats:
        return ReadColumn(without_words(_as_binary(values.cast(pa.string())), rule.missing), [])
    rows = rows_where(pc.invert(pc.is_null(values, nan_is_null=True)))
    each = read_each(name, rule, values, rows)
    return ReadColumn(patched(missing_values(rule.kind, len(values)), rows, each), each.faults)


def _integers(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The whole numbers that int64 holds exactly; null where a value is another, or stands for missing."""
    arrow_type = values.type
    if arrow_type == pa.uint64():
        values = pc.if_else(pc.greater(values, pa.scalar(_INT64_MAX, arrow_type)), None, values)
    elif pa.types.is_floating(arrow_type):
        values = values.cast(pa.float64())
        whole = pc.and_(pc.equal(pc.floor(values), values), pc.less_equal(pc.abs(values), MOST_EXACT))
        values = pc.if_else(whole, values, None)
    elif pa.types.is_decimal(arrow_type):
        if arrow_type.scale != 0:
            return missing_values("int", len(values))
        values = without(values, _beyond_int64(values))
    integers = values.cast(pa.int64())
    return pc.if_else(pc.equal(integers, MISSING_INT), None, integers)


def _beyond_int64(values: pa.ChunkedArray) -> list[int]:
    """The rows of a decimal column that int64 does not hold."""
    if values.type.precision <= _INT64_DIGITS:
        return []
    least, most = (pa.scalar(decimal.Decimal(bound), values.type) for bound in (-_INT64_MAX - 1, _INT64_MAX))
    return rows_where(pc.or_(pc.less(values, least), pc.greater(values, most)))


def _floats(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The numbers that are float32s; null where a value is another number, or no number."""
    if pa.types.is_decimal(values.type):
        # By way of float64 some would be rounded twice.
        return missing_values("float", len(values))
    floats = values.cast(pa.float32(), safe=False)
    if not pa.types.is_floating(values.type):
        return floats
    vanished = pc.and_(pc.equal(floats, 0.0), pc.not_equal(values, 0.0))
    return pc.if_else(pc.and_(pc.is_finite(floats), pc.invert(vanished)), floats, None)


def _as_binary(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_large_string(values.type):
        values = values.cast(pa.large_binary())
    return values.cast(pa.binary())
