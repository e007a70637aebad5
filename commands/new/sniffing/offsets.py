"""Which time zone a table's times are of, by the offsets or zones that they have: the setting `time_zone`."""

import datetime
import functools
import importlib.resources
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from commands.new.sniffing.file_profile import FileProfile, TextColumn
from serving.reading import time_zones
from serving.reading.date_formats import DateFormat, formats_of, moment_of
from serving.reading.time_zones import UTC_NAMES, offset_at
from serving.reading.times import offset_of

# Asked first, in this order: where most people of their offsets live. Then all others by their names.
_LARGE: Final = (
    *("Europe/London", "Europe/Berlin", "Europe/Helsinki", "Europe/Moscow", "Europe/Istanbul"),
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Sao_Paulo"),
    *("Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Asia/Dubai", "Asia/Karachi", "Asia/Dhaka"),
    *("Asia/Bangkok", "Australia/Sydney", "Australia/Adelaide", "Australia/Brisbane", "Pacific/Auckland"),
    *(
        "Africa/Cairo",
        "Africa/Lagos",
        "America/Halifax",
        "America/St_Johns",
        "America/Bogota",
        "America/Phoenix",
    ),
)
_OFFSET: Final = re.compile(r"[+-][0-9]{2}:?[0-9]{2}")
# Instants of a column that a zone must explain; they are spread over all of it.
_MOST_INSTANTS: Final = 400
_EPOCH: Final = datetime.datetime(1970, 1, 1)


def find_zone(columns: Sequence[TextColumn], profile: FileProfile) -> None:
    """Adds the zone of the times' offsets to the profile, or says that times have none.

    Args:
        columns: Those of dates, as text.
        profile: Knows their formats.
    """
    seen: set[tuple[int, int]] = set()
    unzoned = []
    for column in columns:
        formats = profile.written.rules.date_format.get(column.name, ())
        ways = formats_of(formats) if formats else ()
        instants, has_times = _instants(column, ways)
        seen |= instants
        if has_times and not instants:
            unzoned.append(column.name)
    if seen:
        _add(*zone_of_offsets(seen), profile)
    if unzoned:
        note_unzoned(unzoned, profile)


def note_unzoned(columns: Sequence[str], profile: FileProfile) -> None:
    """Says that times of these columns have no offset, and what to set."""
    listed = ", ".join(f"`{name}`" for name in columns)
    clock = profile.exports.get("time_zone")
    if clock:
        profile.notes.append(f"Times in {listed} have no offset: they are taken as the clock of {clock}.")
    else:
        profile.notes.append(
            f"Times in {listed} have no offset: they are read as one clock. If later files have offsets, set"
            " `time_zone` to the zone of that clock, such as Europe/Berlin."
        )


def add_named_zones(
    zones: Iterable[str], profile: FileProfile, instants: Callable[[], Iterable[int]]
) -> None:
    """Adds the zone of typed times (Parquet): the one that all have, else UTC.

    Args:
        zones: Their names or offsets.
        profile: Is added to.
        instants: Gives the times, in seconds since 1970; of a fixed offset they are as times of text.
    """
    names = list(dict.fromkeys("UTC" if zone in UTC_NAMES else zone for zone in zones))
    if len(names) == 1 and _OFFSET.fullmatch(names[0]):
        offset = offset_of(names[0])
        _add(*zone_of_offsets({(instant, offset) for instant in instants()}), profile)
    elif len(names) == 1 and not _is_zone(names[0]):
        _add("UTC", f"Times are of {names[0]}, which is no zone: they are read as UTC's clock.", profile)
    elif len(names) == 1:
        _add(names[0], f"Times are of the zone {names[0]}: they are read as its clock.", profile)
    elif names:
        listed = ", ".join(names)
        _add("UTC", f"Times are of several zones ({listed}): they are read as UTC's clock.", profile)


def _is_zone(name: str) -> bool:
    try:
        time_zones.zone(name)
    except ValueError:
        return False
    return True


def _add(zone: str, note: str, profile: FileProfile) -> None:
    profile.exports["time_zone"] = zone
    profile.notes.append(f"{note} Change `time_zone` if you want another.")


def zone_of_offsets(seen: set[tuple[int, int]]) -> tuple[str, str]:
    """The zone whose clock has these offsets, and a sentence on it; UTC where none has.

    Args:
        seen: Instants (seconds since 1970 in UTC), each with its offset (seconds ahead of UTC).
    """
    offsets = sorted({offset for _, offset in seen})
    listed = " and ".join(_written(offset) for offset in offsets[:4])
    if offsets == [0]:
        return "UTC", "Times are of UTC."
    by_offset: dict[int, list[int]] = {}
    for instant, offset in sorted(seen):
        by_offset.setdefault(offset, []).append(instant)
    probes = [
        (instant, offset)
        for offset, instants in by_offset.items()
        for instant in instants[:: max(1, len(instants) // _MOST_INSTANTS)]
    ]
    for zone in _zones():
        if all(offset_at(zone, instant) == offset for instant, offset in probes):
            return (
                zone,
                f"Times have the offsets {listed}, as {zone} has at these times (it is the first such zone).",
            )
    return "UTC", f"Times have the offsets {listed}, which no zone has: they are read as UTC's clock."


def _zones() -> Iterator[str]:
    yield from _LARGE
    yield from (zone for zone in _all_zones() if zone not in _LARGE)


@functools.cache
def _all_zones() -> tuple[str, ...]:
    """Those that are a place's own name, not a former one."""
    table = importlib.resources.files("tzdata.zoneinfo").joinpath("zone1970.tab").read_text()
    return tuple(sorted(line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")))


def _instants(column: TextColumn, ways: Sequence[DateFormat]) -> tuple[set[tuple[int, int]], bool]:
    """Instants with their offsets of the column's texts, and whether any text has a time of day."""
    texts = column.trimmed.texts
    instants: set[tuple[int, int]] = set()
    has_times = False
    step = max(1, len(texts) // (10 * _MOST_INSTANTS))
    for text in texts.take(list(range(0, len(texts), step))).to_pylist():
        for way in ways:
            parts = way.parts_of(text.decode())
            if parts is None:
                continue
            clock = moment_of(parts)
            has_times |= parts.get("H") is not None or parts.get("I") is not None
            if clock is not None and parts.get("z") is not None:
                offset = offset_of(str(parts["z"]))
                instants.add(((clock - _EPOCH) // datetime.timedelta(seconds=1) - offset, offset))
            break
    return instants, has_times


def _written(offset: int) -> str:
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"
