"""A finding's segment is named where it is in one, and nothing is named where it is everywhere or nowhere."""

from typing import Any

import numpy as np
import pytest

from perennial.drift.day_summaries import DayTable
from perennial.drift.joint import JointModel
from perennial.drift.kinds import TIE
from perennial.drift.segments import Segment, segment_of
from tests.perennial.drift.joint_days import celsius, changed, day_table, flights

DAYS = 80


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    return flights(DAYS + 20)


@pytest.fixture(scope="module")
def past(rows: dict[str, Any]) -> DayTable:
    return day_table({name: values[rows["day"] < DAYS] for name, values in rows.items()})


def _segment(new: dict[str, Any], past: DayTable, column: str, measure: str, **more: Any) -> Segment | None:
    table = day_table(new)
    return segment_of(table, past, column, measure, table.days[0].astype(object), **more)


def _of_day(rows: dict[str, Any], day: int) -> dict[str, Any]:
    return {name: values[rows["day"] == day].copy() for name, values in rows.items()}


def test_the_airport_that_sends_celsius_is_named_each_day(rows: dict[str, Any], past: DayTable) -> None:
    for day in range(DAYS, DAYS + 20, 3):
        segment = _segment(celsius(_of_day(rows, day), b"LGA"), past, "temp", "level")
        assert segment is not None
        assert segment.text == "origin=LGA"
        assert segment.inside < -10
        assert abs(segment.outside) < 5


def test_what_moves_everywhere_is_in_no_segment(rows: dict[str, Any], past: DayTable) -> None:
    for day in range(DAYS, DAYS + 20, 3):
        new = _of_day(rows, day)
        assert _segment({**new, "temp": new["temp"] + 25}, past, "temp", "level") is None


def test_without_a_change_no_segment_is_named(rows: dict[str, Any], past: DayTable) -> None:
    named = [
        _segment(_of_day(rows, day), past, column, "level")
        for day in range(DAYS, DAYS + 20, 3)
        for column in ("temp", "humid", "distance")
    ]
    assert [segment for segment in named if segment] == []


def test_missing_values_and_unseen_texts_of_one_airport_are_named(
    rows: dict[str, Any], past: DayTable
) -> None:
    new = changed(rows, DAYS, dict)
    of_airport = new["origin"] == b"JFK"
    missing = {**new, "temp": np.where(of_airport, np.nan, new["temp"])}
    unseen = {**new, "dest": np.where(of_airport, b"new", new["dest"])}
    for frame, column, measure in ((missing, "temp", "missing"), (unseen, "dest", "unseen")):
        segment = _segment(frame, past, column, measure)
        assert segment is not None
        assert segment.text == "origin=JFK"
        assert segment.inside > 0.9


def test_texts_that_are_new_on_each_day_are_in_no_segment(rows: dict[str, Any]) -> None:
    random = np.random.default_rng(5)
    ids = np.array([b"T%05d" % place for place in random.integers(0, 20_000, len(rows["day"]))], object)
    frame = {**rows, "tail": ids}
    before = day_table({name: values[rows["day"] < DAYS] for name, values in frame.items()})
    named = [_segment(_of_day(frame, day), before, "tail", "unseen") for day in range(DAYS, DAYS + 20, 2)]
    assert sum(segment is not None for segment in named) == 0


def test_a_carrier_that_is_gone_is_named_for_the_number_of_rows(rows: dict[str, Any], past: DayTable) -> None:
    new = changed(rows, DAYS, dict)
    left = {name: values[new["carrier"] != b"UA"] for name, values in new.items()}
    segment = _segment(left, past, "", "rows")
    assert segment is not None
    assert segment.text == "carrier=UA"


def test_a_tie_that_breaks_at_one_airport_is_named(rows: dict[str, Any], past: DayTable) -> None:
    model = JointModel.fit(past)
    segment = _segment(celsius(changed(rows, DAYS, dict), b"EWR"), past, "humid", TIE, model=model)
    assert segment is not None
    assert segment.text == "origin=EWR"


def test_too_few_days_or_rows_name_nothing(rows: dict[str, Any], past: DayTable) -> None:
    new = celsius(changed(rows, DAYS, dict), b"EWR")
    assert _segment(new, past.only(np.arange(DAYS) >= DAYS - 10), "temp", "level") is None
    one = {name: values[:1] for name, values in new.items()}
    assert _segment(one, past, "temp", "level") is None


def test_columns_that_are_not_there_and_kinds_that_have_no_rows_name_nothing(
    rows: dict[str, Any], past: DayTable
) -> None:
    new = changed(rows, DAYS, dict)
    assert _segment(new, past, "gone", "missing") is None
    assert _segment(new, past, "temp", TIE) is None
    assert _segment({**new, "temp": np.full(len(new["day"]), np.nan)}, past, "temp", "level") is None
