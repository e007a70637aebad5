"""The smaller decisions of `new`: identifiers, spans, settings, bounds, and how values are written."""

import datetime
import json
import keyword
from typing import Any

import numpy as np
import pytest
import yaml

from commands.new.names import features_of
from commands.new.plan import ColumnPlan, TablePlan, TableSpan
from commands.new.render import yaml_text
from commands.new.schema import bounds_of
from commands.new.settings import ChosenSettings, settings_of
from commands.new.spans import MOST_SPANS, span_numbers, span_rule, spans_of
from perennial.task import Task

Array = np.ndarray[Any, Any]


def days_from(first: str, count: int, rows_a_day: int) -> Array:
    start = datetime.date.fromisoformat(first)
    days = [(start + datetime.timedelta(day)).isoformat() for day in range(count)]
    return np.repeat(np.array(days, "U10"), rows_a_day)


def column(name: str, **values: Any) -> ColumnPlan:
    defaults: dict[str, Any] = {"feature": name, "type": "float", "role": "number", "note": ""}
    return ColumnPlan(name=name, **defaults | values)


class TestIdentifiers:
    def test_names_of_any_language_become_identifiers_that_look_like_them(self) -> None:
        features = features_of(["Größe (cm)", "od280/od315", "MaxTemp", "2nd", "class", "価格", ""], "y")
        assert list(features.values())[:5] == [
            "grosse_cm_id",
            "od280_od315_id",
            "max_temp_id",
            "column_2nd_id",
            "class_id",
        ]
        assert all(name.isidentifier() and not keyword.iskeyword(name) for name in features.values())

    def test_no_two_are_equal_and_none_is_the_name_of_another_column_or_of_the_label(self) -> None:
        columns = ["a", "A", "a b", "a_b", "b", "b_id", "B ID", "pickup", "pickup_zone", "late"]
        features = features_of(columns, "late_id")
        assert len(set(features.values())) == len(columns)
        for name, feature in features.items():
            assert feature not in {*columns, "late_id"} - {name}
        assert features["late"] == "late_id_2"

    def test_a_plain_name_gets_id_at_its_end_and_no_more(self) -> None:
        features = features_of(["pickup", "pickup_zone", "shop_id", "Plain"], "y")
        assert list(features.values()) == ["pickup_id", "pickup_zone_id", "shop_id", "plain_id"]


class TestSpans:
    @pytest.mark.parametrize(
        ("days", "description", "first"),
        [
            (days_from("2023-01-01", 14, 200), "one per day", "2023-01-01"),
            (days_from("2023-01-01", 365, 20), "one per month", "2023-01"),
            (days_from("2010-01-01", 365 * 10, 2), "one per year", "2010"),
            (days_from("1958-03-01", 365 * 44, 1)[::7], "one per 2 years", "1958"),
            (days_from("2023-01-01", 150, 1), "all rows together", "1"),
        ],
    )
    def test_they_are_the_shortest_that_are_few_and_large(
        self, days: Array, description: str, first: str
    ) -> None:
        rule = span_rule(days)
        spans = spans_of(days, len(days), rule)
        assert rule.description == description
        assert spans[0].name == first
        assert len(spans) <= MOST_SPANS
        assert sum(span.rows for span in spans) == len(days)
        rows = np.bincount(span_numbers(days, len(days), rule, spans))
        assert rows.tolist() == [span.rows for span in spans]

    def test_without_a_time_there_is_one(self) -> None:
        assert spans_of(None, 150, span_rule(None)) == (TableSpan("1", 150),)


def settings(
    days: Array | None, rows: int, task: Task, columns: tuple[ColumnPlan, ...] = ()
) -> ChosenSettings:
    rule = span_rule(days)
    spans = spans_of(days, rows, rule)
    distinct = len(np.unique(days)) if days is not None else 0
    plan = TablePlan("t", task, columns, None, rows, distinct, span_kind=rule.kind, spans=spans)
    label = np.arange(rows) % 2 * 1.0
    return settings_of(plan, days, span_numbers(days, rows, rule, spans), label, 0.0)


class TestSettings:
    @pytest.mark.parametrize("rows", [60, 150, 1_000, 20_000, 1_000_000])
    def test_some_rows_are_judged_by_and_most_are_learned_from(self, rows: int) -> None:
        chosen = settings(None, rows, Task("binary", "y"))
        assert chosen.eval_min_rows <= chosen.eval_rows
        assert chosen.eval_rows >= min(rows // 6, 5000)
        assert chosen.train_rows > rows / 2
        assert chosen.min_rows <= rows

    @pytest.mark.parametrize(("count", "rows_a_day"), [(14, 200), (365, 20), (3650, 2), (20, 3), (2, 50)])
    def test_so_it_is_with_days(self, count: int, rows_a_day: int) -> None:
        days = days_from("2020-01-01", count, rows_a_day)
        chosen = settings(days, len(days), Task("regression", "y"))
        assert chosen.eval_rows >= chosen.eval_min_rows >= 1
        assert chosen.train_rows >= len(days) * 0.4
        assert 2 * chosen.stopping_days <= count

    def test_the_rate_of_zeros_and_ones_is_bounded_on_both_sides_and_no_other_label_s(self) -> None:
        assert settings(None, 1000, Task("binary", "y")).label_rate == (0.2, 0.8)
        assert settings(None, 1000, Task("binary", "y", (1, 2))).label_rate is None

    def test_slices_are_the_categories_of_fewest_values(self) -> None:
        columns = tuple(
            column(name, role="category", type="string", distinct=distinct)
            for name, distinct in (("many", 90), ("five", 5), ("two", 2), ("nine", 9), ("three", 3))
        )
        assert settings(None, 1000, Task("binary", "y"), columns).slices == ("two", "three", "five")


class TestBounds:
    def test_they_lie_far_beyond_what_was_seen(self) -> None:
        assert bounds_of(column("x", minimum=10.94, maximum=100.04)) == (-900, 1000)
        assert bounds_of(column("x", minimum=5.0, maximum=5.0)) == (-50, 60)
        assert bounds_of(column("year", type="int", minimum=1950.0, maximum=2010.0)) == (1000, 3000)

    def test_those_of_a_flag_are_zero_and_one(self) -> None:
        assert bounds_of(column("x", type="int", minimum=0.0, maximum=1.0)) == (0, 1)

    def test_none_is_beyond_what_the_type_can_hold(self) -> None:
        low, high = bounds_of(column("x", type="int", minimum=-9.2e18, maximum=9.2e18))
        assert -(2**63) <= int(low) < int(high) < 2**63


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "two words",
        "no",
        "1e5",
        "2013-01-01",
        "a: b",
        "größe",
        'say "so"',
        "",
        "#",
        1,
        0.5,
        1e-05,
        True,
        ["no", 1.0],
        {"day": "%d.%m.%Y"},
    ],
)
def test_what_is_written_to_yaml_is_read_as_the_same(value: Any) -> None:
    assert yaml.load(f"key: [{yaml_text(value)}]", yaml.BaseLoader)
    read = yaml.safe_load(f"key: [{yaml_text(value)}]")["key"][0]
    assert json.dumps(read) == json.dumps(value)
