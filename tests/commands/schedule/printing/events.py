"""Reads a calendar event of systemd, as far as the program writes them; without systemd."""

import calendar
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

_NAMES: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EVENT: Final = re.compile(
    r"(?:(?P<weekdays>[A-Z][A-Za-z,]+) )?\*-(?P<months>[^-~]+)(?P<end>[-~])(?P<days>\S+)"
    r" (?P<hours>[^:]+):(?P<minutes>[^:]+):00 (?P<zone>\S+)"
)


def times(events: list[str], after: datetime, count: int) -> list[datetime]:
    """The first times of events together after a moment, by a clock that never changes."""
    moments: set[datetime] = set()
    day = after.date()
    while len(moments) < count:
        moments |= {each for event in events for each in _of_day(event, day) if each > after}
        day += timedelta(days=1)
    return sorted(moments)[:count]


def _of_day(event: str, day: date) -> Iterator[datetime]:
    match = _EVENT.fullmatch(event)
    assert match, event
    of_end = calendar.monthrange(day.year, day.month)[1] - day.day + 1
    number = of_end if match["end"] == "~" else day.day
    weekdays = (match["weekdays"] or ",".join(_NAMES)).split(",")
    fits = _has(match["days"], number) and _has(match["months"], day.month)
    if fits and _NAMES[day.weekday()] in weekdays:
        hours = [hour for hour in range(24) if _has(match["hours"], hour)]
        minutes = [minute for minute in range(60) if _has(match["minutes"], minute)]
        yield from (
            datetime(day.year, day.month, day.day, hour, minute) for hour in hours for minute in minutes
        )


def _has(field: str, value: int) -> bool:
    if field == "*":
        return True
    for term in field.split(","):
        ends, _, step = term.partition("/")
        first, _, last = ends.partition("..")
        if value in range(int(first), int(last or first) + 1, int(step or 1)):
            return True
    return False
