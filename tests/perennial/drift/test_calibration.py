"""A calibration judges days after it: what changed is an alarm with column, size and day."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from perennial.drift.alarm_records import Alarm
from perennial.drift.calibration import Calibration, calibrate, days_needed
from perennial.drift.day_summaries import DayTable
from perennial.drift.rate import Rate
from perennial.drift.views import seen_sizes
from perennial.errors import UsageError
from tests.perennial.drift.drift_days import ROWS, dates, joined, numbers, shares, table, texts, walk

RATE = Rate.parse("1 per 90 days")
DAYS = 300


def split(days: DayTable, at: int = DAYS) -> tuple[DayTable, DayTable]:
    place = np.arange(len(days.days))
    return days.only(place < at), days.only(place >= at)


@pytest.fixture(scope="module")
def whole() -> DayTable:
    return table(DAYS + 14)


@pytest.fixture(scope="module")
def calibration(whole: DayTable) -> Calibration:
    return calibrate(split(whole)[0], RATE)


def planted(whole: DayTable, columns: dict[str, Any]) -> DayTable:
    return split(joined(whole, columns))[1]


def test_usual_days_do_not_alarm(whole: DayTable, calibration: Calibration) -> None:
    judgement = calibration.judge(split(whole)[1])
    assert calibration.state == "calibrated"
    assert judgement.alarms == ()
    assert len(judgement.days) == 14
    assert np.isfinite(judgement.scores).all()
    assert (judgement.thresholds == calibration.threshold).all()
    assert judgement.not_checked() == {}


def test_another_unit_is_an_alarm_with_day_column_and_size(whole: DayTable, calibration: Calibration) -> None:
    level = walk(DAYS + 14, 0)
    level[DAYS + 3 :] = (level[DAYS + 3 :] - 32) / 1.8
    (alarm,) = calibration.judge(planted(whole, {"temp": numbers(level)})).alarms
    assert alarm.columns[0] == "temp"
    assert alarm.since == date(2013, 1, 1 + 0) + (dates(DAYS + 4)[-1] - dates(1)[0]).astype(object)
    assert alarm.until is None
    assert alarm.unit == ""
    assert alarm.value < alarm.expected
    assert alarm.score > alarm.threshold
    assert alarm.sure < RATE.per_day


LONGER = DAYS + 45


def alarms_of_temp(level: Any) -> list[Alarm]:
    """The alarms of 45 days with other levels of `temp`."""
    whole = table(LONGER)
    judgement = calibrate(split(whole)[0], RATE).judge(planted(whole, {"temp": numbers(level)}))
    return [each for each in judgement.alarms if "temp" in each.columns]


@pytest.mark.parametrize(("changed", "ends"), [(slice(3, 45), False), (slice(3, 8), True)])
def test_a_change_that_stays_has_no_end_though_the_level_follows_it(changed: slice, ends: bool) -> None:
    level = walk(LONGER, 0)
    level[DAYS:][changed] = (level[DAYS:][changed] - 32) / 1.8
    (alarm,) = alarms_of_temp(level)
    opened = dates(DAYS + 4)[-1].astype(object)
    assert alarm.since == opened
    assert (alarm.until is not None) == ends
    if alarm.until is not None:
        assert 4 <= (alarm.until - opened).days <= 11


def test_what_a_change_that_stays_does_weeks_later_is_no_second_alarm() -> None:
    level = walk(LONGER, 0)
    level[DAYS + 3 :] += 22  # above the threshold for three weeks, and again over 14 days a week later
    (alarm,) = alarms_of_temp(level)
    assert (alarm.since, alarm.until) == (dates(DAYS + 4)[-1].astype(object), None)


@pytest.mark.parametrize(("rows", "alarms"), [(0, 0), (1, 1), (18, 1), (200, 1)])
def test_a_missing_share_that_was_always_0_is_seen_at_its_first_row(
    whole: DayTable, calibration: Calibration, rows: int, alarms: int
) -> None:
    column = numbers(walk(DAYS + 14, 1000))
    column.present[DAYS + 1] -= rows
    judgement = calibration.judge(planted(whole, {"wind": column}))
    assert len(judgement.alarms) == alarms
    for alarm in judgement.alarms:
        assert (alarm.columns, alarm.measure, alarm.unit) == (("wind",), "missing", "share")
        assert alarm.value == pytest.approx(rows / ROWS, abs=0.02)


@pytest.mark.parametrize(("rows", "alarms"), [(0, 0), (3, 0), (200, 1)])
def test_a_few_missing_values_more_are_no_alarm_where_some_are_missing_now_and_then(
    rows: int, alarms: int
) -> None:
    column = numbers(walk(DAYS + 14, 1000))
    column.present[:] -= np.random.default_rng(3).poisson(2.0, DAYS + 14)
    column.present[DAYS + 1] -= rows
    whole = table(DAYS + 14, {"wind": column})
    assert len(calibrate(split(whole)[0], RATE).judge(split(whole)[1]).alarms) == alarms


def test_lower_case_and_values_never_seen_are_of_their_column(
    whole: DayTable, calibration: Calibration
) -> None:
    counts = shares(DAYS + 14, 0)
    (lower,) = calibration.judge(
        planted(whole, {"carrier": texts(counts, [b"AA", b"BB", b"CC", b"DD"], 60)})
    ).alarms
    assert (lower.columns[0], lower.measure) == ("carrier", "lower")
    renamed = texts(counts, [b"A1", b"BB", b"CC", b"DD"])
    (new,) = calibration.judge(planted(whole, {"carrier": renamed})).alarms
    assert new.columns == ("carrier",)
    assert new.measure in {"unseen", "mix"}


def test_a_small_shift_that_stays_is_seen_over_several_days(
    whole: DayTable, calibration: Calibration
) -> None:
    level = walk(DAYS + 14, 1000)
    level[DAYS:] += 18
    judgement = calibration.judge(planted(whole, {"wind": numbers(level)}))
    assert judgement.alarms[0].columns[0] == "wind"


def test_one_cause_is_one_alarm(whole: DayTable, calibration: Calibration) -> None:
    gone = {name: numbers(walk(DAYS + 14, seed), missing=0.9) for name, seed in (("temp", 0), ("wind", 1000))}
    (alarm,) = calibration.judge(planted(whole, gone)).alarms
    assert set(alarm.columns) == {"temp", "wind"}


def test_a_column_that_is_gone_is_missing_and_a_new_one_is_not_judged(
    whole: DayTable, calibration: Calibration
) -> None:
    days = split(whole)[1]
    columns = {**days.columns, "new": numbers(walk(14, 5))}
    del columns["wind"]
    judgement = calibration.judge(DayTable(days.days, days.rows, columns, days.sample))
    assert [alarm.columns for alarm in judgement.alarms] == [("wind",)]
    assert judgement.alarms[0].measure == "missing"


def odd_columns(days: int) -> dict[str, Any]:
    infinite = numbers(walk(days, 7))
    infinite.quantiles[20, -1] = np.inf
    infinite.mean[21] = np.nan
    return {
        "constant": numbers(np.full(days, 3.0), spread=0.0),
        "missing": numbers(walk(days, 6), missing=1.0),
        "one": texts(np.full((days, 1), ROWS), [b"x"]),
        "infinite": infinite,
        "nothing": texts(np.zeros((days, 0), np.int64), []),
    }


def test_odd_columns_are_calibrated_and_their_change_is_seen() -> None:
    whole = table(DAYS + 14, odd_columns(DAYS + 14))
    calibration = calibrate(split(whole)[0], RATE)
    assert np.isfinite(calibration.threshold)
    assert calibration.judge(split(whole)[1]).alarms == ()
    assert "missing" not in calibration.judge(split(whole)[1]).not_checked()
    changed = {"constant": numbers(np.full(DAYS + 14, 4.0), spread=0.0)}
    (alarm,) = calibration.judge(planted(whole, changed)).alarms
    assert alarm.columns == ("constant",)


def test_a_day_of_a_single_row_is_an_alarm_of_the_number_of_rows_alone(
    whole: DayTable, calibration: Calibration
) -> None:
    columns: dict[str, Any] = {
        "temp": numbers(walk(DAYS + 14, 0)[DAYS : DAYS + 1], rows=1),
        "wind": numbers(walk(DAYS + 14, 1000)[DAYS : DAYS + 1], rows=1),
        "carrier": texts(np.array([[1, 0, 0, 0]]), [b"AA", b"BB", b"CC", b"DD"]),
    }
    whole_day = split(whole)[1].only(np.arange(14) == 0)
    judgement = calibration.judge(DayTable(whole_day.days, np.array([1]), columns, whole_day.sample))
    assert [alarm.columns for alarm in judgement.alarms] == [("",)]
    assert judgement.alarms[0].measure == "rows"
    assert judgement.alarms[0].value == pytest.approx(1)
    assert judgement.alarms[0].expected == pytest.approx(ROWS, rel=0.01)


@pytest.mark.parametrize("days", [1, 2, 10, 59])
def test_a_short_history_is_not_calibrated_and_never_alarms(days: int) -> None:
    whole = table(days + 1)
    calibration = calibrate(split(whole, days)[0], RATE)
    assert (calibration.state, calibration.days_needed) == ("not calibrated", 60 - days)
    judgement = calibration.judge(split(whole, days)[1])
    assert judgement.alarms == ()
    assert np.isnan(judgement.thresholds).all()
    assert seen_sizes(calibration) == ()


@pytest.mark.parametrize(("rate", "days"), [("1 per month", 60), ("1 per quarter", 60), ("2 per year", 183)])
def test_a_rarer_rate_needs_a_longer_history(rate: str, days: int) -> None:
    assert days_needed(10, Rate.parse(rate)) == days - 10
    assert days_needed(days, Rate.parse(rate)) == 0


def test_without_a_day_there_is_an_error() -> None:
    with pytest.raises(UsageError, match="no day"):
        calibrate(table(3).only(np.zeros(3, bool)), RATE)


def test_gaps_in_the_days_are_no_days() -> None:
    whole = table(DAYS + 14)
    there = np.arange(DAYS + 14) % 9 != 4
    calibration = calibrate(whole.only(there & (np.arange(DAYS + 14) < DAYS)), RATE)
    assert len(calibration.days) == DAYS
    assert calibration.judge(whole.only(there & (np.arange(DAYS + 14) >= DAYS))).alarms == ()


def test_days_of_the_calendar_are_compared_with_their_like() -> None:
    level = walk(DAYS + 14, 0)
    odd = np.arange(20, DAYS + 14, 40)
    level[odd] -= 60
    whole = table(DAYS + 14, {"temp": numbers(level)})
    known = [day.astype(object) for day in dates(DAYS + 14)[odd]]
    assert calibrate(split(whole)[0], RATE, calendar=known).judge(split(whole)[1]).alarms == ()
    usual = level.copy()
    usual[odd[-1]] += 60
    (alarm,) = (
        calibrate(split(whole)[0], RATE, calendar=known)
        .judge(split(joined(whole, {"temp": numbers(usual)}))[1])
        .alarms
    )
    assert alarm.columns == ("temp",)


def test_excluded_days_are_in_no_level_and_confirmed_ones_do_not_count() -> None:
    level = walk(DAYS + 14, 0)
    level[DAYS - 20 : DAYS] += 200
    whole = table(DAYS + 14, {"temp": numbers(level)})
    bad = [day.astype(object) for day in dates(DAYS)[-20:]]
    left_out = calibrate(split(whole)[0], RATE, excluded=bad)
    assert left_out.judge(split(whole)[1]).alarms == ()
    assert any(alarm.since == bad[0] and alarm.columns == ("temp",) for alarm in left_out.alarms())
    assert calibrate(split(whole)[0], RATE, confirmed=bad).threshold <= left_out.threshold


def test_a_training_baseline_is_used_where_the_history_reaches_back_far_enough(whole: DayTable) -> None:
    history = split(whole)[0]
    trained = [day.astype(object) for day in history.days[20:160]]
    calibration = calibrate(history, RATE, training=trained)
    assert [base.name for base in calibration.baselines].count("training") == 0
    assert calibration.unused[0][0] == "training"
    recent = calibrate(history, RATE, training=[day.astype(object) for day in history.days[-60:]])
    assert "training" in [base.name for base in recent.baselines]
    assert recent.judge(split(whole)[1]).alarms == ()


def test_the_sizes_seen_are_seen_as_often_as_they_say(whole: DayTable, calibration: Calibration) -> None:
    size = next(each for each in seen_sizes(calibration) if (each.column, each.measure) == ("wind", "level"))
    assert 0 < size.up[0] < size.up[1]
    caught = []
    for shift in size.up:
        level = walk(DAYS + 14, 1000)
        seen = 0
        for day in range(14):
            moved = level.copy()
            moved[DAYS + day] += shift
            alone = split(joined(whole, {"wind": numbers(moved)}))[1].only(np.arange(14) <= day)
            seen += any("wind" in alarm.columns for alarm in calibration.judge(alone).alarms)
        caught.append(seen / 14)
    assert 0.15 < caught[0] < 0.85 <= caught[1]
