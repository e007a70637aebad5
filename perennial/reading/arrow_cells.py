"""The rules for a cell that has a type already: which Arrow types fit which kind, and which values."""

import decimal
import json

import pyarrow as pa
import pyarrow.compute as pc

from perennial.reading.cells import (
    NOT_FINITE,
    OUT_OF_RANGE,
    TOO_LARGE,
    TOO_SMALL,
    from_text,
    reserved_integers,
    rows_where,
    strings,
    without,
)
from perennial.reading.csv_format import CsvFormat
from perennial.reading.reading import Fault, missing_values
from serving.reading.values import Kind

EXPECTED = {
    "int": "an integer, boolean or whole decimal type",
    "float": "a floating-point, integer or decimal type",
    "string": "a string, binary, boolean, date or timestamp type",
}
_TEXTS = (
    *(pa.types.is_string, pa.types.is_large_string),
    *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary),
)
_INT64_MAX = 2**63 - 1
_INT64_DIGITS = 18
_LONGEST_ISO = 40  # pyarrow 10 fails on a slice without an end
_ISO_FORMAT = "%Y-%m-%d %H:%M:%S"


def fits(kind: Kind, arrow_type: pa.DataType) -> bool:
    """Whether every value of an Arrow type has one reading as this kind.

    Args:
        kind: What the schema says.
        arrow_type: The file's type; of a dictionary-encoded column, the type of its values counts.
    """
    if pa.types.is_dictionary(arrow_type):
        arrow_type = arrow_type.value_type
    if pa.types.is_null(arrow_type):
        return True
    if kind == "int":
        whole = pa.types.is_decimal(arrow_type) and arrow_type.scale == 0
        return pa.types.is_integer(arrow_type) or pa.types.is_boolean(arrow_type) or whole
    if kind == "float":
        return any(
            is_one(arrow_type) for is_one in (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal)
        )
    moment = (
        pa.types.is_timestamp(arrow_type) or pa.types.is_date(arrow_type) or pa.types.is_boolean(arrow_type)
    )
    return moment or any(is_one(arrow_type) for is_one in _TEXTS)


def from_arrow(
    kind: Kind, name: str, values: pa.ChunkedArray, written: CsvFormat
) -> tuple[pa.ChunkedArray, list[Fault]]:
    """Reads a typed column, whose type `fits`, as what the schema says it is.

    Args:
        kind: What the schema says.
        name: The column's name, for the faults.
        values: The column.
        written: What else is missing (a NaN, where "NaN" or the like is said to be), and in which formats
            dates are written that are text.

    Returns:
        The column as int64, float32 or binary, null where the value is missing or at fault; and the faults.
        A boolean becomes 0 or 1, or "true" or "false" where text is wanted; a number the nearest float32; a
        date or timestamp ISO text (of a zoned one, its wall clock).
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_null(values.type):
        return missing_values(kind, len(values)), []
    if kind == "int":
        return _integers(name, values)
    if kind == "float":
        return _floats(name, values, any(word.strip("+-").lower() == "nan" for word in written.na_values))
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return strings(name, _as_binary(_iso_text(values)))
    if pa.types.is_boolean(values.type):
        return strings(name, _as_binary(values.cast(pa.string())))
    return from_text("string", name, _as_binary(values), written)


def rendered(values: pa.ChunkedArray) -> list[bytes | None]:
    """The values as text for the quarantine; None for a missing one."""
    if pa.types.is_temporal(values.type) and not pa.types.is_duration(values.type):
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


def _integers(name: str, values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, list[Fault]]:
    beyond: list[int] = []
    if values.type == pa.uint64():
        beyond = rows_where(pc.greater(values, pa.scalar(_INT64_MAX, pa.uint64())))
        values = without(values, beyond)
    elif pa.types.is_decimal(values.type):
        beyond = _beyond_int64(values)
        values = without(values, beyond)
    integers, reserved = reserved_integers(name, values.cast(pa.int64()))
    return integers, [Fault(row, name, OUT_OF_RANGE) for row in beyond] + reserved


def _beyond_int64(values: pa.ChunkedArray) -> list[int]:
    """The rows of a decimal column that int64 does not hold."""
    if values.type.precision <= _INT64_DIGITS:
        return []
    least, most = (pa.scalar(decimal.Decimal(bound), values.type) for bound in (-_INT64_MAX - 1, _INT64_MAX))
    return rows_where(pc.or_(pc.less(values, least), pc.greater(values, most)))


def _floats(name: str, values: pa.ChunkedArray, nan_is_missing: bool) -> tuple[pa.ChunkedArray, list[Fault]]:
    if pa.types.is_decimal(values.type):
        # By their text: by way of float64 some would be rounded twice.
        distinct = pc.unique(values).drop_null()
        texts = pa.array([str(value).encode() for value in distinct.to_pylist()], pa.binary())
        cells = pc.take(texts, pc.index_in(values, value_set=distinct))
        return from_text("float", name, cells, CsvFormat())
    # Arrow has no arithmetic on half floats; every one of them is a float32.
    numbers = values.cast(pa.float32()) if pa.types.is_float16(values.type) else values
    floats = numbers.cast(pa.float32(), safe=False)
    if not pa.types.is_floating(numbers.type):
        return floats, []
    if nan_is_missing:
        numbers = pc.if_else(pc.is_nan(numbers), pa.scalar(None, numbers.type), numbers)
        floats = numbers.cast(pa.float32(), safe=False)
    odd = rows_where(pc.invert(pc.is_finite(numbers)))
    large = rows_where(pc.and_(pc.is_inf(floats), pc.is_finite(numbers)))
    small = rows_where(pc.and_(pc.equal(floats, 0.0), pc.not_equal(numbers, 0.0)))
    reasons = ((odd, NOT_FINITE), (large, TOO_LARGE), (small, TOO_SMALL))
    faults = [Fault(row, name, reason) for rows, reason in reasons for row in rows]
    return without(floats, odd + large + small), faults


def _iso_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_date(values.type):
        return values.cast(pa.date32()).cast(pa.string())
    unit, zone = values.type.unit, values.type.tz
    seconds = pc.floor_temporal(values, unit="second").cast(pa.timestamp("s", zone))
    # Arrow knows the zones' wall clocks only when it formats, which is slow; UTC's is the value itself.
    local = zone not in (None, "UTC")
    text = (
        pc.strftime(seconds, format=_ISO_FORMAT)
        if local
        else seconds.cast(pa.timestamp("s")).cast(pa.string())
    )
    whole = pc.equal(seconds.cast(values.type), values)
    fraction = pc.utf8_slice_codeunits(values.cast(pa.timestamp(unit)).cast(pa.string()), 19, _LONGEST_ISO)
    return pc.if_else(whole, text, pc.binary_join_element_wise(text, fraction, ""))


def _as_binary(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_large_string(values.type):
        values = values.cast(pa.large_binary())
    return values.cast(pa.binary())
