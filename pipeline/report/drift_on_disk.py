"""The drift part of a run's page, from what the run left: day summaries, calibration, the gate's findings."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from perennial.drift.calibration_file import read_calibration
from perennial.drift.day_file import FILE as DAYS_FILE
from perennial.drift.day_file import read_days
from perennial.drift.span_days import of_span
from perennial.errors import PerennialError
from pipeline.report.drift_content import of_run

_ALARM: Final = "drift_alarm"


def drift_of(
    span: str,
    days_folder: Path,
    calibrations: Path,
    gate: Mapping[str, Any],
    effects: Mapping[str, Mapping[str, Any]],
    private: Collection[str],
) -> dict[str, Any] | None:
    """Drift of a span by day, judged once more by the calibration that its judgement names.

    Args:
        span: Its name.
        days_folder: Its day summaries.
        calibrations: The folder of the use case's calibrations.
        gate: What the gate wrote.
        effects: By an alarm's subject what it does to the live model's scores: `number` (None: not known) and
            `text`; nothing where no model was live.
        private: Columns of which no value may be shown.

    Returns:
        See `pipeline.report.drift_content.of_run`; None where no calibration was used, or one of the files is
        gone or damaged: the gate's own words are shown whatever happens here.
    """
    number = (gate.get("calibration") or {}).get("number")
    if not number:
        return None
    try:
        calibration = read_calibration(calibrations / f"{number}.npz")
        stored = read_days(days_folder / DAYS_FILE)
    except PerennialError:
        return None
    alarms = [each for each in gate["anomalies"] if each["kind"] == _ALARM]
    findings = [{**each, "effect": effects.get(each["subject"])} for each in alarms]
    table = of_span(stored, span, calibration.days[-1])
    if calibration.calibrated:  # only days that the history does not have are judged
        judged = np.array([each["day"] for each in gate["days"]], "datetime64[D]")
        table = table.only(np.isin(table.days, judged))
    return of_run(calibration, calibration.judge(table), findings, private)
