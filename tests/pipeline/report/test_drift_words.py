"""How drift is written: shares in percent and points, values in their unit, days with and without dates."""

import pytest

from pipeline.report import drift_words, words
from pipeline.report.drift_words import DayNames


@pytest.mark.parametrize(
    ("value", "expected", "unit", "text"),
    [
        (0.14, 0.02, "share", "14 % instead of 2 % (12 points more)"),
        (0.02, 0.03, "share", "2 % instead of 3 % (1 point less)"),
        (812.4, 1204.0, "rows", "812 instead of 1,204 (392 rows less)"),
        (12.25, 20.5, "", "12.2 instead of 20.5 (8.25 less)"),
        (5.0, 5.0, "", "5 instead of 5"),
        (None, None, "", "changed"),
    ],
)
def test_a_change_has_both_values_and_its_size(
    value: float | None, expected: float | None, unit: str, text: str
) -> None:
    assert drift_words.change(value, expected, unit).replace("\u00a0", " ") == text


def test_sizes_up_and_down_are_one_figure_where_they_are_about_the_same() -> None:
    assert drift_words.both_ways([2.0, -2.1], "") == "±2.05"
    assert drift_words.both_ways([0.012, -0.004], "share") == "+1.2 points or \N{MINUS SIGN}0.4 points"
    assert drift_words.both_ways([0.012, None], "share") == "+1.2 points"
    assert drift_words.both_ways([None, None], "share") == words.NONE


def test_a_measure_is_named_by_what_it_is() -> None:
    assert drift_words.measure_title("missing") == "Share of missing values"
    assert drift_words.measure_title("value", "JFK") == "Share of JFK"
    assert drift_words.measure_title("something of a newer release") == "Something of a newer release"
    assert drift_words.column_title("") == "Number of rows"


def test_days_are_dates_or_spans() -> None:
    dates, spans = DayNames(dated=True), DayNames(dated=False)
    assert dates.one(15744) == "8 Feb 2013"
    assert dates.several(15744, 15747) == "8 to 11 Feb 2013"
    assert dates.several(15764, 15766) == "28 Feb to 2 Mar 2013"
    assert dates.several(15706, 16071) == "1 Jan 2013 to 1 Jan 2014"
    assert (spans.one(12), spans.several(1, 4)) == ("span 13", "span 2 to 5")


def test_values_that_are_nothing_beside_the_others_are_zero() -> None:
    assert drift_words.amount(-9.85e-9, "", 0.05) == "0"
    assert drift_words.amount(-9.85e-9, "") == "-9.85e-09"
