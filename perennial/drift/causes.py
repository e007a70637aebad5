"""Scores become alarms: what moves together is one, with the strongest shift of each column."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from perennial.drift.alarm_records import Alarm, Shift
from perennial.drift.alarms import QUIET_DAYS, Opening, openings
from perennial.drift.kinds import TIE
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
    """The alarms that open on the judged days; what follows from a change that goes on is of its alarm."""
    alarms: list[Alarm] = []
    before: list[Opening] = []
    for opening in openings(judged.scores, judged.thresholds):
        if any(_belongs(opening, each, judged) for each in before):
            continue
        before.append(opening)
        is_over = opening.closed is not None and not _stays(opening, judged, opening.closed)
        alarms.append(_alarm(opening, judged, peaks, _date(judged.days[opening.last]) if is_over else None))
    return tuple(alarms)


def _belongs(opening: Opening, owner: Opening, judged: Judged) -> bool:
    """Whether an opening follows from an earlier change that goes on.

    That is what the changed columns do later, and what becomes of the ties of other columns with them.
    """
    is_open = owner.closed is None or opening.first < owner.closed
    if not is_open and not _stays(owner, judged, opening.first):
        return False
    return opening.columns.keys() <= owner.columns.keys() or (
        _is_of_ties(opening, judged) and not _is_of_ties(owner, judged)
    )


def _is_of_ties(opening: Opening, judged: Judged) -> bool:
    kinds = {judged.series.kinds[_peak(column, opening, judged).series] for column in opening.columns}
    return kinds == {TIE}


def _alarm(opening: Opening, judged: Judged, peaks: PeakTail, until: date | None) -> Alarm:
    ordered = _strongest_first(opening)
    score = opening.columns[ordered[0]]
    return Alarm(
        _date(judged.days[opening.first]),
        until,
        tuple(_shift(_peak(column, opening, judged), judged) for column in ordered),
        score,
        float(judged.thresholds[opening.first]),
        peaks.alarms_a_day(score),
    )


def _strongest_first(opening: Opening) -> list[int]:
    return sorted(opening.columns, key=lambda column: -opening.columns[column])


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


def _stays(opening: Opening, judged: Judged, day: int) -> bool:
    """Whether all weeks from the alarm to a later day are like the changed days.

    The level follows a change that lasts, so the scores sink while the values stay where they are. Where the
    median of a week is nearer to the peak than to what was expected at the opening, the change goes on.
    """
    peak = _peak(_strongest_first(opening)[0], opening, judged)
    rest = judged.scored.residuals
    before = rest.expected[peak.base, opening.first, peak.measure]
    moved = rest.observed[peak.base, peak.day, peak.measure] - before
    if not np.isfinite(moved) or not moved:
        return False
    after = (rest.observed[0, opening.last + 1 : day, peak.measure] - before) / moved
    weeks = [after[max(end - QUIET_DAYS, 0) : end] for end in range(len(after), 0, -QUIET_DAYS)]
    known = [week[np.isfinite(week)] for week in weeks]
    medians = [np.median(week) for week in known if len(week)]
    return bool(medians) and min(medians) > 1 / 2


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
