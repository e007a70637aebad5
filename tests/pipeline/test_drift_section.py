"""The section `drift` of a use case's YAML: what may stand in it, and which rule an alarm follows."""

from datetime import date
from pathlib import Path

import pytest

from perennial.drift.settings import DriftRule, DriftSettings
from pipeline import config
from tests.pipeline.wrong_texts import problem
from tests.small_config import TEXT

LINE = TEXT.count("\n") + 1


def section(text: str) -> DriftSettings:
    text = f"{TEXT}drift: {text}\n"
    return config.parse(text, name="flights", home=Path("/home-of-tests"), source="flights.yaml").drift


def test_what_is_left_out_has_its_default() -> None:
    drift = config.parse(TEXT, name="flights", home=Path("/h"), source="flights.yaml").drift
    assert drift == DriftSettings()
    assert (drift.calendar, drift.pinned, drift.policy) == ((), (), ())
    assert drift.baselines == ("season", "previous", "training")
    assert drift.rule(("dewp",), "level") == DriftRule(action="warn", retrain=False)


def test_spans_that_are_pinned_are_compared_with_unless_the_baselines_say_otherwise() -> None:
    assert section("{pinned: [2013-01]}").baselines == ("season", "previous", "training", "pinned")
    assert section("{pinned: [2013-01], baselines: [pinned]}").baselines == ("pinned",)
    assert section("{calendar: [2013-11-28]}").calendar == (date(2013, 11, 28),)


def test_the_first_rule_that_fits_a_column_wins_and_of_columns_the_strongest_action() -> None:
    drift = section(
        "{policy: [{feature: fare, action: note}, {measure: rows, action: block, retrain: true},"
        " {feature: carrier, measure: unseen, action: block}]}"
    )
    assert drift.rule(("fare",), "level").action == "note"
    assert drift.rule((), "rows") == DriftRule(measure="rows", action="block", retrain=True)
    assert drift.rule(("carrier",), "level").action == "warn"
    assert drift.rule(("fare", "carrier"), "unseen").action == "block"
    assert drift.rule(("fare", "dewp"), "level").action == "warn"


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("{calendar: [2013-11-31]}", "drift.calendar[0]", "a date such as 2026-11-26"),
        ("{calendar: [thanksgiving]}", "drift.calendar[0]", "a date such as 2026-11-26"),
        ("{calendar: 2013-11-28}", "drift.calendar", "a list of dates such as [2026-11-26, 2026-12-25], got"),
        ("{baselines: [saison]}", "drift.baselines[0]", "season, previous, training or pinned, got none of"),
        ("{baselines: []}", "drift.baselines", "a list of season, previous, training and pinned, got"),
        ("{baselines: [season, season]}", "drift.baselines", "each baseline once, got one twice"),
        ("{baselines: [pinned]}", "drift", "the spans of the baseline `pinned`"),
        ("{pinned: [2013-01], baselines: [season]}", "drift.baselines", "`pinned` among the baselines"),
        ("{pinned: [7]}", "drift.pinned", "spans such as 2013-01, as `exports.span` is month"),
        ("{policy: [{action: warm}]}", "drift.policy[0].action", "block, warn or note, got none of these"),
        ("{policy: [{measure: mean}]}", "drift.policy[0].measure", "*, rows, missing,"),
        ("{policy: [{retrain: often}]}", "drift.policy[0].retrain", "true or false, got"),
    ],
)
def test_what_is_wrong_is_reported_with_line_key_and_what_was_expected(
    text: str, key: str, expected: str
) -> None:
    message = problem(f"{TEXT}drift: {text}\n")
    assert message.startswith(f"flights.yaml, line {LINE}: `{key}")
    assert f"expected {expected}" in message


def test_an_unknown_key_is_named_with_the_nearest_one() -> None:
    message = problem(f"{TEXT}drift: {{calender: []}}\n")
    assert "unknown key `drift.calender` (did you mean `drift.calendar`?)" in message


def test_what_an_alarm_leads_to_is_not_set_in_the_gates_own_policy() -> None:
    message = problem(TEXT + "data: {policy: [{anomaly: drift_alarm, action: note}]}\n")
    assert "`data.policy[0].anomaly`: expected another kind: `drift.policy` says what an alarm" in message
