"""The times of a cron line, also where the clock changes."""

import itertools
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cron_times import cron_times, next_time, passed_times
from pipeline.schedule_section import ScheduleSection


def _times(cron: str, zone: str, after: str, count: int) -> list[str]:
    section = ScheduleSection(cron=cron, timezone=zone)
    moment = datetime.fromisoformat(after).replace(tzinfo=timezone.utc)
    return [f"{time:%m-%d %H:%M}" for time in itertools.islice(cron_times(section, moment), count)]


@pytest.mark.parametrize(
    ("after", "times"),
    [
        # 02:30 does not exist on 31 March 2024 in Berlin: once at 03:00, which is 01:00 UTC.
        ("2024-03-30 12:00", ["03-31 01:00", "04-01 00:30"]),
        # 02:30 comes twice on 27 October 2024: once.
        ("2024-10-26 12:00", ["10-27 00:30", "10-28 01:30"]),
    ],
)
def test_a_time_comes_once_when_the_clock_changes(after: str, times: list[str]) -> None:
    assert _times("30 2 * * *", "Europe/Berlin", after, 2) == times


def test_hours_come_each_hour_when_the_clock_changes() -> None:
    times = _times("0 * * * *", "Europe/Berlin", "2024-10-26 23:30", 4)
    assert times == ["10-27 00:00", "10-27 01:00", "10-27 02:00", "10-27 03:00"]


def test_a_time_is_after_the_moment_not_at_it() -> None:
    assert _times("0 5 * * *", "UTC", "2024-01-01 05:00", 1) == ["01-02 05:00"]


def test_without_a_cron_line_there_is_none() -> None:
    assert next_time(ScheduleSection(on_new_export=60), datetime.now(timezone.utc)) is None


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["30 5 * * *", "0 * * * *", "30 2 * * *", "0 6 1 * *", "*/20 1-3 * * *"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2013, 1, 1), datetime(2014, 1, 1)),
    st.timedeltas(timedelta(days=-2), timedelta(days=90)),
)
def test_passed_times_are_those_of_the_line_wherever_one_begins(
    cron: str, zone: str, start: datetime, length: timedelta
) -> None:
    section = ScheduleSection(cron=cron, timezone=zone)
    after = start.replace(tzinfo=timezone.utc)
    until = after + length
    times = list(itertools.takewhile(lambda time: time <= until, cron_times(section, after)))
    assert passed_times(section, after, until) == times[-1000:]


def test_of_very_many_passed_times_the_newest_thousand_are_given() -> None:
    until = datetime(2014, 1, 1, tzinfo=timezone.utc)
    times = passed_times(ScheduleSection(cron="* * * * *"), until - timedelta(days=3650), until)
    assert (len(times), times[-1], times[0]) == (1000, until, until - timedelta(minutes=999))
