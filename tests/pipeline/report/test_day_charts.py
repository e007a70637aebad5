"""Charts by day of any data: they are drawn, and no number in them is none."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest

from pipeline.report import day_charts
from pipeline.report.day_series import MeasureByDay, ScoresByDay, Values

SERIES: list[Values] = [[], [1.0], [None, None], [5.0, 5.0, 5.0], [1e300, -1e300, 0.0], [1.0, None, 2.0]]


def well_formed(svg: str) -> ElementTree.Element:
    assert "NaN" not in svg
    assert "Infinity" not in svg
    assert set(re.findall(r'(?:https?:)?//[^"\s]+', svg)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    return ElementTree.fromstring(svg)


def band(values: Values, add: float) -> list[float | None]:
    return [None if value is None else value + add for value in values]


@pytest.mark.parametrize("values", SERIES)
def test_any_measure_is_drawn(values: Values) -> None:
    days = list(range(15706, 15706 + len(values)))
    for low, high in ((band(values, -1.0), band(values, 1.0)), ([None] * len(days),) * 2):
        measure = MeasureByDay(days, values, low, high, frozenset(days[:1]))
        well_formed(day_charts.measure_by_day(measure))
        well_formed(day_charts.measure_by_day(measure, judged=(15706, 15707)))


@pytest.mark.parametrize("values", SERIES[:4] + SERIES[5:])
@pytest.mark.parametrize("dated", [True, False])
def test_any_scores_are_drawn(values: Values, dated: bool) -> None:
    days = list(range(len(values)))
    for limits in (values, [None] * len(days)):
        shown = ScoresByDay(days, values, limits, frozenset(days[:1]), None, dated)
        well_formed(day_charts.scores_by_day(shown))


def test_a_day_above_the_threshold_is_red_and_a_far_higher_one_is_cut_and_marked() -> None:
    shown = ScoresByDay([0, 1, 2], [1.0, 4.0, 500.0], [3.0] * 3, frozenset([1]))
    svg = day_charts.scores_by_day(shown)
    assert svg.count('stroke="var(--bad)"') == 2
    assert svg.count('stroke="var(--now)"') == 1
    assert svg.count('fill="var(--bad)"') == 2
    assert not re.search(r">\s*500\s*<", svg)


def labels(days: Sequence[int], *, dated: bool = True) -> list[str]:
    scores = [1.0] * len(days)
    drawn = day_charts.scores_by_day(ScoresByDay(days, scores, scores, frozenset(), None, dated))
    return [each.text or "" for each in well_formed(drawn).iter() if each.tag.endswith("text")]


def test_an_axis_has_months_days_or_the_numbers_of_spans() -> None:
    assert {"Jan 2013", "Feb", "Jan 2014"} <= set(labels(range(15706, 16100)))
    assert "1 Jan" in labels(range(15706, 15720))
    assert "1" in labels(range(13), dated=False)


def test_a_line_is_broken_where_weeks_are_missing() -> None:
    days, values = [1, 2, 3, 40, 41], [1.0, 2.0, 3.0, 2.0, 1.0]
    svg = day_charts.measure_by_day(MeasureByDay(days, values, band(values, -1.0), band(values, 1.0)))
    (line,) = re.findall(r'<path d="([^"]*)" stroke="var\(--now\)"', svg)
    assert line.count("M") == 2
