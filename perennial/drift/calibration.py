"""Calibrates on an accepted history: one object with all that judging other days needs."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.alarm_records import Alarm
from perennial.drift.baselines import baselines_of
from perennial.drift.causes import Judged, alarms_of, column_scores
from perennial.drift.codings import Codings, codings_of
from perennial.drift.compared_days import compare, fit_expected
from perennial.drift.day_grid import DayGrid, grid_of
from perennial.drift.day_judgement import DayJudgement
from perennial.drift.day_summaries import DayTable
from perennial.drift.joint import JointModel
from perennial.drift.measures import Measure, measured
from perennial.drift.rate import Rate
from perennial.drift.residuals import Baseline
from perennial.drift.score_series import ScoreSeries, series_of
from perennial.drift.scoring import Scored, Scoring, fair_scores, fit_scoring, score_days
from perennial.drift.threshold import PeakTail, day_scores, fit_peaks, fit_threshold, thresholds_by_day
from perennial.errors import UsageError

Floats = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]

# So many days of a history can be judged by; the first ones have no level yet.
LEAST_DAYS: Final = 60
# So many of the last days are enough for the levels of the days after them.
_TAIL_DAYS: Final = 120
# At rarer rates than 1 per quarter two months are too few: docs/decisions/drift-scores.md.
_QUARTER: Final = 92
# The threshold where no day has a score yet.
_NEVER: Final = 1e9


@dataclass(frozen=True)
class Calibration:
    """What a judgement needs, and what its page shows; `calibration_file` writes and reads it.

    D days of the history without gaps, M measures, B baselines, S series, C columns.

    Attributes:
        rate: The stated rate of false alarms.
        grid: The days of the history: (D,) each.
        measures: What is measured, (M,).
        codings: By which, of each column by itself.
        joint: By which, of each column with the others; it has no columns where days have no sampled rows.
        baselines: With what each day is compared, (B,).
        values: (D, M), NaN where not measured or left out.
        noise: (D, M).
        scoring: What was fitted.
        scores: (D, C) of each column, each day by what was fitted on other days; NaN where not checked.
        thresholds: (D,) as it was on each day; NaN where there was none.
        threshold: For the days to come.
        peaks: How often alarms open above a score.
        needed: How many more days are needed; 0 if calibrated.
        unused: Names of baselines that were asked for and cannot be compared with, each with the reason.
    """

    rate: Rate
    grid: DayGrid
    measures: tuple[Measure, ...]
    codings: Codings
    joint: JointModel
    baselines: tuple[Baseline, ...]
    values: Floats
    noise: Floats
    scoring: Scoring
    scores: Floats
    thresholds: Floats
    threshold: float
    peaks: PeakTail
    needed: int
    unused: tuple[tuple[str, str], ...] = ()

    @property
    def calibrated(self) -> bool:
        """Whether the history is long enough for the rate."""
        return not self.needed

    @property
    def state(self) -> str:
        """`calibrated` or `not calibrated`."""
        return "calibrated" if self.calibrated else "not calibrated"

    @property
    def days_needed(self) -> int:
        """How many more days of history are needed; 0 if calibrated."""
        return self.needed

    @property
    def days(self) -> Dates:
        """The days of the history, (D,)."""
        return self.grid.days

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `scores`; the empty name is the number of rows."""
        return tuple(dict.fromkeys(self.series.columns))

    @property
    def series(self) -> ScoreSeries:
        """The series of scores."""
        return series_of(self.measures)

    @property
    def day_scores(self) -> Floats:
        """(D,) the largest score of each day."""
        return day_scores(self.scores)

    @cached_property
    def history(self) -> Judged:
        """The history with its scores; by baseline and series they are by what was fitted on all of it."""
        scored = self._scored(self.values, self.noise, self.grid)
        return self._judged(self.grid, scored, self.scores, self.thresholds)

    def alarms(self) -> tuple[Alarm, ...]:
        """What would have alarmed in the history."""
        return alarms_of(self.history, self.peaks)

    def judge(self, days: DayTable) -> DayJudgement:
        """Judges days after the history; one of the history is judged as if it followed the rest.

        Not calibrated: no threshold, so no alarm. A day is not checked for a column if it has too few rows
        of it.
        """
        new = measured(days, self.codings, self.joint)
        grid = self.grid.followed_by(days.days)
        kept = max(len(self.grid.days) - _TAIL_DAYS, 0)
        if any(base.length for base in self.baselines):
            kept = 0
        values, noise = self._joined(grid, days.days, new.values, new.noise)
        part = grid.since(kept)
        scored = self._scored(values[kept:], noise[kept:], part)
        judged = np.isin(part.days, days.days)
        scores = np.where(judged[:, None], column_scores(scored.scores, self.series), np.nan)
        thresholds = np.where(judged & self.calibrated, self.threshold, np.nan)
        whole = self._judged(part, scored, scores, thresholds)
        return DayJudgement(whole, np.flatnonzero(judged), alarms_of(whole, self.peaks))

    def _scored(self, values: Floats, noise: Floats, grid: DayGrid) -> Scored:
        compared = compare(values, noise, grid.calendar, self.scoring.expectation, self.baselines)
        return score_days(compared, self.scoring, self.measures, self.baselines)

    def _joined(self, grid: DayGrid, days: Dates, values: Floats, noise: Floats) -> tuple[Floats, Floats]:
        """The history, and after it the new days on the calendar without gaps."""
        joined, errors = (np.full((len(grid.days), len(self.measures)), np.nan) for _ in range(2))
        joined[: len(self.values)], errors[: len(self.noise)] = self.values, self.noise
        at = np.searchsorted(grid.days, days)
        joined[at], errors[at] = values, noise
        return joined, errors

    def _judged(self, grid: DayGrid, scored: Scored, scores: Floats, thresholds: Floats) -> Judged:
        return Judged(grid.days, scored, scores, thresholds, self.measures, self.series, self.baselines)


