"""Shares that were 0, or 1, on every day: how rarely one of them moves is known from all of them together.

The tail of a series says little of what it never did. In a year 50 such shares have 18,000 days together, and
the few of them that moved on a single day say how often a first move happens.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from perennial.drift.measures import SHARES, rows_of_share, share_of_rows
from perennial.drift.score_series import ScoreSeries

Floats = npt.NDArray[np.float64]

# A share that is known on fewer days is not taken to be still.
_FEWEST_DAYS: Final = 14
# As if so many shares more had moved.
_PRIOR_MOVES: Final = 1.0


@dataclass(frozen=True)
class StillShares:
    """The still shares of a history.

    Attributes:
        end: (series,) 0.0 or 1.0: the share that it had on every day; NaN: it moved, or is no share.
        first_move: -log10 of the probability that one of them moves on a day.
    """

    end: Floats
    first_move: float


def fit_still(values: Floats, noise: Floats, series: ScoreSeries) -> StillShares:
    """Finds the still shares, and how rarely one moves: those that moved on one day tell (Good and Turing).

    Args:
        values: (days, measures) as they are measured; NaN: not known.
        noise: (days, measures).
        series: Of the measures.
    """
    own, errors = values[:, series.first], noise[:, series.first]
    known = np.isfinite(own).sum(axis=0)
    moves = np.stack([(_moved(own, errors, end) > 0).sum(axis=0) for end in (0.0, 1.0)])
    share = np.isin(series.kinds, sorted(SHARES)) & (known >= _FEWEST_DAYS)
    still, once = share & (moves == 0).any(axis=0), share & (moves.min(axis=0) == 1)
    end = np.where(still, np.where(moves[0] == 0, 0.0, 1.0), np.nan)
    days = max(float(known[still | once].sum()), 1.0)
    return StillShares(end, max(float(np.log10(days / (once.sum() + _PRIOR_MOVES))), 0.0))


def first_move_scores(values: Floats, noise: Floats, series: ScoreSeries, still: StillShares) -> Floats:
    """The scores of moves of still shares, (days, series); 0 where nothing moved.

    Of first moves one in k is taken to be of k rows or more, so a larger one scores log10(k) more.
    """
    rows = _moved(values[:, series.first], noise[:, series.first], still.end)
    return np.where(rows > 0, still.first_move + np.log10(np.maximum(rows, 1.0)), 0.0)


def z_of_first_move(score: float, still: StillShares, noise: Floats, scale: Floats) -> Floats:
    """The z at which still shares have this score.

    Args:
        score: The score.
        still: The shares.
        noise: (series,) on a usual day.
        scale: (series,) by which residuals are divided.

    Returns:
        (2, series): upper side, and the lower one's size; infinite where none has it.
    """
    with np.errstate(over="ignore"):
        rows = np.maximum(np.ceil(np.power(10.0, score - still.first_move)), 1.0)
    _, all_rows = rows_of_share(noise, noise)
    with np.errstate(invalid="ignore"):
        way = share_of_rows(np.minimum(rows, all_rows), all_rows) - share_of_rows(0.0 * all_rows, all_rows)
    z = np.where(rows <= all_rows, way / scale, np.inf)
    return np.stack([np.where(still.end == end, z, np.inf) for end in (0.0, 1.0)])


def _moved(values: Floats, noise: Floats, end: Floats | float) -> Floats:
    """How many rows of each day, (days, series), are not as at the end 0 or 1; 0 where not known."""
    count, rows = rows_of_share(values, noise)
    away = np.round(np.where(np.equal(end, 0.0), count, np.where(np.equal(end, 1.0), rows - count, 0.0)))
    return np.where(np.isfinite(away), np.maximum(away, 0.0), 0.0)
