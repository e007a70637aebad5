"""Scores: how improbable a residual is, from each series' own tails; a common currency for all measures."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from perennial.drift.residuals import ordered_quantile

Floats = npt.NDArray[np.float64]

_LEVEL: Final = 0.9
# A tail begins no nearer than the normal's tenth does; its mean excess is there, its shape about, these.
_NORMAL_START: Final = 1.2816
_NORMAL_EXCESS: Final = 0.47
_SHAPE: Final = 0.1
_PRIOR_COUNT: Final = 15.0
_SHAPE_COUNT: Final = 25.0
_MOST: Final = 300.0
_LN10: Final = float(np.log(10))


@dataclass(frozen=True)
class Tails:
    """Generalised Pareto tails of each series, upper side first.

    Attributes:
        start: (2, series) where the tail begins, on z or -z.
        scale: (2, series).
        shape: (2, series), above 0: heavy tails.
    """

    start: Floats
    scale: Floats
    shape: Floats


def fit_tails(series: Floats) -> Tails:
    """Fits both tails of each column of (days, series); NaN is left out.

    The method is peaks over threshold with moments, shrunk towards the normal's tail and the mean shape of all series.
    """
    sides = [_fit_side(side) for side in (series, -series)]
    shapes, counts = np.stack([side[2] for side in sides]), np.stack([side[3] for side in sides])
    enough = counts >= 10
    pooled = float(np.clip(np.median(shapes[enough]), 0.0, 0.3)) if enough.any() else _SHAPE
    shape = np.clip((counts * shapes + _SHAPE_COUNT * pooled) / (counts + _SHAPE_COUNT), 0.01, 0.9)
    start, mean = np.stack([side[0] for side in sides]), np.stack([side[1] for side in sides])
    return Tails(start, mean * (1 - shape), shape)


def _fit_side(series: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    count = np.isfinite(series).sum(axis=0)
    start = ordered_quantile(np.sort(series, axis=0), count, _LEVEL)
    start = np.maximum(np.nan_to_num(start), _NORMAL_START)
    with np.errstate(invalid="ignore"):
        excess = np.where(series > start, series - start, 0.0)
        number = (series > start).sum(axis=0).astype(np.float64)
    total, squares = excess.sum(axis=0), (excess**2).sum(axis=0)
    mean = (total + _PRIOR_COUNT * _NORMAL_EXCESS) / (number + _PRIOR_COUNT)
    own = total / np.maximum(number, 1)
    variance = squares / np.maximum(number, 1) - own**2
    shape = np.where(number >= 5, 0.5 * (1 - own**2 / np.maximum(variance, 1e-12)), 0.0)
    return start, np.maximum(mean, 0.3), np.clip(shape, -0.2, 1.0), number


def tail_scores(series: Floats, tails: Tails, tests: Floats) -> Floats:
    """-log10 of the two-sided tail probability of each entry of (..., series); NaN stays.

    Args:
        series: Standardised residuals.
        tails: Of each.
        tests: (series,) of how many tests each is the maximum: its normal probability is multiplied by it.
    """
    scores = np.full(series.shape, np.nan)
    for side, sign in enumerate((1.0, -1.0)):
        z = sign * series
        beyond = np.maximum(z - tails.start[side], 0.0)
        fitted = np.log(1 - _LEVEL) - np.log1p(tails.shape[side] * beyond / tails.scale[side]) / tails.shape[side]
        normal = log_ndtr(-z) + np.log(tests)
        # Nearer than the tail the normal's probability orders the days; it is never above the tail's.
        fitted = np.where(z > tails.start[side], fitted, np.minimum(0.0, np.maximum(normal, np.log(1 - _LEVEL))))
        score = -(np.maximum(fitted, normal) + np.log(2)) / _LN10
        scores = np.fmax(scores, score)
    return np.where(np.isfinite(series), np.clip(scores, 0.0, _MOST), np.nan)


def z_of_score(score: float, tails: Tails, tests: Floats) -> Floats:
    """The z at which each series has this score, (2, series): upper side, and the lower one's size."""
    low, high = np.zeros_like(tails.start), np.full_like(tails.start, 1e4)
    for _ in range(60):
        middle = (low + high) / 2
        reached = np.stack(
            [tail_scores(middle[0], tails, tests), tail_scores(-middle[1], tails, tests)]
        ) >= score
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high
