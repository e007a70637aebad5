"""What pages show of drift, as plain values: of a calibration, and of the days that a run judged by it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from perennial.drift.alarm_records import Alarm, Shift
from perennial.drift.calibration import Calibration
from perennial.drift.causes import Judged, alarms_of
from perennial.drift.day_judgement import DayJudgement
from perennial.drift.day_summaries import UNDATED
from perennial.drift.score_series import MIX
from perennial.drift.threshold import day_scores
from perennial.drift.views import SeenSize, seen_sizes
from pipeline.report.day_series import day_number, runs_of_days
from pipeline.report.drift_columns import columns_of, dates_of, hides_values, plain
from pipeline.report.drift_words import CORRELATION, SHARE

_IN_ALARM: Final = "in an alarm that no person has decided about"
_NO_ROWS: Final = "no rows"


def of_history(calibration: Calibration, private: Collection[str] = ()) -> dict[str, Any]:
    """What the page of a calibration shows.

    Args:
        calibration: Of which.
        private: Columns of which no value may be shown.

    Returns:
        `state, needed, rate, rate_days` (mean days between false alarms), `history` (`days, first, last`);
        `days` (since 1970), and by day `scores, thresholds` (None: not known); `alarms`; `columns`, the one
        that stood out most first, each with `values, low, high` by day in its `unit`, and `seen`, the sizes
        that are noticed; `baselines, calendar, left_out, not_checked`; `judged`: None.
    """
    judged = calibration.history
    if not calibration.calibrated:
        judged = replace(judged, thresholds=np.full(len(judged.days), np.nan))
    alarms = alarms_of(judged, calibration.peaks)
    content = _content(calibration, judged, alarms, np.arange(len(judged.days)), private)
    sizes: dict[str, list[dict[str, Any]]] = {}
    for size in seen_sizes(calibration):
        if not hides_values(size.column, size.unit, private):
            sizes.setdefault(size.column, []).append(_seen(size))
    for column in content["columns"]:
        column["seen"] = sizes.get(column["name"], [])
    return {**content, "left_out": _left_out(calibration)}


def _seen(size: SeenSize) -> dict[str, Any]:
    """Usual value, and what has to be added to be noticed: `half, most` of the time, up and down."""
    rooms = (np.inf, np.inf)
    if size.unit in (SHARE, CORRELATION):
        rooms = (1.0 - size.usual, size.usual - (-1.0 if size.unit == CORRELATION else 0.0))
    up, down = (
        [None if each is None or abs(each) > 0.999 * room else each for each in plain(np.array(ends))]
        for ends, room in zip((size.up, size.down), rooms, strict=True)
    )
    return {
        "kind": size.measure,
        "unit": size.unit,
        "usual": size.usual,
        "half": [up[0], down[0]],
        "most": [up[1], down[1]],
    }


def _left_out(calibration: Calibration) -> list[dict[str, Any]]:
    """The days that do not count, each run of them with the reason."""
    empty = ~np.isfinite(calibration.noise).any(axis=1)
    reasons = {_IN_ALARM: calibration.grid.left_out & ~empty, _NO_ROWS: empty}
    left_out = [
        {"days": list(days), "why": why}
        for why, places in reasons.items()
        for days in runs_of_days([day_number(day) for day in dates_of(calibration.days[places])])
    ]
    return sorted(left_out, key=lambda each: each["days"])


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
        findings: The gate's findings of the kind `drift_alarm`: `since, columns, severity, segment` and,
            where it is known, `effect` (`number, text`; a number of None: the text says why it is not known).
        private: Columns of which no value may be shown.
        most_days: The judged days and those before them, at most so many; never fewer than were judged.

    Returns:
        As `of_history`; `judged` has the first and the last judged day. Alarms and columns with the
        largest effect on the live model's scores come first; then columns that stood out most on the judged
        days.
    """
    judged = _with_history(calibration, judgement.judged)
    first = min(max(len(judged.days) - most_days, 0), int(judgement.at[0]) if len(judgement.at) else 0)
    shown = np.arange(first, len(judged.days))
    days = [day_number(each) for each in dates_of(judgement.days)]
    former = _before(calibration, days)
    content = _content(calibration, judged, judgement.alarms, shown, private, judgement.at, former)
    noted = {(each["since"], *each["columns"][:1]): each for each in findings}
    effects = {
        name: each["effect"] for each in findings[::-1] if _is_known(each) for name in each["columns"][:1]
    }
    for alarm in content["alarms"]:
        own = noted.get((alarm["since_date"], *[name for name in alarm["columns"][:1] if name]), {})
        alarm |= {
            "severity": own.get("severity", ""),
            "effect": own.get("effect"),
            "segment": own.get("segment", ""),
        }
    for column in content["columns"]:
        column["effect"] = effects.get(column["name"])
    content["alarms"].sort(key=_effect_size, reverse=True)
    content["columns"].sort(key=_largest_effect_first)
    return {**content, "judged": [days[0], days[-1]] if days else None}


