"""Reads columns whose times are ISO text of one shape, as databases and pandas write them, at once."""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.reading.zones import Seconds

# With the widths of its parts the shape of all texts is known; the sign of an offset may differ.
_SHAPE = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}[ Tt][0-9]{2}:[0-9]{2}(?P<second>:[0-9]{2})?(?P<fraction>[.,][0-9]{1,9})?"
    rb"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_ZERO, _PLUS, _MINUS = b"0+-"
_HOUR, _DAY = 3600, 86_400

Bytes = npt.NDArray[np.uint8]


class IsoTimes(NamedTuple):
    """Times of one shape.

    Attributes:
        seconds: Since 1970, as they are written.
        fraction: Digits of the fractions of a second, without zeros at the end; None: no text has any.
        offset: Seconds that each is ahead of UTC; None: they have no offset.
    """

    seconds: Seconds
    fraction: pa.Array | None
    offset: Seconds | None


def times_of_one_shape(cells: pa.ChunkedArray) -> IsoTimes | None:
    """The times of a column.

    Args:
        cells: Binary.

    Returns:
        None where a cell is missing, of another shape than the first, or no time: such a column is read
        with the formats' patterns.
    """
    if not len(cells) or cells.null_count:
        return None
    first = cells[0].as_py()
    shape = _SHAPE.fullmatch(first)
    lengths = pc.min_max(pc.binary_length(cells)).as_py()
    if not shape or lengths["min"] != lengths["max"]:
        return None
    texts = np.frombuffer(text_of(cells), np.uint8).reshape(len(cells), len(first))
    if not _have_shape(texts, np.frombuffer(first, np.uint8), shape):
        return None
    seconds = _seconds(texts, shape["second"] is not None)
    if seconds is None:
        return None
    fraction = None
    if shape["fraction"]:
        start, end = shape.span("fraction")
        digits = np.ascontiguousarray(texts[:, start + 1 : end])
        if (digits != _ZERO).any():
            fraction = pc.utf8_rtrim(_strings(digits), characters="0")
    return IsoTimes(seconds, fraction, _offsets(texts, shape))


def text_of(cells: pa.ChunkedArray) -> bytes:
    """The bytes of all cells of a binary column, one after the other."""
    parts = []
    for chunk in cells.chunks:
        _, offsets, data = chunk.buffers()
        if data is not None and len(chunk):
            ends = np.frombuffer(offsets, np.int32)
            parts.append(memoryview(data)[ends[chunk.offset] : ends[chunk.offset + len(chunk)]])
    return b"".join(parts)


def _have_shape(texts: Bytes, first: Bytes, shape: re.Match[bytes]) -> bool:
    is_digit = (first - _ZERO) <= 9
    if ((texts[:, is_digit] - _ZERO) > 9).any():
        return False
    same = ~is_digit
    if len(shape["offset"] or b"") > 1:
        sign = shape.start("offset")
        same[sign] = False
        if not ((texts[:, sign] == _PLUS) | (texts[:, sign] == _MINUS)).all():
            return False
    return bool((texts[:, same] == first[same]).all())


def _seconds(texts: Bytes, has_seconds: bool) -> Seconds | None:
    """Seconds since 1970; None where one is no time or no day."""
    year, month, day = _two(texts, 0) * 100 + _two(texts, 2), _two(texts, 5), _two(texts, 8)
    hour, minute = _two(texts, 11), _two(texts, 14)
    second = _two(texts, 17) if has_seconds else 0
    if year.min() < 1 or month.min() < 1 or month.max() > 12 or day.min() < 1:
        return None
    if hour.max() > 23 or minute.max() > 59 or np.max(second) > 59:
        return None
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = first.astype("datetime64[D]") + (day - 1)
    if (days.astype("datetime64[M]") != first).any():
        return None
    return np.asarray(days.astype(np.int64) * _DAY + hour * _HOUR + minute * 60 + second)


def _offsets(texts: Bytes, shape: re.Match[bytes]) -> Seconds | None:
    if not shape["offset"]:
        return None
    if len(shape["offset"]) == 1:
        return np.zeros(len(texts), np.int64)
    start = shape.start("offset")
    ahead = _two(texts, start + 1) * _HOUR + _two(texts, start + 4) * 60
    return np.where(texts[:, start] == _MINUS, -ahead, ahead)


def _two(texts: Bytes, start: int) -> Seconds:
    """The number of two digits."""
    digits = texts[:, start : start + 2].astype(np.int64) - _ZERO
    return np.asarray(digits[:, 0] * 10 + digits[:, 1])


def _strings(texts: Bytes) -> pa.Array:
    width = texts.shape[1]
    offsets = np.arange(len(texts) + 1, dtype=np.int32) * width
    return pa.Array.from_buffers(pa.string(), len(texts), [None, pa.py_buffer(offsets), pa.py_buffer(texts)])
