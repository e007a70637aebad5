"""The threshold of the day's score: from past peaks, and from how often alarms would have opened."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.alarms import openings

Floats = npt.NDArray[np.float64]

# Scores are -log10 of a probability: without dependence their excesses would have this mean.
_EXCESS: Final = 1 / float(np.log(10))
_PRIOR_PEAKS: Final = 10.0
# As much as so many expected alarms the peaks' tail says beside the alarms themselves.
_PRIOR_ALARMS: Final = 5.0
_OUTLYING: Final = 5.0
_PEAK_LEVEL: Final = 0.85
_REFIT_DAYS: Final = 28
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
    excess = np.array([max(alarm.columns.values()) - start for alarm in alarms])
    if len(excess):  # an outage or two says nothing of how the tail of usual days falls
        excess = np.minimum(excess, _OUTLYING * float(np.median(excess)))
    mean = (float(excess.sum()) + _PRIOR_PEAKS * _EXCESS) / (len(excess) + _PRIOR_PEAKS)
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
    """The threshold at which so many alarms would have opened: between those of two whole numbers of alarms.

    Of n alarms above a threshold that is just one of their peaks, half a one counts.
    """
    number = max(expected - 0.5, 0.0)
    fewer = int(number)
    high, low = (_opened_at_most(scores, known, alarms) for alarms in (fewer, fewer + 1))
    return high + (low - high) * (number - fewer)


def _opened_at_most(scores: Floats, known: npt.NDArray[np.bool_], alarms: int) -> float:
    """The lowest threshold above which no more alarms would have opened."""
    low, high = float(np.nanmedian(day_scores(scores))), float(np.nanmax(scores))
    for _ in range(14):
        middle = (low + high) / 2
        if len(openings(scores, np.where(known, middle, np.nan))) > alarms:
            low = middle
        else:
            high = middle
    return high


def thresholds_by_day(scores: Floats, per_day: float) -> Floats:
    """The threshold as it was on each day, (days,), of a history (days, columns); NaN where there was none.

    It is fitted anew every four weeks on the days before. (A quantile tracker with an error integrator, arXiv
    2307.16895, was no nearer to the stated rate: docs/decisions/drift-scores.md.)
    """
    known = np.isfinite(day_scores(scores))
    thresholds = np.full(len(scores), np.nan)
    seen = np.cumsum(known)
    for day in range(0, len(scores), _REFIT_DAYS):
        if day and seen[day - 1] >= FIRST_DAYS:
            thresholds[day : day + _REFIT_DAYS] = fit_threshold(scores[:day], per_day)
    return np.where(known, thresholds, np.nan)


def day_scores(scores: Floats) -> Floats:
    """The largest score of each day, of (days, columns); NaN where none is."""
    if not scores.shape[1]:
        return np.full(len(scores), np.nan)
    largest = np.where(np.isfinite(scores), scores, -np.inf).max(axis=1)
    return np.where(np.isfinite(largest), largest, np.nan)
