"""Which parts go to train and which to eval."""

from typing import Any

import pytest

from components.window.cut import SpanSplit, cut, facts_of, left_out_of, parts_of
from perennial.errors import NodeFailed


def _month(number: int, head_rows: int = 20_000, tail_rows: int = 6_000) -> list[SpanSplit]:
    span = f"2013-{number:02d}"
    return [
        SpanSplit(span, "head", head_rows, f"{span}-01", f"{span}-24", 24, 1.0),
        SpanSplit(span, "tail", tail_rows, f"{span}-25", f"{span}-31", 7, 1.0),
    ]


def _day(number: int, rows: int = 900) -> SpanSplit:
    day = f"2013-01-{number:02d}"
    return SpanSplit(day, "tail", rows, day, day, 1, 1.0)


def _names(parts: list[SpanSplit]) -> list[tuple[str, str]]:
    return [(part.span, part.split) for part in parts]


def test_the_newest_tail_is_enough_for_eval_and_former_tails_are_trained_on() -> None:
    train, judged, _ = cut([*_month(1), *_month(2)], 7, 5000)
    assert _names(train) == [("2013-01", "head"), ("2013-01", "tail"), ("2013-02", "head")]
    assert _names(judged) == [("2013-02", "tail")]


def test_one_month_is_trained_on_by_its_head() -> None:
    train, judged, _ = cut(_month(1), 7, 5000)
    assert (_names(train), _names(judged)) == ([("2013-01", "head")], [("2013-01", "tail")])


def test_eval_grows_until_it_has_rows_enough() -> None:
    train, judged, _ = cut([*_month(1), *_month(2, tail_rows=4_999)], 7, 5000)
    assert _names(train) == [("2013-01", "head"), ("2013-01", "tail")]
    assert _names(judged) == [("2013-02", "head"), ("2013-02", "tail")]


def test_eval_grows_until_it_has_days_enough_across_daily_spans() -> None:
    train, judged, _ = cut([_day(number) for number in range(1, 11)], 7, 5000)
    assert [part.span for part in judged] == [f"2013-01-{number:02d}" for number in range(4, 11)]
    assert [part.span for part in train] == ["2013-01-01", "2013-01-02", "2013-01-03"]


def _hours(day: int, *hours: int, rows: int = 40) -> list[SpanSplit]:
    date = f"2013-01-{day:02d}"
    return [SpanSplit(f"{date}T{hour:02d}", "tail", rows, date, date, 1, 1.0) for hour in hours]


def test_of_hours_whole_days_are_judged_by_as_they_share_their_days() -> None:
    parts = [part for day in range(1, 11) for part in _hours(day, *range(24))]
    train, judged, left_out = cut(parts, 7, 2_000)
    assert (judged[0].span, judged[-1].span, len(judged)) == ("2013-01-04T00", "2013-01-10T23", 7 * 24)
    assert (train[-1].span, left_out) == ("2013-01-03T23", [])
    assert facts_of(judged)["days"] == 7


def test_of_hours_eval_is_extended_to_the_first_hour_of_its_first_day() -> None:
    parts = [*_hours(1, 6, 7), *_hours(2, 6, 7, 8), *_hours(3, 6)]
    train, judged, left_out = cut(parts, 1, 100)
    assert _names(train) == _names(_hours(1, 6, 7))
    assert (_names(judged), left_out) == (_names([*_hours(2, 6, 7, 8), *_hours(3, 6)]), [])


def test_the_hours_of_one_day_are_too_few_days_to_be_judged_by() -> None:
    with pytest.raises(NodeFailed, match="of 1 days: too few to evaluate on 1 days"):
        cut(_hours(1, *range(24)), 1, 40)


def test_no_day_that_is_judged_by_or_later_is_trained_on() -> None:
    april_again = [
        SpanSplit("2013-05", "head", 20_000, "2013-04-01", "2013-04-23", 23, 1.0),
        SpanSplit("2013-05", "tail", 6_000, "2013-04-24", "2013-04-30", 7, 1.0),
    ]
    train, judged, left_out = cut([*_month(3), *_month(4), *april_again], 7, 5000)
    assert _names(judged) == [("2013-05", "tail")]
    assert _names(left_out) == [("2013-04", "head"), ("2013-04", "tail")]
    assert max(part.last_day or "" for part in train) < min(part.first_day or "" for part in judged)
    assert left_out_of(left_out) == [
        {"span": "2013-04", "rows": 26_000, "first_day": "2013-04-01", "last_day": "2013-04-31"}
    ]


def test_days_before_a_spans_period_are_trained_on_and_never_judged_by() -> None:
    early = SpanSplit("2013-02", "early", 10, "2012-12-31", "2013-01-31", 2, 1.0)
    train, judged, left_out = cut([*_month(1), *_month(2)], 7, 5000, [early])
    assert _names(train)[0] == ("2013-02", "early")
    assert (_names(judged), left_out) == ([("2013-02", "tail")], [])


