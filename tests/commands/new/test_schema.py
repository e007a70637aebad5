"""The schema of a table: bounds of numbers, presence, drift, and what is set aside."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from commands.cutting.spans import TableSpan
from commands.new.plan import ColumnPlan, TablePlan
from commands.new.schema import bounds_of, entries_of, parsed
from commands.new.summary import NewSummary
from perennial.errors import SchemaError
from perennial.reading.columns import export_columns
from tests.commands.new.tables import BINARY, LABEL, column


class TestBounds:
    def test_they_lie_beyond_what_was_seen(self) -> None:
        assert bounds_of(column("x", minimum=-14.6, maximum=18.1)) == (-80, 84)
        assert bounds_of(column("x", minimum=-30.5, maximum=-2.0)) == (-88, 0)
        assert bounds_of(column("x", minimum=5.0, maximum=5.0)) == (0, 15)
        assert bounds_of(column("year", type="int", minimum=1950.0, maximum=2010.0)) == (1800, 2200)

    @pytest.mark.parametrize(
        ("low", "high", "distinct", "bounds"),
        [
            (12.74, 100.0, 2_000, (0, 100)),
            (12.74, 100.04, 2_000, (0, 280)),
            (0.0, 0.998, 50, (0, 1)),
            (1.0, 97.0, 90, (0, 290)),
            (0.0, 100.0, 5, (0, 300)),
        ],
    )
    def test_a_share_or_a_percentage_ends_where_it_must(
        self, low: float, high: float, distinct: int, bounds: tuple[float, float]
    ) -> None:
        one = column("humidity", minimum=low, maximum=high, distinct=distinct)
        assert bounds_of(one) == bounds
        assert "Bounds: " in entry_of(one)

    def test_those_of_a_flag_are_zero_and_one(self) -> None:
        assert bounds_of(column("x", type="int", minimum=0.0, maximum=1.0)) == (0, 1)

    def test_none_is_beyond_what_the_type_can_hold(self) -> None:
        low, high = bounds_of(column("x", type="int", minimum=-9.2e18, maximum=9.2e18))
        assert -(2**63) <= int(low) < int(high) < 2**63


def test_the_schema_leaves_out_what_is_set_aside_and_asks_the_label_of_training_alone(
    made: tuple[NewSummary, Path],
) -> None:
    text = (made[1] / "schemas/orders.pbtxt").read_text()
    schema = text_format.Parse(text, schema_pb2.Schema())
    training = [column.name for column in export_columns(schema)]
    assert training == ["größe", "class", "city", "zip", "shop_id", "count", "day", "flag", "label"]
    assert [column.name for column in export_columns(schema, "SERVING")] == training[:-1]
    by_name = {feature.name: feature for feature in schema.feature}
    assert list(by_name["class"].string_domain.value) == ["large", "small"]
    assert by_name["count"].presence.min_fraction < 0.8 < by_name["class"].presence.min_fraction
    assert by_name["größe"].float_domain.disallow_nan
    assert "# Set aside: it is free text" in text


def entry_of(one: ColumnPlan, worst: float = 0.0, seen: float | None = None, spans: int = 1) -> str:
    names = tuple(TableSpan(str(number), 10) for number in range(spans))
    plan = TablePlan("t", BINARY, (one, LABEL), None, 10, spans=names)
    entry, _ = entries_of(plan, {one.name: worst}, {} if seen is None else {one.name: seen})
    return "\n".join(["# " + " ".join(entry.comments), *entry.lines])


@pytest.mark.parametrize(("worst", "least"), [(0.0, "0.9"), (0.1, "0.7"), (0.36, "0")])
def test_presence_lets_twice_the_missing_share_through(worst: float, least: str) -> None:
    text = entry_of(column("x", missing_share=worst), worst)
    assert f"presence {{ min_fraction: {least} min_count: {0 if least == '0' else 1} }}" in text


def test_the_worst_span_is_named_where_more_is_missing_there() -> None:
    text = entry_of(column("x", missing_share=0.1), 0.3, spans=3)
    assert "In the worst span it is missing in 30.0% of the rows." in text


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (None, "{ jensen_shannon_divergence { threshold: 0.3 } }"),
        (0.1, "threshold: 0.3 } }  # largest between neighbouring spans: 0.100"),
        (0.41, "threshold: 0.65 } }  # largest between neighbouring spans: 0.410"),
        (0.8, "# No drift_comparator: neighbouring spans already differ by up to 0.800 (maximum 1)."),
    ],
)
def test_a_threshold_of_drift_is_above_what_was_measured(seen: float | None, expected: str) -> None:
    assert expected in entry_of(column("x", minimum=0.0, maximum=9.0), seen=seen)


def test_a_number_that_follows_time_has_no_comparator() -> None:
    text = entry_of(column("x", minimum=0.0, maximum=9.0, rising="its values follow the time column"))
    assert "# No drift_comparator: its values follow the time column" in text


def test_an_open_category_allows_new_values_and_a_closed_one_lists_them() -> None:
    category = {"type": "string", "role": "category", "distinct": 2}
    assert "New values are allowed." in entry_of(column("x", **category))
    assert 'string_domain { value: "a" value: "b" }' in entry_of(column("x", values=("a", "b"), **category))


def test_a_column_that_is_set_aside_has_the_reason_and_how_to_use_it() -> None:
    text = entry_of(column("x", role="set_aside", reason="it is empty in every row"))
    assert "Set aside: it is empty in every row. To use it, delete lifecycle_stage here" in text
    assert "lifecycle_stage: DISABLED" in text


def test_a_schema_that_lacks_a_column_is_refused() -> None:
    plan = TablePlan("t", BINARY, (column("x"), LABEL), None, 10)
    with pytest.raises(SchemaError, match="does not have the table's columns"):
        parsed('feature { name: "x" type: INT }', plan)
