"""Charts of any data, and text in them that is only ever text."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import pytest

from pipeline.report import charts

HOSTILE = "</text></svg><script>alert(1)</script>\x00\u202e&\"'"


@pytest.mark.parametrize(
    "svg",
    [
        lambda: charts.top_values([{"value": HOSTILE, "share": 0.5, "was": 0.4}]),
        lambda: charts.intervals([{"name": HOSTILE, "value": 0.5, "interval": [0.4, 0.6], "series": "now"}]),
    ],
)
def test_hostile_names_are_text(svg: Callable[[], str]) -> None:
    drawn = svg()
    ElementTree.fromstring(drawn)
    assert "<script" not in drawn
    assert "\x00" not in drawn


def test_nothing_in_a_chart_is_fetched_from_anywhere() -> None:
    drawn = charts.curves([0.5, 0.4], [0.5, 0.45], 2)
    assert set(re.findall(r'(?:https?:)?//[^"\s]+', drawn)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "href=" not in drawn.replace("xmlns:xlink", "")


def test_degenerate_data_is_drawn() -> None:
    same = [{"name": "a", "value": 0.0, "interval": [0.0, 0.0], "series": "now"}]
    one = [{"value": "", "share": 0.0, "was": None}]
    for drawn in (
        charts.histogram([], []),
        charts.histogram([(0.0, 1e300, 3.0)], [(-1e-300, 0.0, 1.0)]),
        charts.top_values([]),
        charts.top_values(one),
        charts.intervals([]),
        charts.intervals(same, rule=0.0),
        charts.curves([], [], None),
        charts.curves([0.5], [0.6], 1),
    ):
        ElementTree.fromstring(drawn)
        assert "NaN" not in drawn


def test_the_former_span_is_an_outline_that_returns_to_the_ground_between_bins() -> None:
    outline = charts._outline([(0.0, 1.0, 0.5), (2.0, 3.0, 0.2)])
    assert [(each["x"], each["y"]) for each in outline] == [
        *((0.0, 0.0), (0.0, 0.5), (1.0, 0.5), (1.0, 0.0)),
        *((2.0, 0.0), (2.0, 0.2), (3.0, 0.2), (3.0, 0.0)),
    ]
