"""The calendar events of a cron line have the times of that line, by cronsim and by a reader of events."""

from datetime import datetime
from itertools import islice
from typing import Final

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import assume, given, settings

from commands.schedule.printing.cron_fields import cron_fields
from commands.schedule.printing.on_calendar import on_calendar
from perennial.errors import UsageError
from tests.commands.schedule.printing import events
from tests.commands.schedule.printing.lines import EXTENDED, LINES, any_line

_START: Final = datetime(2026, 1, 1)


def _same(line: str, count: int) -> None:
    expected = list(islice(CronSim(line, _START), count))
    assert events.times(on_calendar(cron_fields(line), "UTC"), _START, count) == expected


@pytest.mark.parametrize("line", [*LINES, *EXTENDED])
def test_the_next_50_times_are_those_of_cron(line: str) -> None:
    _same(line, 50)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(any_line())
def test_any_line_has_the_times_of_cron(line: str) -> None:
    try:
        soon = next(CronSim(line, _START)).year < 2029
    except (CronSimError, StopIteration):
        soon = False
    assume(soon)
    _same(line, 5)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("30 5 * * *", ["*-*-* 05:30:00 Europe/Berlin"]),
        # A day and a weekday: one of the two is enough.
        ("0 5 1 * mon", ["*-*-01 05:00:00 Europe/Berlin", "Mon *-*-* 05:00:00 Europe/Berlin"]),
        # With a star at the beginning of one: both.
        ("0 5 */2 * mon", ["Mon *-*-01..31/2 05:00:00 Europe/Berlin"]),
        ("0 5 * * 7", ["Sun *-*-* 05:00:00 Europe/Berlin"]),
    ],
)
def test_events_have_weekdays_and_the_zone(line: str, expected: list[str]) -> None:
    assert on_calendar(cron_fields(line), "Europe/Berlin") == expected


def test_days_counted_from_both_ends_of_a_month_are_refused() -> None:
    with pytest.raises(UsageError, match="systemd cannot express"):
        on_calendar(cron_fields("0 9 */2 * 5L"), "UTC")
