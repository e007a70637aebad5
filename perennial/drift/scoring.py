"""Scores by day, baseline and series: residual, scale and tail, fitted on a history, applied to any days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.measures import Measure
from perennial.drift.residuals import (
    USUAL,
    Baseline,
    DayExpectation,
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
_YEAR: Final = 360


@dataclass(frozen=True)
class ScoreSeries:
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


def series_of(measures: Sequence[Measure]) -> ScoreSeries:
    """The series of these measures, in their order."""
    keys = [(each.column, MIX if each.kind == "value" else each.kind) for each in measures]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    of = np.array([places[key] for key in keys], np.int64)
    tests = np.bincount(of, minlength=len(places)).astype(np.float64)
    return ScoreSeries(tuple(key[0] for key in places), tuple(key[1] for key in places), of, tests)


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

    expectation: DayExpectation
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
        residuals: From which they are; of odd days without what odd days differ by.
        width: (baselines, days, measures) by which residuals are divided.
    """

    scores: Floats
    z: Floats
    residuals: Residuals
    width: Floats


_FEWEST_ODD: Final = 3


@dataclass(frozen=True)
class ComparedDays:
    """Days of a calendar without gaps, each compared with its baselines, before anything is scaled.

    Attributes:
        residuals: By baseline, day and measure; on days that are apart the first baseline alone.
        noise: (days, measures).
        odd: (days,).
    """

    residuals: Residuals
    noise: Floats
    odd: Flags

    def at(self, days: Flags | Indices) -> "ComparedDays":
        """Some of the days."""
        rest = self.residuals
        parts = (each[:, days] for each in (rest.rest, rest.expected, rest.observed))
        return ComparedDays(Residuals(*parts), self.noise[days], self.odd[days])


def compare(
    values: Floats,
    noise: Floats,
    calendar: Calendar,
    expectation: DayExpectation,
    baselines: tuple[Baseline, ...],
) -> ComparedDays:
    """Compares all days, (days, measures), with the days before each."""
    if not calendar.apart.any():
        return ComparedDays(residuals(values, calendar.weekday, expectation, baselines), noise, calendar.odd)
    at = calendar.apart
    plain = np.where(at[:, None], np.nan, values)
    rest = residuals(plain, calendar.weekday, expectation, baselines)
    rest.observed[0][at] = values[at]
    rest.rest[0][at] = values[at] - rest.expected[0][at]
    return ComparedDays(rest, noise, calendar.odd)


def fit_expected(values: Floats, calendar: Calendar, use: Flags) -> DayExpectation:
    """The expectation that the days of `use` that are not apart give."""
    plain = np.where(calendar.apart[:, None], np.nan, values)
    return fit_expectation(plain, calendar.weekday, use)


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
    unfinished = Scoring(expectation, usual, centre, scale, *odd, Tails(*(np.zeros((2, 0)),) * 3))
    z, _ = _standardised(own, unfinished, baselines)
    grouped = _grouped(z, series_of(measures))
    tails = fit_tails(np.moveaxis(grouped, 1, 0).reshape(grouped.shape[1], -1))
    return Scoring(expectation, usual, centre, scale, *odd, tails)


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


def _grouped(z: Floats, series: ScoreSeries) -> Floats:
    """(baselines, days, series): z of the measure, or of a mix the largest size; NaN where there is none."""
    first = np.unique(series.of, return_index=True)[1]
    grouped = z[:, :, first]
    for place in np.flatnonzero(np.array(series.kinds) == MIX):
        own = np.flatnonzero(series.of == place)
        size = np.where(np.isfinite(z[:, :, own]), np.abs(z[:, :, own]), -np.inf).max(axis=2)
        grouped[:, :, place] = np.where(np.isfinite(size), size, np.nan)
    return grouped


def score_days(
    compared: ComparedDays,
    scoring: Scoring,
    measures: Sequence[Measure],
    baselines: tuple[Baseline, ...] = USUAL,
) -> Scored:
    """Scores days."""
    series = series_of(measures)
    z, width = _standardised(compared, scoring, baselines)
    flat = np.moveaxis(_grouped(z, series), 1, 0).reshape(z.shape[1], -1)
    scores = tail_scores(flat, scoring.tails, np.tile(series.tests, len(baselines)))
    return Scored(scores.reshape(z.shape[1], len(baselines), -1), z, compared.residuals, width)


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
