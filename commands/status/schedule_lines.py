"""What `status` says of a use case's schedule and of the clock, for a person."""

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from perennial import clock
from perennial.text import plural, wrapped


def schedule_lines(schedule: Mapping[str, Any] | None, time: Mapping[str, Any]) -> Iterator[str]:
    """The lines.

    Args:
        schedule: As `schedule_standing` gives it; None where the use case has none.
        time: `now`, and `fixed_by`: the variable that fixes the clock, or None.
    """
    if time["fixed_by"]:
        yield f"  {time['fixed_by']} sets the time: {time['now']}"
    if schedule is None:
        return
    if pause := schedule["paused"]:
        yield wrapped(f"the schedule is paused, since {pause['since']} by {pause['who']}: {pause['why']}")
    elif schedule["next"]:
        earlier = ", or earlier on new exports" if schedule["on_new_export"] else ""
        due = _local(schedule["next"], schedule["timezone"])
        yield wrapped(f"next run {due}{earlier}{_counts(schedule)}")
    else:
        yield f"  runs on new exports{_counts(schedule)}"
    daemon = schedule["daemon"]
    if daemon is None:
        yield "  no `schedule` is running in this home; cron or systemd may start runs"
    else:
        yield f"  `schedule` is running (process {daemon['pid']}, since {daemon['since']})"


def _local(stamp: str, zone: str) -> str:
    return f"{clock.moment(stamp).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def _counts(schedule: Mapping[str, Any]) -> str:
    """How many ticks started no run, such as `; 3 times missed`; empty if all did."""
    counts = [(schedule[key], key) for key in ("missed", "skipped") if schedule[key]]
    return "".join(f"; {plural(count, 'time')} {key}" for count, key in counts)
