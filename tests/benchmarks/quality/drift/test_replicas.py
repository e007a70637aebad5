import numpy as np
import pandas as pd
import pytest

from benchmarks.quality.drift.replicas import (
    BLOCK_DAYS,
    SEASON_DAYS,
    block_starts,
    replica_rows,
    source_days,
)

LENGTH = 800


@pytest.fixture(scope="module")
def sources() -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return source_days(365, LENGTH, np.random.default_rng(1))


def test_each_day_of_a_replica_has_the_weekday_of_its_real_day(sources: "np.ndarray") -> None:  # type: ignore[type-arg]
    assert np.array_equal(sources % 7, np.arange(LENGTH) % 7)


def test_a_real_day_stays_in_its_season(sources: "np.ndarray") -> None:  # type: ignore[type-arg]
    apart = np.abs(sources - np.arange(LENGTH) % 365.25)
    apart = np.minimum(apart, 365.25 - apart)
    assert apart.max() <= SEASON_DAYS + BLOCK_DAYS


def test_within_a_block_real_days_follow_one_another(sources: "np.ndarray") -> None:  # type: ignore[type-arg]
    steps = np.diff(sources)
    inside = np.arange(1, LENGTH) % BLOCK_DAYS != 0
    assert (steps[inside] == 1).all()
    assert (steps[~inside] != 1).any()


def test_replicas_of_other_chance_differ_and_of_the_same_are_the_same() -> None:
    first, again, other = (source_days(365, 100, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_each_place_of_the_year_has_several_blocks_to_draw_from() -> None:
    assert min(len(block_starts(365, begin)) for begin in range(0, 365, BLOCK_DAYS)) >= 5


def test_a_replicas_rows_are_those_of_its_real_days() -> None:
    rows = pd.DataFrame({"_day": [0, 0, 1, 2, 2, 2], "x": list("abcdef")})
    taken = replica_rows(rows, [0, 2, 3, 6], np.array([2, 0, 2]), "_day")
    assert taken["x"].tolist() == list("defabdef")
    assert taken["_day"].tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
