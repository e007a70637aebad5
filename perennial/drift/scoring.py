"""Scores by day, baseline and series: residual, scale and tail, fitted on a history and applied to any days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.measures import Measure
from perennial.drift.residuals import (
    USUAL,
    Baseline,
    Expectation,
    Flags,
    Residuals,
    fit_expectation,
    median,
    residuals,
)
from perennial.drift.scale import fit_scale
from perennial.drift.tails import Tails, fit_tails, tail_scores

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# The kind of a series that is the largest of the shares of a column's values.
MIX: Final = "mix"
_BLOCK_DAYS: Final = 14
_FOLDS: Final = 4


@dataclass(frozen=True)
class Series:
    """Which measures are one series of scores: each its own, but the shares of a column's values together.

    Attributes:
        columns: (series,) names.
        kinds: (series,) kinds; `mix` for shares of values.
        of: (measures,) the series of each measure.
        tests: (series,) how many measures each has.
    """

    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    of: Indices
    tests: Floats


def series_of(measures: Sequence[Measure]) -> Series:
    """The series of these measures, in their order."""
    keys = [(each.column, MIX if each.kind == "value" else each.kind) for each in measures]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    of = np.array([places[key] for key in keys], np.int64)
    tests = np.bincount(of, minlength=len(places)).astype(np.float64)
    return Series(tuple(key[0] for key in places), tuple(key[1] for key in places), of, tests)


@dataclass(frozen=True)
class Calendar:
    """A calendar without gaps, as rows of all arrays.

    Attributes:
        weekday: (days,) 0 to 6; all 0 where the days are no real ones in succession.
        odd: (days,) whether a day is known to be odd, and compared with its like.
        left_out: (days,) whether a day is compared with the others, but is in no level.
    """

    weekday: Indices
    odd: Flags
    left_out: Flags

    @property
    def apart(self) -> Flags:
        """(days,) the days that are in no level."""
        return self.odd | self.left_out


@dataclass(frozen=True)
class Scoring:
    """What is fitted on a history.

    Attributes:
        expectation: Of each measure.
        noise: (measures,) the usual noise.
        centre: (baselines, measures).
        scale: (baselines, measures), above 0.
        odd_centre: (measures,) by how much odd days differ; NaN where there are too few.
        odd_scale: (measures,).
        tails: Of baselines × series.
    """

    expectation: Expectation
    noise: Floats
    centre: Floats
    scale: Floats
    odd_centre: Floats
    odd_scale: Floats
    tails: Tails


@dataclass(frozen=True)
class Scored:
    """Scores of days.

    Attributes:
        scores: (days, baselines, series); NaN where not checked.
        z: (baselines, days, measures).
        residuals: From which they are.
        width: (baselines, days, measures) by which residuals are divided.
    """

    scores: Floats
    z: Floats
    residuals: Residuals
    width: Floats


_FEWEST_ODD: Final = 3


def fit_scoring(
    values: Floats,
    noise: Floats,
    calendar: Calendar,
    use: Flags,
    measures: Sequence[Measure],
    baselines: tuple[Baseline, ...] = USUAL,
) -> Scoring:
    """Fits on the days of `use`; values and noise are (days, measures), of days without gaps."""
    plain = np.where(calendar.apart[:, None], np.nan, values)
    expectation = fit_expectation(plain, calendar.weekday, use)
    usual = np.nan_to_num(median(noise[use]))
    found_rest = residuals(plain, calendar.weekday, expectation, baselines)
    kinds = [each.kind for each in measures]
    pairs = [
        fit_scale(found_rest.rest[place][use], usual / np.sqrt(base.window), kinds)
        for place, base in enumerate(baselines)
    ]
    centre, scale = np.stack([pair[0] for pair in pairs]), np.stack([pair[1] for pair in pairs])
    odd_centre, odd_scale = _odd(values, calendar, expectation, use, centre, scale)
    unfinished = Scoring(
        expectation, usual, centre, scale, odd_centre, odd_scale, Tails(*(np.zeros((2, 0)),) * 3)
    )
    _, z, _ = _standardised(plain, noise, calendar, unfinished, baselines)
    grouped = _grouped(z, series_of(measures))[:, use]
    tails = fit_tails(np.moveaxis(grouped, 1, 0).reshape(int(use.sum()), -1))
    return Scoring(expectation, usual, centre, scale, odd_centre, odd_scale, tails)


def _odd(
    values: Floats, calendar: Calendar, expectation: Expectation, use: Flags, centre: Floats, scale: Floats
) -> tuple[Floats, Floats]:
    """Centre and scale of the odd days' own residuals; NaN with fewer than three."""
    own = calendar.odd & use
    measures = values.shape[1]
    if own.sum() < _FEWEST_ODD:
        return np.full(measures, np.nan), np.full(measures, np.nan)
    rest = _odd_residuals(values, calendar, expectation).rest[0][own]
    middle = median(rest)
    spread = 1.4826 * median(np.abs(rest - middle))
    return middle - centre[0], np.maximum(np.nan_to_num(spread) * 1.5, scale[0])


