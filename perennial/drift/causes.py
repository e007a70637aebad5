"""Scores become alarms: what moves together is one, with the strongest shift of each column."""

from dataclasses import dataclass
from datetime import date

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
    shifts = tuple(_shift(column, opening, judged) for column, _ in ordered)
    return Alarm(
        _date(judged.days[opening.first]),
        None if opening.closed is None else _date(judged.days[opening.last]),
        shifts,
        ordered[0][1],
        float(judged.thresholds[opening.first]),
        peaks.alarms_a_day(ordered[0][1]),
    )


def _shift(column: int, opening: Opening, judged: Judged) -> Shift:
    """The strongest measure and baseline of a column within its alarm."""
    name = list(dict.fromkeys(judged.series.columns))[column]
    places = [place for place, each in enumerate(judged.series.columns) if each == name]
    span = np.arange(opening.first, opening.last + 1)
    span = span[np.isfinite(judged.thresholds[span])]
    scores = judged.scored.scores[span][:, :, places]
    day, base, part = np.unravel_index(int(np.nanargmax(scores)), scores.shape)
    at, series = int(span[day]), places[int(part)]
    measure = _strongest(judged, at, int(base), series)
    rest = judged.scored.residuals
    own = judged.measures[measure]
    seen, expected = (
        float(own.own(np.array([part_of[base, at, measure]]))[0])
        for part_of in (rest.observed, rest.expected)
    )
    kind = judged.series.kinds[series]
    baseline = judged.baselines[int(base)]
    score = float(scores[day, base, part])
    return Shift(name, kind, baseline.name, baseline.window, seen, expected, own.unit, score, own.value_text)


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
