"""The days of a span, judged by a calibration: what is alarmed, in which words, and what is not checked."""

import json
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate.by_day import DaysJudgement, DaysToJudge, OpenAlarm, judge_days
from components.data_gate.gate import judge_span
from components.data_gate.settings import GateSettings, Rule
from components.span_statistics.in_memory import batches_of, statistics_of
from perennial.drift.calibration import Calibration, calibrate
from perennial.drift.day_file import FILE, write_days
from perennial.drift.day_judgement import DayJudgement
from perennial.drift.day_summaries import UNDATED, DayTable
from perennial.drift.orders import HistorySpan
from perennial.drift.rate import Rate
from perennial.drift.settings import DriftRule, DriftSettings
from perennial.drift.summarise import days_of
from tests.perennial.drift.joint_days import celsius, changed, day_table, flights
from tests.perennial.drift.streams import SCHEMA, day_names, rows_of, summarised

RATE = Rate.parse("1 per quarter")
HISTORY = 90
NEXT = day_names(1, HISTORY)[0]


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    """Of 90 days."""
    return calibrate(summarised(day_names(HISTORY)), RATE)


def judged(
    calibration: Calibration | None,
    table: DayTable,
    span: str = NEXT,
    settings: DriftSettings | None = None,
    before: tuple[OpenAlarm, ...] = (),
) -> DaysJudgement:
    return judge_days(span, DaysToJudge(table, calibration, 7, settings or DriftSettings(), before))


def test_a_day_as_the_others_is_checked_and_not_alarmed(calibration: Calibration) -> None:
    judgement = judged(calibration, summarised([NEXT]))
    assert (judgement.alarms, judgement.not_checked, judgement.is_calibrated) == ((), (), True)
    assert judgement.calibration == {
        "number": 7, "state": "calibrated", "rate": "1 per quarter", "days": HISTORY, "needed": 0,
    }  # fmt: skip
    (day,) = judgement.days
    assert day["day"] == NEXT
    assert day["score"] < day["threshold"]
    (sentence,) = judgement.checked
    assert sentence.startswith(
        "Drift by day was checked with calibration 7 (1 per quarter); days: 1, columns:"
    )


def test_an_alarm_says_what_since_when_how_far_how_sure_and_by_which_baseline(
    calibration: Calibration,
) -> None:
    (alarm,) = judged(calibration, summarised([NEXT], warmer=15.0)).alarms
    assert (alarm.feature, alarm.kind, alarm.severity, alarm.measure) == (
        "temp",
        "drift_alarm",
        "warn",
        "level",
    )
    assert (alarm.since, alarm.until, alarm.columns, alarm.baseline) == (NEXT, "", ("temp",), "season")
    assert alarm.value is not None
    assert alarm.expected is not None
    assert alarm.value - alarm.expected == pytest.approx(15, abs=8)
    assert alarm.score > alarm.threshold
    assert alarm.sure < 1 / 365
    assert alarm.message == (
        f"Since {NEXT}: the level (mean of the inner 90%) of column `temp` is {alarm.value:.4g}, expected"
        f" {alarm.expected:.4g}, by the same weekdays and the weeks before. Chance alone gives an alarm as"
        " strong as this less than once in 100 years."
    )


def test_a_share_is_in_percent_and_a_number_of_rows_in_rows(calibration: Calibration) -> None:
    (missing,) = judged(calibration, summarised([NEXT], missing=0.3)).alarms
    assert (missing.measure, missing.unit) == ("missing", "share")
    assert "the share of missing values of column `temp` is 3" in missing.message
    third = days_of(rows_of([NEXT]).slice(0, 100), SCHEMA, "day")
    (fewer,) = judged(calibration, third).alarms
    assert (fewer.feature, fewer.unit, fewer.measure) == ("", "rows", "rows")
    assert fewer.message.startswith(f"Since {NEXT}: the number of rows is 10")  # of 100