def calibrate(
    days: DayTable,
    rate: Rate,
    *,
    calendar: Collection[date] = (),
    baselines: Collection[str] = ("season", "previous", "training"),
    excluded: Collection[date] = (),
    confirmed: Collection[date] = (),
    training: Collection[date] | None = None,
    pinned: Collection[date] | None = None,
) -> Calibration:
    """Calibrates on a history.

    Args:
        days: The accepted history.
        rate: The stated rate of false alarms.
        calendar: Days that are known to be odd, of the past and to come.
        baselines: Names of those to compare with.
        excluded: Days of an alarm that nobody judged yet. They are in no level and no scale, but what opened
            on them counts as an alarm of the threshold: else leaving alarms out would bring more of them.
        confirmed: Days of alarms that a person confirmed: they do not count at all.
        training: The days that the live model was trained on.
        pinned: The days that the user compares with.
    """
    excluded_days, confirmed_days = (
        np.array(sorted(each), "datetime64[D]") for each in (excluded, confirmed)
    )
    days = _without(days, np.isin(days.days, confirmed_days))
    if not len(days.days):
        raise UsageError(
            "There is no day to calibrate on.", "Run `run` on exports first, and accept their spans."
        )
    grid = grid_of(days.days, calendar, excluded_days)
    known = _without(days, np.isin(days.days, excluded_days))
    codings, joint = codings_of(known), JointModel.fit(known)
    new = measured(days, codings, joint)
    values, noise = (np.full((len(grid.days), len(new.measures)), np.nan) for _ in range(2))
    at = np.searchsorted(grid.days, days.days)
    values[at], noise[at] = new.values, new.noise
    use = np.isfinite(values).any(axis=1) & ~grid.calendar.left_out
    chosen, unused = baselines_of(grid.days, baselines, training, pinned)
    expectation = fit_expected(values, grid.calendar, use)
    compared = compare(values, noise, grid.calendar, expectation, chosen)
    scoring = fit_scoring(compared, expectation, use, new.measures, chosen)
    fair = column_scores(
        fair_scores(compared, expectation, use, new.measures, chosen), series_of(new.measures)
    )
    threshold = fit_threshold(fair, rate.per_day) if np.isfinite(fair).any() else _NEVER
    return Calibration(
        rate=rate,
        grid=grid,
        measures=new.measures,
        codings=codings,
        joint=joint,
        baselines=chosen,
        values=values,
        noise=noise,
        scoring=scoring,
        scores=fair,
        thresholds=thresholds_by_day(fair, rate.per_day),
        threshold=threshold,
        peaks=fit_peaks(fair),
        needed=days_needed(int(use.sum()), rate),
        unused=unused,
    )


def days_needed(days: int, rate: Rate) -> int:
    """How many more days a history needs: two months, or at a rarer rate the mean time between two alarms."""
    return max(0, (LEAST_DAYS if rate.days <= _QUARTER else int(np.ceil(rate.days))) - days)


def _without(days: DayTable, left_out: npt.NDArray[np.bool_]) -> DayTable:
    return days.only(~left_out) if left_out.any() else days
