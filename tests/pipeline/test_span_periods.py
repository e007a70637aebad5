"""When a dated span begins and ends, and which one follows."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.span_names import SpanKind, order
from pipeline.span_periods import LONGEST, end_of, first_moment, following, is_name

KINDS: dict[SpanKind, str] = {
    "month": "%Y-%m",
    "week": "%G-W%V",
    "day": "%Y-%m-%d",
    "hour": "%Y-%m-%dT%H",
}


@pytest.mark.parametrize(
    ("span", "kind", "later"),
    [
        ("2013-12", "month", "2014-01"),
        ("2012-W52", "week", "2013-W01"),
        ("2015-W53", "week", "2016-W01"),
        ("2012-02-28", "day", "2012-02-29"),
        ("2013-12-31T23", "hour", "2014-01-01T00"),
        ("2013-03-31T01", "hour", "2013-03-31T02"),  # summer time in Berlin begins: hours are UTC's
    ],
)
def test_the_span_that_follows(span: str, kind: SpanKind, later: str) -> None:
    assert following(span, kind) == later
    assert end_of(span, kind) == first_moment(later, kind)


def test_a_number_is_followed_by_the_next_years_if_it_is_one() -> None:
    assert following("1990", "number", years=5) == "1995"
    assert following("7", "number") is None
    assert end_of("7", "number") is None


@pytest.mark.parametrize(
    ("span", "kind"), [("2014-W53", "week"), ("2013-02-30", "day"), ("9999-12", "month"), ("x", "hour")]
)
def test_what_has_no_end_has_no_following_span(span: str, kind: SpanKind) -> None:
    assert following(span, kind) is None
    assert end_of(span, kind) is None


def test_days_end_at_the_midnight_of_their_zone_and_hours_at_utc_s() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # A day of 23 hours.
    first, end = first_moment("2013-03-31", "day", berlin), end_of("2013-03-31", "day", berlin)
    assert first is not None
    assert end is not None
    assert end.astimezone(timezone.utc) - first.astimezone(timezone.utc) == timedelta(hours=23)
    assert end_of("2013-03-31T00", "hour", berlin) == datetime(2013, 3, 31, 1, tzinfo=timezone.utc)


@given(st.sampled_from(sorted(KINDS)), st.datetimes(datetime(1900, 1, 1), datetime(9990, 1, 1)))
def test_a_moment_lies_in_the_span_that_is_named_for_it(kind: SpanKind, moment: datetime) -> None:
    name = moment.strftime(KINDS[kind])
    first, end, later = first_moment(name, kind), end_of(name, kind), following(name, kind)
    assert first is not None
    assert end is not None
    assert later is not None
    assert first <= moment.replace(tzinfo=timezone.utc) < end
    assert (end - first).total_seconds() <= LONGEST[kind]
    assert order(name, kind) < order(later, kind)


@pytest.mark.parametrize(
    ("span", "kind", "is_one"),
    [
        ("2015-W53", "week", True),
        ("2014-W53", "week", False),
        ("2013-01-15", "week", False),
        ("2013-02-30", "day", False),
        ("2013-01-15T23", "hour", True),
        ("17", "number", True),
        ("2013-01", "number", False),
    ],
)
def test_a_name_is_of_its_kind_and_in_the_calendar(span: str, kind: SpanKind, is_one: bool) -> None:
    assert is_name(span, kind) == is_one
