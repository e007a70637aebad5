"""Scores become alarms: what moves together is one, with the strongest shift of each column."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from perennial.drift.alarm_records import Alarm, Shift
from perennial.drift.alarms import Opening, openings
from perennial.drift.measures import Measure
from perennial.drift.residuals import Baseline
from perennial.drift.score_series import MIX, ScoreSeries
from perennial.drift.scoring import Scored
from perennial.drift.threshold import PeakTail

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Scores of days with all that they are from.

    Attributes:
        days: (D,).
        scored: By baseline and series.
        scores: (D, C) by column; NaN where not judged.
        thresholds: (D,); NaN where not judged.
        measures: What was measured, (M,).
        series: Of which measures.
        baselines: (B,).
    """

    days: npt.NDArray[np.datetime64]
    scored: Scored
    scores: Floats
    thresholds: Floats
    measures: tuple[Measure, ...]
    series: ScoreSeries
    baselines: tuple[Baseline, ...]


class _Peak(NamedTuple):
    """Where a column's score is largest within an alarm: places of day, baseline, series and measure."""

    column: str
    day: int
    base: int
    series: int
    measure: int
    score: float


def column_scores(scores: Floats, series: ScoreSeries) -> Floats:
    """(days, columns): the largest over baselines and series of scores (days, baselines, series)."""
    largest = np.where(np.isfinite(scores), scores, -np.inf).max(axis=1)
    columns = list(dict.fromkeys(series.columns))
    by_column = np.full((len(scores), len(columns)), -np.inf)
    for place, name in enumerate(series.columns):
        at = columns.index(name)
        by_column[:, at] = np.maximum(by_column[:, at], largest[:, place])
    return np.where(np.isfinite(by_column), by_column, np.nan)


def alarms_of(judged: Judged, peaks: PeakTail) -> tuple[Alarm, ...]:
    """The alarms that open on the judged days."""
    return tuple(_alarm(opening, judged, peaks) for opening in openings(judged.scores, judged.thresholds))


def _alarm(opening: Opening, judged: Judged, peaks: PeakTail) -> Alarm:
    ordered = sorted(opening.columns.items(), key=lambda item: -item[1])
    peak_shifts = [_peak(column, opening, judged) for column, _ in ordered]
    ended = opening.closed is not None and not _stays(opening, judged, peak_shifts[0])
    return Alarm(
        _date(judged.days[opening.first]),
        _date(judged.days[opening.last]) if ended else None,
        tuple(_shift(each, judged) for each in peak_shifts),
        ordered[0][1],
        float(judged.thresholds[opening.first]),
        peaks.alarms_a_day(ordered[0][1]),
    )


def _peak(column: int, opening: Opening, judged: Judged) -> _Peak:
    """Where a column's score is largest within its alarm."""
    name = list(dict.fromkeys(judged.series.columns))[column]
    places = [place for place, each in enumerate(judged.series.columns) if each == name]
    span = np.arange(opening.first, opening.last + 1)
    span = span[np.isfinite(judged.thresholds[span])]
    scores = judged.scored.scores[span][:, :, places]
    day, base, part = np.unravel_index(int(np.nanargmax(scores)), scores.shape)
    at, series = int(span[day]), places[int(part)]
    measure = _strongest(judged, at, int(base), series)
    return _Peak(name, at, int(base), series, measure, float(scores[day, base, part]))


def _stays(opening: Opening, judged: Judged, peak: _Peak) -> bool:
    """Whether the days after the last one above the threshold are like the changed ones.

    The level follows a change that lasts, so the scores sink while the values stay where they are. Where the
    median of the days until the alarm closed is nearer to the peak than to what was expected at the opening,
    the change has not ended.
    """
    rest = judged.scored.residuals
    before = rest.expected[peak.base, opening.first, peak.measure]
    after = rest.observed[0, opening.last + 1 : opening.closed, peak.measure]
    after = after[np.isfinite(after)]
    moved = rest.observed[peak.base, peak.day, peak.measure] - before
    if not len(after) or not np.isfinite(moved) or not moved:
        return False
    return bool((np.median(after) - before) / moved > 1 / 2)


def _shift(peak: _Peak, judged: Judged) -> Shift:
    """The strongest measure and baseline of a column within its alarm."""
    rest = judged.scored.residuals
    own = judged.measures[peak.measure]
    seen, expected = (
        float(own.own(np.array([part_of[peak.base, peak.day, peak.measure]]))[0])
        for part_of in (rest.observed, rest.expected)
    )
    kind = judged.series.kinds[peak.series]
    baseline = judged.baselines[peak.base]
    return Shift(
        peak.column,
        kind,
        baseline.name,
        baseline.window,
        seen,
        expected,
        own.unit,
        peak.score,
        own.value_text,
    )


def _strongest(judged: Judged, day: int, base: int, series: int) -> int:
    own = np.flatnonzero(judged.series.of == series)
    if judged.series.kinds[series] != MIX:
        return int(own[0])
    return int(own[np.nanargmax(np.abs(judged.scored.z[base, day, own]))])


def _date(day: np.datetime64) -> date:
    converted = day.astype("datetime64[D]").astype(object)
    if not isinstance(converted, date):
        raise TypeError("expected a day")
    return converted
