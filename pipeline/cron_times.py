"""The times of a use case's cron line."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim

from perennial.store.ticks import TICKS_KEPT
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


def passed_times(section: ScheduleSection, after: datetime, until: datetime) -> list[datetime]:
    """The newest 1,000 times of `cron` after a moment and until another, oldest first, in UTC.

    However long that was, few more than these are computed.

    Args:
        section: With `cron` and its `timezone`.
        after: A moment; that itself is not among them.
        until: A moment, which may be among them; none where it lies before `after`.
    """
    reach = timedelta(hours=1)
    while True:
        start = max(after, until - reach)
        times = list(itertools.takewhile(lambda time: time <= until, cron_times(section, start)))
        if start == after or len(times) >= TICKS_KEPT:
            return times[-TICKS_KEPT:]
        reach *= 4
