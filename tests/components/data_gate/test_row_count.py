"""A span's rows are compared with those of the accepted spans before it."""

from datetime import date, timedelta

import pytest

from components.data_gate.row_count import RowCounts, judge_row_count, usual_rows
from components.data_gate.settings import GateSettings, Rule


def months(*rows: int) -> RowCounts:
    return [(f"2024-{number:02d}", each) for number, each in enumerate(rows, start=1)]


def days(count: int, weekday: int, weekend: int) -> RowCounts:
    """Days from a Monday on."""
    each = [date(2024, 1, 1) + timedelta(number) for number in range(count)]
    return [(str(day), weekend if day.weekday() >= 5 else weekday) for day in each]


def unusual(span: str, rows: int, row_counts: RowCounts) -> bool:
    anomalies, not_checked = judge_row_count(span, rows, row_counts, GateSettings())
    assert not_checked is None
    return bool(anomalies)


@pytest.mark.parametrize(
    ("rows", "is_unusual"), [(1, True), (180, True), (240, False), (560, False), (800, True)]
)
def test_half_or_double_the_usual_rows_are_unusual(rows: int, is_unusual: bool) -> None:
    assert unusual("2024-04", rows, months(372, 348, 372)) == is_unusual


def test_counts_that_scatter_widen_what_is_usual() -> None:
    assert not unusual("2024-07", 300, months(250, 900, 400, 1600, 500, 800))


def test_one_span_that_was_cut_short_does_not_make_another_one_usual() -> None:
    assert unusual("2024-05", 900, months(1, 6_432, 6_300, 6_500))


def test_a_table_that_has_grown_for_good_is_usual_again_after_one_span() -> None:
    assert unusual("2024-05", 1_000, months(300, 310, 290, 305))
    assert not unusual("2024-06", 1_050, months(300, 310, 290, 305, 1_000))


def test_of_days_the_same_weekdays_are_compared() -> None:
    before = days(19, 5_000, 800)
    assert not unusual("2024-01-20", 820, before)
    assert unusual("2024-01-22", 820, days(21, 5_000, 800))


def test_of_hours_the_same_hours_of_the_same_weekday_are_compared() -> None:
    busy = [(f"{day}T17", 90) for day in ("2024-01-02", "2024-01-09", "2024-01-16")]
    quiet = [(f"{day}T05", 6) for day in ("2024-01-02", "2024-01-09", "2024-01-16", "2024-01-22")]
    assert not unusual("2024-01-23T05", 7, [*busy, *quiet])
    assert unusual("2024-01-23T17", 7, [*busy, *quiet])
    _, why = judge_row_count("2024-01-24T05", 7, [*busy, *quiet], GateSettings())
    assert why == (
        "The number of rows was not compared: fewer than 2 accepted spans of its hour and weekday are before"
        " the span."
    )


def test_weeks_are_compared_with_all_weeks() -> None:
    assert unusual("2024-W05", 300, [("2024-W03", 1_000), ("2024-W04", 1_020)])


@pytest.mark.parametrize("row_counts", [(), months(300)])
def test_after_too_few_spans_it_is_not_checked(row_counts: RowCounts) -> None:
    anomalies, not_checked = judge_row_count("2024-02", 1, row_counts, GateSettings())
    assert (anomalies, not_checked) == (
        [],
        "The number of rows was not compared: fewer than 2 accepted spans are before the span.",
    )


def test_it_blocks_unless_the_policy_says_otherwise() -> None:
    for settings, action in (
        (GateSettings(), "block"),
        (GateSettings(policy=(Rule(anomaly="row_count", action="warn"),)), "warn"),
    ):
        (anomaly,), _ = judge_row_count("2024-04", 180, months(372, 348, 372), settings)
        assert (anomaly.kind, anomaly.severity) == ("row_count", action)
        assert "180 rows; the 3 accepted spans before it have 372" in anomaly.message


def test_counts_that_hardly_scatter_leave_three_fifths_to_five_thirds() -> None:
    usual = usual_rows([3_000, 3_010, 2_990])
    assert (round(usual.low), round(usual.high)) == (1_794, 5_000)
