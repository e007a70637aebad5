"""The page of a calibration: its state first, what would have alarmed, each column; and hostile text."""

import itertools
import re
import time
from typing import Any

import pytest

from pipeline.drift_page.page import calibration_page, html_of
from pipeline.report import day_charts
from pipeline.report.drift_content import of_history
from tests.pipeline.report.drift_days import calibrated
from tests.pipeline.report.outline import Outline

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&`<b>"


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    return of_history(calibrated())


def wide(content: dict[str, Any], columns: int) -> dict[str, Any]:
    """The same with so many columns of numbers."""
    heat = next(each for each in content["columns"] if each["name"] == "heat")
    return {**content, "columns": [{**heat, "name": f"heat{place}"} for place in range(columns)]}


def page(content: dict[str, Any]) -> Outline:
    return Outline(html_of("flights", "number 4", content))


def test_the_state_stands_first_then_rate_alarms_columns_and_sizes() -> None:
    html = calibration_page(calibrated(), "flights", 4, "2013-07-01")
    text = Outline(html).text.replace("\u00a0", " ")
    places = [
        text.index(each)
        for each in (
            "flights",
            "number 4, made 2013-07-01",
            "CALIBRATED",
            "False alarms are held at 1 per quarter, all columns together",
            "What would have alarmed",
            "20 Jun 2013",
            "Score by day, against the threshold",
            "Scores as a table",
            "Columns by day",
            "How far a column has to move",
            "Noticed 95 times of 100",
            "No day of the accepted past was left out.",
        )
    ]
    assert places == sorted(places)
    assert "still open" in text
    assert '<div class="box verdict good">' in html


def test_not_calibrated_says_how_many_days_are_needed_and_is_never_green() -> None:
    calibration = calibrated(30)
    html = calibration_page(calibration, "flights", 1, "2013-02-01")
    text = Outline(html).text
    assert f"NOT CALIBRATED: {calibration.days_needed} more days needed" in text
    assert "no alarm is raised by day" in text
    assert '<div class="box verdict warn">' in html
    assert 'class="box verdict good"' not in html
    assert "What would have alarmed" not in text
    assert "What is noticed" not in text
    assert "Columns by day" in text


def test_without_any_day_or_column_there_is_a_page(content: dict[str, Any]) -> None:
    nothing: dict[str, Any] = {
        name: [] for name in ("days", "scores", "thresholds", "alarms", "openings", "columns")
    }
    empty = {**content, **nothing, "state": "not calibrated", "needed": 60}
    shown = page({**empty, "history": {"days": 0, "first": None, "last": None}})
    assert "NOT CALIBRATED: 60 more days needed" in shown.text
    assert shown.elements["svg"] == 0


@pytest.mark.parametrize("columns", [1, 12, 13, 100])
def test_the_strongest_columns_are_shown_and_the_others_folded_and_searchable(
    content: dict[str, Any], columns: int
) -> None:
    html = html_of("flights", "", wide(content, columns))
    shown = Outline(html)
    assert shown.elements["article"] == columns
    assert ("The other" in shown.text) == (columns > 12)
    assert ('type="search"' in html) == (columns > 12)
    assert len(html) < 3_000_000


def test_a_hundred_columns_take_no_more_than_their_share_of_time(content: dict[str, Any]) -> None:
    day_charts.warm_up()
    seconds = {}
    for columns in (20, 100):
        began = time.process_time()
        html_of("flights", "", wide(content, columns))
        seconds[columns] = time.process_time() - began
    assert seconds[100] / seconds[20] < 10


def test_hostile_names_are_text(content: dict[str, Any]) -> None:
    plain = page(content)
    hostile = page(_with_hostile_text(content))
    assert hostile.elements["img"] == 0
    assert hostile.elements["script"] == plain.elements["script"] == 1
    assert not [name for name, _ in hostile.attributes if name.startswith("on")]
    assert HOSTILE.replace("`", "") in hostile.text.replace("`", "")


def _with_hostile_text(value: Any) -> Any:
    """The content with hostile text for each text that no code branches on."""
    if isinstance(value, dict):
        return {
            key: each if key in ("state", "unit") else _with_hostile_text(each) for key, each in value.items()
        }
    if isinstance(value, list):
        return [_with_hostile_text(each) for each in value]
    return HOSTILE if isinstance(value, str) else value


def test_nothing_is_asked_of_anyone_and_every_picture_has_a_text(content: dict[str, Any]) -> None:
    html = html_of("flights", "number 4", content)
    assert set(re.findall(r"https?://[^\"' ]+", html)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "default-src 'none'" in html
    assert not re.search(r"@import|url\(|<link|<img|<iframe|\bfetch\(", html)
    assert html.count("<svg") == len(re.findall(r'role="img" aria-label="[^"]{20,}"', html)) == 5


def test_headings_step_down_by_one(content: dict[str, Any]) -> None:
    levels = page(content).headings
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_a_private_column_has_no_picture(content: dict[str, Any]) -> None:
    html = calibration_page(calibrated(), "flights", 4, "2013-07-01", private=["heat"])
    assert "Private column: no value is shown." in html


def test_tables_without_dates_count_spans(content: dict[str, Any]) -> None:
    days = list(range(len(content["days"])))
    alarms = [{**each, "since": 170, "until": None} for each in content["alarms"][-1:]]
    undated = {**content, "dated": False, "days": days, "alarms": alarms, "openings": [170]}
    text = page({**undated, "history": {"days": 180, "first": 0, "last": 179}}).text
    assert "span 171" in text
    assert "1970" not in text
