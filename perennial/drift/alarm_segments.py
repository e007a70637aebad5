"""Names where each alarm is concentrated, from the days before; they are read only if there is an alarm."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from perennial.drift.alarm_records import Alarm
from perennial.drift.day_file import FILE, read_days
from perennial.drift.day_summaries import DayTable, empty_days
from perennial.drift.history_days import dated, days_in_alarm
from perennial.drift.joint import JointModel
from perennial.drift.orders import SEGMENT_DAYS, HistorySpan
from perennial.drift.segments import segment_of
from perennial.errors import DaysDamaged

# Of an alarm in many columns the strongest ones are looked at.
_COLUMNS: Final = 3


def with_segments(
    alarms: Iterable[Alarm], days: DayTable, history: Sequence[HistorySpan], joint: JointModel
) -> tuple[Alarm, ...]:
    """The alarms, each with the segment of its strongest column that is concentrated in one.

    Args:
        alarms: What opened on the days.
        days: The judged days.
        history: The accepted spans before, oldest first. Days of alarms that no person has decided about do
            not count, and neither do files that cannot be read.
        joint: Of the calibration.
    """
    opened = tuple(alarms)
    if not opened:
        return opened
    before = _days_before(history)
    return tuple(replace(alarm, segment=_segment(alarm, days, before, joint)) for alarm in opened)


def _segment(alarm: Alarm, days: DayTable, before: DayTable, joint: JointModel) -> str:
    if alarm.until is not None:
        days = days.only(days.days <= np.datetime64(alarm.until, "D"))
    for shift in alarm.shifts[:_COLUMNS]:
        segment = segment_of(
            days,
            before,
            shift.column,
            shift.measure,
            alarm.since,
            detail=shift.detail.encode(),
            model=joint,
        )
        if segment is not None:
            return segment.text
    return ""


def _days_before(history: Sequence[HistorySpan]) -> DayTable:
    """At least the newest 84 days, if there are so many."""
    spans: list[HistorySpan] = []
    stored: list[DayTable] = []
    for span in reversed(history):
        if sum(len(table.days) for table in stored) >= SEGMENT_DAYS:
            break
        with suppress(DaysDamaged):
            stored.append(read_days(Path(span.days) / FILE))
            spans.append(span)
    tables = dated(spans[::-1], stored[::-1])
    days = DayTable.merged(tables) if tables else empty_days()
    odd = days_in_alarm(zip(spans[::-1], tables, strict=True))
    return days.only(~np.isin(days.days, np.array(sorted(odd), "datetime64[D]")))
