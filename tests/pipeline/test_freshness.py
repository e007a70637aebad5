"""Freshness: from the newest accepted span and the time, a state and since when."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from pipeline.freshness import NewestSpan, freshness
from pipeline.schedule_section import Expectation
from pipeline.span_names import SpanKind

HOUR, DAY = 3600, 86400
UTC = timezone.utc
ARRIVED = datetime(2013, 4, 2, 5, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("kind", "span", "every", "zone", "period_end", "expected_end"),
    [
        ("day", "2013-04-01", DAY, "UTC", "2013-04-02T00:00", "2013-04-03T00:00"),
        ("hour", "2013-04-01T23", HOUR, "UTC", "2013-04-02T00:00", "2013-04-02T01:00"),
        ("week", "2013-W13", 7 * DAY, "UTC", "2013-04-01T00:00", "2013-04-08T00:00"),
        ("month", "2013-03", 31 * DAY, "UTC", "2013-04-01T00:00", "2013-05-01T00:00"),
        # Midnights are the zone's; at the end of March its clock moves.
        ("day", "2013-03-30", DAY, "Europe/Berlin", "2013-03-30T23:00", "2013-03-31T22:00"),
        ("month", "2013-02", 31 * DAY, "Europe/Berlin", "2013-02-28T23:00", "2013-03-31T22:00"),
        # Longer than a span: from the period's end, by the zone's clock.
        ("day", "2013-03-29", 7 * DAY, "Europe/Berlin", "2013-03-29T23:00", "2013-04-05T22:00"),
        ("day", "2013-04-01", 2 * DAY, "UTC", "2013-04-02T00:00", "2013-04-04T00:00"),
        # Shorter than a span: the next span all the same.
        ("month", "2013-03", DAY, "UTC", "2013-04-01T00:00", "2013-05-01T00:00"),
        ("number", "7", DAY, "UTC", None, "2013-04-03T05:30"),
    ],
)
def test_a_span_is_late_within_after_the_expected_end_and_overdue_one_every_later(
    kind: SpanKind, span: str, every: int, zone: str, period_end: str | None, expected_end: str
) -> None:
    expect = Expectation(every=every, within=6 * HOUR)
    warns = at(expected_end) + timedelta(hours=6)
    overdue = warns + timedelta(seconds=every)
    for now, state, since in (
        (warns - SECOND, "fresh", None),
        (warns, "warn", warns),
        (overdue - SECOND, "warn", warns),
        (overdue, "overdue", overdue),
        (overdue + timedelta(days=900), "overdue", overdue),
        (at("1970-01-01T00:00"), "fresh", None),
    ):
        known = freshness(expect, kind, ZoneInfo(zone), NewestSpan(span, ARRIVED), now)
        assert (known.state, known.since) == (state, since)
        assert known.period_end == (at(period_end) if period_end else None)
        assert (known.newest_span, known.expected_end) == (span, at(expected_end))


def test_the_message_names_the_next_span_and_the_moment() -> None:
    expect = Expectation(every=DAY, within=6 * HOUR)
    newest = NewestSpan("2013-04-01", ARRIVED)
    known = freshness(expect, "day", UTC, newest, at("2013-04-04T00:00"))
    assert known.message == "Span 2013-04-02 was expected by 2013-04-03T06:00:00Z."
    assert known.as_json() == {
        "state": "warn",
        "since": "2013-04-03T06:00:00Z",
        "newest_span": "2013-04-01",
        "period_end": "2013-04-02T00:00:00Z",
        "expected_end": "2013-04-03T00:00:00Z",
        "message": known.message,
    }


def test_nothing_is_known_without_an_accepted_span_and_after_the_end_of_the_calendar() -> None:
    expect = Expectation(every=DAY, within=HOUR)
    assert freshness(expect, "day", UTC, None, ARRIVED).state == "unknown"
    last = freshness(expect, "day", UTC, NewestSpan("9999-12-31", ARRIVED), ARRIVED)
    assert (last.state, last.period_end) == ("unknown", None)


@pytest.mark.parametrize(("every", "within"), [(10**15, DAY), (DAY, 10**15), (10**11, 10**11)])
def test_a_time_beyond_the_calendar_is_never_reached(every: int, within: int) -> None:
    expect = Expectation(every=every, within=within)
    for kind, span in (("number", "7"), ("day", "2013-04-01")):
        zone = ZoneInfo("America/New_York")
        assert freshness(expect, kind, zone, NewestSpan(span, ARRIVED), ARRIVED).state == "fresh"  # type: ignore[arg-type]
