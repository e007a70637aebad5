"""The times of a use case's cron line."""

from collections.abc import Iterator
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim

from pipeline.schedule_section import ScheduleSection


def cron_times(section: ScheduleSection, after: datetime) -> Iterator[datetime]:
    """The times of `cron` after a moment, oldest first, in UTC; none without `cron`.

    By the rules of Debian's cron: a time that a clock skips in spring comes once, right after the gap; one
    that it has twice in autumn comes once.

    Args:
        section: With `cron` and its `timezone`.
        after: Any moment, with a zone.
    """
    if section.cron:
        for time in CronSim(section.cron, after.astimezone(ZoneInfo(section.timezone))):
            yield time.astimezone(timezone.utc)


def next_time(section: ScheduleSection, after: datetime) -> datetime | None:
    """The first time of `cron` after a moment, in UTC; None without `cron`."""
    return next(cron_times(section, after), None)
