"""The scale of residuals: theirs, shrunk towards their kind's, and never below the rows' noise."""

import numpy as np

from perennial.drift.scale import fit_scale


def test_the_scale_of_normal_residuals_is_their_deviation() -> None:
    deviations = np.array([1.0, 2.0, 5.0])
    rest = np.random.default_rng(0).standard_normal((300, 3)) * deviations + 3.0
    centre, scale = fit_scale(rest, np.full(3, 0.5), ["level", "spread", "rate"])
    np.testing.assert_allclose(centre, 3.0, atol=0.8)
    np.testing.assert_allclose(scale, deviations, rtol=0.2)


def test_what_never_moves_has_the_noise_of_its_rows_as_scale() -> None:
    centre, scale = fit_scale(np.zeros((300, 2)), np.array([0.5, 0.0]), ["missing", "missing"])
    np.testing.assert_array_equal(centre, 0.0)
    np.testing.assert_allclose(scale, [0.5, 1e-9])


def test_a_few_outages_do_not_widen_it() -> None:
    rest = np.random.default_rng(1).standard_normal((300, 1))
    usual = fit_scale(rest, np.full(1, 0.1), ["level"])[1]
    rest[:2] = 1e6
    np.testing.assert_allclose(fit_scale(rest, np.full(1, 0.1), ["level"])[1], usual, rtol=0.1)


def test_a_measure_with_few_days_is_near_to_its_kind() -> None:
    rest = np.full((300, 4), np.nan)
    rest[:, :3] = np.random.default_rng(2).standard_normal((300, 3)) * 4
    rest[:3, 3] = 0.0, 0.1, -0.1
    alone = fit_scale(rest[:, 3:], np.ones(1), ["level"])[1][0]
    assert alone < 1.5 < 3 < fit_scale(rest, np.ones(4), ["level"] * 4)[1][3] < 5
