"""Scores: how improbable a residual is by the tails of its own series; one currency for all measures."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from perennial.drift.residuals import ordered, ordered_quantile

Floats = npt.NDArray[np.float64]

_LEVEL: Final = 0.9
# The normal's tenth, as -log of its probability; what is beyond it is exponential with mean 1.
_START: Final = float(np.log(10))
# The prior: so many days beyond, as a normal would have them.
_PRIOR_COUNT: Final = 15
_PRIOR: Final = -np.log1p(-(np.arange(_PRIOR_COUNT) + 0.5) / _PRIOR_COUNT)
_SHAPES: Final = np.array([0.001, 0.1, 0.2, 0.35, 0.5])
# A series that never left its noise is taken to be normal; of one that did nothing is known before its days.
_STILL: Final = 3
_AS_NORMAL: Final = -30 * _SHAPES
_SCALES: Final = np.geomspace(0.7, 4.0, 7)
# An outage that is rarer by more than this counts as if it were not.
_OUTLYING: Final = 30.0
_MOST: Final = 300.0
_LN10: Final = float(np.log(10))


@dataclass(frozen=True)
class Tails:
    """Generalised Pareto tails of each series, upper side first, on -log of the normal's tail.

    Attributes:
        start: (2, series) where the tail begins.
        scale: (2, series); 1 if normal.
        shape: (2, series), above 0; near 0 if normal, more if heavier.
    """

    start: Floats
    scale: Floats
    shape: Floats


def fit_tails(series: Floats) -> Tails:
    """Fits both tails of each column of (days, series); NaN is left out.

    The method is peaks over threshold; shape and scale are means over a grid, weighed by likelihood.
    """
    count = np.isfinite(series).sum(axis=0)
    rows = ordered(series)
    length = int(np.ceil((1 - _LEVEL) * rows.shape[1])) + 1
    last = np.maximum(count[:, None] - 1 - np.arange(length), 0)
    upper = np.take_along_axis(rows, last, axis=1)
    ends = (ordered_quantile(rows, count, _LEVEL), -ordered_quantile(rows, count, 1 - _LEVEL))
    sides = [_fit_side(z, end) for z, end in zip((upper, -rows[:, :length]), ends, strict=True)]
    start, scale, shape = (np.stack([side[part] for side in sides]) for part in range(3))
    return Tails(start, scale, shape)


def _fit_side(largest: Floats, end: Floats) -> tuple[Floats, Floats, Floats]:
    """Start, scale and shape, each (series,), from the largest values (series, days) of an upper side."""
    start = np.maximum(_nepers(np.nan_to_num(end)), _START)
    excess = np.clip(_nepers(np.nan_to_num(largest, nan=-9.0)) - start[:, None], 0.0, _OUTLYING)
    beyond = excess > 0
    number = beyond.sum(axis=1)
    likelihood = np.empty((len(_SHAPES), len(_SCALES), len(start)))
    for row, shape in enumerate(_SHAPES):
        for column, scale in enumerate(_SCALES):
            own = np.log1p(excess * (shape / scale)).sum(axis=1)
            prior = float(np.log1p(_PRIOR * (shape / scale)).sum())
            likelihood[row, column] = -(1 + 1 / shape) * (own + prior) - (number + _PRIOR_COUNT) * np.log(
                scale
            )
            likelihood[row, column] += np.where(number < _STILL, _AS_NORMAL[row], 0.0)
    weight = np.exp(likelihood - likelihood.max(axis=(0, 1)))
    weight /= weight.sum(axis=(0, 1))
    shape = np.einsum("ijk,i->k", weight, _SHAPES)
    return start, np.exp(np.einsum("ijk,j->k", weight, np.log(_SCALES))), shape


def _nepers(z: Floats) -> Floats:
    """The negative logarithm of the normal's tail beyond z."""
    return -log_ndtr(-z)


def tail_scores(series: Floats, tails: Tails, tests: Floats) -> Floats:
    """-log10 of the two-sided tail probability of each entry of (..., series); NaN stays.

    Args:
        series: Standardised residuals.
        tails: Of each.
        tests: (series,) of how many tests each is the maximum: its normal probability is multiplied by it.
    """
    scores = np.full(series.shape, -np.inf)
    for side, sign in enumerate((1.0, -1.0)):
        own = _nepers(sign * series)
        scale, shape = tails.scale[side], tails.shape[side]
        beyond = np.maximum(own - tails.start[side], 0.0)
        fitted = np.log1p(shape * beyond / scale) / shape + _START
        # Nearer than the tail the normal's probability orders the days.
        fitted = np.where(own > tails.start[side], fitted, np.minimum(own, _START))
        scores = np.fmax(scores, np.minimum(fitted, np.maximum(own - np.log(tests), 0.0)))
    scores = (scores - np.log(2)) / _LN10
    return np.where(np.isfinite(series), np.clip(scores, 0.0, _MOST), np.nan)


def z_of_score(score: float, tails: Tails, tests: Floats) -> Floats:
    """The z at which each series has this score, (2, series): upper side, and the lower one's size."""
    low, high = np.zeros_like(tails.start), np.full_like(tails.start, 1e3)
    for _ in range(40):
        middle = (low + high) / 2
        reached = (
            np.stack([tail_scores(middle[0], tails, tests), tail_scores(-middle[1], tails, tests)]) >= score
        )
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high
