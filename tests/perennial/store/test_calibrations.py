"""Calibrations of drift in the ledger, the rate that a person set, and alerts of several subjects."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from perennial.store.alerts import SubjectAlert
from perennial.store.calibrations import BY_COMMAND, CalibrationRecord
from perennial.store.ledger import Ledger
from perennial.store.migration import migrate
from perennial.store.span_version import SpanAlarm
from perennial.store.tables import FORMAT

FIRST = CalibrationRecord(
    number=1,
    at="2013-04-01T00:00:00Z",
    run_id="r1",
    rate="1 per quarter",
    state="calibrated",
    days=90,
    needed=0,
    digest="d1",
    history="h1",
)
ALARM = SpanAlarm("dewp/level", "warn", "2013-03-14", "", ("dewp", "humid"), "It is lower.", False)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "ledger.db")) as opened:
        yield opened


def test_a_calibration_is_known_by_its_number_and_by_what_it_was_made_from(ledger: Ledger) -> None:
    assert (ledger.calibrations.newest(), ledger.calibrations.next_number()) == (None, 1)
    second = replace(FIRST, number=2, run_id=BY_COMMAND, digest="d2", history="h2")
    again = replace(FIRST, number=3)
    for record in (FIRST, second, again):
        ledger.calibrations.note(record)
    assert ledger.calibrations.newest() == again
    assert ledger.calibrations.made_from("h1") == again
    assert ledger.calibrations.made_from("h3") is None
    assert ledger.calibrations.of(2) == second
    assert ledger.calibrations.of(4) is None
    assert (ledger.calibrations.numbers(), ledger.calibrations.next_number()) == ([1, 2, 3], 4)


def test_the_rate_that_a_person_set_last_counts(ledger: Ledger) -> None:
    assert ledger.calibrations.rate() == ""
    for rate in ("1 per quarter", "2 per year"):
        ledger.calibrations.set_rate(rate)
    assert ledger.calibrations.rate() == "2 per year"


def test_a_judged_span_has_its_calibration_and_its_alarms(ledger: Ledger) -> None:
    version = ledger.spans.arrive("2013-03", "A")
    assert (version.calibration, version.alarms) == (0, ())
    noted = ALARM._replace(severity="note", subject="fare/spread")
    ledger.spans.judge(
        version,
        "WARN",
        [ALARM.message],
        rows=7,
        quarantined=0,
        judged_with="j",
        run_id="r",
        calibration=3,
        alarms=[ALARM, noted],
    )
    judged = ledger.spans.current("2013-03")
    assert judged is not None
    assert (judged.calibration, judged.alarms, judged.open_alarms) == (3, (ALARM, noted), (ALARM,))
    assert ledger.spans.decide("2013-03", "accept", "a real change").open_alarms == ()


def test_the_newest_acceptance_of_a_span_whose_alarm_wants_a_run_is_known(ledger: Ledger) -> None:
    for span, retrain in (("1", False), ("2", True)):
        version = ledger.spans.arrive(span, span)
        ledger.spans.judge(
            version,
            "BLOCK",
            [],
            rows=7,
            quarantined=0,
            judged_with="j",
            run_id="r",
            alarms=[ALARM._replace(retrain=retrain)],
        )
    ledger.spans.decide("1", "accept", "a holiday")
    assert ledger.spans.alarm_accepted() == ""
    ledger.spans.decide("2", "reject", "half of it")
    assert ledger.spans.alarm_accepted() == ""
    ledger.spans.decide("2", "accept", "a new tariff")
    assert ledger.spans.alarm_accepted() == ledger.spans.judgements()[-1]["at"]


def test_a_kind_has_one_open_alert_for_each_subject(ledger: Ledger) -> None:
    dew = SubjectAlert("dewp/level", "Dew point.", ("dewp",))
    fare = SubjectAlert("fare/spread", "Fare.", ("fare",))
    ledger.alerts.set({"FAILED": "It failed."}, ["FAILED"], "r0")
    ledger.alerts.set_subjects("DRIFT_ALARM", [dew, fare], "r1")
    ledger.alerts.set_subjects("DRIFT_ALARM", [dew._replace(message="Dew point, still.")], "r2")
    alerts = [(each["kind"], each["message"], each["run_id"]) for each in ledger.alerts.open()]
    assert alerts == [("FAILED", "It failed.", "r0"), ("DRIFT_ALARM", "Dew point, still.", "r1")]
    failed, drift = ledger.alerts.open()
    assert (drift["subject"], drift["columns"]) == ("dewp/level", ["dewp"])
    assert not failed.keys() & {"subject", "columns"}
    ledger.alerts.set_subjects("DRIFT_ALARM", [], "r3")
    ledger.alerts.set_subjects("DRIFT_ALARM", [dew], "r4")  # it is back: another alert
    assert [(each["id"], each["run_id"]) for each in ledger.alerts.open()] == [(1, "r0"), (4, "r4")]


def test_a_ledger_of_format_7_has_no_calibration_once_it_is_converted(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(Ledger(path)) as before:
        before.spans.arrive("2013-03", "A")
        before.alerts.set({"FAILED": "It failed."}, ["FAILED"], "r0")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "DROP TABLE calibrations; DROP TABLE drift_rates; ALTER TABLE spans DROP COLUMN calibration;"
            "ALTER TABLE spans DROP COLUMN alarms; ALTER TABLE alerts DROP COLUMN subject;"
            "PRAGMA user_version=7;"
        )
    assert f"from format 7 to {FORMAT}" in migrate(path)
    with closing(Ledger(path)) as after:
        version = after.spans.current("2013-03")
        assert version is not None
        assert (version.calibration, version.alarms) == (0, ())
        assert after.calibrations.newest() is None
        assert [each["kind"] for each in after.alerts.open()] == ["FAILED"]
