import math

import pytest

from benchmarks.quality.drift.rates import (
    openings,
    realised_over_stated,
    size_seen,
    threshold_of_rate,
)
from benchmarks.quality.drift.verdicts import (
    MatchedTool,
    PlantVerdict,
    Scores,
    by_default,
    default_openings,
    matched,
    merged,
    recall,
)


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


def scores(alarmed: list[str], **columns: float) -> Scores:
    """Scores of a day, of one statistic."""
    return {"columns": {name: {"distance": value} for name, value in columns.items()}, "alarmed": alarmed}


def test_untouched_columns_have_the_scores_of_the_clean_day() -> None:
    clean, planted = scores(["a", "b"], a=0.2, b=0.4), scores([], a=3.0)
    assert merged(clean, planted) == scores(["b"], a=3.0, b=0.4)
    whole = {"score": 2.0, **scores(["a"], a=9.0)}
    assert merged(clean, whole) == whole


def test_a_plant_is_seen_on_any_day_and_by_the_right_column() -> None:
    tool = MatchedTool({("a", "distance"): 1.0, ("b", "distance"): 10.0}, 0.001, 1.0)
    batches = [scores([], a=0.5), scores([], a=0.2, b=15)]
    assert tool.verdict(batches, ["b"]) == PlantVerdict(True, True)
    assert tool.verdict(batches, ["a"]) == PlantVerdict(True, False)
    assert tool.verdict(batches[:1], ["a"]) == PlantVerdict(False, False)
    assert tool.verdict([scores([], c=0.001)], ["c"]) == PlantVerdict(True, True)  # 0 on all clean days
    assert MatchedTool({}, 0.001, None).verdict(batches, ["a"]) is None


def test_of_a_tool_with_one_score_the_three_strongest_columns_count() -> None:
    tool = MatchedTool({}, 0.001, 1.0)
    of_all = [{"score": 1.2, **scores([], a=9.0, b=8.0, c=7.0, d=6.0)}]
    assert tool.verdict(of_all, ["c"]) == PlantVerdict(True, True)
    assert tool.verdict(of_all, ["d"]) == PlantVerdict(True, False)


def test_by_default_the_columns_that_the_tool_names_count() -> None:
    batches = [scores([], a=9.0), scores(["b"], b=0.1)]
    assert by_default(batches, ["b"]) == PlantVerdict(True, True)
    assert by_default(batches, ["a"]) == PlantVerdict(True, False)
    assert by_default(batches[:1], ["a"]) == PlantVerdict(False, False)
    assert default_openings([batches, batches * 2]) == ([1, 2], [2, 4])


def test_each_statistic_has_a_threshold_of_its_own_from_clean_days() -> None:
    days = [scores([], loud=100.0 + day % 10, quiet=(day % 10) / 1000) for day in range(900)]
    tool = matched([days], 800, monthly=False)
    assert tool.units["loud", "distance"] > 100 > 0.01 > tool.units["quiet", "distance"]
    assert tool.of_columns(scores([], loud=218, quiet=0.0)) == {"loud": 2.0, "quiet": 0.0}
    assert tool.of_columns(scores([], never=1 / 800)) == {"never": 2.0}


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
