"""Ratios are judged against their goals, and figures become Markdown."""

import pytest

from benchmarks.harness.table import STAGES, Ratio, nodes_table, number, ratios_table, runs_table
from benchmarks.speed.chain.page import ratios, rendered

RUN = {
    "wall": 20.0,
    "cpu": 18.0,
    "peak_tree": 1 << 30,
    "peak_process": 1 << 29,
    "rows_evaluated": 65432,
    "training_steps": 2400,
    "log_loss": 0.5,
    "auc": 0.7,
    "verdict": "PUSHED",
    "nodes": {"Trainer": 8.0, "ArrowExampleGen": 4.0},
}
TEMPLATE = {**RUN, "wall": 200.0, "cpu": 150.0, "nodes": {"Trainer": 90.0, "CsvExampleGen": 40.0}}


@pytest.mark.parametrize(
    ("ours", "goal", "at_least", "verdict"),
    [
        (10.0, 0.1, False, "met"),
        (11.0, 0.1, False, "**missed**"),
        (1500.0, 15.0, True, "met"),
        (1400.0, 15.0, True, "**missed**"),
        (10.0, None, False, ""),
    ],
)
def test_a_ratio_is_judged_by_its_goal(ours: float, goal: float | None, at_least: bool, verdict: str) -> None:
    assert Ratio("the year", ours, 100.0, goal, "s", at_least).verdict == verdict


def test_both_figures_and_the_ratio_are_shown() -> None:
    line = ratios_table([Ratio("the year", 20.0, 200.0, 0.12, "s")]).splitlines()[-1]
    assert line == "| the year | 20.0 s | 200 s | 0.1 | ≤ 0.12 | met |"


def test_wall_and_cpu_time_are_judged_apart() -> None:
    pairs = ratios({"year-equal": RUN, "year-template": TEMPLATE})
    verdicts = {each.what.rpartition(": ")[2]: each.verdict for each in pairs[:2]}
    assert verdicts == {"wall": "met", "CPU": "met"}
    pairs = ratios({"year-equal": {**RUN, "cpu": 30.0}, "year-template": TEMPLATE})
    assert [each.verdict for each in pairs[:2]] == ["met", "**missed**"]


def test_memory_may_be_no_more_than_the_template_s() -> None:
    pairs = ratios({"year-equal": {**RUN, "peak_tree": 3 << 30}, "year-template": TEMPLATE})
    assert [(each.ratio, each.verdict) for each in pairs if "sum of" in each.what] == [(3.0, "**missed**")]


def test_nothing_is_compared_that_was_not_measured() -> None:
    assert ratios({"year-equal": RUN, "month": RUN}) == []


def test_a_page_of_some_steps_is_rendered() -> None:
    page = rendered({"year-equal": RUN, "year-template": TEMPLATE}, repeat=1, months=12)
    assert "| the year, template | 200 | 150 | 1.00 | 0.50 | 65,432 | 2,400 | 0.5000 / 0.700 |" in page
    assert "one month alone" not in page


def test_time_outside_of_nodes_is_what_is_left() -> None:
    lines = nodes_table({"year": RUN}, {"year": "ours"}, STAGES).splitlines()
    assert "| reading | 4.00 |" in lines
    assert "| outside nodes: imports, start, end | 8.00 |" in lines


def test_a_node_of_no_stage_has_a_line_of_its_own() -> None:
    table = nodes_table({"year": {**RUN, "nodes": {"Novelty": 2.5}}}, {"year": "ours"}, STAGES)
    assert "| Novelty | 2.50 |" in table


def test_a_run_without_a_model_leaves_its_cells_empty() -> None:
    line = runs_table(
        {"gen": {key: RUN[key] for key in ("wall", "cpu", "peak_tree", "peak_process")}}, {"gen": "x"}
    )
    assert line.splitlines()[-1] == "| x | 20.0 | 18.0 | 1.00 | 0.50 |  |  |  |  |"


@pytest.mark.parametrize(("value", "text"), [(1234.5, "1,234"), (12.345, "12.3"), (0.1234, "0.12")])
def test_numbers_have_about_three_digits(value: float, text: str) -> None:
    assert number(value) == text
