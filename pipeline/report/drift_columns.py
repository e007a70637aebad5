"""A table's columns as pages show their drift: of each the measure that stood out, by day, with its band."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from perennial.drift.alarm_records import Alarm
from perennial.drift.calibration import Calibration
from perennial.drift.causes import Judged
from perennial.drift.scoring import z_limits
from pipeline.report.day_series import day_number

Floats = npt.NDArray[np.float64]
# Thresholds between which the ends of bands are interpolated.
_STEPS: Final = 9
# Digits of a number that a picture needs.
_DIGITS: Final = 5


def dates_of(days: npt.NDArray[np.datetime64]) -> list[date]:
    """Days as dates."""
    return list(days.astype("datetime64[D]").astype(object))


def plain(values: Floats) -> list[float | None]:
    """Numbers of few digits; None for what is not finite."""
    known = np.isfinite(values)
    sizes = np.abs(np.where(known & (values != 0), values, 1.0))
    factor = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(sizes)))
    short = np.round(np.where(known, values, 0.0) * factor) / factor
    return [float(each) if good else None for each, good in zip(short, known, strict=True)]


def hides_values(column: str, unit: str, private: Collection[str]) -> bool:
    """Whether a measure would show what values a private column has."""
    return column in private and unit == ""


@dataclass(frozen=True)
class _Strongest:
    """Of a column: the measure and the baseline by which it stood out most."""

    column: int
    base: int
    series: int
    measure: int


def _strongest(judged: Judged, focus: npt.NDArray[np.int64]) -> list[_Strongest]:
    """Of each column, on the days of `focus`."""
    scores = np.where(np.isfinite(judged.scored.scores[focus]), judged.scored.scores[focus], -1.0)
    highest = scores.max(axis=0, initial=-1.0)
    names = list(dict.fromkeys(judged.series.columns))
    chosen = []
    for place, name in enumerate(names):
        own = [number for number, each in enumerate(judged.series.columns) if each == name]
        base, part = np.unravel_index(int(np.argmax(highest[:, own])), (len(highest), len(own)))
        series = own[int(part)]
        measures = np.flatnonzero(judged.series.of == series)
        if len(measures) > 1 and len(focus):
            z = np.abs(judged.scored.z[int(base)][np.ix_(focus, measures)])
            measures = measures[[int(np.argmax(np.where(np.isfinite(z), z, -1.0).max(axis=0)))]]
        chosen.append(_Strongest(place, int(base), series, int(measures[0])))
    return chosen


def columns_of(
    calibration: Calibration,
    judged: Judged,
    alarms: Sequence[Alarm],
    shown: npt.NDArray[np.int64],
    focus: npt.NDArray[np.int64],
    private: Collection[str],
) -> list[dict[str, Any]]:
    """The columns, the one that stood out most first.

    Args:
        calibration: By which they were judged.
        judged: The days, with scores by column.
        alarms: What opened on them.
        shown: Places of the days that are drawn.
        focus: Places of those that decide which measure stood out, and how much.
        private: Columns of which no value may be shown.

    Returns:
        Of each `name, kind, named` (of a share of one value: which), `unit, together` (days), `score`,
        `hidden` (whether values may not be shown), `alarms` (its days in one), `openings` (how many it is
        in), and by day `values, low, high`, None where there is none; `effect`: None; `seen`: empty.
    """
    names = list(dict.fromkeys(judged.series.columns))
    chosen = _strongest(judged, focus)
    ends = _ends_of_bands(calibration, judged, chosen, shown)
    known = np.where(np.isfinite(judged.scores[focus]), judged.scores[focus], -np.inf)
    highest = plain(known.max(axis=0, initial=-np.inf))
    columns = [
        {
            "name": names[each.column],
            **_measured(judged, each, band, shown, private),
            "score": highest[each.column],
            "alarms": _days_in_alarm(judged, each.column, alarms, shown),
            "openings": sum(names[each.column] in alarm.columns for alarm in alarms),
            "effect": None,
            "seen": [],
        }
        for each, band in zip(chosen, ends, strict=True)
    ]
    return sorted(columns, key=lambda column: -(column["score"] or 0.0))


def _measured(
    judged: Judged,
    chosen: _Strongest,
    band: tuple[Floats, Floats],
    shown: npt.NDArray[np.int64],
    private: Collection[str],
) -> dict[str, Any]:
    """What was measured of a column, and the band of the usual."""
    measure = judged.measures[chosen.measure]
    observed = judged.scored.residuals.observed[chosen.base, shown, chosen.measure]
    hidden = hides_values(measure.column, measure.unit, private)
    nothing: list[float | None] = [None] * len(shown)
    by_day = zip(("values", "low", "high"), (observed, *band), strict=True)
    return {
        "kind": measure.kind,
        "named": "" if measure.column in private else measure.value_text,
        "unit": measure.unit,
        "together": judged.baselines[chosen.base].window,
        "hidden": hidden,
        **{name: nothing if hidden else plain(measure.own(each)) for name, each in by_day},
    }


def _days_in_alarm(
    judged: Judged, column: int, alarms: Sequence[Alarm], shown: npt.NDArray[np.int64]
) -> list[int]:
    """The days on which a column is above the threshold, and in an alarm."""
    name = list(dict.fromkeys(judged.series.columns))[column]
    own = [alarm for alarm in alarms if name in alarm.columns]
    with np.errstate(invalid="ignore"):
        above = judged.scores[shown, column] > judged.thresholds[shown]
    return [
        day_number(day)
        for day in dates_of(judged.days[shown][above])
        if any(alarm.since <= day and (alarm.until is None or day <= alarm.until) for alarm in own)
    ]


def _ends_of_bands(
    calibration: Calibration, judged: Judged, chosen: Sequence[_Strongest], shown: npt.NDArray[np.int64]
) -> list[tuple[Floats, Floats]]:
    """Of each column the values at which its score is the threshold of the day; NaN where there is none."""
    nothing = np.full(len(shown), np.nan)
    if not calibration.calibrated or not chosen:
        return [(nothing, nothing)] * len(chosen)
    limits = judged.thresholds[shown]
    limits = np.where(np.isfinite(limits), limits, calibration.threshold)
    steps = np.linspace(
        limits.min(initial=calibration.threshold), limits.max(initial=calibration.threshold), _STEPS
    )
    by_step = np.stack([z_limits(float(step), calibration.scoring, judged.series) for step in steps])
    ends = []
    for each in chosen:
        upper, lower = (np.interp(limits, steps, by_step[:, side, each.base, each.series]) for side in (0, 1))
        width = judged.scored.width[each.base, shown, each.measure]
        middle = judged.scored.residuals.expected[each.base, shown, each.measure]
        middle = middle + calibration.scoring.centre[each.base, each.measure]
        ends.append((middle - lower * width, middle + upper * width))
    return ends
