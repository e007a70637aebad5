"""The drift part of a run's page: alarms with their severity, never green with one, columns by effect."""

from typing import Any

import pytest

from pipeline.report.drift_content import of_history, of_run
from pipeline.report.render import html_of
from tests.pipeline.report.drift_days import FIRST, calibrated, day_table
from tests.pipeline.report.outline import Outline

EFFECT = {"number": -0.0412, "text": "It moves the predicted probability of 1 from 20% to 16% on average."}
FINDING = {"since": "2013-06-20", "columns": ["rain"], "severity": "block", "effect": EFFECT}
PAGE: dict[str, Any] = {
    "format": 1,
    "use_case": {"description": "", "label": "good", "task": "binary", "classes": []},
    "judgement": None,
    "training": None,
    "window": None,
    "yardstick": None,
    "card": None,
}
SUMMARY: dict[str, Any] = {
    "use_case": "flights",
    "run_id": "20260102T030405.000006Z",
    "verdict": "KEPT",
    "exit_code": 0,
    "reason": "No better.",
    "seconds": 1.0,
    "spans": [],
    "trained_on": None,
    "evaluated_on": None,
    "candidate": None,
    "champion": None,
    "baseline": None,
    "comparison": None,
    "reasons": [],
    "judgements": [],
    "live_version": None,
    "pushed_version": None,
    "probe": None,
    "nodes": [],
}
SPAN: dict[str, Any] = {
    "span": "2013-06",
    "version": 1,
    "verdict": "WARN",
    "reasons": [],
    "rows": 400,
    "quarantined": 0,
    "quarantine": [],
    "quarantine_counted": True,
    "ignored_columns": [],
    "absent_columns": [],
    "anomalies": [],
    "drift": [],
    "not_checked": [],
    "checked": [],
    "label_rate": None,
    "against": None,
    "columns": None,
}


@pytest.fixture(scope="module")
def drift() -> dict[str, Any]:
    calibration, table = calibrated(165), day_table(days=195)
    judgement = calibration.judge(table.only(table.days >= FIRST + 165))
    shown = of_run(calibration, judgement, [FINDING])
    shown["alarms"] = [each for each in shown["alarms"] if each["since_date"] == "2013-06-20"]
    return shown


def section(*drifts: dict[str, Any] | None) -> str:
    spans = [{**SPAN, "drift_by_day": drift} for drift in drifts]
    return html_of({**PAGE, "summary": SUMMARY, "spans": spans})


def test_an_alarm_is_shown_with_what_changed_since_when_and_what_it_does(drift: dict[str, Any]) -> None:
    noted = [{**each, "severity": "block", "effect": EFFECT} for each in drift["alarms"]]
    html = section({**drift, "alarms": noted})
    text = Outline(html).text.replace("\u00a0", " ")
    for words in (
        "1 ALARM",
        "20 Jun 2013",
        "still open",
        "points more)",
        EFFECT["text"],
        "block",
        "by chance",
    ):
        assert str(words) in text
    assert "15 Jun to 14 Jul 2013, judged by this run" in text
    assert '<a href="#drift">' in html


@pytest.mark.parametrize(
    ("severity", "tone"), [("block", "bad"), ("warn", "warn"), ("note", "calm"), ("", "calm")]
)
def test_with_an_alarm_it_is_not_green(drift: dict[str, Any], severity: str, tone: str) -> None:
    html = section({**drift, "alarms": [{**each, "severity": severity} for each in drift["alarms"]]})
    assert f'class="box verdict {tone}"' in html.split('id="drift"')[1]


def test_without_an_alarm_it_is_green_and_says_so(drift: dict[str, Any]) -> None:
    shown = section({**drift, "alarms": []}).split('id="drift"')[1]
    assert "NO ALARM" in shown
    assert 'class="box verdict good"' in shown


def test_what_is_not_calibrated_is_named_so_and_not_green() -> None:
    shown = section({**of_history(calibrated(30)), "judged": [15736, 15740]}).split('id="drift"')[1]
    assert "NOT CALIBRATED" in shown
    assert 'class="box verdict warn"' in shown
    assert "NO ALARM" not in shown


def test_columns_with_the_largest_effect_come_first(drift: dict[str, Any]) -> None:
    moved = {**drift["columns"][-1], "name": "moved", "effect": EFFECT}
    shown = section({**drift, "columns": [moved, *drift["columns"]]}).split('id="drift"')[1]
    assert shown.index('data-column="moved"') < shown.index('data-column="rain"')
    assert "the largest effect on the live model's scores first" in shown.replace("&#39;", "'")
    assert "Moves the live model's mean score by -0.0412" in shown


def test_a_hundred_columns_are_folded(drift: dict[str, Any]) -> None:
    heat = next(each for each in drift["columns"] if each["name"] == "heat")
    columns = [{**heat, "name": f"heat{place}"} for place in range(100)]
    html = section({**drift, "columns": columns})
    assert "The other 88 columns" in html
    assert len(html) < 1_500_000


def test_the_newest_span_whose_days_are_known_is_shown_and_an_older_page_has_none(
    drift: dict[str, Any],
) -> None:
    assert 'id="drift"' in section(None, drift)
    assert 'id="drift"' not in section(None)
    without = {name: value for name, value in SPAN.items() if name != "drift_by_day"}
    assert 'id="drift"' not in html_of({**PAGE, "summary": SUMMARY, "spans": [without]})


def test_hostile_names_are_text(drift: dict[str, Any]) -> None:
    hostile = "</script><img src=x onerror=alert(1)>\"'&<b>"
    columns = [{**each, "name": hostile, "named": hostile} for each in drift["columns"]]
    shifts = [[{**shift, "column": hostile} for shift in each["shifts"]] for each in drift["alarms"]]
    alarms = [
        {**each, "shifts": moved, "segment": hostile}
        for each, moved in zip(drift["alarms"], shifts, strict=True)
    ]
    outline = Outline(section({**drift, "columns": columns, "alarms": alarms, "not_checked": [hostile]}))
    assert outline.elements["img"] == 0
    assert outline.elements["script"] == 1
    assert hostile in outline.text
