"""Thresholds hold the stated rate on scores that stay from day to day; an opening is an alarm."""

import numpy as np
import numpy.typing as npt
import pytest

from perennial.drift.alarms import QUIET_DAYS, openings
from perennial.drift.threshold import day_scores, fit_threshold, thresholds_by_day


def streams(days: int, seed: int, columns: int = 12) -> npt.NDArray[np.float64]:
    """Scores, -log10 of probabilities, of columns that are high for some days together."""
    dice = np.random.default_rng(seed)
    scores = dice.exponential(1 / np.log(10), (days, columns)) * (
        1 + 0.6 * (dice.random((days, columns)) < 0.05)
    )
    scores[1:] = np.maximum(scores[1:], 0.8 * scores[:-1])
    return scores


# With 120 days one alarm is expected in the history: the prior weighs, and these scores have a longer tail.
@pytest.mark.parametrize(
    ("per_day", "history", "most"), [(1 / 90, 365, 1.5), (1 / 30, 180, 1.5), (1 / 90, 120, 1.75)]
)
def test_days_after_a_history_alarm_as_often_as_stated(per_day: float, history: int, most: float) -> None:
    opened = days = 0
    for seed in range(40):
        scores = streams(history + 360, seed)
        threshold = fit_threshold(scores[:history], per_day)
        opened += len(openings(scores[history:], np.full(360, threshold)))
        days += 360
    assert 0.6 < opened / days / per_day < most


def test_the_threshold_of_a_day_follows_from_the_days_before_it() -> None:
    scores = streams(300, 1)
    by_day = thresholds_by_day(scores, 1 / 90)
    assert np.isnan(by_day[:42]).all()
    assert np.isfinite(by_day[60:]).all()
    changed = scores.copy()
    changed[200:] += 5
    np.testing.assert_array_equal(thresholds_by_day(changed, 1 / 90)[:201], by_day[:201])
    assert thresholds_by_day(changed, 1 / 90)[-1] > by_day[-1]


def test_a_lower_rate_has_a_higher_threshold() -> None:
    scores = streams(365, 3)
    thresholds = [fit_threshold(scores, rate) for rate in (1 / 30, 1 / 90, 1 / 365)]
    assert thresholds == sorted(thresholds)


def test_a_day_more_of_history_moves_the_threshold_little() -> None:
    scores = streams(400, 5)
    by_day = [fit_threshold(scores[:days], 1 / 30) for days in range(340, 400)]
    usual = np.nonzero(scores[340:].max(axis=1) < min(by_day))[0]
    steps = np.abs(np.diff(by_day))[usual[usual < 59]]
    assert steps.max() < 0.05


def test_days_without_a_score_are_no_days() -> None:
    scores = streams(200, 4)
    gaps = np.full((260, scores.shape[1]), np.nan)
    gaps[:100], gaps[160:] = scores[:100], scores[100:]
    assert np.isfinite(fit_threshold(gaps, 1 / 90))
    assert np.isnan(day_scores(gaps)[120])
    assert np.isfinite(fit_threshold(np.full((5, 2), np.nan), 1 / 90))


def test_what_goes_on_is_one_alarm_and_what_comes_back_another() -> None:
    scores = np.zeros((60, 3))
    scores[10:14, 0] = 9
    scores[10 + 3 + QUIET_DAYS, 0] = 9
    scores[50, 0] = 9
    alarms = openings(scores, np.full(60, 5.0))
    assert [(alarm.first, alarm.last) for alarm in alarms] == [(10, 13 + QUIET_DAYS), (50, 50)]
    assert alarms[0].closed == 13 + 2 * QUIET_DAYS + 1


def test_columns_that_move_together_are_one_alarm_and_a_later_one_is_its_own() -> None:
    scores = np.zeros((60, 3))
    scores[10, :2] = 9, 7
    scores[11, 2] = 6
    assert [sorted(alarm.columns) for alarm in openings(scores, np.full(60, 5.0))] == [[0, 1, 2]]
    scores[11, 2], scores[15, 2] = 0, 6
    scores[10:20, 0] = 9
    assert [sorted(alarm.columns) for alarm in openings(scores, np.full(60, 5.0))] == [[0, 1], [2]]


def test_without_a_threshold_there_is_no_alarm() -> None:
    assert openings(np.full((5, 2), 99.0), np.full(5, np.nan)) == []
