"""Reads columns of dates and times as ISO text of the wall clock in one zone: text, timestamps, vectorised.

`serving.reading.times` has the rules, which it follows to the letter; a property test compares the two.
"""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.reading.iso_times import IsoTimes, times_of_one_shape
from perennial.reading.zones import MOST_NAMED, Seconds, ZoneCount, is_in_range, wall_clocks
from serving.reading.date_formats import MONTHS, PIVOT, SHORT, DateFormat
from serving.reading.kinds_of_values import SPACES
from serving.reading.rules import ISO
from serving.reading.times import offset_of

_EPOCH = 1970
_DAY = 86_400
_DATE_LENGTH = 10
_HOUR_LENGTH = 13
# Text that is read as itself: every part in full, and no fraction, "T" or offset.
_CANONICAL = (
    r"\A[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?: (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?\z"
)
# By their bytes, for in a binary column RE2 takes each byte for a character of Latin-1.
_SPACE = "|".join("".join(rf"\x{byte:02x}" for byte in space.encode()) for space in SPACES)
AROUND = rf"\A(?:{_SPACE})+|(?:{_SPACE})+\z"

Mask = npt.NDArray[np.bool_]


class ReadDates(NamedTuple):
    """A column of dates that was read.

    Attributes:
        values: ISO text, binary; null where missing or at fault.
        unfit: Which cells are written in none of the formats.
        unreal: Which ones are, and do not exist.
        zones: How many had an offset.
    """

    values: pa.ChunkedArray
    unfit: pa.ChunkedArray
    unreal: pa.ChunkedArray
    zones: ZoneCount


class _Times(NamedTuple):
    """What a format reads of the texts that fit it: ISO text, whether it is no day, and the offsets."""

    text: pa.Array
    unreal: Mask
    has_time: Mask
    offset: pa.Array


def read_dates(cells: pa.ChunkedArray, formats: Sequence[DateFormat], time_zone: str) -> ReadDates:
    """Reads a column of text.

    Args:
        cells: Binary; null is missing.
        formats: Those of the column, in the order in which they are tried.
        time_zone: To whose wall clock times with an offset are converted.

    Returns:
        The column. Its text is "YYYY-MM-DD", or "YYYY-MM-DD HH:MM:SS" and, where it is not 0, a fraction.
    """
    if formats[0].written == ISO:
        if _is_canonical(cells):
            return _as_they_are(cells)
        times = times_of_one_shape(cells)
        if times is not None:
            return _of_one_shape(times, time_zone)
    return _by_patterns(cells, formats, time_zone)


def _by_patterns(cells: pa.ChunkedArray, formats: Sequence[DateFormat], time_zone: str) -> ReadDates:
    """Reads the distinct texts of a column, each in the first format in which it is written."""
    distinct = pc.unique(cells).drop_null()
    places = pc.index_in(cells, value_set=distinct)
    count = len(distinct)
    texts = pc.replace_substring_regex(distinct, pattern=AROUND, replacement="")
    rest = np.arange(count)
    unreal, has_time = np.zeros(count, bool), np.zeros(count, bool)
    parts: list[pa.Array] = []
    read: list[npt.NDArray[np.int64]] = []
    offsets: list[pa.Array] = []
    for written in formats:
        fits, times = _read_in(texts.take(pa.array(rest)), written, time_zone)
        rows, rest = rest[fits], rest[~fits]
        unreal[rows], has_time[rows] = times.unreal, times.has_time
        parts.append(times.text)
        offsets.append(times.offset)
        read.append(rows)
    order = np.concatenate(read)
    at = np.full(count, -1)
    at[order] = np.arange(len(order))
    at[unreal] = -1
    text = pa.concat_arrays(parts).take(pa.array(at, mask=at < 0))
    unfit = np.zeros(count, bool)
    unfit[rest] = True
    return ReadDates(
        pc.take(text, places),
        pc.fill_null(pc.take(pa.array(unfit), places), False),
        pc.fill_null(pc.take(pa.array(unreal), places), False),
        _zone_count(places, has_time, pa.concat_arrays(offsets).take(pa.array(at, mask=at < 0))),
    )


