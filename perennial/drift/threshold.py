"""The threshold of the day's score: peaks of the past for where it is, and a tracked error to hold the rate."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.alarms import AlarmRules, openings

Floats = npt.NDArray[np.float64]

# Scores are -log10 of a probability: without dependence their excesses would have this mean.
_EXCESS: Final = 1 / float(np.log(10))
_PRIOR_PEAKS: Final = 10.0
# As much as so many expected alarms the peaks' tail says beside the alarms themselves.
_PRIOR_ALARMS: Final = 5.0
_PEAK_LEVEL: Final = 0.85
# How far one alarm raises the threshold, in mean excesses; each day without one lowers it by that much times the rate.
_STEP: Final = 0.25
_REFIT_DAYS: Final = 14
FIRST_DAYS: Final = 42


@dataclass(frozen=True)
class PeakTail:
    """How often alarms open above a score: `rate * exp(-(score - start) / excess)` a day, above `start`."""

    start: float
    rate: float
    excess: float

    def alarms_a_day(self, score: float) -> float:
        """Alarms a day with at least this score; below `start` that of `start`."""
        return self.rate * float(np.exp(-max(score - self.start, 0.0) / self.excess))

    def score_at(self, per_day: float) -> float:
        """The score that opens so many alarms a day."""
        return self.start + self.excess * float(np.log(max(self.rate / per_day, 1e-12)))


def fit_peaks(scores: Floats) -> PeakTail:
    """The tail of the peaks of alarms, of scores (days, columns); days without a score are left out."""
    largest = day_scores(scores)
    known = largest[np.isfinite(largest)]
    if not len(known):
        return PeakTail(0.0, 1.0, _EXCESS)
    start = float(np.quantile(known, _PEAK_LEVEL))
    alarms = openings(scores, np.where(np.isfinite(largest), start, np.nan))
    excess = [max(alarm.columns.values()) - start for alarm in alarms]
    mean = (sum(excess) + _PRIOR_PEAKS * _EXCESS) / (len(excess) + _PRIOR_PEAKS)
    return PeakTail(start, max(len(alarms), 0.5) / len(known), max(mean, 0.5 * _EXCESS))


def fit_threshold(scores: Floats, per_day: float) -> float:
    """The score above which alarms open at this rate, from the peaks' tail and from the alarms themselves."""
    largest = day_scores(scores)
    known = np.isfinite(largest)
    by_tail = fit_peaks(scores).score_at(per_day)
    expected = per_day * known.sum()
    if expected < 1:
        return by_tail
    by_count = _counted(scores, known, expected)
    return float((expected * by_count + _PRIOR_ALARMS * by_tail) / (expected + _PRIOR_ALARMS))


def _counted(scores: Floats, known: npt.NDArray[np.bool_], expected: float) -> float:
    """The threshold at which so many alarms would have opened."""
    low, high = float(np.nanmedian(day_scores(scores))), float(np.nanmax(scores))
    for _ in range(14):
        middle = (low + high) / 2
        if len(openings(scores, np.where(known, middle, np.nan))) > expected:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True)
class Tracked:
    """A threshold that follows its own errors.

    Attributes:
        thresholds: (days,) as of each day, from the days before it; NaN before there is one.
        offset: What the errors of the past add to a threshold that is fitted now.
    """

    thresholds: Floats
    offset: float


def track(scores: Floats, per_day: float, step: float = _STEP) -> Tracked:
    """Follows a history, (days, columns): raised by each alarm, lowered by each day without one.

    This is the quantile tracker with an error integrator of "Conformal PID Control for Time Series Prediction"
    (Angelopoulos, Candès and Tibshirani, 2023, arXiv 2307.16895), with openings of alarms as errors; it stands still
    while an alarm is open. Its base is fitted anew every fortnight.
    """
    known = np.isfinite(day_scores(scores))
    thresholds = np.full(len(scores), np.nan)
    rules, offset, base, since, seen = AlarmRules(), 0.0, np.nan, _REFIT_DAYS, 0
    for day in range(len(scores)):
        if seen >= FIRST_DAYS and since >= _REFIT_DAYS:
            base, since = fit_threshold(scores[:day], per_day), 0
        since += 1
        if not known[day]:
            continue
        seen += 1
        if np.isnan(base):
            continue
        thresholds[day] = base + offset
        opened = rules.step(day, scores[day], thresholds[day])
        if opened or not rules.open:
            offset += step * _EXCESS * (opened - per_day)
    return Tracked(thresholds, offset)


def day_scores(scores: Floats) -> Floats:
    """The largest score of each day, of (days, columns); NaN where none is."""
    if not scores.shape[1]:
        return np.full(len(scores), np.nan)
    largest = np.where(np.isfinite(scores), scores, -np.inf).max(axis=1)
    return np.where(np.isfinite(largest), largest, np.nan)
