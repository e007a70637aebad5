"""Ties of columns in a calibration: a broken join is an alarm of its column, and a segment is named."""

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perennial.drift.alarm_records import Alarm
from perennial.drift.alarm_segments import with_segments
from perennial.drift.alarm_text import alarm_sentences
from perennial.drift.calibration import Calibration, calibrate
from perennial.drift.calibration_file import read_calibration, write_calibration
from perennial.drift.day_file import FILE, write_days
from perennial.drift.day_summaries import DayTable
from perennial.drift.joint import JointModel
from perennial.drift.kinds import TIE
from perennial.drift.measures import measured
from perennial.drift.orders import HistorySpan
from perennial.drift.rate import Rate
from perennial.drift.views import seen_sizes
from tests.perennial.drift.joint_days import celsius, changed, day_table, flights, shuffled

DAYS = 100
RATE = Rate.parse("1 per 90 days")


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    return flights(DAYS + 3)


@pytest.fixture(scope="module")
def past(rows: dict[str, Any]) -> DayTable:
    return day_table({name: values[rows["day"] < DAYS] for name, values in rows.items()})


@pytest.fixture(scope="module")
def calibration(past: DayTable) -> Calibration:
    return calibrate(past, RATE)


@pytest.fixture(scope="module")
def history(past: DayTable, tmp_path_factory: pytest.TempPathFactory) -> tuple[HistorySpan, ...]:
    """The history in two spans, each with the file of its days."""
    folder, spans = tmp_path_factory.mktemp("days"), []
    for name, place in (("older", past.days < past.days[50]), ("newer", past.days >= past.days[50])):
        (folder / name).mkdir()
        write_days(folder / name / FILE, past.only(place))
        spans.append(HistorySpan(span=name, days=str(folder / name)))
    return tuple(spans)


def broken(rows: dict[str, Any], column: str) -> DayTable:
    """Three days after the history; on the second the values of a column are those of other rows."""
    new = changed(rows, DAYS, dict)
    wrong = shuffled(new, column, 1.0)
    of_day = new["day"] == DAYS + 1
    return day_table({**new, column: np.where(of_day, wrong[column], new[column])})


@pytest.mark.parametrize("column", ["temp", "distance"])
def test_a_broken_join_of_one_day_is_an_alarm_of_its_column(
    calibration: Calibration, rows: dict[str, Any], column: str
) -> None:
    (alarm,) = calibration.judge(broken(rows, column)).alarms
    shift = alarm.shifts[0]
    assert (shift.measure, shift.unit, shift.days) == (TIE, "correlation", 1)
    assert column in [each.column for each in alarm.shifts]
    assert alarm.since == date(2013, 4, 12)
    assert shift.value < 0.8 < 0.9 < shift.expected <= 1
    sentence = alarm_sentences(alarm, "2013-04-12", "2013-04-12")
    assert f"column `{shift.column}` no longer goes with the other columns as before: correlation" in sentence
    assert f"correlation {shift.value:.2f}, expected {shift.expected:.2f}" in sentence


def test_a_tie_that_falls_while_another_column_is_changed_is_no_alarm_of_its_own(past: DayTable) -> None:
    new = changed(flights(DAYS + 25), DAYS, dict)
    missing = np.where(new["day"] < DAYS + 5, 0.05, 0.5)
    gone = np.random.default_rng(1).random(len(missing)) < missing
    days = day_table({**new, "temp": np.where(gone, np.nan, new["temp"])})
    (alarm,) = calibrate(past, RATE).judge(days).alarms
    assert [(each.column, each.measure) for each in alarm.shifts] == [("temp", "missing")]
    assert (alarm.since, alarm.until) == (date(2013, 4, 11), None)


def test_days_as_before_do_not_alarm(calibration: Calibration, rows: dict[str, Any]) -> None:
    judgement = calibration.judge(day_table(changed(rows, DAYS, dict)))
    assert judgement.alarms == ()
    assert judgement.not_checked() == {}


def test_the_history_is_measured_by_what_was_fitted_on_other_days(
    calibration: Calibration, past: DayTable
) -> None:
    ties = np.array([each.kind == TIE for each in calibration.measures])
    assert sorted(each.column for each in calibration.measures if each.kind == TIE) == sorted(past.columns)
    again = measured(past, calibration.codings, calibration.joint)
    np.testing.assert_array_equal(again.values[:, ties], calibration.joint.measures(past).values)
    np.testing.assert_allclose(again.noise[:, ties], 1 / np.sqrt(120))


