"""Whether exports come as often as expected: from the newest accepted span and the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any, Final, Literal

from perennial import clock
from pipeline.schedule_section import Expectation
from pipeline.span_names import SpanKind
from pipeline.span_periods import LONGEST, end_of, following

FreshnessState = Literal["fresh", "warn", "overdue", "unknown"]
# Of `check-overdue`, and the values of `perennial_overdue_state`.
CODES: Final[dict[FreshnessState, int]] = {"fresh": 0, "warn": 1, "overdue": 2, "unknown": 3}
_NEVER: Final = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class NewestSpan:
    """The newest accepted span in use; of numbers that with the newest arrival.

    Attributes:
        span: Its name.
        arrived: When the content in use was first seen.
    """

    span: str
    arrived: datetime


@dataclass(frozen=True)
class Freshness:
    """How fresh a use case's data is.

    Attributes:
        state: `fresh`; `warn`, once the next span is `within` late; `overdue`, one `every` later; `unknown`.
        message: A sentence: which span is expected by when, or why nothing is known.
        since: Since when it is `warn` or `overdue`; None in the other states.
        newest_span: The span that counts; None where none does.
        period_end: The end of that span's period; None for numbers.
        expected_end: The end of the period of the span that is expected next; of numbers when it is expected.
    """

    state: FreshnessState
    message: str
    since: datetime | None = None
    newest_span: str | None = None
    period_end: datetime | None = None
    expected_end: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The values of JSON: moments as stamps in UTC, None where there is none."""
        moments = ("since", "period_end", "expected_end")
        stamps = {key: clock.stamp(moment) if (moment := getattr(self, key)) else None for key in moments}
        return {"state": self.state, **stamps, "newest_span": self.newest_span, "message": self.message}


def freshness(
    expect: Expectation, kind: SpanKind, zone: tzinfo, newest: NewestSpan | None, now: datetime
) -> Freshness:
    """The state at a moment.

    Dated spans count by the end of their own period, so that an old span which comes late makes nothing look
    fresh; numbers count by arrival.

    Args:
        expect: How often a span is expected, and how late it may be.
        kind: How spans are named.
        zone: Whose midnights end a period.
        newest: The span that counts; None: none is accepted yet.
        now: The moment, with a zone.
    """
    if newest is None:
        return Freshness("unknown", "No span is accepted yet, so that none can be late.")
    period_end = None if kind == "number" else end_of(newest.span, kind, zone)
    if kind == "number":
        expected_end = _later(newest.arrived, expect.every)
        what = f"The newest export, span {newest.span}, arrived {clock.stamp(newest.arrived)}; the next one"
    elif period_end is None:
        return Freshness("unknown", f"Span {newest.span} is the last one of the calendar.", None, newest.span)
    else:
        expected_end, what = _expected(expect, kind, zone, newest.span, period_end)
    warns = _later(expected_end, expect.within)
    overdue = _later(warns, expect.every)
    counted = newest.span, period_end, expected_end
    if now < warns:
        return Freshness("fresh", f"{what} is expected by {clock.stamp(warns)}.", None, *counted)
    message = f"{what} was expected by {clock.stamp(warns)}."
    if now < overdue:
        return Freshness("warn", message, warns, *counted)
    return Freshness("overdue", message, overdue, *counted)


def _expected(
    expect: Expectation, kind: SpanKind, zone: tzinfo, span: str, period_end: datetime
) -> tuple[datetime, str]:
    """The end of the period that is expected next, and the words for it."""
    if expect.every > LONGEST[kind]:
        return _later(period_end, expect.every), f"A span after {span}"
    following_span = following(span, kind) or ""
    end = end_of(following_span, kind, zone)
    return (end.astimezone(timezone.utc) if end else _NEVER), f"Span {following_span}"


def _later(moment: datetime, seconds: int) -> datetime:
    """The moment so much later by the wall clock of a moment's zone, in UTC; the last one of the calendar
    where that is beyond it.

    Seven days from a midnight are a midnight, in summer time too.
    """
    try:
        return (moment + timedelta(seconds=seconds)).astimezone(timezone.utc)
    except OverflowError:
        return _NEVER