def _is_known(finding: Mapping[str, Any]) -> bool:
    return (finding.get("effect") or {}).get("number") is not None


def _largest_effect_first(column: Mapping[str, Any]) -> tuple[float, float]:
    return -_effect_size(column), -(column["score"] or 0.0)


def _effect_size(each: Mapping[str, Any]) -> float:
    return abs((each["effect"] or {}).get("number") or 0.0)


def _with_history(calibration: Calibration, judged: Judged) -> Judged:
    """The judged days, and the scores and thresholds of the history on those before them."""
    scores, limits = judged.scores.copy(), judged.thresholds.copy()
    if calibration.calibrated:
        known, here, there = np.intersect1d(judged.days, calibration.days, return_indices=True)
        fill = np.isnan(day_scores(scores[here])) if len(known) else np.zeros(0, bool)
        scores[here[fill]] = calibration.scores[there[fill]]
        limits[here[fill]] = calibration.thresholds[there[fill]]
    return replace(judged, scores=scores, thresholds=limits)


def _before(calibration: Calibration, days: Sequence[int]) -> list[Alarm]:
    """What would have alarmed in the history before the judged days."""
    if not calibration.calibrated or not days:
        return []
    return [each for each in calibration.alarms() if day_number(each.since) < days[0]]


def _content(
    calibration: Calibration,
    judged: Judged,
    alarms: Sequence[Alarm],
    shown: npt.NDArray[np.int64],
    private: Collection[str],
    focus: npt.NDArray[np.int64] | None = None,
    former: Sequence[Alarm] = (),
) -> dict[str, Any]:
    """The content; `former` are alarms of the days before, which pictures show and the table does not."""
    days = [day_number(each) for each in dates_of(judged.days[shown])]
    telling = _held_against(judged, shown) if focus is None else focus
    counted = calibration.days[np.isfinite(calibration.values).any(axis=1)]
    ends = [day_number(each) for each in dates_of(counted[[0, -1]])] if len(counted) else [None, None]
    return {
        "state": calibration.state,
        "needed": calibration.days_needed,
        "rate": calibration.rate.text,
        "rate_days": calibration.rate.days,
        "history": {"days": len(counted), "first": ends[0], "last": ends[1]},
        "dated": not len(calibration.days) or bool(calibration.days[0] != UNDATED),
        "days": days,
        "scores": plain(day_scores(judged.scores)[shown]),
        "thresholds": plain(judged.thresholds[shown]),
        "alarms": [_alarm(each, private) for each in alarms],
        "openings": [day_number(each.since) for each in (*former, *alarms)],
        "columns": columns_of(calibration, judged, [*former, *alarms], shown, telling, private),
        "baselines": list(dict.fromkeys(each.name for each in calibration.baselines)),
        "not_checked": [f"Baseline `{name}` is not used: {why}." for name, why in calibration.unused],
        "calendar": [day_number(each) for each in dates_of(calibration.grid.odd)],
        "left_out": [],
        "judged": None,
    }


def _held_against(judged: Judged, shown: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The days that were held against a threshold; all where none was."""
    held = shown[np.isfinite(judged.thresholds[shown])]
    return held if len(held) else shown


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
    hidden = hides_values(shift.column, shift.unit, private)
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