def _odd_residuals(values: Floats, calendar: Calendar, expectation: Expectation) -> Residuals:
    """Residuals of odd days against a level that the others make."""
    plain = np.where(calendar.apart[:, None], np.nan, values)
    usual = residuals(plain, calendar.weekday, expectation, USUAL[:1])
    return Residuals(values - usual.expected, usual.expected, values[None], np.isfinite(values)[None] * 1.0)


def _standardised(
    values: Floats, noise: Floats, calendar: Calendar, scoring: Scoring, baselines: tuple[Baseline, ...]
) -> tuple[Residuals, Floats, Floats]:
    plain = np.where(calendar.apart[:, None], np.nan, values)
    rest = residuals(plain, calendar.weekday, scoring.expectation, baselines)
    extra = np.maximum(np.nan_to_num(noise) ** 2 - scoring.noise**2, 0.0)
    windows = np.array([base.window for base in baselines], np.float64)[:, None, None]
    width = np.sqrt(scoring.scale[:, None, :] ** 2 + extra[None] / windows)
    z = (rest.rest - scoring.centre[:, None, :]) / width
    if calendar.apart.any():
        own = _odd_residuals(values, calendar, scoring.expectation)
        at, odd = calendar.apart, calendar.odd
        rest.observed[0][at], rest.expected[0][at] = own.observed[0][at], own.expected[0][at]
        rest.expected[0][odd] += scoring.odd_centre
        rest.rest[0][at] = rest.observed[0][at] - rest.expected[0][at]
        width[0][odd] = np.sqrt(scoring.odd_scale**2 + extra[odd])
        z[0][at] = (rest.rest[0][at] - scoring.centre[0]) / width[0][at]
    return rest, np.clip(z, -1e3, 1e3), width


def _grouped(z: Floats, series: Series) -> Floats:
    """(baselines, days, series): z of the measure, or of a mix the largest size of z; NaN where there is none."""
    grouped = np.full((*z.shape[:2], len(series.columns)), np.nan)
    for place, kind in enumerate(series.kinds):
        own = np.flatnonzero(series.of == place)
        if kind == MIX:
            size = np.where(np.isfinite(z[:, :, own]), np.abs(z[:, :, own]), -np.inf).max(axis=2)
            grouped[:, :, place] = np.where(np.isfinite(size), size, np.nan)
        else:
            grouped[:, :, place] = z[:, :, own[0]]
    return grouped


def score_days(
    values: Floats,
    noise: Floats,
    calendar: Calendar,
    scoring: Scoring,
    measures: Sequence[Measure],
    baselines: tuple[Baseline, ...] = USUAL,
) -> Scored:
    """Scores all days of a calendar without gaps."""
    series = series_of(measures)
    rest, z, width = _standardised(values, noise, calendar, scoring, baselines)
    flat = np.moveaxis(_grouped(z, series), 1, 0).reshape(len(values), -1)
    scores = tail_scores(flat, scoring.tails, np.tile(series.tests, len(baselines)))
    return Scored(scores.reshape(len(values), len(baselines), -1), z, rest, width)


def fair_scores(
    values: Floats,
    noise: Floats,
    calendar: Calendar,
    use: Flags,
    measures: Sequence[Measure],
    baselines: tuple[Baseline, ...] = USUAL,
) -> Floats:
    """Scores (days, baselines, series) of a history, each fortnight by what is fitted on the others.

    What is fitted on a day finds it less odd than a day to come.
    """
    fold = np.arange(len(values)) // _BLOCK_DAYS % _FOLDS
    scores: Floats | None = None
    for each in range(_FOLDS):
        own = fold == each
        others = use & ~own
        if not own.any() or not others.any():
            continue
        fitted = fit_scoring(values, noise, calendar, others, measures, baselines)
        scored = score_days(values, noise, calendar, fitted, measures, baselines).scores
        if scores is None:
            scores = np.full_like(scored, np.nan)
        scores[own] = scored[own]
    if scores is None:
        scores = np.full((len(values), len(baselines), len(series_of(measures).columns)), np.nan)
    return scores
