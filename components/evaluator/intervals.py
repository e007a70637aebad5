"""Confidence intervals that resample days, because rows of one day share its weather and its luck.

The method is the delete-one-group jackknife: Efron & Tibshirani, "An Introduction to the Bootstrap" (1993),
chapter 11; for clusters MacKinnon, Nielsen & Webb, "Fast and reliable jackknife and bootstrap methods for
cluster-robust inference", Journal of Applied Econometrics 38 (2023), where it is CV3. With few clusters it
errs, if at all, to the wide side (a percentile bootstrap over 7 days is too narrow), and it needs no seed.
Student's t with (groups - 1) degrees of freedom stands for the normal quantile, as Cameron, Gelbach & Miller,
"Bootstrap-based improvements for inference with clustered errors", Review of Economics and Statistics 90
(2008), advise for few clusters. Neighbouring days count as independent.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit  # type: ignore[import-untyped,unused-ignore]

RANDOM_GROUPS = 20
_SEED = 17


@dataclasses.dataclass(frozen=True)
class Interval:
    """An estimate and its confidence interval.

    Attributes:
        estimate: The statistic on all rows.
        low: Lower end; NaN where the statistic is undefined with some group left out.
        high: Upper end; NaN likewise.
        groups: Number of groups (days) it was resampled over.
    """

    estimate: float
    low: float
    high: float
    groups: int

    def ends(self) -> list[float] | None:
        """Returns `[low, high]`, or None where they are undefined."""
        return [self.low, self.high] if math.isfinite(self.low + self.high) else None


def jackknife(
    statistic: Callable[[npt.NDArray[np.bool_]], float], groups: npt.NDArray[Any], confidence: float
) -> Interval:
    """Computes an interval by leaving out one group of rows at a time.

    Args:
        statistic: Given a mask of rows to keep, shape (rows,), returns the statistic on them.
        groups: Each row's group, such as its day; shape (rows,), any comparable type.
        confidence: Two-sided confidence, such as 0.95.

    Returns:
        The interval; its ends are NaN with fewer than two groups.
    """
    names, codes = np.unique(groups, return_inverse=True)
    estimate = statistic(np.ones(len(codes), bool))
    count = len(names)
    if count < 2:
        return Interval(estimate, math.nan, math.nan, count)
    without = np.array([statistic(codes != group) for group in range(count)])
    error = math.sqrt((count - 1) / count * float(np.sum((without - estimate) ** 2)))
    half = float(stdtrit(count - 1, (1 + confidence) / 2)) * error
    return Interval(estimate, estimate - half, estimate + half, count)


def mean_interval(
    values: npt.NDArray[np.floating[Any]], groups: npt.NDArray[Any], confidence: float
) -> Interval:
    """Computes `jackknife` of the mean of `values`, shape (rows,)."""
    return jackknife(lambda keep: float(values[keep].mean()), groups, confidence)


def random_groups(rows: int) -> npt.NDArray[np.int64]:
    """Returns a group of 0 to 19 for each of `rows` rows, as even as can be and the same every time.

    For rows without a day: they are then the unit, and the groups only save computing.
    """
    return np.random.default_rng(_SEED).permutation(np.arange(rows) % RANDOM_GROUPS)
