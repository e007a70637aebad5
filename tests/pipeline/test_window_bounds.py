"""Which spans a window can hold, and which span a date lies in."""

import pytest

from perennial.section import WrongSetting
from pipeline.span_names import SpanKind
from pipeline.window_bounds import WindowBounds, span_at

MONTHS = ["2012-12", "2013-01", "2013-02", "2013-03"]


@pytest.mark.parametrize(
    ("most", "first", "expected"),
    [
        (2, "", MONTHS[2:]),
        (None, "", MONTHS),
        (None, "2013-01", MONTHS[1:]),
        (2, "2013-01", MONTHS[2:]),
        (9, "2013-03", MONTHS[3:]),
        (None, "2013-04", []),
    ],
)
def test_a_window_holds_the_newest_of_those_since(most: int | None, first: str, expected: list[str]) -> None:
    assert WindowBounds(most, first, "month").newest(MONTHS) == expected


def test_numbers_are_compared_as_numbers() -> None:
    assert WindowBounds(None, "9", "number").newest(["8", "9", "10"]) == ["9", "10"]


def test_what_keeps_a_span_out_is_named() -> None:
    bounds = WindowBounds(2, "2013-01", "month")
    assert bounds.why_without("2012-12") == "`window.since` is 2013-01"
    assert bounds.why_without("2013-01") == "`window.spans` is 2"


@pytest.mark.parametrize(
    ("text", "kind", "span"),
    [
        ("2013-05", "month", "2013-05"),
        ("2013-05-15", "month", "2013-05"),
        ("2013-01-01", "week", "2013-W01"),
        ("2012-12-31", "week", "2013-W01"),
        ("2013-W20", "week", "2013-W20"),
        ("2013-05-15", "day", "2013-05-15"),
        ("2013-05-15", "hour", "2013-05-15T00"),
        ("2013-05-15T06", "hour", "2013-05-15T06"),
        ("7", "number", "7"),
    ],
)
def test_a_date_stands_for_the_span_that_it_lies_in(text: str, kind: SpanKind, span: str) -> None:
    assert span_at(text, kind) == span


def test_a_date_that_ends_a_range_of_hours_is_taken_whole() -> None:
    assert span_at("2013-05-15", "hour", is_last=True) == "2013-05-15T23"
    assert span_at("2013-05-15T06", "hour", is_last=True) == "2013-05-15T06"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("2013", "month", "a span such as 2013-01, or a date such as 2013-01-15, as `exports.span` is month"),
        ("2013-13", "month", "a span such as 2013-01, or a date"),
        ("2013-02-30", "month", "a span such as 2013-01, or a date"),
        ("2013-W54", "week", "a span such as 2013-W05, or a date"),
        ("2013-01", "day", "a span such as 2013-01-15, as `exports.span` is day"),
        ("2013-01-15", "number", "a span such as 7, as `exports.span` is number"),
        ("", "month", "a span such as 2013-01"),
    ],
)
def test_what_is_neither_a_span_nor_a_date_is_refused(text: str, kind: SpanKind, expected: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        span_at(text, kind)
    assert str(caught.value).startswith(f"expected {expected}")
