"""The pooled robust scale: how much a measure varies beyond its rows' noise, shared within its kind."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.residuals import median, ordered, ordered_quantile

Floats = npt.NDArray[np.float64]

# As much as so many days the kind says of a measure's scale.
_PRIOR_DAYS: Final = 20.0
_NORMAL_90: Final = 2 * 1.6449
_NORMAL_98: Final = 2 * 2.3263
# What is the same on most days and far away on a few, as rain is, varies by these few.
_BURSTS: Final = 0.6


def fit_scale(rest: Floats, noise: Floats, kinds: Sequence[str]) -> tuple[Floats, Floats]:
    """Centre and scale of each column of residuals (days, measures), noise (measures,); the scale is never 0.

    The scale is the largest of three robust ones (median distance, range of the inner 90% and, counted less,
    of the inner 98%), shrunk on its logarithm towards the kind's, in multiples of the noise that the number
    of rows alone makes, and not below that noise.
    """
    count = np.isfinite(rest).sum(axis=0)
    rows = ordered(rest)
    centre = np.nan_to_num(ordered_quantile(rows, count, 0.5))
    near = 1.4826 * median(np.abs(rest - centre))
    inner = ordered_quantile(rows, count, 0.95) - ordered_quantile(rows, count, 0.05)
    outer = ordered_quantile(rows, count, 0.99) - ordered_quantile(rows, count, 0.01)
    own = np.nan_to_num(np.maximum(np.maximum(near, inner / _NORMAL_90), _BURSTS * outer / _NORMAL_98))
    floor = np.maximum(np.nan_to_num(noise), 1e-9)
    ratio = np.log(np.maximum(own / floor, 1.0))
    pooled = np.zeros_like(ratio)
    names = np.array(kinds)
    for kind in np.unique(names):
        of_kind = names == kind
        counted = of_kind & (count >= 14) & (own > 0)
        pooled[of_kind] = np.median(ratio[counted]) if counted.any() else 0.0
    shrunk = (count * ratio + _PRIOR_DAYS * pooled) / (count + _PRIOR_DAYS)
    return centre, floor * np.exp(shrunk)
