"""The time that a dated span is of: from its first moment to its end, and which span follows."""

import calendar
import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Final

from perennial.periods import period_of
from pipeline.span_names import PATTERNS, SpanKind

# The longest that one span of a kind is, in seconds.
LONGEST: Final = {"hour": 3600, "day": 86400, "week": 7 * 86400, "month": 31 * 86400}


def is_name(span: str, kind: SpanKind) -> bool:
    """Whether a span of a kind can be called so: it is written as they are, and the calendar has it."""
    if not re.fullmatch(PATTERNS[kind], span):
        return False
    return kind == "number" or period_of(span) is not None


def first_moment(span: str, kind: SpanKind, zone: tzinfo = timezone.utc) -> datetime | None:
    """The moment at which a span begins; None for a number, and for a name that is no date.

    Args:
        span: Its name.
        kind: How names are read.
        zone: Whose midnights begin months, weeks and days; hours are UTC's.
    """
    is_date = kind != "number" and re.fullmatch(PATTERNS[kind], span)
    period = period_of(span) if is_date else None
    if period is None:
        return None
    if period.hour:
        return datetime.fromisoformat(f"{period.hour}:00+00:00")
    first = date.fromisoformat(period.first)
    return datetime(first.year, first.month, first.day, tzinfo=zone)


def following(span: str, kind: SpanKind, years: int = 0) -> str | None:
    """The name of the span after this one; None where that is not known: of a number that is no year, and at
    the end of the calendar.

    Args:
        span: Its name, one of its kind.
        kind: How names are read.
        years: Of `kind` number: how many years a span is; 0: its number is no year.
    """
    if kind == "number":
        return str(int(span) + years) if years else None
    first = first_moment(span, kind)
    if first is None or first.year == 9999:
        return None
    if kind == "hour":
        return f"{first + timedelta(hours=1):%Y-%m-%dT%H}"
    if kind == "day":
        return f"{first + timedelta(days=1):%Y-%m-%d}"
    if kind == "week":
        year, week, _ = (first + timedelta(days=7)).isocalendar()
        return f"{year:04}-W{week:02}"
    days = calendar.monthrange(first.year, first.month)[1]
    return f"{first + timedelta(days=days):%Y-%m}"


def end_of(span: str, kind: SpanKind, zone: tzinfo = timezone.utc) -> datetime | None:
    """The moment at which a span ends, which is not of it any more; None as `first_moment`."""
    later = following(span, kind)
    return first_moment(later, kind, zone) if later else None
