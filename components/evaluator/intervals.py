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
from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped,unused-ignore]

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


@dataclasses.dataclass(frozen=True)
class SliceDifferences:
    """A paired difference on each of several slices of rows; arrays of shape (slices,).

    Attributes:
        estimates: One statistic minus another.
        p_values: Of the hypothesis that the true difference is not above 0, by Student's t on the slice's
            groups less 1; NaN with fewer than two groups.
        groups: Number of groups (days) that have rows of the slice.
    """

    estimates: npt.NDArray[np.float64]
    p_values: npt.NDArray[np.float64]
    groups: npt.NDArray[np.int64]


def slice_differences(
    whole: Callable[[npt.NDArray[Any]], npt.NDArray[Any]],
    slices: npt.NDArray[np.integer[Any]],
    groups: npt.NDArray[Any],
    values: npt.NDArray[Any],
    others: npt.NDArray[Any],
) -> SliceDifferences:
    """Computes `jackknife` of a paired difference on every slice at once.

    Args:
        whole: The statistic of an array of means of `values` or of `others`, such as their root.
        slices: Slice of each row, counted from 0; shape (rows,).
        groups: Group of each row, such as its day; shape (rows,).
        values: Shape (rows,).
        others: Shape (rows,), of the same rows.
    """
    names, codes = np.unique(groups, return_inverse=True)
    shape = (int(slices.max()) + 1, len(names))
    cells = slices * shape[1] + codes
    counts, *sums = (
        np.bincount(cells, weights, shape[0] * shape[1]).reshape(shape) for weights in (None, values, others)
    )
    total = counts.sum(1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (whole(each.sum(1, keepdims=True) / total) for each in sums)
        estimates = one - other
        # A slice of one group has nothing left without it.
        left, right = (whole((each.sum(1, keepdims=True) - each) / (total - counts)) for each in sums)
        without = np.where(counts > 0, left - right - estimates, 0.0)
        present = (counts > 0).sum(1)
        errors = np.sqrt((present - 1) / present * np.sum(without**2, axis=1))
        t = estimates[:, 0] / errors
    p_values = np.where(np.isnan(t), 1.0, 1 - stdtr(np.maximum(present - 1, 1), t))
    return SliceDifferences(estimates[:, 0], np.where(present > 1, p_values, np.nan), present)


def significant(p_values: npt.NDArray[np.float64], level: float) -> npt.NDArray[np.bool_]:
    """Returns which of several hypotheses are rejected, so that a true one is at most at `level`.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
    (1979).

    Args:
        p_values: Shape (hypotheses,), without NaN.
        level: Chance that any true hypothesis is rejected, such as 0.05.

    Returns:
        Shape (hypotheses,).
    """
    order = np.argsort(p_values, kind="stable")
    small = p_values[order] <= level / np.arange(len(order), 0, -1)
    rejected = np.zeros(len(order), bool)
    rejected[order] = np.logical_and.accumulate(small) if len(order) else small
    return rejected


def random_groups(rows: int) -> npt.NDArray[np.int64]:
    """Returns a group of 0 to 19 for each of `rows` rows, as even as can be and the same every time.

    For rows without a day: they are then the unit, and the groups only save computing.
    """
    return np.random.default_rng(_SEED).permutation(np.arange(rows) % RANDOM_GROUPS)