@pytest.mark.parametrize(
    ("policy", "severity"),
    [
        ((DriftRule(feature="temp", action="block"),), "block"),
        ((DriftRule(measure="level", action="note"),), "note"),
        ((DriftRule(feature="carrier", action="block"),), "warn"),
    ],
)
def test_the_policy_says_what_an_alarm_leads_to(
    calibration: Calibration, policy: tuple[DriftRule, ...], severity: str
) -> None:
    (alarm,) = judged(
        calibration, summarised([NEXT], warmer=15.0), settings=DriftSettings(policy=policy)
    ).alarms
    assert alarm.severity == severity


def test_an_alarm_that_goes_on_keeps_its_subject_and_its_first_day(calibration: Calibration) -> None:
    before = (OpenAlarm("fare/level", "2013-03-01", ("fare",)), OpenAlarm("temp/x", "2013-03-20", ("temp",)))
    (alarm,) = judged(calibration, summarised([NEXT], warmer=15.0), before=before).alarms
    assert (alarm.subject, alarm.since) == ("temp/x", "2013-03-20")
    later = day_names(3, HISTORY)
    table = DayTable.merged([summarised(later[:2]), summarised(later[2:], warmer=15.0)])
    (fresh,) = judged(calibration, table, span="7", before=before).alarms
    assert (fresh.subject != "temp/x", fresh.since) == (True, later[2])


def test_without_a_calibration_or_with_too_short_a_history_it_is_not_checked() -> None:
    nothing = judged(None, summarised([NEXT]))
    assert (nothing.is_calibrated, nothing.calibration) == (False, None)
    assert nothing.not_checked == (
        "Drift by day was not checked: no accepted span before this one has summaries of its days.",
    )
    short = calibrate(summarised(day_names(20)), RATE)
    judgement = judged(short, summarised([NEXT], warmer=15.0))
    assert (judgement.alarms, judgement.is_calibrated) == ((), False)
    needed = f"needed: {short.days_needed} more days of accepted history."
    (sentence,) = judgement.not_checked
    assert sentence == f"Drift by day was not checked: it is not calibrated for 1 per quarter; {needed}"
    assert judgement.calibration is not None
    assert (judgement.calibration["state"], judgement.calibration["needed"] > 0) == ("not calibrated", True)


def test_days_that_are_not_of_the_spans_period_or_that_the_history_has_are_not_judged(
    calibration: Calibration,
) -> None:
    table = DayTable.merged([summarised([NEXT]), summarised(["2099-01-01", "1900-01-01"], warmer=15.0)])
    assert [each["day"] for each in judged(calibration, table).days] == [NEXT]
    assert [each["day"] for each in judged(calibration, table, span="7").days] == [NEXT]
    overlapping = DayTable.merged([summarised([day_names(HISTORY)[-1]], warmer=15.0), summarised([NEXT])])
    assert [each["day"] for each in judged(calibration, overlapping, span="7").days] == [NEXT]
    known = judged(calibration, summarised(day_names(HISTORY)[-1:]), span="7")
    assert known.not_checked == (
        "Drift by day was not checked: the span has no day that the accepted spans do not have.",
    )


def test_a_span_without_days_is_one_day_after_those_before_and_says_no_date(calibration: Calibration) -> None:
    table = summarised([NEXT], warmer=15.0)
    undated = table.taken(np.array([0]), np.array([UNDATED]))
    (alarm,) = judged(calibration, undated, span="91").alarms
    assert (alarm.since, alarm.message.startswith("the level")) == ("", True)
    (named,) = judged(calibration, undated, span=NEXT).alarms
    assert named.since == NEXT


def test_an_hour_is_no_day(calibration: Calibration) -> None:
    assert judged(calibration, summarised([NEXT]), span=f"{NEXT}T06").not_checked == (
        "Drift by day was not checked: a span of an hour is no whole day.",
    )


