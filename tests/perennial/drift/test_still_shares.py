"""A share that was the same on every day is seen when it moves, by how rarely one of all such shares does."""

import numpy as np
import numpy.typing as npt
import pytest

from perennial.drift.measures import Measure, rows_of_share, share_of_rows
from perennial.drift.score_series import series_of
from perennial.drift.still_shares import (
    StillShares,
    first_move_scores,
    fit_still,
    z_of_first_move,
)

Floats = npt.NDArray[np.float64]
DAYS, ROWS = 200, 900.0


def measured(counts: Floats, rows: float = ROWS) -> tuple[Floats, Floats]:
    """Counts (days, measures) as shares that are judged, and their noise."""
    return share_of_rows(counts, np.full_like(counts, rows)), np.full_like(counts, 0.5 / np.sqrt(rows + 0.5))


def shares(columns: int) -> tuple[Measure, ...]:
    return tuple(Measure(f"column{place}", "missing") for place in range(columns))


@pytest.mark.parametrize("rows", [1.0, 30.0, 900.0, 1e6])
def test_rows_of_a_share_are_those_that_it_was_made_from(rows: float) -> None:
    counts = np.floor(np.linspace(0, rows, 7))[None]
    count, total = rows_of_share(*measured(counts, rows))
    np.testing.assert_allclose(count, counts, atol=1e-6 * rows)
    np.testing.assert_allclose(total, rows)


def test_shares_that_are_0_or_1_on_every_day_are_still_and_what_moves_is_not() -> None:
    counts = np.zeros((DAYS, 4))
    counts[:, 1] = ROWS
    counts[:, 2] = 450 + np.arange(DAYS) % 2
    counts[7, 3] = 1
    still = fit_still(*measured(counts), series_of(shares(4)))
    np.testing.assert_array_equal(still.end, [0.0, 1.0, np.nan, np.nan])


def test_a_first_move_is_as_rare_as_all_of_them_together_say() -> None:
    counts = np.zeros((DAYS, 50))
    assert fit_still(*measured(counts), series_of(shares(50))).first_move == pytest.approx(4.0)
    counts[[30, 60, 90, 120], [3, 5, 8, 9]] = 1  # four shares moved on one day each
    assert fit_still(*measured(counts), series_of(shares(50))).first_move == pytest.approx(np.log10(2000))


def test_only_shares_that_are_known_on_enough_days_are_still() -> None:
    values, noise = measured(np.zeros((DAYS, 2)))
    values[13:, 1] = np.nan
    still = fit_still(values, noise, series_of((Measure("a", "missing"), Measure("b", "missing"))))
    np.testing.assert_array_equal(still.end, [0.0, np.nan])
    other = series_of((Measure("a", "level"), Measure("a", "value", b"x")))
    assert np.isnan(fit_still(*measured(np.zeros((DAYS, 2))), other).end).all()


def test_a_larger_move_scores_more_and_what_stays_or_is_not_known_nothing() -> None:
    series, still = series_of(shares(4)), StillShares(np.array([0.0, 1.0, np.nan, 0.0]), 4.0)
    values, noise = measured(np.array([[0, ROWS, 0, 0], [1, ROWS - 1, 9, 0], [10, ROWS - 100, 9, 0]]))
    values[:, 3] = np.nan
    scores = first_move_scores(values, noise, series, still)
    np.testing.assert_allclose(scores, [[0, 0, 0, 0], [4, 4, 0, 0], [5, 6, 0, 0]])


@pytest.mark.parametrize(("score", "rows"), [(2.0, 1), (4.0, 1), (5.0, 10), (6.3, 200)])
def test_the_size_of_a_first_move_that_has_a_score_is_that_of_its_rows(score: float, rows: int) -> None:
    still = StillShares(np.array([0.0, 1.0, np.nan]), 4.0)
    (values, ends), (noise, _) = (
        (each[0], each[1]) for each in measured(np.array([[rows, ROWS - rows, 9.0], [0, ROWS, 0]]))
    )
    upper, lower = z_of_first_move(score, still, noise, np.full(3, 0.02))
    np.testing.assert_allclose(upper, [(values - ends)[0] / 0.02, np.inf, np.inf])
    np.testing.assert_allclose(lower, [np.inf, (ends - values)[1] / 0.02, np.inf])


def test_a_score_that_no_day_has_is_at_no_size() -> None:
    still = StillShares(np.array([0.0]), 4.0)
    assert np.isinf(z_of_first_move(1e9, still, np.array([0.0167]), np.array([0.02]))).all()
