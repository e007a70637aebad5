import numpy as np
import pandas as pd
import pytest

from benchmarks.quality.drift import oracle
from benchmarks.quality.drift.oracle import detects, seen_in

DAYS = 300


def stream(seed: int) -> oracle.Floats:
    """Days that remember the day before, with a week."""
    chance = np.random.default_rng(seed)
    values = np.zeros(DAYS)
    for day in range(1, DAYS):
        values[day] = 0.6 * values[day - 1] + chance.normal()
    return values + 3 * (np.arange(DAYS) % 7 == 6)


def test_its_false_alarms_are_one_in_ninety() -> None:
    verdicts = [
        detects(values[:day], values[day : day + 1], direction, 90)
        for seed in range(8)
        for direction in (1, -1)
        for values in [stream(seed)]
        for day in range(120, DAYS, 6)
    ]
    assert 0.5 < np.mean(verdicts) * 90 < 1.7


def test_it_finds_a_shift_in_its_direction_alone() -> None:
    values = stream(1)
    assert detects(values[:200], values[200:201] + 12, 1, 90)
    assert not detects(values[:200], values[200:201] - 12, 1, 90)
    assert detects(values[:200], values[200:201] - 12, -1, 90)


def test_many_days_together_show_a_smaller_shift_than_one() -> None:
    chance = np.random.default_rng(2)
    values = chance.normal(size=DAYS)
    together = [detects(values[:day], values[day : day + 28] + 0.8, 1, 90) for day in range(150, 270, 5)]
    alone = [detects(values[:day], values[day : day + 1] + 0.8, 1, 90) for day in range(150, 270, 5)]
    assert np.mean(together) > 0.9 > 0.5 > np.mean(alone)


@pytest.mark.parametrize("planted", [[np.nan], []])
def test_a_day_without_a_value_is_no_alarm(planted: list[float]) -> None:
    values = np.array(planted) if planted else np.array([np.nan, np.nan])
    assert not detects(stream(1)[:100], values, 1, 90)


def test_what_never_was_is_seen_however_rare() -> None:
    assert detects(np.zeros(200), np.array([0.001]), 1, 90)
    assert not detects(np.zeros(200), np.array([0.0]), 1, 90)


def test_unseen_and_outside_are_by_the_days_before() -> None:
    rows = pd.DataFrame({"_day": [0, 0, 1, 1], "t": ["a", "b", "c", "a"], "x": [1.0, 5.0, 9.0, 2.0]})
    texts, numbers = seen_in(rows, "_day", "t", 2), seen_in(rows, "_day", "x", 2)
    today = rows[rows["_day"] == 1]
    assert oracle.unseen("t")(today, texts, 1) == 0.5
    assert oracle.unseen("t")(today, texts, 2) == 0.0
    assert oracle.outside("x")(today, numbers, 1) == 0.5
    assert oracle.outside("x")(today, numbers, 2) == 0.0
