"""What pages show of drift, as plain values: from a calibration, and from the days that a run judged by it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from perennial.drift.alarm_records import Alarm, Shift
from perennial.drift.calibration import Calibration, DayJudgement
from perennial.drift.causes import Judged, alarms_of
from perennial.drift.scoring import MIX, score_days
from perennial.drift.tails import Tails, z_of_score
from perennial.drift.threshold import day_scores
from pipeline.report.day_series import day_number

Floats = npt.NDArray[np.float64]
# Thresholds between which the ends of bands are interpolated.
_STEPS: Final = 9
# Digits of a number that a picture needs.
_DIGITS: Final = 5


@dataclass(frozen=True)
class LeftOut:
    """Days of the past that a calibration does not count.

    Attributes:
        first: The first of them.
        last: The last, with all between.
        why: The reason.
    """

    first: date
    last: date
    why: str


def of_history(
    calibration: Calibration, private: Collection[str] = (), left_out: Iterable[LeftOut] = ()
) -> dict[str, Any]:
    """What the page of a calibration shows.

    Args:
        calibration: Of which.
        private: Columns of which no value may be shown.
        left_out: Days of the past that do not count.

    Returns:
        `state, needed, rate, rate_days` (mean days between two false alarms), `history` (`days, first, last`),
        `days` (since 1970) and by day `scores, thresholds` (None: not known); `alarms`; `columns`, the one that
        stood out most first, each with `values, low, high` by day in its `unit`; `seen`, the sizes that are
        noticed; `baselines, calendar, left_out, not_checked`; `judged`: None.
    """
    scored = score_days(
        calibration.values,
        calibration.noise,
        calibration.grid.calendar,
        calibration.scoring,
        calibration.measures,
        calibration.baselines,
    )
    limits = calibration.thresholds if calibration.calibrated else np.full(len(calibration.days), np.nan)
    judged = Judged(
        calibration.days,
        scored,
        calibration.scores,
        limits,
        calibration.measures,
        calibration.series,
        calibration.baselines,
    )
    alarms = alarms_of(judged, calibration.peaks)
    content = _content(calibration, judged, alarms, np.arange(len(judged.days)), private)
    return {
        **content,
        "left_out": [
            {"days": [day_number(each.first), day_number(each.last)], "why": each.why} for each in left_out
        ],
    }


def of_run(
    calibration: Calibration,
    judgement: DayJudgement,
    findings: Sequence[Mapping[str, Any]],
    private: Collection[str] = (),
    most_days: int = 120,
) -> dict[str, Any]:
    """What the page of a run shows of the days that it judged, with those before them.

    Args:
        calibration: By which they were judged.
        judgement: Of the days of one span.
        findings: The gate's findings of the kind `drift_alarm`: `since, columns, severity` and, where it is
            known, `effect` (`number, text`).
        private: Columns of which no value may be shown.
        most_days: The judged days and those before them, at most so many; never fewer than were judged.

    Returns:
        As `of_history`; `judged` has the first and the last judged day. Columns with the largest effect on the
        live model's scores come first, then those that stood out most on the judged days.
    """
    judged = _with_history(calibration, judgement.judged)
    first = min(max(len(judged.days) - most_days, 0), int(judgement.at[0]) if len(judgement.at) else 0)
    shown = np.arange(first, len(judged.days))
    content = _content(calibration, judged, judgement.alarms, shown, private, judgement.at)
    days = [day_number(each) for each in _dates(judgement.days)]
    noted = {(each["since"], *each["columns"][:1]): each for each in findings}
    effects = {
        name: each["effect"] for each in findings[::-1] if each.get("effect") for name in each["columns"][:1]
    }
    for alarm in content["alarms"]:
        own = noted.get((alarm["since_date"], *[name for name in alarm["columns"][:1] if name]), {})
        alarm |= {"severity": own.get("severity", ""), "effect": own.get("effect")}
    for column in content["columns"]:
        column["effect"] = effects.get(column["name"])
    content["columns"].sort(key=_largest_effect_first)
    return {**content, "judged": [days[0], days[-1]] if days else None}


def _largest_effect_first(column: Mapping[str, Any]) -> tuple[float, float]:
    return -abs((column["effect"] or {}).get("number") or 0.0), -(column["score"] or 0.0)


def _with_history(calibration: Calibration, judged: Judged) -> Judged:
    """The judged days, and the scores and thresholds of the history on those before them."""
    scores, limits = judged.scores.copy(), judged.thresholds.copy()
    if calibration.calibrated:
        known, here, there = np.intersect1d(judged.days, calibration.days, return_indices=True)
        fill = np.isnan(day_scores(scores[here])) if len(known) else np.zeros(0, bool)
        scores[here[fill]] = calibration.scores[there[fill]]
        limits[here[fill]] = calibration.thresholds[there[fill]]
    return replace(judged, scores=scores, thresholds=limits)


def _content(
    calibration: Calibration,
    judged: Judged,
    alarms: Sequence[Alarm],
    shown: npt.NDArray[np.int64],
    private: Collection[str],
    focus: npt.NDArray[np.int64] | None = None,
) -> dict[str, Any]:
    days = [day_number(each) for each in _dates(judged.days[shown])]
    counted = calibration.days[np.isfinite(calibration.values).any(axis=1)]
    ends = [day_number(each) for each in _dates(counted[[0, -1]])] if len(counted) else [None, None]
    return {
        "state": calibration.state,
        "needed": calibration.days_needed,
        "rate": calibration.rate.text,
        "rate_days": calibration.rate.days,
        "history": {"days": len(counted), "first": ends[0], "last": ends[1]},
        "days": days,
        "scores": _plain(day_scores(judged.scores)[shown]),
        "thresholds": _plain(judged.thresholds[shown]),
        "alarms": [_alarm(each, private) for each in alarms],
        "columns": _columns(calibration, judged, alarms, shown, private, shown if focus is None else focus),
        "baselines": list(dict.fromkeys(each.name for each in calibration.baselines)),
        "not_checked": [f"Baseline `{name}` is not used: {why}." for name, why in calibration.unused],
        "calendar": [day_number(each) for each in _dates(calibration.grid.odd)],
        "left_out": [],
        "judged": None,
    }


def _dates(days: npt.NDArray[np.datetime64]) -> list[date]:
    return list(days.astype("datetime64[D]").astype(object))


def _plain(values: Floats) -> list[float | None]:
    """Numbers of few digits; None for what is not finite."""
    known = np.isfinite(values)
    sizes = np.abs(np.where(known & (values != 0), values, 1.0))
    factor = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(sizes)))
    short = np.round(np.where(known, values, 0.0) * factor) / factor
    return [float(each) if good else None for each, good in zip(short, known, strict=True)]


def _alarm(alarm: Alarm, private: Collection[str]) -> dict[str, Any]:
    return {
        "since": day_number(alarm.since),
        "since_date": alarm.since.isoformat(),
        "until": None if alarm.until is None else day_number(alarm.until),
        "columns": list(alarm.columns),
        "shifts": [_shift(each, private) for each in alarm.shifts],
        "score": alarm.score,
        "threshold": alarm.threshold,
        "sure": alarm.sure,
        "segment": alarm.segment,
    }


def _shift(shift: Shift, private: Collection[str]) -> dict[str, Any]:
    hidden = _hides(shift.column, shift.unit, private)
    return {
        "column": shift.column,
        "kind": "value" if shift.measure == MIX else shift.measure,
        "named": "" if shift.column in private else shift.detail,
        "baseline": shift.baseline,
        "together": shift.days,
        "value": None if hidden else shift.value,
        "expected": None if hidden else shift.expected,
        "unit": shift.unit,
        "score": shift.score,
    }


def _hides(column: str, unit: str, private: Collection[str]) -> bool:
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
    highest, when = scores.max(axis=0, initial=-1.0), None
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


def _columns(
    calibration: Calibration,
    judged: Judged,
    alarms: Sequence[Alarm],
    shown: npt.NDArray[np.int64],
    private: Collection[str],
    focus: npt.NDArray[np.int64],
) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(judged.series.columns))
    chosen = _strongest(judged, focus)
    ends = _ends_of_bands(calibration, judged, chosen, shown)
    scores = judged.scores[focus]
    best = np.where(np.isfinite(scores), scores, -np.inf).max(axis=0, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        above = judged.scores > judged.thresholds[:, None]
    columns = []
    for each, (low, high) in zip(chosen, ends, strict=True):
        measure, name = judged.measures[each.measure], names[each.column]
        hidden = _hides(name, measure.unit, private)
        observed = measure.own(judged.scored.residuals.observed[each.base, shown, each.measure])
        nothing: list[float | None] = [None] * len(shown)
        in_alarm = {
            day for alarm in alarms if name in alarm.columns for day in _alarm_days(alarm, judged.days)
        }
        columns.append(
            {
                "name": name,
                "kind": measure.kind,
                "named": "" if name in private else measure.value_text,
                "unit": measure.unit,
                "together": judged.baselines[each.base].window,
                "score": float(best[each.column]) if np.isfinite(best[each.column]) else None,
                "values": nothing if hidden else _plain(observed),
                "low": nothing if hidden else _plain(measure.own(low)),
                "high": nothing if hidden else _plain(measure.own(high)),
                "alarms": [
                    day_number(day)
                    for day, is_above in zip(
                        _dates(judged.days[shown]), above[shown, each.column], strict=True
                    )
                    if is_above and day in in_alarm
                ],
                "hidden": hidden,
                "effect": None,
                "seen": [],
            }
        )
    return sorted(columns, key=lambda column: -(column["score"] or 0.0))


def _alarm_days(alarm: Alarm, days: npt.NDArray[np.datetime64]) -> list[date]:
    return [day for day in _dates(days) if alarm.since <= day and (alarm.until is None or day <= alarm.until)]


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
    total = len(judged.series.columns)
    at = np.array([each.base * total + each.series for each in chosen])
    own = calibration.scoring.tails
    tails = Tails(own.start[:, at], own.scale[:, at], own.shape[:, at])
    tests = np.tile(judged.series.tests, len(judged.baselines))[at]
    by_step = np.stack([z_of_score(float(step), tails, tests) for step in steps])
    ends = []
    for place, each in enumerate(chosen):
        upper, lower = (np.interp(limits, steps, by_step[:, side, place]) for side in (0, 1))
        width = judged.scored.width[each.base, shown, each.measure]
        middle = judged.scored.residuals.expected[each.base, shown, each.measure]
        middle = middle + calibration.scoring.centre[each.base, each.measure]
        ends.append((middle - lower * width, middle + upper * width))
    return ends
