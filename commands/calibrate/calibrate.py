"""Calibrates a use case on its accepted history: what that would have alarmed, and what it can see."""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from perennial.drift.alarm_records import Alarm
from perennial.drift.alarm_text import alarm_sentences
from perennial.drift.calibration import Calibration
from perennial.drift.calibration_order import carry_out, checked_calibration, days_used
from perennial.drift.rate import Rate
from perennial.drift.views import SeenSize, seen_sizes
from perennial.errors import UsageError
from perennial.files import write_text
from perennial.store.calibrations import BY_COMMAND, CalibrationRecord
from perennial.store.ledger import Ledger
from pipeline.config import UseCase
from pipeline.drift_page.page import calibration_page
from pipeline.ledgers import opened
from pipeline.run import lock
from pipeline.run.calibrating import Calibrations, stated_rate
from pipeline.run.calibration_paths import calibration_file

# Below a use case's root: the page of the newest calibration that a person asked for.
PAGE_FILE: Final = "drift/calibration.html"


def calibrate_use_case(use_case: UseCase, rate: str | None, *, write_schema: bool) -> dict[str, Any]:
    """Calibrates under the lock of the use case's runs.

    Args:
        use_case: Whose.
        rate: The rate of false alarms from now on; None: as a person set it before, else the default.
        write_schema: Whether the thresholds of the schema's drift comparators are set, too.

    Returns:
        `use_case, rate, calibration` (its number), `state, days, days_needed, left_out` (days of alarms that
        no person has decided about), `threshold` (None: not calibrated), `false_alarms` (`stated` and
        `would_have_alarmed`: numbers in these days), `alarms` (what would have alarmed), `sizes` (of each
        column and measure the smallest shift that its first day shows), `unused_baselines`, `schema` (None,
        or what was written), `page` (its path).

    Raises:
        UsageError: The rate is none, or there is nothing to calibrate on.
        Busy: A run of the use case is in progress.
        DaysDamaged: A file of day summaries is damaged.
    """
    stated = Rate.parse(rate).text if rate is not None else None
    if not use_case.root.is_dir():
        raise _nothing_accepted(use_case)
    with lock.held(use_case.root / "lock", BY_COMMAND), opened(use_case) as ledger:
        _expect_history(use_case, ledger)
        if stated is not None and stated != stated_rate(ledger):
            ledger.calibrations.set_rate(stated)
        record = Calibrations(use_case, ledger, BY_COMMAND, carry_out).before(None)
        if record is None:
            raise _nothing_accepted(use_case)
        calibration = checked_calibration(calibration_file(use_case.root, record.number), record.digest)
        content = _content(use_case, record, calibration)
        if write_schema:
            from commands.calibrate.comparators import write_comparators

            content["schema"] = write_comparators(use_case, ledger, calibration)
    page = use_case.root / PAGE_FILE
    write_text(
        page, calibration_page(calibration, use_case.name, record.number, record.at, use_case.serving.private)
    )
    return {**content, "page": str(page)}


def _content(use_case: UseCase, record: CalibrationRecord, calibration: Calibration) -> dict[str, Any]:
    alarms = calibration.alarms()
    judged = int(np.isfinite(calibration.thresholds).sum())
    return {
        "use_case": use_case.name,
        "rate": record.rate,
        "calibration": record.number,
        "state": record.state,
        "days": days_used(calibration),
        "days_needed": record.needed,
        "left_out": int(calibration.grid.left_out.sum()),
        "first_day": str(calibration.days[0]),
        "last_day": str(calibration.days[-1]),
        "threshold": _number(calibration.threshold) if calibration.calibrated else None,
        "false_alarms": {
            "judged_days": judged,
            "stated": round(judged * calibration.rate.per_day, 2),
            "would_have_alarmed": len(alarms),
        },
        "alarms": [_alarm(alarm, use_case) for alarm in alarms],
        "sizes": [_size(size) for size in seen_sizes(calibration)],
        "unused_baselines": dict(calibration.unused),
        "schema": None,
    }


def _alarm(alarm: Alarm, use_case: UseCase) -> dict[str, Any]:
    since, until = str(alarm.since), str(alarm.until) if alarm.until else ""
    return {
        "since": since,
        "until": until,
        "columns": [column for column in alarm.columns if column],
        "score": round(alarm.score, 3),
        "threshold": round(alarm.threshold, 3),
        "message": alarm_sentences(alarm, since, until, use_case.serving.private),
    }


def _size(size: SeenSize) -> dict[str, Any]:
    return {
        "column": size.column,
        "measure": size.measure,
        "unit": size.unit,
        "usual": _number(size.usual),
        "up": [_number(each) for each in size.up],
        "down": [_number(each) for each in size.down],
    }


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _expect_history(use_case: UseCase, ledger: Ledger) -> None:
    """Expects accepted spans with summaries of their days.

    Raises:
        UsageError: There are none.
    """
    if use_case.exports.span == "hour":
        raise UsageError(
            "Spans of an hour are no whole days: drift by day is not judged of them.",
            "Export days (`exports.span: day`), if drift is to be judged.",
        )
    used = [version for name in ledger.spans.names() if (version := ledger.spans.in_use(name))]
    if not used:
        raise _nothing_accepted(use_case)
    if not any(version.days and Path(version.days).is_dir() for version in used):
        raise UsageError(
            f"No accepted span of {use_case.name} has summaries of its days.",
            f"Run `run {use_case.name}`: it makes those of the spans whose rows are there.",
        )


def _nothing_accepted(use_case: UseCase) -> UsageError:
    return UsageError(
        f"{use_case.name} has no accepted span.",
        f"Run `run {use_case.name}` on exports first; `spans {use_case.name}` lists them.",
    )