def test_rows_after_the_usual_days_are_trained_on_only_if_they_are_before_the_judged_ones() -> None:
    late = [
        SpanSplit("1", "late", 10, "2013-02-02", "2013-02-09", 2, 1.0),
        SpanSplit("2", "late", 9, "2013-03-02", "2013-03-03", 2, 1.0),
    ]
    train, judged, left_out = cut([*_month(1), *_month(2)], 7, 5000, late)
    assert (_names(train)[0], _names(judged)) == (("1", "late"), [("2013-02", "tail")])
    assert _names(left_out) == [("2", "late")]


def test_where_all_older_days_are_judged_by_nothing_is_left_to_train_on() -> None:
    with pytest.raises(NodeFailed, match="Nothing is left to train on: all 900 rows"):
        cut([_day(9), _day(2, 9000)], 1, 5000)


def test_daily_spans_of_few_rows_give_more_days() -> None:
    _, judged, _ = cut([_day(number, rows=500) for number in range(1, 13)], 7, 5000)
    assert len(judged) == 10


def test_exactly_enough_is_enough() -> None:
    _, judged, _ = cut([_day(1), _day(2, 2500), _day(3, 2500)], 2, 5000)
    assert [part.span for part in judged] == ["2013-01-02", "2013-01-03"]


def test_without_a_time_column_rows_alone_count() -> None:
    parts = []
    for span in ("1", "2"):
        parts.append(SpanSplit(span, "head", 800, None, None, 0, 1.0))
        parts.append(SpanSplit(span, "tail", 200, None, None, 0, 1.0))
    train, judged, _ = cut(parts, 7, 200)
    assert (len(train), _names(judged)) == (3, [("2", "tail")])


@pytest.mark.parametrize(
    "parts",
    [[_day(1, 9000)], _month(1, tail_rows=4999), [_day(number) for number in range(1, 8)]],
)
def test_nothing_older_to_train_on_is_an_error_with_rows_and_days(
    parts: list[SpanSplit],
) -> None:
    rows = sum(part.rows for part in parts)
    with pytest.raises(NodeFailed, match=rf"have {rows:,} rows of \d+ days: too few to evaluate") as caught:
        cut(parts, 7, 5000)
    assert "window.eval_min_rows" in caught.value.remedy


def test_without_days_no_days_are_asked_for() -> None:
    parts = [SpanSplit("1", "head", 90, None, None, 0, 1.0), SpanSplit("1", "tail", 10, None, None, 0, 1.0)]
    with pytest.raises(NodeFailed, match="have 100 rows: too few to evaluate on 20 rows") as caught:
        cut(parts, 7, 20)
    assert caught.value.remedy == "Wait for more exports or lower window.eval_min_rows."


def _summary() -> dict[str, Any]:
    return {
        "span": "2013-01",
        "splits": {
            "head": {
                "rows": 30,
                "first_day": "2013-01-01",
                "last_day": "2013-01-24",
                "days": 24,
                "label_sum": 9.0,
                "label_counts": [21, 9],
            },
            "tail": {
                "rows": 0,
                "first_day": None,
                "last_day": None,
                "days": 0,
                "label_sum": 0.0,
                "label_counts": [0, 0],
            },
            "anchor": {"rows": 2, "label_sum": 1.0, "label_counts": [1, 1]},
        },
    }


def test_a_split_without_rows_is_no_part() -> None:
    assert parts_of(_summary(), ("head", "tail")) == [
        SpanSplit("2013-01", "head", 30, "2013-01-01", "2013-01-24", 24, 9.0, (21, 9))
    ]


def test_a_split_without_days_has_none() -> None:
    assert parts_of(_summary(), ("anchor",)) == [
        SpanSplit("2013-01", "anchor", 2, None, None, 0, 1.0, (1, 1))
    ]


def test_the_facts_of_a_split_are_those_of_its_parts_together() -> None:
    assert facts_of([*_month(1), *_month(2)]) == {
        "rows": 52_000,
        "first_day": "2013-01-01",
        "last_day": "2013-02-31",
        "days": 62,
        "label_counts": [],
        "label_sum": 4.0,
        "label_distribution": 4 / 52_000,
    }
    days = {"first_day": None, "last_day": None, "days": 0}
    labels = {"label_counts": [], "label_sum": 0, "label_distribution": None}
    assert facts_of([]) == {"rows": 0, **days, **labels}


def test_of_classes_the_distribution_is_each_ones_share() -> None:
    parts = [
        SpanSplit("1", "head", 6, None, None, 0, None, (3, 2, 1)),
        SpanSplit("2", "tail", 4, None, None, 0, None, (0, 0, 4)),
    ]
    facts = facts_of(parts)
    assert facts["label_counts"] == [3, 2, 5]
    assert facts["label_sum"] is None
    assert facts["label_distribution"] == [0.3, 0.2, 0.5]


def test_of_numbers_the_distribution_is_their_mean() -> None:
    parts = [SpanSplit("1", "head", 3, None, None, 0, 6.0), SpanSplit("1", "tail", 1, None, None, 0, -4.0)]
    facts = facts_of(parts)
    assert (facts["label_counts"], facts["label_sum"], facts["label_distribution"]) == ([], 2.0, 0.5)