def test_a_tie_is_shown_as_a_correlation_with_the_size_that_is_seen(calibration: Calibration) -> None:
    (place,) = [
        at for at, each in enumerate(calibration.measures) if (each.column, each.kind) == ("temp", TIE)
    ]
    shown = calibration.measures[place].own(calibration.values[:, place])
    assert np.nanmin(shown) > 0.9
    assert np.nanmax(shown) <= 1
    (size,) = [each for each in seen_sizes(calibration) if (each.column, each.measure) == ("temp", TIE)]
    assert size.unit == "correlation"
    assert -0.6 < size.down[0] < 0


def test_a_history_without_sampled_rows_has_no_ties_and_judges(past: DayTable, rows: dict[str, Any]) -> None:
    bare = replace(past, sample=past.sample.slice(0, 0))
    calibration = calibrate(bare, RATE)
    assert calibration.joint.names == JointModel.none().names == ()
    assert TIE not in {each.kind for each in calibration.measures}
    new = day_table(celsius(changed(rows, DAYS, dict), b"EWR"))
    assert calibration.judge(new).alarms[0].columns[0] == "temp"


def test_a_day_without_sampled_rows_has_no_tie_and_is_judged_by_the_others(
    calibration: Calibration, rows: dict[str, Any]
) -> None:
    new = day_table(celsius(changed(rows, DAYS, dict), b"EWR"))
    (alarm,) = calibration.judge(replace(new, sample=new.sample.slice(0, 0))).alarms
    assert TIE not in {shift.measure for shift in alarm.shifts}


def test_a_calibrations_file_gives_its_ties_back(
    calibration: Calibration, rows: dict[str, Any], tmp_path: Path
) -> None:
    write_calibration(tmp_path / "1.npz", calibration)
    again = read_calibration(tmp_path / "1.npz")
    new = broken(rows, "temp")
    np.testing.assert_array_equal(again.joint.measures(new).values, calibration.joint.measures(new).values)
    assert again.judge(new).alarms == calibration.judge(new).alarms
    write_calibration(tmp_path / "2.npz", again)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


def located(
    calibration: Calibration, new: DayTable, history: tuple[HistorySpan, ...]
) -> tuple[Alarm, tuple[Alarm, ...]]:
    """What alarms first, and all alarms with their segments."""
    alarms = calibration.judge(new).alarms
    return alarms[0], with_segments(alarms, new, history, calibration.joint)


def test_the_airport_that_sends_celsius_is_the_segment_of_the_alarm(
    calibration: Calibration, rows: dict[str, Any], history: tuple[HistorySpan, ...]
) -> None:
    new = day_table(celsius(changed(rows, DAYS, dict), b"EWR"))
    alarm, (named,) = located(calibration, new, history)
    assert (alarm.segment, named.segment) == ("", "origin=EWR")
    assert replace(named, segment="") == alarm


def test_what_is_in_all_rows_alike_is_in_no_segment(
    calibration: Calibration, rows: dict[str, Any], history: tuple[HistorySpan, ...]
) -> None:
    new = changed(rows, DAYS, lambda frame: {**frame, "temp": frame["temp"] + 60})
    _, (named, *_) = located(calibration, day_table(new), history)
    assert named.segment == ""


def test_days_of_an_alarm_that_is_open_are_not_what_a_segment_is_compared_with(
    calibration: Calibration, rows: dict[str, Any], history: tuple[HistorySpan, ...], tmp_path: Path
) -> None:
    new = changed(rows, DAYS, partial(celsius, origin=b"EWR"))
    first = day_table({name: values[new["day"] == DAYS] for name, values in new.items()})
    later = day_table({name: values[new["day"] > DAYS] for name, values in new.items()})
    write_days(tmp_path / FILE, first)
    wrong = HistorySpan(span="wrong", days=str(tmp_path), alarms=((str(first.days[0]), ""),))
    assert located(calibration, later, (*history, wrong))[1][0].segment == "origin=EWR"
    accepted = wrong.model_copy(update={"alarms": ()})
    assert located(calibration, later, (*history, accepted))[1][0].segment == ""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_join_that_is_broken_in_half_of_all_rows_is_in_no_segment(
    calibration: Calibration, rows: dict[str, Any], history: tuple[HistorySpan, ...], seed: int
) -> None:
    new = day_table(changed(rows, DAYS, lambda frame: shuffled(frame, "temp", 0.5, seed)))
    alarm, (named, *_) = located(calibration, new, history)
    assert (alarm.measure, named.segment) == (TIE, "")


@pytest.mark.parametrize("content", [None, b"damaged"])
def test_where_the_days_before_cannot_be_read_no_segment_is_named(
    calibration: Calibration, rows: dict[str, Any], tmp_path: Path, content: bytes | None
) -> None:
    if content:
        (tmp_path / FILE).write_bytes(content)
    new = day_table(celsius(changed(rows, DAYS, dict), b"EWR"))
    alarm, (named,) = located(calibration, new, (HistorySpan(span="gone", days=str(tmp_path)),))
    assert named == alarm