def times_of(values: pa.ChunkedArray, time_zone: str) -> ReadDates:
    """Reads a column of dates or timestamps: of zoned ones, the wall clock of another zone.

    Its own zone only says that it is one: whatever its name, the values are instants in UTC.

    Args:
        values: Of Arrow's types date32, date64 or timestamp.
        time_zone: Of the wall clock.
    """
    missing = np.asarray(values.is_null().to_numpy())
    none = pa.chunked_array([pa.array(np.zeros(len(values), bool))])
    if pa.types.is_date(values.type):
        days = _integers(values.cast(pa.date32()).cast(pa.int32()))
        unreal = ~is_in_range(days * _DAY) & ~missing
        text = _texts(days * _DAY, missing | unreal)
        text = pc.utf8_slice_codeunits(text, 0, _DATE_LENGTH)
        return ReadDates(_chunked(text), none, _chunked(pa.array(unreal)), ZoneCount())
    divisor = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[values.type.unit]
    ticks = _integers(values.cast(pa.int64()))
    seconds = ticks // divisor
    fraction = ticks - seconds * divisor
    zone = values.type.tz
    seconds = wall_clocks(seconds, time_zone) if zone is not None else seconds
    unreal = ~is_in_range(seconds) & ~missing
    text = _texts(seconds, missing | unreal)
    if fraction.any():
        digits = pa.array(fraction).cast(pa.timestamp(values.type.unit)).cast(pa.string())
        # An end, as pyarrow 10 fails on a slice without one.
        digits = pc.utf8_rtrim(pc.utf8_slice_codeunits(digits, 19, 40), characters="0.")
        text = pc.binary_join_element_wise(text, digits, "")
    there = int(len(values) - missing.sum())
    zones = ZoneCount(unzoned=there) if zone is None else ZoneCount(there, (zone,) if there else ())
    return ReadDates(_chunked(text), none, _chunked(pa.array(unreal)), zones)


