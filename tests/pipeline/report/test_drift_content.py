"""What pages show of drift follows from real calibrations: alarms, bands, ranks, what is not shown."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from perennial.drift.calibration import calibrate
from perennial.drift.rate import Rate
from pipeline.report.day_series import day_number
from pipeline.report.drift_content import of_history, of_run
from tests.pipeline.report.drift_days import FIRST, SHIFTED, WARMER, calibrated, day_table

SHIFT_DAY = day_number(date(2013, 6, 20))


@pytest.fixture(scope="module")
def history() -> dict[str, Any]:
    return of_history(calibrated())


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    """A run that judged a month after 165 days, with the shift in it."""
    return judged(findings=[])


def judged(findings: list[dict[str, Any]], private: tuple[str, ...] = ()) -> dict[str, Any]:
    calibration, table = calibrated(165), day_table(days=195)
    judgement = calibration.judge(table.only(table.days >= FIRST + 165))
    return of_run(calibration, judgement, findings, private)


def test_a_history_has_its_days_scores_and_alarms(history: dict[str, Any]) -> None:
    assert (history["state"], history["needed"], history["rate"]) == ("calibrated", 0, "1 per quarter")
    assert history["history"] == {"days": 180, "first": 15706, "last": 15885}
    assert len(history["days"]) == len(history["scores"]) == len(history["thresholds"]) == 180
    assert history["thresholds"][0] is None
    last = history["alarms"][-1]
    assert (last["since"], last["until"]) == (SHIFT_DAY, None)
    assert set(last["columns"]) >= {"heat", "rain"}
    assert SHIFT_DAY in history["openings"]


def test_columns_that_stood_out_come_first_with_their_days_in_an_alarm(history: dict[str, Any]) -> None:
    names = [each["name"] for each in history["columns"]]
    assert sorted(names[:2]) == ["heat", "rain"]
    assert sorted(names) == ["", "colour", "heat", "rain"]
    heat = history["columns"][names.index("heat")]
    assert SHIFT_DAY in heat["alarms"]
    assert heat["unit"] == ""
    assert {each["kind"] for each in heat["seen"]} >= {"missing", "level"}


def test_a_column_leaves_its_band_on_the_days_on_which_it_is_above_the_threshold(run: dict[str, Any]) -> None:
    heat = next(each for each in run["columns"] if each["name"] == "heat")
    place = run["days"].index(SHIFT_DAY)
    assert heat["values"][place] > heat["high"][place]
    assert heat["high"][place] - heat["low"][place] < 2 * WARMER
    before = run["days"].index(SHIFT_DAY - 1)
    assert heat["low"][before] < heat["values"][before] < heat["high"][before]


def test_a_run_shows_the_judged_days_and_those_before_them(run: dict[str, Any]) -> None:
    assert run["judged"] == [day_number(date(2013, 6, 15)), day_number(date(2013, 7, 14))]
    assert len(run["days"]) == 120
    assert run["days"][-1] == run["judged"][1]
    assert None not in run["scores"]
    alarm = next(each for each in run["alarms"] if each["since"] == SHIFT_DAY)
    shift = next(each for each in alarm["shifts"] if each["column"] == "heat")
    assert shift["value"] - shift["expected"] == pytest.approx(WARMER, abs=2)


def test_columns_are_ranked_by_their_effect_on_the_live_model_then_by_score() -> None:
    effect = {"number": -0.04, "text": "It moves the score from 20% to 16%."}
    alarm = next(each for each in judged([])["alarms"] if each["since"] == SHIFT_DAY)
    strongest, other = alarm["columns"][:2]
    finding = {"since": "2013-06-20", "columns": [strongest, other], "severity": "block", "effect": effect}
    finding |= {"segment": "colour=red"}
    shown = judged([finding, {**finding, "columns": ["colour"], "effect": {"number": 0.9, "text": "?"}}])
    assert [each["name"] for each in shown["columns"]][:3] == ["colour", strongest, other]
    assert shown["columns"][1]["effect"] == effect
    alarm = next(each for each in shown["alarms"] if each["since"] == SHIFT_DAY)
    assert (alarm["severity"], alarm["effect"], alarm["segment"]) == ("block", effect, "colour=red")


def test_without_an_effect_the_score_ranks(run: dict[str, Any]) -> None:
    scores = [each["score"] for each in run["columns"]]
    assert scores == sorted(scores, reverse=True)
    assert {each["severity"] for each in run["alarms"]} == {""}


def test_what_is_not_calibrated_has_no_threshold_no_alarm_and_no_band() -> None:
    shown = of_history(calibrated(30))
    assert shown["state"] == "not calibrated"
    assert shown["needed"] == calibrated(30).days_needed > 0
    assert set(shown["thresholds"]) == {None}
    assert shown["alarms"] == shown["openings"] == []
    assert all(set(each["low"]) == {None} and not each["alarms"] for each in shown["columns"])
    judgement = calibrated(30).judge(day_table(FIRST + 30, 5))
    assert of_run(calibrated(30), judgement, [])["alarms"] == []


def test_no_value_of_a_private_column_is_shown() -> None:
    shown = judged([], private=("heat", "colour"))
    heat = next(each for each in shown["columns"] if each["name"] == "heat")
    assert heat["hidden"]
    assert set(heat["values"]) == set(heat["low"]) == {None}
    shifts = {each["column"]: each for alarm in shown["alarms"] for each in alarm["shifts"]}
    assert shifts["heat"]["value"] is None
    assert shifts["rain"]["value"] is not None
    whole = of_history(calibrated(), ("heat", "colour"))
    assert "r<d" not in json.dumps(whole)
    seen = next(each["seen"] for each in whole["columns"] if each["name"] == "heat")
    assert {each["unit"] for each in seen} == {"share"}


def test_days_left_out_have_their_reason_and_odd_days_are_named() -> None:
    table = day_table(days=170)
    table = table.only(table.days != FIRST + 100)
    calibration = calibrate(
        table,
        Rate.parse("1 per quarter"),
        excluded=[date(2013, 3, 1), date(2013, 3, 2)],
        calendar=[date(2013, 2, 18)],
    )
    shown = of_history(calibration)
    assert shown["left_out"] == [
        {"days": [15765, 15766], "why": "in an alarm that no person has decided about"},
        {"days": [15806, 15806], "why": "no rows"},
    ]
    assert shown["calendar"] == [day_number(date(2013, 2, 18))]


def test_rows_without_dates_have_spans_in_their_order() -> None:
    epoch = np.datetime64("1970-01-01", "D")
    table = replace(day_table(days=80), days=epoch + np.arange(80))
    assert not of_history(calibrate(table, Rate.parse("1 per quarter")))["dated"]
    assert of_history(calibrated())["dated"]


def test_the_content_is_json_of_short_numbers(run: dict[str, Any]) -> None:
    assert json.loads(json.dumps(run, allow_nan=False)) == run
    assert len(json.dumps(run)) < 40 * len(run["days"]) * len(run["columns"])


def test_what_was_judged_is_what_is_shown(run: dict[str, Any]) -> None:
    judgement = calibrated(165).judge(day_table(days=195).only(day_table(days=195).days >= FIRST + 165))
    assert run["scores"][-30:] == pytest.approx(list(judgement.scores), rel=1e-3)
    assert SHIFTED in judgement.days
