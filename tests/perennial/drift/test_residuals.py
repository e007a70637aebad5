"""A day is compared with its weekday and the level before it; what is far out moves no level."""

import numpy as np
import pytest

from perennial.drift.residuals import USUAL, Baseline, fit_expectation, levels, residuals, weekday_effects

DAYS = 140
WEEKDAY = (np.arange(DAYS) % 7).astype(np.int64)
ALL = np.ones(DAYS, bool)


def test_a_weekday_that_differs_is_expected_to() -> None:
    dice = np.random.default_rng(0)
    values = 10.0 + 5.0 * (WEEKDAY == 6)[:, None] + 0.1 * dice.standard_normal((DAYS, 1))
    effect = weekday_effects(values, WEEKDAY)[:, 0]
    np.testing.assert_allclose(effect[6] - effect[:6], 5.0, atol=0.3)
    rest = residuals(values, WEEKDAY, fit_expectation(values, WEEKDAY, ALL), USUAL).rest[0]
    assert np.nanmax(np.abs(rest)) < 0.6


def test_without_a_pattern_no_weekday_differs() -> None:
    effect = weekday_effects(np.random.default_rng(1).standard_normal((DAYS, 1)), WEEKDAY)
    assert np.abs(effect).max() < 0.7


def test_a_day_far_out_moves_the_level_by_no_more_than_the_clip() -> None:
    values = np.full((DAYS, 1), 10.0)
    values[70] = 1e6
    level, kept = levels(values, np.array([2.0]))
    assert kept[70, 0] == pytest.approx(12.0)
    assert 10.0 < level[71, 0] < 10.2
    np.testing.assert_array_equal(kept[:70], values[:70])


def test_a_level_needs_days_and_a_gap_is_no_day() -> None:
    values = np.full((30, 1), 3.0)
    values[10:20] = np.nan
    level, _ = levels(values, np.array([np.inf]))
    assert np.isnan(level[:6]).all()
    np.testing.assert_allclose(level[25:], 3.0)


def test_a_window_sees_a_shift_that_lasts_against_the_level_before_it() -> None:
    values = np.zeros((DAYS, 1))
    values += 0.01 * np.random.default_rng(2).standard_normal((DAYS, 1))
    fitted = fit_expectation(values, WEEKDAY, ALL)
    values[100:107] += 0.02
    week = residuals(values, WEEKDAY, fitted, (Baseline("previous", 7),))
    np.testing.assert_allclose(week.rest[0, 106, 0], 0.02, atol=0.015)
    np.testing.assert_allclose(week.rest, week.observed - week.expected)