def test_columns_that_were_not_checked_on_some_days_are_named(calibration: Calibration) -> None:
    class PartlyCalibration(Calibration):
        """Judges nothing of six columns on one of two days."""

        def judge(self, days: DayTable) -> DayJudgement:
            class PartlyJudgedDays(DayJudgement):
                def not_checked(self) -> dict[str, int]:
                    return {"": 1, **{f"c{place}": 1 for place in range(6)}}

            whole = super().judge(days)
            return PartlyJudgedDays(whole.judged, whole.at, whole.alarms)

    values = {field.name: getattr(calibration, field.name) for field in fields(Calibration)}
    partly = PartlyCalibration(**values)
    (sentence,) = judged(partly, summarised(day_names(2, HISTORY)), span="7").not_checked
    assert sentence == (
        "Drift by day was not checked: too few rows or no history of the number of rows (1 of 2 days), column"
        " `c0` (1 of 2 days), column `c1` (1 of 2 days), column `c2` (1 of 2 days), column `c3` (1 of 2 days)"
        " and 2 more columns."
    )


def _gate(days: DaysToJudge | None, settings: GateSettings | None = None) -> dict[str, object]:
    """The gate's result of a day that is warmer, beside statistics whose comparator fires."""
    schema = schema_pb2.Schema()
    schema.CopyFrom(SCHEMA)
    schema.default_environment.append("TRAINING")
    schema.feature[1].drift_comparator.jensen_shannon_divergence.threshold = 0.01
    before, now = (
        statistics_of(batches_of(rows_of([day], warmer=warmer)), schema)
        for day, warmer in ((day_names(HISTORY)[-1], 0.0), (NEXT, 15.0))
    )
    result = judge_span(now, schema, before, settings or GateSettings(), label="late", span=NEXT, days=days)
    content = json.loads(result.to_json())
    assert isinstance(content, dict)
    return content


def test_the_gates_result_has_the_alarm_and_tfdvs_drift_is_a_note_where_days_are_judged(
    calibration: Calibration,
) -> None:
    table = summarised([NEXT], warmer=15.0)
    alone, short = _gate(None), calibrate(summarised(day_names(20)), RATE)
    assert [each["severity"] for each in alone["drift"]] == ["warn"]  # type: ignore[attr-defined]
    not_calibrated = _gate(DaysToJudge(table, short, 1, DriftSettings()))
    assert [each["severity"] for each in not_calibrated["drift"]] == ["warn"]  # type: ignore[attr-defined]
    gate = _gate(DaysToJudge(table, calibration, 7, DriftSettings()))
    assert [each["severity"] for each in gate["drift"]] == ["note"]  # type: ignore[attr-defined]
    (alarm,) = [each for each in gate["anomalies"] if each["kind"] == "drift_alarm"]  # type: ignore[attr-defined]
    assert (alarm["since"], alarm["columns"]) == (NEXT, ["temp"])
    assert (gate["verdict"], gate["reasons"], gate["columns"]) == ("WARN", [alarm["message"]], ["temp"])
    blocks = GateSettings(policy=(Rule(feature="temp", anomaly="drift", action="block"),))
    asked = _gate(DaysToJudge(table, calibration, 7, DriftSettings()), blocks)
    assert [each["severity"] for each in asked["drift"]] == ["block"]  # type: ignore[attr-defined]


def test_the_rows_in_which_it_is_concentrated_are_named_but_no_value_of_a_private_column(
    tmp_path: Path,
) -> None:
    rows = flights(HISTORY + 1)
    past = day_table({name: values[rows["day"] < HISTORY] for name, values in rows.items()})
    write_days(tmp_path / FILE, past)
    new = day_table(celsius(changed(rows, HISTORY, dict), b"EWR"))
    history = (HistorySpan(span="past", days=str(tmp_path)),)
    made = calibrate(past, RATE)
    for private, where in (
        ((), ("origin=EWR", "`origin` = EWR")),
        (("origin",), ("", "one value of column `origin`")),
    ):
        given = DaysToJudge(new, made, 7, DriftSettings(), private=private, history=history)
        (alarm,) = judge_days(NEXT, given).alarms
        assert (alarm.segment, f"concentrated in {where[1]}." in alarm.message) == (where[0], True)


def test_odd_days_of_the_calendar_are_known_to_the_calibration() -> None:
    odd = calibrate(summarised(day_names(HISTORY)), RATE, calendar=[date.fromisoformat(NEXT)])
    assert judged(odd, summarised([NEXT])).is_calibrated
