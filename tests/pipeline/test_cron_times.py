"""The times of a cron line, also where the clock changes."""

import itertools
from datetime import datetime, timezone

import pytest

from pipeline.cron_times import cron_times, next_time
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
