"""The days that a span is of, by its name: a month, a week, a day, an hour's day, or not known."""

import calendar
import datetime
import re
from typing import Final, NamedTuple

_NAME: Final = re.compile(
    r"(?P<month>[0-9]{4}-[0-9]{2})(?P<day>-[0-9]{2}(?P<hour>T([01][0-9]|2[0-3]))?)?"
    r"|(?P<year>[0-9]{4})-W(?P<week>[0-9]{2})",
    re.ASCII,
)


class Period(NamedTuple):
    """First and last day of a span, `YYYY-MM-DD`, both of it; and of an hour how its times begin.

    Attributes:
        first: The first day.
        last: The last day.
        hour: How the times of a span of an hour begin, `YYYY-MM-DD HH`; "" where it is no hour.
    """

    first: str
    last: str
    hour: str = ""

    @property
    def text(self) -> str:
        """Its name for a reader: the hour, the day, or the first and the last day."""
        if self.hour:
            return self.hour.replace(" ", "T")
        return self.first if self.first == self.last else f"{self.first} to {self.last}"


def period_of(span: str) -> Period | None:
    """The days of a span called `2013-01`, `2013-W05` (ISO 8601), `2013-01-15` or `2013-01-15T06`.

    Returns:
        None where the name is none of these, or no such day or week exists.
    """
    name = _NAME.fullmatch(span)
    if name is None:
        return None
    try:
        if name["year"]:
            first = datetime.date.fromisocalendar(int(name["year"]), int(name["week"]), 1)
            return Period(first.isoformat(), (first + datetime.timedelta(days=6)).isoformat())
        first = datetime.date.fromisoformat(name["month"] + (name["day"] or "-01")[:3])
    except (ValueError, OverflowError):
        return None
    if name["day"]:
        return Period(first.isoformat(), first.isoformat(), span.replace("T", " ") if name["hour"] else "")
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return Period(first.isoformat(), last.isoformat())
