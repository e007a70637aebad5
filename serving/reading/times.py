"""Reads one date or time of text, as ISO text of the wall clock in the use case's time zone."""

import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from serving.reading.date_formats import DateFormat, moment_of
from serving.reading.rules import ISO
from serving.reading.time_zones import offset_at

NO_SUCH_DAY = "a date that does not exist"
_EPOCH = datetime.datetime(1970, 1, 1)
_OF_DAYS = len("2013-01-31")
_OF_TIMES = len("2013-01-31 23:59:59")
_SECOND = datetime.timedelta(seconds=1)


class Moment(NamedTuple):
    """A date or time.

    Attributes:
        text: `YYYY-MM-DD`, or `YYYY-MM-DD HH:MM:SS` and, where it is not 0, a fraction of up to nine digits.
        offset: Seconds that its offset was ahead of UTC; None: it had none, and is the zone's wall clock.
    """

    text: str
    offset: int | None


def read_time(text: str, formats: Sequence[DateFormat], time_zone: str) -> Moment | None:
    """Reads a text in the first format in which it is written.

    Args:
        text: Without spaces around it.
        formats: Of `date_formats.formats_of`.
        time_zone: To whose wall clock a time with an offset is converted.

    Returns:
        None where it is written in none of them.

    Raises:
        ValueError: It is written in one of them, and there is no such day.
    """
    if formats and are_canonical((text,), formats):
        return Moment(text, None)
    for way in formats:
        parts = way.parts_of(text)
        if parts is not None:
            return _moment(parts, time_zone)
    return None


def are_canonical(texts: Sequence[str], formats: Sequence[DateFormat]) -> bool:
    """Whether each text is surely what `read_time` gives for it; this takes a tenth of the time.

    Args:
        texts: Those of a column, of which all are dates or all are times.
        formats: Of `date_formats.formats_of`.
    """
    lengths = set(map(len, texts))
    if formats[0].written != ISO or len(lengths) != 1:
        return False
    try:
        if lengths == {_OF_DAYS}:
            return bool([*map(datetime.date.fromisoformat, texts)])
        if lengths == {_OF_TIMES} and all(map(datetime.datetime.fromisoformat, texts)):
            # It takes any character between the two, and an offset instead of minutes.
            signs = "".join(texts)
            return {*signs[10::_OF_TIMES]} == {" "} and {*signs[13::_OF_TIMES], *signs[16::_OF_TIMES]} == {
                ":"
            }
    except ValueError:
        pass
    return False


def wall_clock(seconds: int, time_zone: str) -> datetime.datetime:
    """The wall clock of a zone at an instant.

    Raises:
        OverflowError: Outside of the years 1 to 9999.
    """
    instant = _EPOCH + seconds * _SECOND
    return instant + offset_at(time_zone, seconds) * _SECOND


def _moment(parts: Mapping[str, str | None], time_zone: str) -> Moment:
    clock = moment_of(parts)
    if clock is None:
        raise ValueError(NO_SUCH_DAY)
    if parts.get("H") is None and parts.get("I") is None:
        return Moment(clock.date().isoformat(), None)
    offset = None
    if parts.get("z") is not None:
        offset = offset_of(str(parts["z"]))
        try:
            clock = wall_clock((clock - _EPOCH) // _SECOND - offset, time_zone)
        except (OverflowError, ValueError):
            raise ValueError(NO_SUCH_DAY) from None
    fraction = (parts.get("f") or "").rstrip("0")
    return Moment(clock.isoformat(" ") + f".{fraction}" * bool(fraction), offset)


def offset_of(text: str) -> int:
    """Seconds ahead of UTC of `Z`, `UTC`, `GMT`, `+hh`, `+hhmm`, `+hh:mm`, `GMT+h` or `GMT+h:mm`."""
    digits = text.lstrip("ZzUTCGM")
    if not digits:
        return 0
    hours, _, minutes = digits[1:].partition(":")
    if not minutes:
        hours, minutes = hours[:2], hours[2:] or "0"
    return (-1 if digits[0] == "-" else 1) * (3600 * int(hours) + 60 * int(minutes))