def days_of(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """The day of each ISO date or time (binary), as text `YYYY-MM-DD`."""
    return pc.utf8_slice_codeunits(times.cast(pa.string()), 0, _DATE_LENGTH)


def hours_of(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """The hour of each ISO time (binary), as text `YYYY-MM-DD HH`; of a date without a time the date."""
    return pc.utf8_slice_codeunits(times.cast(pa.string()), 0, _HOUR_LENGTH)


def _is_canonical(cells: pa.ChunkedArray) -> bool:
    """Whether every text is read as itself."""
    if not pc.all(pc.match_substring_regex(cells, pattern=_CANONICAL), min_count=0).as_py():
        return False
    return all(_is_real(day) for day in pc.unique(days_of(cells)).to_pylist() if day is not None)


def _is_real(day: str) -> bool:
    try:
        datetime.date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _as_they_are(cells: pa.ChunkedArray) -> ReadDates:
    none = pa.chunked_array([pa.array(np.zeros(len(cells), bool))])
    with_time = pc.sum(pc.greater(pc.binary_length(cells), _DATE_LENGTH)).as_py() or 0
    return ReadDates(cells, none, none, ZoneCount(unzoned=int(with_time)))


def _of_one_shape(times: IsoTimes, time_zone: str) -> ReadDates:
    """Times that are all real; with an offset they may be outside of the years that dates have."""
    seconds, count = times.seconds, len(times.seconds)
    zones = ZoneCount(unzoned=count)
    if times.offset is not None:
        seconds = wall_clocks(seconds - times.offset, time_zone)
        distinct = pc.unique(pa.array(times.offset)).to_pylist()
        zones = ZoneCount(count, tuple(_written_offset(each) for each in distinct[:MOST_NAMED]))
    unreal = ~is_in_range(seconds)
    text = _texts(seconds, unreal)
    if times.fraction is not None:
        text = pc.binary_join_element_wise(text, _with_point(times.fraction), "")
    none = pa.array(np.zeros(count, bool))
    return ReadDates(_chunked(text), _chunked(none), _chunked(pa.array(unreal)), zones)


def _with_point(fraction: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(fraction, ""), "", pc.binary_join_element_wise(".", fraction, ""))


def _zone_count(places: pa.ChunkedArray, has_time: Mask, offsets: pa.Array) -> ZoneCount:
    """How many cells have an offset, of the distinct texts at their places."""
    counts = np.bincount(np.asarray(places.drop_null().to_numpy()), minlength=len(has_time))
    zoned = np.asarray(offsets.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    named = pc.unique(offsets.drop_null()).to_pylist()[:MOST_NAMED]
    return ZoneCount(
        int(counts[zoned].sum()),
        tuple(_written_offset(seconds) for seconds in named),
        int(counts[has_time & ~zoned].sum()),
    )


def _written_offset(seconds: int) -> str:
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}"


def _read_in(texts: pa.Array, written: DateFormat, time_zone: str) -> tuple[Mask, _Times]:
    """Which texts fit a format, and what it reads of these."""
    parts = pc.extract_regex(texts, pattern=written.pattern)
    fits = np.asarray(parts.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    part = {name: parts.field(name).filter(pa.array(fits)).cast(pa.string()) for name in written.parts}
    seconds, unreal = _days(part)
    has_time = np.full(len(seconds), written.has_time)
    if written.written == ISO:
        has_time = np.asarray(pc.not_equal(part["H"], "").to_numpy(zero_copy_only=False), dtype=bool)
    if has_time.any():
        clock, no_clock = _seconds(part)
        seconds, unreal = seconds + clock, unreal | no_clock
    offset = _offsets(part["z"]) if "z" in part else pa.nulls(len(seconds), pa.int64())
    if offset.null_count < len(offset):
        instants = seconds - _integers(offset)
        zoned = np.asarray(offset.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
        seconds = np.where(zoned, wall_clocks(instants, time_zone), seconds)
    unreal |= ~is_in_range(seconds)
    text = _texts(seconds, unreal)
    if not has_time.all():
        text = pc.if_else(pa.array(has_time), text, pc.utf8_slice_codeunits(text, 0, _DATE_LENGTH))
    if "f" in part:
        fraction = pc.utf8_rtrim(part["f"], characters="0")
        text = pc.binary_join_element_wise(text, _with_point(fraction), "")
    return fits, _Times(text.cast(pa.binary()), unreal, has_time & ~unreal, offset)


def _days(part: dict[str, pa.Array]) -> tuple[Seconds, Mask]:
    """The day of each, in seconds since 1970; and whether its month does not have it, or its year is 0."""
    year = _numbers(part["Y"]) if "Y" in part else _numbers(part["y"])
    if "y" in part:
        year = year + np.where(year < PIVOT, 2000, 1900)
    month = np.ones(len(year), np.int64)
    if "m" in part:
        month = _numbers(part["m"])
    elif named := next((part[letter] for letter in "bB" if letter in part), None):
        short = pc.utf8_slice_codeunits(pc.utf8_lower(named), 0, SHORT)
        names = pa.array([name[:SHORT] for name in MONTHS])
        month = pc.index_in(short, value_set=names).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    first = ((year - _EPOCH) * 12 + month - 1).astype("datetime64[M]")
    day = _numbers(part["d"]) if "d" in part else np.ones(len(year), np.int64)
    days = first.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    unreal = (days.astype("datetime64[M]") != first) | (year < 1)
    return days.astype(np.int64) * _DAY, unreal


def _seconds(part: dict[str, pa.Array]) -> tuple[Seconds, Mask]:
    """The time of day of each, in seconds; and whether it is after 24:00."""
    if "H" in part:
        hour = _numbers(part["H"])
    elif "I" in part:
        after_noon = pc.starts_with(pc.utf8_lower(part["p"]), pattern="p")
        hour = _numbers(part["I"]) % 12 + 12 * after_noon.to_numpy(zero_copy_only=False)
    minute = _numbers(part["M"]) if "M" in part else 0
    second = _numbers(part["S"]) if "S" in part else 0
    seconds = np.asarray(hour * 3600 + minute * 60 + second, dtype=np.int64)
    after = seconds > _DAY
    if "f" in part and (at_end := hour == _DAY // 3600).any():
        fraction = pc.utf8_rtrim(part["f"], characters="0")
        after |= at_end & np.asarray(pc.not_equal(fraction, "").to_numpy(zero_copy_only=False), dtype=bool)
    return seconds, after


def _offsets(texts: pa.Array) -> pa.Array:
    """Seconds that each is ahead of UTC; null where there is none."""
    distinct = pc.unique(texts)
    seconds = [offset_of(text) if text else None for text in distinct.to_pylist()]
    return pa.array(seconds, pa.int64()).take(pc.index_in(texts, value_set=distinct))


def _numbers(texts: pa.Array) -> Seconds:
    """Digits as numbers; 0 where a part is not there."""
    digits = pc.if_else(pc.equal(texts, ""), "0", texts)
    return np.asarray(digits.cast(pa.int64()).to_numpy(zero_copy_only=False))


def _integers(values: pa.Array | pa.ChunkedArray) -> Seconds:
    """64-bit integers, 0 where one is missing."""
    filled = pc.fill_null(values, 0).cast(pa.int64())
    if isinstance(filled, pa.ChunkedArray):
        return np.asarray(filled.to_numpy())
    return np.asarray(filled.to_numpy(zero_copy_only=False))


def _texts(seconds: Seconds, missing: Mask) -> pa.Array:
    """`YYYY-MM-DD HH:MM:SS` of the years 1 to 9999, null where missing."""
    return pa.array(seconds, pa.int64(), mask=missing).cast(pa.timestamp("s")).cast(pa.string())


def _chunked(values: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array([values.cast(pa.binary()) if pa.types.is_string(values.type) else values])
