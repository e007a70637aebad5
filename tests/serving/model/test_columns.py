"""How rows of a request become the arrays a model takes, and what is said of those that cannot."""

import math

import numpy as np
import pytest

from serving.model.columns import InputColumn, RowError, arrays_of_rows, input_names, model_columns
from serving.reading.values import MISSING_INT

COLUMNS = (InputColumn("n", "int"), InputColumn("x", "float"), InputColumn("s", "string"))


def test_columns_follow_the_schema_and_leave_other_environments_out() -> None:
    schema = {
        "default_environment": ["TRAINING", "SERVING"],
        "feature": [
            {"name": "s", "type": "BYTES"},
            {"name": "late", "type": "INT", "not_in_environment": ["SERVING"]},
            {"name": "n", "type": "INT"},
            {"name": "x", "type": "FLOAT", "in_environment": ["SERVING"]},
        ],
    }
    assert model_columns(schema) == (
        InputColumn("s", "string"),
        InputColumn("n", "int"),
        InputColumn("x", "float"),
    )
    assert [column.name for column in model_columns(schema, "TRAINING")] == ["s", "late", "n", "x"]


@pytest.mark.parametrize("row", [{}, {"n": None, "x": None, "s": None}, {"other": 1}])
def test_null_and_absent_cells_become_the_sentinels(row: dict[str, object]) -> None:
    n, x, s = arrays_of_rows([row], COLUMNS)
    assert n.tolist() == [MISSING_INT]
    assert math.isnan(x[0])
    assert s.tolist() == [b""]


def test_values_keep_their_bits() -> None:
    n, x, s = arrays_of_rows([{"n": 2**63 - 1, "x": 3, "s": " 007 é"}, {"n": 0, "x": -0.5, "s": ""}], COLUMNS)
    assert (n.dtype, n.tolist()) == (np.dtype(np.int64), [2**63 - 1, 0])
    assert (x.dtype, x.tolist()) == (np.dtype(np.float32), [3.0, -0.5])
    assert s.tolist() == [" 007 é".encode(), b""]


@pytest.mark.parametrize(
    ("cell", "kinds"),
    [
        ({"n": 1.0}, "expected an integer or null, got a number with a fraction"),
        ({"n": "1"}, "expected an integer or null, got a string"),
        ({"n": True}, "expected an integer or null, got true or false"),
        ({"n": 2**63}, "expected a 64-bit integer"),
        ({"x": "1.5"}, "expected a number or null, got a string"),
        ({"x": False}, "expected a number or null, got true or false"),
        ({"x": 1e39}, "expected a finite 32-bit number"),
        ({"x": -(10**400)}, "expected a finite 32-bit number"),
        ({"x": math.inf}, "expected a finite 32-bit number"),
        ({"s": 1}, "expected a string or null, got an integer"),
        ({"s": ["a"]}, "expected a string or null, got a list"),
        ({"s": "\ud800"}, "half of a surrogate pair"),
        ({"s": {"b64": "SECRET"}}, "expected a string or null, got an object"),
        ({"s": {"b64": "é"}}, "expected a string or null, got an object"),
        ({"s": {"b64": 1}}, "expected a string or null, got an object"),
        ({"s": {"b64": "YQ==", "more": 1}}, "expected a string or null, got an object"),
        ({"s": {}}, "expected a string or null, got an object"),
        ({"n": {"b64": "MQ=="}}, "expected an integer or null, got an object"),
        ({"n": b"1"}, "expected an integer or null, got a string"),
        ({"x": b"1"}, "expected a number or null, got a string"),
        ({"n": -(2**63) - 1}, "expected a 64-bit integer"),
    ],
)
def test_a_cell_of_another_kind_is_named_and_not_shown(cell: dict[str, object], kinds: str) -> None:
    with pytest.raises(RowError, match=kinds) as raised:
        arrays_of_rows([{}, cell], COLUMNS)
    name = next(iter(cell))
    assert (raised.value.row, raised.value.column) == (1, name)
    assert str(raised.value).startswith(f"Row 1, column {name!r}: ")


def test_bytes_come_as_they_are_or_in_base64() -> None:
    rows: list[dict[str, object]] = [
        {"s": b"\xff\0"},
        {"s": {"b64": "/wA="}},
        {"s": {"b64": ""}},
        {"s": "/wA="},
    ]
    assert arrays_of_rows(rows, COLUMNS)[2].tolist() == [b"\xff\0", b"\xff\0", b"", b"/wA="]


def test_of_several_bad_cells_the_first_row_of_the_first_column_is_named() -> None:
    with pytest.raises(RowError, match="Row 2, column 'n'"):
        arrays_of_rows([{"x": "a"}, {"s": 1}, {"n": 1.5}, {"n": "a"}], COLUMNS)


def test_no_rows_are_empty_arrays_of_their_kinds() -> None:
    n, x, s = arrays_of_rows([], COLUMNS)
    assert (n.dtype, x.dtype, s.dtype) == (np.dtype(np.int64), np.dtype(np.float32), np.dtype(object))
    assert n.shape == x.shape == s.shape == (0,)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "sched_dep", "x1"], ["a", "sched_dep", "x1"]),
        (["mean radius", "mean_radius"], ["mean_radius_2", "mean_radius"]),
        (["od280/od315", "größe", "1st", "_x", "self"], ["od280_od315", "groe", "column_1st", "x", "self_2"]),
        (["a", "A", "a b", "A_B"], ["a", "A_2", "a_b_2", "A_B"]),
        (["年", "月", " "], ["column", "column_2", "column_3"]),
    ],
)
def test_inputs_have_names_that_tensorflow_takes(names: list[str], expected: list[str]) -> None:
    assert list(input_names([InputColumn(name, "int") for name in names])) == expected


def test_a_column_that_is_set_aside_is_none() -> None:
    schema = {
        "feature": [{"name": "a", "type": "INT"}, {"name": "b", "type": "INT", "lifecycle_stage": "DISABLED"}]
    }
    assert model_columns(schema) == (InputColumn("a", "int"),)
