"""Scores by day, baseline and series: residual, scale and tail, fitted on a history, applied to any days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.compared_days import ComparedDays
from perennial.drift.measures import Measure
from perennial.drift.residuals import USUAL, Baseline, DayExpectation, Flags, Residuals, median
from perennial.drift.scale import fit_scale
from perennial.drift.score_series import ScoreSeries, series_of
from perennial.drift.still_shares import StillShares, first_move_scores, fit_still, z_of_first_move
from perennial.drift.tails import Tails, fit_tails, tail_scores, z_of_score

Floats = npt.NDArray[np.float64]

_BLOCK_DAYS: Final = 14
_FOLDS: Final = 4
_YEAR: Final = 360
_FEWEST_ODD: Final = 3


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
        still: Of the series.
    """

    expectation: DayExpectation
    noise: Floats
    centre: Floats
    scale: Floats
    odd_centre: Floats
    odd_scale: Floats
    tails: Tails
    still: StillShares


@dataclass(frozen=True)
class Scored:
    """Scores of days.

    Attributes:
        scores: (days, baselines, series); NaN where not checked.
        z: (baselines, days, measures).
        residuals: From which they are; of odd days without what odd days differ by.
        width: (baselines, days, measures) by which residuals are divided.
    """

    scores: Floats
    z: Floats
    residuals: Residuals
    width: Floats


def fit_scoring(
    compared: ComparedDays,
    expectation: DayExpectation,
    use: Flags,
    measures: Sequence[Measure],
    baselines: tuple[Baseline, ...] = USUAL,
) -> Scoring:
    """Fits scales and tails on the days of `use`."""
    own = compared.at(use & ~compared.odd)
    usual = np.nan_to_num(median(own.noise))
    kinds = [each.kind for each in measures]
    pairs = [
        fit_scale(own.residuals.rest[place], usual / np.sqrt(base.window), kinds)
        for place, base in enumerate(baselines)
    ]
    centre, scale = np.stack([pair[0] for pair in pairs]), np.stack([pair[1] for pair in pairs])
    odd = _odd(compared.residuals.rest[0][use & compared.odd], centre[0], scale[0])
    series = series_of(measures)
    still = fit_still(own.residuals.observed[0], own.noise, series)
    unfinished = Scoring(expectation, usual, centre, scale, *odd, Tails(*(np.zeros((2, 0)),) * 3), still)
    z, _ = _standardised(own, unfinished, baselines)
    grouped = series.largest(z)
    tails = fit_tails(np.moveaxis(grouped, 1, 0).reshape(grouped.shape[1], -1))
    return Scoring(expectation, usual, centre, scale, *odd, tails, still)


def _odd(rest: Floats, centre: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """Centre and scale of the odd days' residuals (days, measures); NaN with fewer than three."""
    if len(rest) < _FEWEST_ODD:
        return np.full_like(centre, np.nan), np.full_like(scale, np.nan)
    middle = median(rest)
    spread = 1.4826 * median(np.abs(rest - middle))
    return middle - centre, np.maximum(np.nan_to_num(spread) * 1.5, scale)


def _standardised(
    compared: ComparedDays, scoring: Scoring, baselines: tuple[Baseline, ...]
) -> tuple[Floats, Floats]:
    """z and the width by which it was divided, both (baselines, days, measures)."""
    extra = np.maximum(np.nan_to_num(compared.noise) ** 2 - scoring.noise**2, 0.0)
    windows = np.array([base.window for base in baselines], np.float64)[:, None, None]
    width = np.sqrt(scoring.scale[:, None, :] ** 2 + extra[None] / windows)
    z = compared.residuals.rest - scoring.centre[:, None, :]
    if compared.odd.any():
        odd = compared.odd
        z[0][odd] -= scoring.odd_centre
        width[0][odd] = np.sqrt(scoring.odd_scale**2 + extra[odd])
    return np.clip(z / width, -1e3, 1e3), width


def score_days(
    compared: ComparedDays,
    scoring: Scoring,
    measures: Sequence[Measure],
    baselines: tuple[Baseline, ...] = USUAL,
) -> Scored:
    """Scores days: by the tails, and a still share that moved also by how rarely one does."""
    series = series_of(measures)
    z, width = _standardised(compared, scoring, baselines)
    flat = np.moveaxis(series.largest(z), 1, 0).reshape(z.shape[1], -1)
    scores = tail_scores(flat, scoring.tails, np.tile(series.tests, len(baselines)))
    scores = scores.reshape(z.shape[1], len(baselines), -1)
    moves = first_move_scores(compared.residuals.observed[0], compared.noise, series, scoring.still)
    scores[:, 0] = np.maximum(scores[:, 0], moves)  # NaN stays
    return Scored(scores, z, compared.residuals, width)


def z_limits(score: float, scoring: Scoring, series: ScoreSeries) -> Floats:
    """The z of this score, upper side and the size of the lower one: (2, baselines, series)."""
    baselines = len(scoring.scale)
    limits = z_of_score(score, scoring.tails, np.tile(series.tests, baselines)).reshape(2, baselines, -1)
    first = series.first
    moves = z_of_first_move(score, scoring.still, scoring.noise[first], scoring.scale[0, first])
    limits[:, 0] = np.minimum(limits[:, 0], moves)
    return limits


def fair_scores(
    compared: ComparedDays,
    expectation: DayExpectation,
    use: Flags,
    measures: Sequence[Measure],
    baselines: tuple[Baseline, ...] = USUAL,
) -> Floats:
    """Scores (days, baselines, series) of a history, each part of it by what is fitted on the others.

    What is fitted on a day finds it less odd than a day to come. Under a year each part is two eighths of the
    history, as the days to come are of a season that it does not have; else a fortnight of every eight weeks.
    """
    days = len(use)
    block = _BLOCK_DAYS if days >= _YEAR else -(-days // (2 * _FOLDS))
    fold = np.arange(days) // max(block, 1) % _FOLDS
    scores = np.full((days, len(baselines), len(series_of(measures).columns)), np.nan)
    for each in range(_FOLDS):
        own = fold == each
        others = use & ~own
        if own.any() and others.any():
            fitted = fit_scoring(compared, expectation, others, measures, baselines)
            scores[own] = score_days(compared.at(own), fitted, measures, baselines).scores
    return scores
