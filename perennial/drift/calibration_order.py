"""Makes the calibration of an order: reads the summaries of its spans, and leaves out what does not count."""

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from perennial.drift.calibration import Calibration, calibrate
from perennial.drift.calibration_file import read_calibration, write_calibration
from perennial.drift.day_file import FILE, read_days
from perennial.drift.day_summaries import DayTable
from perennial.drift.orders import CalibrationOrder, CalibrationOutcome, HistorySpan
from perennial.drift.rate import Rate
from perennial.drift.span_days import of_span
from perennial.errors import CalibrationDamaged
from perennial.files import file_digest

_DAY: Final = 86400


def calibration_of(order: CalibrationOrder) -> Calibration:
    """Makes the calibration of an order.

    Raises:
        DaysDamaged: A file of day summaries is damaged.
        UsageError: The rate is none, or there is no day.
    """
    tables = tables_of(order.spans, _read(order.spans))
    days = DayTable.merged(tables)
    if len(days.days):
        first = days.days[-1] - np.timedelta64(order.history // _DAY, "D")
        days = days.only(days.days > first)
    of_spans = list(zip(order.spans, tables, strict=True))
    return calibrate(
        days,
        Rate.parse(order.rate),
        calendar=order.calendar,
        baselines=order.baselines,
        excluded=days_in_alarm(of_spans),
        training=_dates(table for span, table in of_spans if span.trained) or None,
        pinned=_dates(table for span, table in of_spans if span.pinned) or None,
    )


def carry_out(order: CalibrationOrder, file: Path) -> CalibrationOutcome:
    """Makes the calibration of an order, and its file, which appears by a rename; raises as above."""
    calibration = calibration_of(order)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_calibration(file, calibration)
    return CalibrationOutcome(
        state=calibration.state,
        days=days_used(calibration),
        needed=calibration.days_needed,
        digest=file_digest(file),
    )


def checked_calibration(file: Path, digest: str) -> Calibration:
    """Reads a calibration whose file must be the one that was recorded.

    Raises:
        CalibrationDamaged: The file is gone, is another one, or cannot be read.
    """
    calibration = read_calibration(file)
    if file_digest(file) != digest:
        raise CalibrationDamaged(f"{file} is not the calibration that was recorded.", "Run `run` again.")
    return calibration


def days_used(calibration: Calibration) -> int:
    """How many days a calibration was made from: those with rows that are not left out."""
    some = np.isfinite(calibration.values).any(axis=1)
    return int(np.count_nonzero(some & ~calibration.grid.left_out))


def _read(spans: Sequence[HistorySpan]) -> Iterator[DayTable]:
    return (read_days(Path(span.days) / FILE) for span in spans)


def tables_of(spans: Sequence[HistorySpan], stored: Iterable[DayTable]) -> list[DayTable]:
    """The days that each span stands for, of what is stored; rows without a day get those after the last."""
    tables: list[DayTable] = []
    last: np.datetime64 | None = None
    for span, each in zip(spans, stored, strict=True):
        table = of_span(each, span.span, last)
        tables.append(table)
        if len(table.days):
            last = table.days[-1] if last is None else max(last, table.days[-1])
    return tables


def days_in_alarm(spans: Iterable[tuple[HistorySpan, DayTable]]) -> set[datetime.date]:
    """The days of alarms that no person has decided about."""
    return set(_in_alarm(spans))


def _in_alarm(spans: Iterable[tuple[HistorySpan, DayTable]]) -> Iterator[datetime.date]:
    for span, table in spans:
        days = _dates([table])
        for since, until in span.alarms:
            first = datetime.date.fromisoformat(since) if since else datetime.date.min
            last = datetime.date.fromisoformat(until) if until else datetime.date.max
            yield from (day for day in days if first <= day <= last)


def _dates(tables: Iterable[DayTable]) -> Collection[datetime.date]:
    return {day for table in tables for day in table.days.astype("datetime64[D]").tolist()}
