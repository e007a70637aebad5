"""What a model's schema lets a row hold, and how a row is refused."""

import math
from typing import Any

import numpy as np
import pytest

from serving.model.checks import ColumnBounds, RowChecks, bounds_text
from serving.model.columns import InputColumn, RowError
from serving.reading.values import MISSING_INT

SCHEMA = {
    "default_environment": ["TRAINING", "SERVING"],
    "feature": [
        {"name": "month", "type": "INT", "int_domain": {"min": "1", "max": "12"}},
        {"name": "far", "type": "FLOAT", "float_domain": {"min": 0.5}},
        {"name": "cold", "type": "FLOAT", "float_domain": {"max": -1.5}},
        {"name": "carrier", "type": "BYTES", "string_domain": {"value": ["AA", "UA"]}},
        {"name": "late", "type": "INT", "not_in_environment": ["SERVING"]},
    ],
}
CHECKS = RowChecks(SCHEMA)


def _refused(row: Any) -> RowError:
    (error,) = CHECKS.read([{}, row]).errors.values()
    assert error.row == 1
    return error


def _arrays(*rows: Any) -> list[Any]:
    read = CHECKS.read(rows)
    assert not read.errors
    return read.arrays


def test_columns_bounds_and_domains_come_from_the_schema() -> None:
    assert [column.name for column in CHECKS.columns] == ["month", "far", "cold", "carrier"]
    assert CHECKS.bounds == {
        "month": ColumnBounds(1, 12),
        "far": ColumnBounds(0.5, None),
        "cold": ColumnBounds(None, -1.5),
    }
    assert CHECKS.domains == {"carrier": ["AA", "UA"]}
    assert RowChecks({}).columns == ()
    assert RowChecks({"feature": [{"name": "n", "type": "INT"}]}).columns == (InputColumn("n", "int"),)


def test_rows_in_order_are_laid_out_in_the_schemas_order() -> None:
    month, far, cold, carrier = _arrays({"carrier": "AA", "month": 7, "far": 3}, {"cold": -2.0})
    assert month.tolist() == [7, MISSING_INT]
    assert far[0] == 3
    assert math.isnan(far[1])
    assert cold[1] == -2
    assert carrier.tolist() == [b"AA", b""]


@pytest.mark.parametrize("row", [{"month": 1, "far": 0.5}, {"month": 12, "cold": -1.5}, {"far": 3e38}])
def test_the_ends_of_a_bound_are_inside(row: dict[str, object]) -> None:
    _arrays(row)


@pytest.mark.parametrize("row", [{"month": None, "far": None, "cold": None}, {"far": math.nan}, {}])
def test_what_is_missing_is_outside_of_no_bound(row: dict[str, object]) -> None:
    _arrays(row)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ({"month": 13}, "month", "expected a value from 1 to 12, got a value outside of this range."),
        ({"month": 0}, "month", "expected a value from 1 to 12, got a value outside of this range."),
        ({"month": -(2**63)}, "month", "expected a value from 1 to 12, got a value outside of this range."),
        ({"far": 0.25}, "far", "expected a value of at least 0.5, got a value outside of this range."),
        ({"cold": -1}, "cold", "expected a value of at most -1.5, got a value outside of this range."),
        ({"month": "7777"}, "month", "expected a value from 1 to 12, got a value outside of this range."),
        ({"month": "July"}, "month", "expected an integer, got text."),
        ({"far": math.inf}, "far", "expected a finite number, got an infinity."),
    ],
)
def test_a_value_outside_is_named_and_not_shown(row: dict[str, Any], column: str, words: str) -> None:
    error = _refused(row)
    assert (error.column, error.problem) == (column, words)
    assert str(error) == f"Row 1, column {column!r}: {words}"


def test_a_string_that_the_schema_does_not_know_is_taken() -> None:
    assert _arrays({"carrier": "ZZ"})[3].tolist() == [b"ZZ"]


def test_the_label_the_callers_key_and_names_with_a_line_before_them_may_come_along() -> None:
    arrays = _arrays({"month": 1, "late": "any", "row_id": [1], "_note": {"a": 1}})
    assert [array.shape for array in arrays] == [(1,)] * 4


def test_an_unknown_column_is_named_with_the_nearest_one() -> None:
    message = "Row 1, column 'mnoth': the model has no such column. Did you mean 'month'?"
    assert str(_refused({"mnoth": 7})) == message
    assert _refused({"zzz": 7}).problem == "the model has no such column."


def test_only_the_first_of_very_many_refusals_have_a_suggestion() -> None:
    refusals = CHECKS.read([{"mnoth": 7}] * 150).errors
    assert sum("mean" in error.problem for error in refusals.values()) == 100


def test_a_name_of_megabytes_costs_nothing_and_is_cut() -> None:
    assert _refused({"x" * 20_000_000: 1}).column == "x" * 100


def test_a_row_that_could_not_be_read_is_refused_with_its_readers_error() -> None:
    assert (
        str(_refused(RowError(0, "far", "expected a number."))) == "Row 1, column 'far': expected a number."
    )


def test_rows_beside_a_refused_one_keep_their_values() -> None:
    read = CHECKS.read([{"month": 1}, {"month": "1,5"}, {"month": "3", "far": 0.25}, {"month": True}])
    assert list(read.errors) == [1, 2]
    assert len(read) == 4
    sound = read.sound
    assert (len(sound), sound.arrays[0].tolist(), sound.errors) == (2, [1, 1], {})


def test_a_bound_is_that_of_the_value_however_it_is_written() -> None:
    assert (
        _refused({"month": "13"}).problem
        == "expected a value from 1 to 12, got a value outside of this range."
    )
    assert _arrays({"month": "12"}, {"month": 12.0})[0].tolist() == [12, 12]


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (ColumnBounds(1, 12), "a value from 1 to 12"),
        (ColumnBounds(None, 0.1), "a value of at most 0.1"),
        (ColumnBounds(-3, None), "a value of at least -3"),
    ],
)
def test_bounds_are_written_in_words(bound: ColumnBounds, words: str) -> None:
    assert bounds_text(bound) == words


def test_no_rows_are_empty_arrays() -> None:
    assert [array.shape for array in _arrays()] == [(0,)] * 4
    assert _arrays()[0].dtype == np.int64
