"""The days that a span is of, by its name: a month, a day, or not known."""

import calendar
import datetime
import re
from typing import NamedTuple


class Period(NamedTuple):
    """First and last day of a span, `YYYY-MM-DD`, both of it."""

    first: str
    last: str


def period_of(span: str) -> Period | None:
    """The days of a span called `2013-01` or `2013-01-15`; None where the name is no month and no day."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?", span, re.ASCII):
        return None
    try:
        first = datetime.date.fromisoformat(span if len(span) == 10 else f"{span}-01")
    except ValueError:
        return None
    last = first if len(span) == 10 else first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return Period(first.isoformat(), last.isoformat())
