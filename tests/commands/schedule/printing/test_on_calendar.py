"""The calendar events of a cron line have the times of that line, by cronsim and by a reader of events."""

from itertools import islice

import pytest
from cronsim import CronSim

from benchmarks.proofs.definitions.lines import EXTENDED, LINES, START, random_lines
from commands.schedule.printing.cron_fields import cron_fields
from commands.schedule.printing.on_calendar import on_calendar
from perennial.errors import UsageError
from tests.commands.schedule.printing import events


def _same(line: str, count: int) -> None:
    expected = list(islice(CronSim(line, START), count))
    assert events.times(on_calendar(cron_fields(line), "UTC"), START, count) == expected


@pytest.mark.parametrize("line", [*LINES, *EXTENDED])
def test_the_next_50_times_are_those_of_cron(line: str) -> None:
    _same(line, 50)


def test_any_line_has_the_times_of_cron() -> None:
    for line in random_lines(100):
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
