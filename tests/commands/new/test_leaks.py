"""Which columns reveal the label, and that strong ones do not count as such."""

from typing import Any

import numpy as np
import pytest
from sklearn import datasets

from commands.new.leaks import NO_LEAK, measure_leak
from perennial.task import Kind

Array = np.ndarray[Any, Any]
DRAW = np.random.default_rng(5)
LABEL = DRAW.integers(0, 2, 2000)
AMOUNT = DRAW.normal(size=2000)


def test_a_number_with_a_threshold_that_is_the_label_is_a_leak_and_says_what_was_measured() -> None:
    leak = measure_leak(AMOUNT, (AMOUNT > 0.3).astype(int), "binary")
    assert leak.is_leak
    assert "100.00% of 1,000 held-out rows" in leak.measured


def test_a_noisy_threshold_is_no_leak_and_is_reported_where_the_noise_is_small() -> None:
    noisy = (AMOUNT > 0.3).astype(int) ^ (DRAW.random(2000) < 0.01)
    leak = measure_leak(AMOUNT, noisy, "binary")
    assert (leak.is_leak, leak.is_strong) == (False, True)
    noisier = noisy ^ (DRAW.random(2000) < 0.1)
    assert measure_leak(AMOUNT, noisier, "binary") == NO_LEAK


@pytest.mark.parametrize("column", [LABEL * 5.0 + 3, (1 - LABEL).astype(np.int64)])
def test_the_label_in_other_words_is_a_leak_however_small_the_table(column: Array) -> None:
    assert measure_leak(column[:60], LABEL[:60], "binary").is_leak


def test_a_category_of_which_each_value_goes_with_one_class_is_a_leak() -> None:
    kind = DRAW.integers(0, 12, 2000)
    assert measure_leak(kind, kind % 3, "multiclass").is_leak


def test_that_a_cell_is_missing_can_reveal_the_label() -> None:
    reason = np.where(LABEL == 1, DRAW.integers(0, 5, 2000), -1)
    assert measure_leak(reason, LABEL, "binary").is_leak
    days = np.where(LABEL == 1, AMOUNT, np.nan)
    assert measure_leak(days, LABEL, "binary").is_leak


def test_a_small_table_that_one_number_separates_keeps_it_and_it_is_reported() -> None:
    # Apart by a width in which no row lies, as the halves have rows of their own.
    amount = np.where(AMOUNT > 0, AMOUNT + 1, AMOUNT)[:200]
    leak = measure_leak(amount, (amount > 0).astype(int), "binary")
    assert not leak.is_leak
    assert leak.is_strong


def test_a_rare_class_that_a_column_knows_nothing_of_makes_no_leak() -> None:
    rare = (DRAW.random(20_000) < 0.0005).astype(int)
    assert measure_leak(DRAW.normal(size=20_000), rare, "binary") == NO_LEAK


def test_a_number_in_other_units_is_a_leak_of_a_number() -> None:
    leak = measure_leak(AMOUNT[:100] * 1.8 + 32, AMOUNT[:100], "regression")
    assert leak.is_leak
    assert "other units" in leak.measured


def test_a_number_that_follows_another_in_a_curve_is_a_leak() -> None:
    assert measure_leak(AMOUNT, AMOUNT**3 + 5 * AMOUNT, "regression").is_leak


def test_two_levels_that_rise_together_are_none() -> None:
    trend = np.linspace(1000, 9000, 200)
    ours = trend + DRAW.normal(scale=60, size=200)
    theirs = 0.7 * trend + DRAW.normal(scale=60, size=200)
    assert not measure_leak(theirs, ours, "regression").is_leak


@pytest.mark.parametrize(
    ("load", "kind"),
    [
        ("load_iris", "multiclass"),
        ("load_wine", "multiclass"),
        ("load_breast_cancer", "binary"),
        ("load_digits", "multiclass"),
        ("load_diabetes", "regression"),
    ],
)
def test_no_column_of_a_real_table_is_thrown_out(load: str, kind: Kind) -> None:
    table = getattr(datasets, load)()
    label = table.target.astype(float) if kind == "regression" else table.target
    for column in table.data.T:
        assert measure_leak(column.astype(float), label, kind) == NO_LEAK
