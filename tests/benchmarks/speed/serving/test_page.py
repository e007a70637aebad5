"""Rounds become medians with their range, and goals are judged by them."""

from typing import Any

import pytest

from benchmarks.speed.serving.load import LINES
from benchmarks.speed.serving.page import goals_table, line_table, rendered, spread

ONE = LINES[0]


def served(p50: float, p99: float, rate: float) -> dict[str, Any]:
    """A round of a server with the same figures in every line."""
    figures = {"p50": p50, "p99": p99, "rows_a_second": rate, "requests": 1000}
    return {"lines": {line.name: figures for line in LINES}, "difference": 6e-8, "version": "1.0"}


FLOOR = {"p50": 400.0, "p99": 500.0, "calls": 1000, "scores": [], "version": "2.16.2"}
OURS = served(600.0, 1200.0, 2000.0)
THEIRS = served(1200.0, 2400.0, 800.0)


def verdict(table: str, what: str) -> str:
    return next(line for line in table.splitlines() if what in line).split("|")[-2].strip()


def test_a_spread_is_the_median_and_the_range() -> None:
    assert spread([3000.0, 1000.0, 2000.0], 1000) == "2.00 (1.00 to 3.00)"


def test_one_round_has_no_range() -> None:
    assert spread([2000.0], 1000) == "2.00"


@pytest.mark.parametrize(("p50", "judged"), [(680.0, "met"), (690.0, "**missed**")])
def test_one_row_is_judged_against_the_floor(p50: float, judged: str) -> None:
    results = {"floor": [FLOOR], "perennial": [served(p50, 1200.0, 2000.0)]}
    assert verdict(goals_table(results), "over the floor's") == judged


def test_the_ratio_to_the_floor_is_taken_within_each_round() -> None:
    slow = {**FLOOR, "p50": 4000.0}
    results = {"floor": [FLOOR, slow, FLOOR], "perennial": [OURS, served(6000.0, 9000.0, 200.0), OURS]}
    assert "1.5 |" in goals_table(results)


@pytest.mark.parametrize(("p99", "judged"), [(1800.0, "met"), (1900.0, "**missed**")])
def test_the_tail_is_judged_against_its_own_median(p99: float, judged: str) -> None:
    assert verdict(goals_table({"perennial": [served(600.0, p99, 2000.0)]}), "p99 over p50") == judged


def test_ours_is_compared_with_the_best_of_the_others() -> None:
    results = {"perennial": [OURS], "bentoml": [THEIRS], "kserve": [served(900.0, 2000.0, 2500.0)]}
    line = f"{ONE.title}: rows/s"
    assert verdict(goals_table(results), line) == "**missed**"
    assert "KServe" in next(each for each in goals_table(results).splitlines() if line in each)


def test_a_subject_that_was_not_measured_has_no_row() -> None:
    lines = line_table({"perennial": [OURS], "kserve": [THEIRS]}, ONE)
    assert "KServe" in lines
    assert "BentoML" not in lines


def test_the_page_names_versions_and_differences() -> None:
    page = rendered({"floor": [FLOOR], "perennial": [OURS], "bentoml": [THEIRS]}, 1, 5)
    assert "**BentoML 1.0**" in page
    assert "Largest difference 6e-08" in page
