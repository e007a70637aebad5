"""Scores are -log10 of how rarely a series is so far out: of normal ones the normal's, of heavy ones less."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import log_ndtr

from perennial.drift.tails import fit_tails, tail_scores, z_of_score

DAYS = 400


def normal(seed: int) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal((DAYS, 6))


def test_a_normal_series_scores_about_as_a_normal() -> None:
    tails = fit_tails(normal(0))
    z = np.full((1, 6), 3.0)
    expected = -(log_ndtr(-3.0) + np.log(2)) / np.log(10)
    np.testing.assert_allclose(tail_scores(z, tails, np.ones(6)), expected, atol=0.8)
    np.testing.assert_allclose(tail_scores(-z, tails, np.ones(6)), expected, atol=0.8)


def test_what_a_series_does_now_and_then_scores_less_than_in_a_normal_one() -> None:
    series = normal(1)
    series[::40, 0] = 6.0
    tails = fit_tails(series)
    scores = tail_scores(np.full((1, 6), 6.0), tails, np.ones(6))[0]
    assert scores[0] < 2.5 < 4.0 < scores[1:].min()


def test_the_largest_of_many_measures_scores_less_than_one() -> None:
    tails = fit_tails(normal(2))
    one, many = (tail_scores(np.full((1, 6), 4.0), tails, np.full(6, tests)) for tests in (1.0, 50.0))
    assert (many < one).all()


def test_scores_are_never_below_0_and_what_is_not_known_has_none() -> None:
    scores = tail_scores(np.array([[0.0, np.nan, 1e9, -1e9, 1.0, -1.0]]), fit_tails(normal(3)), np.ones(6))[0]
    assert np.isnan(scores[1])
    assert (np.delete(scores, 1) >= 0).all()
    assert np.isfinite(scores[[2, 3]]).all()


@pytest.mark.parametrize("score", [1.0, 3.0, 6.0])
def test_the_z_of_a_score_has_this_score(score: float) -> None:
    tails = fit_tails(normal(4))
    upper, lower = z_of_score(score, tails, np.ones(6))
    np.testing.assert_allclose(tail_scores(upper, tails, np.ones(6)), score, atol=1e-3)
    np.testing.assert_allclose(tail_scores(-lower, tails, np.ones(6)), score, atol=1e-3)
