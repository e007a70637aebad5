"""What `status` says of the schedule."""

from typing import Any

from commands.status.schedule_lines import schedule_lines
from tests.texts import LONG, WIDEST, widest

RUNNING: dict[str, Any] = {
    "daemon": {"pid": 7, "since": "2013-04-01T00:00:00Z"},
    "next": "2013-04-02T03:30:00Z",
    "last": None,
    "missed": 0,
    "skipped": 0,
    "paused": None,
    "timezone": "Europe/Berlin",
    "cron": "30 5 * * *",
    "on_new_export": None,
}
TIME = {"now": "2013-04-01T06:00:00Z", "fixed_by": None}


def lines(**changed: Any) -> list[str]:
    return list(schedule_lines(RUNNING | changed, TIME))


def test_the_next_run_is_in_the_zone_of_the_schedule() -> None:
    assert lines() == [
        "  next run 2013-04-02 05:30 Europe/Berlin",
        "  `schedule` is running (process 7, since 2013-04-01T00:00:00Z)",
    ]


def test_missed_and_skipped_times_are_counted() -> None:
    first = "  next run 2013-04-02 05:30 Europe/Berlin; 3 times missed; 1 time skipped"
    assert lines(missed=3, skipped=1)[0] == first


def test_a_new_export_may_start_a_run_earlier() -> None:
    first = lines(on_new_export=600)[0]
    assert first == "  next run 2013-04-02 05:30 Europe/Berlin, or earlier on new exports"
    assert widest(lines(on_new_export=600, missed=1000, skipped=1000)[0]) <= WIDEST


def test_a_pause_is_shown_with_its_reason() -> None:
    pause = {"since": "2013-04-01T00:00:00Z", "who": "ada", "why": LONG}
    shown = lines(paused=pause)
    assert shown[0].startswith("  the schedule is paused, since 2013-04-01T00:00:00Z by ada: ")
    assert widest("\n".join(shown)) <= WIDEST


def test_without_cron_and_without_a_daemon() -> None:
    first, second = lines(next=None, cron=None, daemon=None)
    assert first == "  runs on new exports"
    assert second == "  no `schedule` is running in this home; cron or systemd may start runs"


def test_a_fixed_clock_is_named_and_no_schedule_is_silent() -> None:
    time = TIME | {"fixed_by": "PERENNIAL_NOW"}
    assert list(schedule_lines(None, time)) == ["  PERENNIAL_NOW sets the time: 2013-04-01T06:00:00Z"]
    assert not list(schedule_lines(None, TIME))
