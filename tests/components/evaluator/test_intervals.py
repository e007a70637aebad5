"""Intervals that resample days: coverage, and what they say of little."""

import math

import numpy as np
import pytest
from scipy import stats

from components.evaluator import intervals
from perennial import scores

DAYS = np.repeat([f"2013-03-{day}" for day in range(25, 32)], 200)


def covers(groups_are_days: bool, repetitions: int = 400) -> float:
    """Returns how often the 95% interval of a mean holds the truth, when rows of a day share an effect."""
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(repetitions):
        values = np.repeat(random.normal(0, 0.3, 7), 200) + random.normal(0, 1, len(DAYS))
        groups = DAYS if groups_are_days else intervals.random_groups(len(DAYS))
        made = intervals.mean_interval(values, groups, 0.95)
        hits += made.low <= 0 <= made.high
    return hits / repetitions


def test_day_wise_intervals_cover_the_truth_as_often_as_claimed() -> None:
    assert 0.92 <= covers(groups_are_days=True) <= 0.98


def test_row_wise_intervals_do_not_where_rows_of_a_day_share_an_effect() -> None:
    assert covers(groups_are_days=False) < 0.5


def test_days_of_unequal_size_are_covered_too() -> None:
    random, hits = np.random.default_rng(5), 0
    sizes = [60, 400, 380, 150, 420, 90, 200]
    days = np.repeat(np.arange(7), sizes)
    for _ in range(300):
        values = random.normal(0, 0.1, 7)[days] + random.normal(0, 1, len(days))
        made = intervals.mean_interval(values, days, 0.95)
        hits += made.low <= 0 <= made.high
    assert 0.91 <= hits / 300 <= 0.99


def test_the_interval_of_a_mean_of_equal_days_is_that_of_the_days_means() -> None:
    values = np.random.default_rng(1).normal(size=len(DAYS))
    made = intervals.mean_interval(values, DAYS, 0.95)
    means = values.reshape(7, 200).mean(1)
    half = 2.446912 * means.std(ddof=1) / math.sqrt(7)
    np.testing.assert_allclose([made.low, made.high], [means.mean() - half, means.mean() + half], atol=1e-6)
    assert made.groups == 7


def test_no_difference_at_all_is_an_interval_of_no_width() -> None:
    made = intervals.mean_interval(np.zeros(len(DAYS)), DAYS, 0.95)
    assert made.ends() == [0.0, 0.0]


def test_one_day_has_no_interval() -> None:
    made = intervals.mean_interval(np.arange(5.0), np.array(["2013-03-25"] * 5), 0.95)
    assert made.estimate == 2.0
    assert made.ends() is None


def test_an_auc_that_needs_the_day_left_out_has_no_interval() -> None:
    labels, days = np.array([1, 0, 0, 0]), np.array(["a", "a", "b", "c"])
    answers = np.array([0.9, 0.1, 0.2, 0.3])
    made = intervals.jackknife(lambda keep: scores.auc(labels[keep], answers[keep]), days, 0.95)
    assert made.estimate == 1.0
    assert made.ends() is None


def test_random_groups_are_even_and_the_same_every_time() -> None:
    groups = intervals.random_groups(1000)
    assert set(np.bincount(groups)) == {50}
    np.testing.assert_array_equal(groups, intervals.random_groups(1000))


def test_slices_have_the_jackknifes_standard_error_each() -> None:
    random = np.random.default_rng(4)
    slices, groups = random.integers(0, 3, 900), random.integers(0, 8, 900)
    groups[slices == 2] = 1  # a slice of one day
    values, others = random.gamma(2, 1.1, 900), random.gamma(2, 1.0, 900)
    for whole in (np.asarray, np.sqrt):
        made = intervals.slice_differences(whole, slices, groups, values, others)
        assert made.groups.tolist() == [8, 8, 1]
        assert np.isnan(made.p_values[2])
        for each in range(2):
            one = slices == each
            alone = intervals.jackknife(
                lambda keep, a=values[one], b=others[one], f=whole: float(  # type: ignore[misc]
                    f(a[keep].mean()) - f(b[keep].mean())
                ),
                groups[one],
                0.95,
            )
            error = (alone.high - alone.estimate) / stats.t.ppf(0.975, 7)
            assert made.estimates[each] == pytest.approx(alone.estimate)
            assert made.p_values[each] == pytest.approx(stats.t.sf(alone.estimate / error, 7))


@pytest.mark.parametrize(
    ("p_values", "rejected"),
    [
        ([0.01, 0.04, 0.03], [True, False, False]),  # 0.03 is above 0.05 / 2
        ([0.01, 0.04, 0.02], [True, True, True]),
        ([0.04, 0.001], [True, True]),
        ([0.03, 0.03], [False, False]),
        ([], []),
    ],
)
def test_holm_rejects_one_after_another(p_values: list[float], rejected: list[bool]) -> None:
    assert intervals.significant(np.array(p_values), 0.05).tolist() == rejected
