"""How far each day is from what the days before let expect: a weekday's part, the level, yesterday's rest."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# The level forgets half of what it knows in so many days.
HALF_LIFE: Final = 10.0
# The level needs so many days, each weighed by its age.
LEAST_DAYS: Final = 6.0
# A single day beyond so many scales moves the level, and a window, by no more.
_CLIP: Final = 3.0
# How many days' worth of zero are added to yesterday's coefficient.
_RIDGE: Final = 30.0


@dataclass(frozen=True)
class Baseline:
    """With what a day, or the mean of several, is compared.

    Attributes:
        name: `season`, `previous`, `training` or `pinned`.
        window: So many days together.
        lag: The reference ends so many days before the newest of them; 0: the level just before the window.
        length: The reference has so many days; 0: the level.
    """

    name: str
    window: int
    lag: int = 0
    length: int = 0


USUAL: Final = (
    Baseline("season", 1),
    Baseline("previous", 3),
    Baseline("previous", 7),
    Baseline("previous", 14),
)


@dataclass(frozen=True)
class DayExpectation:
    """What is fitted once on a history.

    Attributes:
        weekday: (7, measures) what each weekday adds, Monday first.
        yesterday: (measures,) the share of yesterday's rest that stays.
        clip: (measures,) the size of rest at which a day counts no more.
    """

    weekday: Floats
    yesterday: Floats
    clip: Floats


def fit_expectation(values: Floats, weekday: npt.NDArray[np.int64], use: Flags) -> DayExpectation:
    """Fits on the days of `use`; `values` is (days, measures) on a calendar without gaps, NaN where none."""
    known = np.where(use[:, None], values, np.nan)
    effect = weekday_effects(known, weekday)
    flat = values - effect[weekday]
    wide = np.full(values.shape[1], np.inf)
    level, _ = levels(flat, wide)
    rest = np.where(use[:, None], flat - level, np.nan)
    clip = _CLIP * np.maximum(_mad(rest), 1e-12)
    level, kept = levels(flat, clip)
    rest = np.where(use[:, None], kept - level, np.nan)
    before, after = rest[:-1], rest[1:]
    both = np.isfinite(before) & np.isfinite(after)
    cross = np.where(both, before * after, 0.0).sum(axis=0)
    square = np.where(both, before * before, 0.0).sum(axis=0)
    mean_square = square / np.maximum(both.sum(axis=0), 1)
    yesterday = np.clip(cross / np.maximum(square + _RIDGE * mean_square, 1e-300), 0.0, 0.9)
    return DayExpectation(effect, yesterday, clip)


def weekday_effects(values: Floats, weekday: npt.NDArray[np.int64]) -> Floats:
    """(7, measures): medians by weekday around the week's mean, shrunk by their error; 0 if unknown."""
    valid = np.isfinite(values)
    total = _moving(np.where(valid, values, 0.0), 7)
    count = _moving(valid.astype(np.float64), 7)
    centre = np.full_like(values, np.nan)
    np.divide(total, count, out=centre, where=count >= 4)
    centre[:-3], centre[-3:] = centre[3:].copy(), np.nan  # the week around the day, not the one before it
    rest = values - centre
    effect = np.zeros((7, values.shape[1]))
    error = np.zeros((7, values.shape[1]))
    for day in range(7):
        own = rest[weekday == day]
        weeks = np.isfinite(own).sum(axis=0)
        effect[day] = median(own)
        error[day] = 1.25 * _mad(own - effect[day]) / np.sqrt(np.maximum(weeks, 1))
        effect[day] = np.where(weeks >= 2, effect[day], 0.0)
    effect -= effect.mean(axis=0)
    signal = (effect**2).sum(axis=0)
    keep = 1 - (error**2).sum(axis=0) / np.maximum(signal, 1e-300)
    return effect * np.clip(keep, 0.0, 1.0)


