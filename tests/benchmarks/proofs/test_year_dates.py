"""The oracle's calendar against dates that are known."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from benchmarks.proofs.year.dates import (
    cron_times,
    end,
    local,
    moment,
    newest_cron,
    overdue,
    span_after,
    text,
)
from benchmarks.proofs.year.plan import DAILY, MONTHLY


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        ("2013-03-30", "2013-03-30T01:30:00Z"),
        ("2013-03-31", "2013-03-31T01:00:00Z"),  # 02:30 is not there: 03:00 CEST
        ("2013-04-01", "2013-04-01T00:30:00Z"),
        ("2013-10-26", "2013-10-26T00:30:00Z"),
        ("2013-10-27", "2013-10-27T00:30:00Z"),  # 02:30 is there twice: the first one
        ("2013-10-28", "2013-10-28T01:30:00Z"),
    ],
)
def test_half_past_two_in_berlin(day: str, utc: str) -> None:
    assert text(local(date.fromisoformat(day), 2, 30, "Europe/Berlin")) == utc


def test_a_year_has_one_time_of_the_cron_line_a_day_the_changes_of_the_clock_included() -> None:
    times = []
    for when in cron_times(DAILY, moment("2012-12-31T23:00:00Z")):
        if when >= moment("2013-12-31T23:00:00Z"):
            break
        times.append(when)
    gaps = [after - before for before, after in pairwise(times)]
    assert len(times) == 365
    assert sorted(gaps)[:2] == [timedelta(hours=23, minutes=30)] * 2  # to 03:00, and from there
    assert sorted(gaps)[2:-1] == [timedelta(hours=24)] * 361
    assert max(gaps) == timedelta(hours=25)


def test_the_second_of_a_month_at_six() -> None:
    times = cron_times(MONTHLY, moment("2013-02-02T05:00:00Z"))
    assert [text(next(times)) for _ in range(2)] == ["2013-03-02T05:00:00Z", "2013-04-02T04:00:00Z"]


def test_the_newest_cron_time_is_one_that_has_passed() -> None:
    start = moment("2013-01-08T01:30:00Z")
    assert newest_cron(DAILY, start, moment("2013-01-09T01:29:59Z")) is None
    assert newest_cron(DAILY, start, moment("2013-01-11T12:00:00Z")) == moment("2013-01-11T01:30:00Z")


def test_spans_follow_each_other() -> None:
    assert [span_after(span) for span in ("2013-02-28", "2013-12-31", "2013-11", "2013-12")] == [
        "2013-03-01",
        "2014-01-01",
        "2013-12",
        "2014-01",
    ]


def test_a_day_ends_at_the_midnight_of_its_zone() -> None:
    days = ("2013-03-30", "2013-03-31", "2013-10-26", "2013-10-27")
    assert [text(end(day, DAILY)) for day in days] == [
        "2013-03-30T23:00:00Z",
        "2013-03-31T22:00:00Z",  # 23 hours
        "2013-10-26T22:00:00Z",
        "2013-10-27T23:00:00Z",  # 25 hours
    ]
    assert text(end("2013-02", MONTHLY)) == "2013-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("now", "state", "code", "since"),
    [
        ("2013-01-10T04:59:59Z", "fresh", 0, None),  # the 9th is due at 06:00 of the 10th, in Berlin
        ("2013-01-10T05:00:00Z", "warn", 1, "2013-01-10T05:00:00Z"),
        ("2013-01-11T04:59:59Z", "warn", 1, "2013-01-10T05:00:00Z"),
        ("2013-01-11T05:00:00Z", "overdue", 2, "2013-01-11T05:00:00Z"),
        ("2013-02-11T05:00:00Z", "overdue", 2, "2013-01-11T05:00:00Z"),
    ],
)
def test_a_day_is_late_six_hours_after_its_end_and_overdue_a_day_later(
    now: str, state: Any, code: int, since: str | None
) -> None:
    answer = overdue("2013-01-08", moment(now), DAILY)
    assert (answer.state, answer.code) == (state, code)
    assert answer.since == (moment(since) if since else None)
    assert answer.period_end == moment("2013-01-08T23:00:00Z")
    assert answer.expected_end == moment("2013-01-09T23:00:00Z")


def test_a_month_is_late_three_days_after_its_end() -> None:
    assert overdue("2013-01", moment("2013-03-03T23:59:59Z"), MONTHLY).state == "fresh"
    assert overdue("2013-01", moment("2013-03-04T00:00:00Z"), MONTHLY).state == "warn"
    assert overdue("2013-01", moment("2013-04-04T00:00:00Z"), MONTHLY).state == "overdue"
