"""The section `schedule`: what is read, and what a wrong value is answered with."""

from pathlib import Path
from typing import Any

import pytest

from perennial.errors import ConfigError
from pipeline.config import USE_CASES, parse
from pipeline.schedule_section import ScheduleSection
from tests.commented_schedule import uncommented
from tests.small_config import TEXT


def _section(lines: str) -> ScheduleSection:
    text = f"{TEXT}\nschedule:\n  {lines}\n"
    return parse(text, name="small", home=Path("/nowhere"), source="small.yaml").schedule


@pytest.mark.parametrize(
    ("lines", "key", "value"),
    [
        ('cron: "30 5 * * *"', "cron", "30 5 * * *"),
        ('cron: "0 9 * jan mon-fri"', "cron", "0 9 * jan mon-fri"),
        ("on_new_export: 1m", "on_new_export", 60),
        ("retry: [5m, 2h]", "retry", (300, 7200)),
        ("retry: []", "retry", ()),
        ("expect: {every: 1d, within: 6h}", "expect", {"every": 86400, "within": 21600}),
        (
            "freeze: [Sat, sunday, 2026-12-24, '2026-12-25']",
            "freeze",
            ("sat", "sun", "2026-12-24", "2026-12-25"),
        ),
        ("metrics_file: /var/lib/x.prom", "metrics_file", Path("/var/lib/x.prom")),
    ],
)
def test_what_is_written_is_read(lines: str, key: str, value: Any) -> None:
    assert _section(lines).model_dump()[key] == value


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('cron: "30 25 * * *"', "`schedule.cron`: expected five fields: minute, hour, day of month"),
        ('cron: "0 0 30 2 *"', 'such as "30 5 * * *"'),
        ('cron: "* * * *"', "got 4"),
        ('cron: "*/5 * * * * *"', "got 6"),
        ("cron: '@daily'", "got 1"),
        ("timezone: Europe/Berlim", "did you mean `Europe/Berlin`?"),
        ("retry: 5m", "expected a list of times such as [5m, 30m, 2h], got text"),
        ("retry: [5x]", "`schedule.retry[0]`: expected a time such as 90s, 30m, 2h or 1d"),
        ("on_new_export: true", "expected a time such as 90s, 30m, 2h or 1d, got true or false"),
        ("expect: {every: 1d}", "`schedule.expect.within`: expected a time such as"),
        ("freeze: [samstag]", "expected a weekday or a date, such as sat or 2026-12-24"),
        ("freeze: [2026-02-30]", "expected a weekday or a date"),
        ("push: manual", "expected auto or ask"),
        ("catch_up: once", "expected latest_once, all or skip"),
        ("ping_url_env: https://hc-ping.example/a-secret", "expected the name of an environment variable"),
        ("corn: x", "did you mean `schedule.cron`?"),
    ],
)
def test_a_wrong_value_is_answered_with_file_line_and_an_example(lines: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _section(lines)
    assert expected in str(caught.value)
    assert "small.yaml, line " in str(caught.value)
    assert "secret" not in str(caught.value)


def test_it_runs_by_the_clock_or_by_new_exports() -> None:
    assert not ScheduleSection().is_scheduled
    assert _section("on_new_export: 1m").is_scheduled
    assert _section('cron: "0 5 * * *"').is_scheduled


def test_flights_explains_each_key_and_is_scheduled_by_removing_comment_signs() -> None:
    text = (USE_CASES / "flights.yaml").read_text()
    assert not parse(text, name="flights", home=Path("/nowhere"), source="flights.yaml").schedule.is_scheduled
    schedule = parse(uncommented(text), name="flights", home=Path("/nowhere"), source="flights.yaml").schedule
    assert schedule.model_fields_set == set(ScheduleSection.model_fields)
