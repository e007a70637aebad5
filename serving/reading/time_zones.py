"""The wall clock of a time zone at an instant, by the package `tzdata` on every machine."""

import datetime
import functools
import importlib.resources
import zoneinfo

# Names and offsets of UTC.
UTC_NAMES = frozenset({"+00:00", "UTC", "Z", "GMT", "Etc/UTC", "Etc/GMT", "Etc/UCT", "UCT", "Zulu"})
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


@functools.cache
def zone(name: str) -> zoneinfo.ZoneInfo:
    """The zone of an IANA name.

    The system's own table of zones is not used: it differs from machine to machine.

    Raises:
        ValueError: There is none of this name.
    """
    *folders, file = name.split("/")
    if not file or any(not part.strip("._") for part in (*folders, file)):
        raise ValueError(_unknown(name))
    try:
        source = importlib.resources.files(".".join(["tzdata", "zoneinfo", *folders])).joinpath(file)
        with source.open("rb") as table:
            return zoneinfo.ZoneInfo.from_file(table, key=name)
    except (OSError, ImportError, ValueError, TypeError, AttributeError):
        raise ValueError(_unknown(name)) from None


def offset_at(name: str, seconds: int) -> int:
    """How far a zone's wall clock is ahead of UTC at an instant.

    Args:
        name: The zone.
        seconds: Since 1970 in UTC; of a year from 1 to 9999.

    Returns:
        Seconds.
    """
    if name == "UTC":
        return 0
    local = (_EPOCH + datetime.timedelta(seconds=seconds)).astimezone(zone(name))
    offset = local.utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _unknown(name: str) -> str:
    return f"expected a time zone such as Europe/Berlin or UTC, got {name!r}, which is none"
