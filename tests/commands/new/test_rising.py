"""A number that rises with time is found, one with a season or a sorted amount is not."""

from typing import Any

import numpy as np
import pytest

from commands.new.rising import why_rising

DAY = 86_400.0
TIMES = np.arange(1_000) * DAY / 10
RANDOM = np.random.default_rng(0)
BY_TIME = "its values follow the time column"


@pytest.mark.parametrize(("numbers", "expected"), [
    (1_700_000_000 + TIMES, BY_TIME), (TIMES // (7 * DAY), BY_TIME), (TIMES // DAY, BY_TIME),
    (-np.arange(1_000.0), BY_TIME), (np.arange(1_000) + RANDOM.normal(0, 30, 1_000), BY_TIME),
    (np.sin(TIMES / DAY / 20) + RANDOM.normal(0, 1, 1_000), ""), (TIMES // DAY % 7, ""),
    (np.full(1_000, 2013.0), ""), (RANDOM.normal(0, 1, 1_000), ""),
])  # fmt: skip
def test_a_number_that_follows_time_is_known(numbers: Any, expected: str) -> None:
    holes = np.where(np.arange(1_000) % 7 == 0, np.nan, numbers)
    assert why_rising(numbers, TIMES) == why_rising(holes, TIMES) == expected
    mixed = RANDOM.permutation(1_000)
    assert why_rising(numbers[mixed], TIMES[mixed]) == expected


@pytest.mark.parametrize(("numbers", "expected"), [
    (np.cumsum(RANDOM.integers(1, 90, 100)).astype(float), "each value is greater than the one before"),
    (np.sort(RANDOM.normal(0, 1, 100)), ""), (np.arange(100) // 2.0, ""), (np.arange(10.0), ""),
])  # fmt: skip
def test_without_time_only_whole_numbers_of_which_each_is_greater_count(numbers: Any, expected: str) -> None:
    assert why_rising(numbers, None) == expected
