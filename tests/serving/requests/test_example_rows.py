"""How serialized tf.Examples become raw rows, and what is said of those that cannot."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow.core.example import example_pb2

from serving.model.columns import InputColumn, RowError
from serving.requests.example_rows import rows_of_examples
from serving.requests.forms import as_example

COLUMNS = (InputColumn("n", "int"), InputColumn("x", "float"), InputColumn("s", "string"))
# Protocol Buffers' own warning where it stops at bytes that end a group; the row is refused.
pytestmark = pytest.mark.filterwarnings("ignore:Unexpected end-group tag:RuntimeWarning")
LISTS = {int: "int64_list", float: "float_list", bytes: "bytes_list"}


def _example(features: dict[str, list[Any]]) -> bytes:
    example = example_pb2.Example()
    for name, values in features.items():
        feature = example.features.feature[name]
        if values:
            getattr(feature, LISTS[type(values[0])]).value.extend(values)
    return example.SerializeToString()


def _error(features: dict[str, list[Any]]) -> RowError:
    first, error = rows_of_examples([_example({}), _example(features)], COLUMNS, {})
    assert first == {}
    assert isinstance(error, RowError)
    assert error.row == 1
    return error


def test_values_keep_their_kinds_and_strings_their_bytes() -> None:
    rows = rows_of_examples([_example({"n": [2**63 - 1], "x": [0.5], "s": [b"\xff\0"]})], COLUMNS, {})
    assert rows == [{"n": 2**63 - 1, "x": 0.5, "s": b"\xff\0"}]


def test_a_list_of_another_type_is_for_the_reading_rules_to_judge() -> None:
    features: dict[str, list[Any]] = {"n": [1.0], "x": [b"1,5"], "s": [7]}
    assert rows_of_examples([_example(features)], COLUMNS, {}) == [{"n": 1.0, "x": b"1,5", "s": 7}]


def test_a_row_comes_back_as_it_was_written() -> None:
    row: dict[str, int | float | str | None] = {"n": -7, "x": 1.5, "s": "é"}
    assert rows_of_examples([as_example(row, COLUMNS)], COLUMNS, {}) == [{**row, "s": "é".encode()}]


def test_what_is_not_there_is_missing() -> None:
    empty = example_pb2.Example()
    empty.features.feature["n"].int64_list.SetInParent()
    empty.features.feature["x"].SetInParent()
    assert rows_of_examples([_example({}), b"", empty.SerializeToString()], COLUMNS, {}) == [
        {},
        {},
        {"n": None},
    ]


def test_features_of_other_names_are_not_looked_at() -> None:
    assert rows_of_examples([_example({"other": [1, 2], "n": [3]})], COLUMNS, {}) == [{"n": 3}]


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ({"n": [1, 2]}, "expected at most one value, got 2."),
        ({"s": [b"SECRET"] * 3}, "expected at most one value, got 3."),
    ],
)
def test_a_feature_of_several_values_is_named_and_not_shown(
    features: dict[str, list[Any]], problem: str
) -> None:
    error = _error(features)
    assert error.column == next(iter(features))
    assert error.problem == problem


def test_bytes_that_are_no_example_are_refused_alone() -> None:
    good = _example({"n": [1]})
    first, error, last = rows_of_examples([good, b"\xff\xff SECRET", good], COLUMNS, {})
    assert first == last == {"n": 1}
    assert str(error) == "Row 1, column 'n': expected a serialized tf.Example, got other bytes."


def test_an_example_that_is_read_in_part_is_refused() -> None:
    (error,) = rows_of_examples([b"\x04" + _example({"n": [1]})], COLUMNS, {})
    assert isinstance(error, RowError)


def test_an_example_that_is_cut_off_is_refused() -> None:
    (error,) = rows_of_examples([_example({"n": [1], "s": [b"text"]})[:-1]], COLUMNS, {})
    assert isinstance(error, RowError)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=100), max_size=3))
def test_any_bytes_are_a_row_or_an_error_of_one(examples: list[bytes]) -> None:
    rows = rows_of_examples(examples, COLUMNS, {})
    assert len(rows) == len(examples)
    assert all(isinstance(row, dict | RowError) for row in rows)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_example_with_some_bytes_changed_is_a_row_or_an_error(data: st.DataObject) -> None:
    whole = bytearray(_example({"n": [1], "x": [0.5], "s": [b"text"]}))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))
    (row,) = rows_of_examples([bytes(whole)], COLUMNS, {})
    assert isinstance(row, dict | RowError)
