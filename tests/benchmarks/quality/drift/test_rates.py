import math

import pytest

from benchmarks.quality.drift.rates import (
    openings,
    realised_over_stated,
    size_seen,
    threshold_of_rate,
)
from benchmarks.quality.drift.verdicts import PlantVerdict, merged, recall, verdict_of


def test_days_in_a_row_above_a_threshold_are_one_opening() -> None:
    assert openings([0, 2, 2, 0, 2, 1, 3], 2) == 3
    assert openings([], 2) == 0


def test_the_threshold_of_a_rate_opens_no_more_than_that() -> None:
    streams = [[0.0, 5.0, 0.0, 4.0, 0.0, 3.0, 0.0, 2.0, 0.0, 1.0]] * 2
    assert threshold_of_rate(streams, 5) == 4.0  # 4 of 20 days may open: 5 and 4 of both streams
    assert threshold_of_rate([[7.0, 0.0] * 10], 10) is None  # the highest scores are too many alike


def test_the_ratio_is_of_alarms_to_what_was_stated() -> None:
    ratio = realised_over_stated([4] * 50 + [5] * 50, [360] * 100, 90)
    assert ratio.value == pytest.approx(1.125)
    assert ratio.low < 1.125 < ratio.high
    assert ratio.within(0.75, 1.25)
    assert not realised_over_stated([4], [360], 90).within(0.75, 1.25)  # one stream proves nothing


def test_a_size_is_read_off_between_the_measured_ones() -> None:
    recalls = {0.01: 0.1, 0.1: 0.5, 1.0: 1.0}
    assert size_seen(recalls, 0.5) == pytest.approx(0.1)
    assert size_seen(recalls, 0.75) == pytest.approx(math.sqrt(0.1))
    assert size_seen({0.01: 1.0, 0.1: 1.0}, 0.95) == 0.01
    assert size_seen({0.01: 0.1, 0.1: 0.2}, 0.5) is None
    assert size_seen({0.01: 0.9, 0.1: 0.2, 1.0: 1.0}, 0.5) > 0.1  # type: ignore[operator]


def test_untouched_columns_have_the_scores_of_the_clean_day() -> None:
    clean, planted = {"columns": {"a": 0.2, "b": 0.4}}, {"columns": {"a": 3.0}}
    assert merged(clean, planted) == {"columns": {"a": 3.0, "b": 0.4}}
    whole = {"score": 2.0, "columns": {"a": 9.0}}
    assert merged(clean, whole) == whole


def test_a_plant_is_seen_on_any_day_and_by_the_right_column() -> None:
    batches = [{"columns": {"a": 0.5}}, {"columns": {"a": 0.2, "b": 1.5}}]
    assert verdict_of(batches, ["b"], 1.0) == PlantVerdict(True, True)
    assert verdict_of(batches, ["a"], 1.0) == PlantVerdict(True, False)
    assert verdict_of(batches, ["b"], 2.0) == PlantVerdict(False, False)
    of_all = [{"score": 1.2, "columns": {"a": 9.0, "b": 8.0, "c": 7.0, "d": 6.0}}]
    assert verdict_of(of_all, ["c"], 1.0) == PlantVerdict(True, True)  # among its three strongest
    assert verdict_of(of_all, ["d"], 1.0) == PlantVerdict(True, False)


def test_a_recall_counts_plants() -> None:
    verdicts = recall(
        [
            PlantVerdict(True, True),
            PlantVerdict(True, False),
            PlantVerdict(False, False),
            PlantVerdict(False, False),
        ]
    )
    assert (verdicts.plants, verdicts.alarm, verdicts.right) == (4, 0.5, 0.25)
