"""Reads dates and times in the way a column writes them, as ISO text, vectorised."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from serving.reading.date_formats import MONTHS, SHORT, DateFormat

NO_SUCH_DAY = "a date that does not exist"

# POSIX, and Python with it: 69 to 99 are 1969 to 1999.
_PIVOT = 69
_EPOCH = 1970


def read_dates(
    cells: pa.ChunkedArray, written: DateFormat
) -> tuple[pa.ChunkedArray, pa.ChunkedArray, pa.ChunkedArray]:
    """Reads a column of text.

    Args:
        cells: Binary; null is missing.
        written: How.

    Returns:
        The column as ISO text, binary ("YYYY-MM-DD", or "YYYY-MM-DD HH:MM:SS" and perhaps a fraction),
        null where missing or at fault; a mask of the cells that do not fit the format; and one of those
        that fit and do not exist.
    """
    distinct = pc.unique(cells).drop_null()
    iso, fits = _iso(distinct, written)
    places = pc.index_in(cells, value_set=distinct)
    values = pc.take(iso, places)
    fitting = pc.fill_null(pc.take(pa.array(fits), places), True)
    unreal = pc.and_(pc.and_(pc.is_valid(cells), fitting), pc.is_null(values))
    return values, pc.invert(fitting), unreal


def _iso(texts: pa.Array, written: DateFormat) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
    """ISO text of each, null where it does not fit or is no day; and whether it fits."""
    parts = pc.extract_regex(texts, pattern=written.pattern)
    fits = parts.is_valid().to_numpy(zero_copy_only=False)
    part = {name: parts.field(name).filter(pa.array(fits)) for name in written.parts}
    day, real = _days(part)
    stamp = day
    if written.has_time:
        stamp = day.astype("datetime64[s]") + _seconds(part).astype("timedelta64[s]")
    # numpy puts a T between day and time, for which the house writes a space.
    text = pc.replace_substring(pa.array(np.datetime_as_string(stamp)), pattern="T", replacement=" ")
    if "f" in part:
        fraction = pc.utf8_rtrim(part["f"].cast(pa.string()), characters="0")
        with_point = pc.if_else(pc.equal(fraction, ""), "", pc.binary_join_element_wise(".", fraction, ""))
        text = pc.binary_join_element_wise(text, with_point, "")
    places = np.full(len(texts), -1)
    places[np.flatnonzero(fits)[real]] = np.flatnonzero(real)
    return pc.take(text, pa.array(places, mask=places < 0)).cast(pa.binary()), fits


def _days(part: dict[str, pa.Array]) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.bool_]]:
    """The day of each, and whether its month has it."""
    year = _numbers(part["Y"]) if "Y" in part else _numbers(part["y"])
    if "y" in part:
        year = year + np.where(year < _PIVOT, 2000, 1900)
    month = np.ones(len(year), np.int64)
    if "m" in part:
        month = _numbers(part["m"])
    elif named := next((part[letter] for letter in "bB" if letter in part), None):
        short = pc.utf8_slice_codeunits(pc.utf8_lower(named.cast(pa.string())), 0, SHORT)
        names = pa.array([name[:SHORT] for name in MONTHS])
        month = pc.index_in(short, value_set=names).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    first = ((year - _EPOCH) * 12 + month - 1).astype("datetime64[M]")
    day = _numbers(part["d"]) if "d" in part else np.ones(len(year), np.int64)
    days = first.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    return days, (days.astype("datetime64[M]") == first) & (year > 0)


def _seconds(part: dict[str, pa.Array]) -> npt.NDArray[np.int64]:
    if "H" in part:
        hour = _numbers(part["H"])
    else:
        after_noon = pc.equal(pc.utf8_lower(part["p"].cast(pa.string())), "pm")
        hour = _numbers(part["I"]) % 12 + 12 * after_noon.to_numpy(zero_copy_only=False)
    minute = _numbers(part["M"]) if "M" in part else 0
    second = _numbers(part["S"]) if "S" in part else 0
    return np.asarray(hour * 3600 + minute * 60 + second, dtype=np.int64)


def _numbers(texts: pa.Array) -> npt.NDArray[np.int64]:
    return np.asarray(texts.cast(pa.string()).cast(pa.int64()).to_numpy(zero_copy_only=False))