def levels(values: Floats, clip: Floats) -> tuple[Floats, Floats]:
    """The level before each day, and each day as far as it counts; both (days, measures)."""
    forget = 0.5 ** (1 / HALF_LIFE)
    level = np.full_like(values, np.nan)
    kept = values.copy()
    valid = np.isfinite(values)
    filled = np.where(valid, values, 0.0)
    total, weight = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for day in range(len(values)):
        ready = weight >= LEAST_DAYS
        mean = total / np.maximum(weight, 1e-9)
        level[day, ready] = mean[ready]
        value = np.where(ready, np.minimum(np.maximum(filled[day], mean - clip), mean + clip), filled[day])
        kept[day, valid[day]] = value[valid[day]]
        total = forget * total + value * valid[day]
        weight = forget * weight + valid[day]
    return level, kept


@dataclass(frozen=True)
class Residuals:
    """By baseline, measure and day.

    Attributes:
        rest: (baselines, days, measures) observed minus expected; NaN where one is missing.
        expected: (baselines, days, measures).
        observed: (baselines, days, measures): the day's value, or the mean of the window.
    """

    rest: Floats
    expected: Floats
    observed: Floats


def residuals(
    values: Floats, weekday: npt.NDArray[np.int64], fitted: DayExpectation, baselines: tuple[Baseline, ...]
) -> Residuals:
    """Compares each day of a calendar without gaps, (days, measures), with each baseline."""
    effect = fitted.weekday[weekday]
    flat = values - effect
    level, kept = levels(flat, fitted.clip)
    shape = (len(baselines), *values.shape)
    expected, observed = np.empty(shape), np.empty(shape)
    for place, base in enumerate(baselines):
        if base.window == 1 and not base.length:
            before = np.vstack([np.zeros((1, values.shape[1])), (kept - level)[:-1]])
            expect = level + fitted.yesterday * np.nan_to_num(before) + effect
            observed[place], expected[place] = values, expect
        else:
            observed[place] = _window(kept, base.window)
            expected[place] = _shifted(level, base.window - 1) if not base.length else _reference(kept, base)
    return Residuals(observed - expected, expected, observed)


def _reference(kept: Floats, base: Baseline) -> Floats:
    return _shifted(_window(kept, base.length), base.lag)


def _window(values: Floats, window: int) -> Floats:
    """The mean of the last days where at least half of them and the day itself have a value."""
    valid = np.isfinite(values)
    total, count = _moving(np.where(valid, values, 0.0), window), _moving(valid.astype(np.float64), window)
    mean = np.full_like(values, np.nan)
    np.divide(total, count, out=mean, where=(count >= (window + 1) // 2) & valid)
    return mean


def _moving(values: Floats, window: int) -> Floats:
    """Sums of the last `window` rows, of fewer at the start."""
    total = np.cumsum(values, axis=0)
    total[window:] = total[window:] - total[:-window].copy()
    return total


def _shifted(values: Floats, days: int) -> Floats:
    if not days:
        return values
    moved = np.full_like(values, np.nan)
    if days < len(values):
        moved[days:] = values[:-days]
    return moved


def median(values: Floats) -> Floats:
    """The median of each column of (days, measures), leaving out NaN; NaN where there is nothing."""
    return quantile(values, 0.5)


def quantile(values: Floats, level: float) -> Floats:
    """A quantile of each column of (days, measures), leaving out NaN; NaN where there is nothing."""
    if not len(values):
        return np.full(values.shape[1], np.nan)
    return ordered_quantile(ordered(values), np.isfinite(values).sum(axis=0), level)


def ordered(values: Floats) -> Floats:
    """Each column of (days, measures) sorted, NaN last: (measures, days), which is much faster to sort."""
    turned = np.ascontiguousarray(values.T)
    turned.sort(axis=1)
    return turned


def ordered_quantile(rows: Floats, count: npt.NDArray[np.int64], level: float) -> Floats:
    """As `quantile`, of `ordered` values."""
    place = level * np.maximum(count - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    places = np.arange(len(rows))
    low, high = rows[places, below], rows[places, above]
    return np.where(count > 0, low + (place - below) * (high - low), np.nan)


def _mad(values: Floats) -> Floats:
    """1.4826 times the median distance from the median: a deviation, if normal."""
    return 1.4826 * np.nan_to_num(median(np.abs(values - median(values))))
