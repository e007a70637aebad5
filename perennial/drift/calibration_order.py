"""Makes the calibration of an order: reads the summaries of its spans, and leaves out what does not count."""

from pathlib import Path
from typing import Final

import numpy as np

from perennial.drift.calibration import Calibration, calibrate
from perennial.drift.calibration_file import read_calibration, write_calibration
from perennial.drift.day_summaries import DayTable
from perennial.drift.history_days import dates_of, days_in_alarm, tables_of
from perennial.drift.orders import CalibrationOrder, CalibrationOutcome
from perennial.drift.rate import Rate
from perennial.errors import CalibrationDamaged
from perennial.files import file_digest

_DAY: Final = 86400


def calibration_of(order: CalibrationOrder) -> Calibration:
    """Makes the calibration of an order.

    Raises:
        DaysDamaged: A file of day summaries is damaged.
        UsageError: The rate is none, or there is no day.
    """
    tables = tables_of(order.spans)
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
        training=dates_of(table for span, table in of_spans if span.trained) or None,
        pinned=dates_of(table for span, table in of_spans if span.pinned) or None,
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
