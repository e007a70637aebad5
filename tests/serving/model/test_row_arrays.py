"""How the cells of a request's rows are read, and laid out as the arrays that a model takes."""

import base64
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from serving.model.columns import InputColumn, RowError
from serving.model.row_arrays import RowReader, arrays_of_rows
from serving.reading.cells import CellRefused, CellRule
from serving.reading.rules import ReadingRules
from serving.reading.values import MISSING, MISSING_INT

COLUMNS = (InputColumn("n", "int"), InputColumn("x", "float"), InputColumn("s", "string"))


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
    ("cell", "problem"),
    [
        ({"n": 1.5}, "expected an integer, got a number with a fraction."),
        ({"n": "1.5"}, "expected an integer, got a decimal number."),
        ({"n": 2**63}, "an integer outside the range of int64."),
        ({"n": -(2**63) - 1}, "an integer outside the range of int64."),
        ({"n": MISSING_INT}, "the integer -2147483648, which stands for missing."),
        (
            {"x": "1,5"},
            "expected a number, got a number with separators; see exports.decimal and exports.thousands.",
        ),
        ({"x": 1e39}, "a number outside the range of float32."),
        ({"x": -(10**400)}, "a number outside the range of float32."),
        ({"x": 1e-60}, "a number so small that float32 rounds it to 0."),
        ({"x": math.inf}, "expected a finite number, got an infinity."),
        ({"x": [1.0]}, "expected a number, got a list."),
        ({"s": 1}, "expected text, got an integer."),
        ({"s": ["a"]}, "expected text, got a list."),
        ({"s": "\ud800"}, "expected valid Unicode text, got half of a surrogate pair."),
        ({"s": "a\0"}, "text with a NUL character."),
        ({"s": {"b64": "/w=="}}, "text that is not UTF-8."),
        ({"s": {"b64": "SECRET"}}, "expected text, got an object."),
        ({"s": {"b64": "é"}}, "expected text, got an object."),
        ({"s": {"b64": 1}}, "expected text, got an object."),
        ({"s": {"b64": "YQ==", "more": 1}}, "expected text, got an object."),
        ({"s": {}}, "expected text, got an object."),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_and_not_shown(cell: dict[str, object], problem: str) -> None:
    with pytest.raises(RowError) as raised:
        arrays_of_rows([{}, cell], COLUMNS)
    name = next(iter(cell))
    assert (raised.value.row, raised.value.column, raised.value.problem) == (1, name, problem)
    assert str(raised.value) == f"Row 1, column {name!r}: {problem}"


@pytest.mark.parametrize("seventeen", [17, 17.0, "17", "17.0", " +17", "1.7e1", b"17", {"b64": "MTc="}])
def test_one_number_has_one_meaning_however_it_is_written(seventeen: object) -> None:
    n, x, _ = arrays_of_rows([{"n": seventeen, "x": seventeen}], COLUMNS)
    assert (n.tolist(), x.tolist()) == ([17], [17.0])


@pytest.mark.parametrize(("value", "number"), [(True, 1), ("TRUE", 1), ("false", 0), (False, 0)])
def test_a_truth_value_is_a_number_in_a_column_of_numbers(value: object, number: int) -> None:
    n, x, _ = arrays_of_rows([{"n": value, "x": value}], COLUMNS)
    assert (n.tolist(), x.tolist()) == ([number], [number])


def test_bytes_are_text_as_they_come_or_in_base64() -> None:
    rows: list[dict[str, object]] = [
        {"s": "é".encode()},
        {"s": {"b64": "w6k="}},
        {"s": {"b64": ""}},
        {"s": "/wA="},
    ]
    assert arrays_of_rows(rows, COLUMNS)[2].tolist() == ["é".encode(), "é".encode(), b"", b"/wA="]


RULES = ReadingRules(
    decimal=",",
    thousands=".",
    na_values={"*": ("NA", "-999"), "s": ("?",)},
    true_values=("ja",),
    false_values=("nein",),
    date_format={"when": ("%d.%m.%Y %H:%M",)},
    time_zone="Europe/Berlin",
)
MARKERS = ReadingRules(na_values={"*": ("-99.9", "-2147483648", "99999999999999999999")})
DATES = ReadingRules(na_values={"when": ("9999-12-31",)}, date_format={"when": ("ISO8601",)})
DAYS = ReadingRules(na_values={"when": ("9999-12-31",)}, date_format={"when": ("%Y-%m-%d",)})
DATED = RowReader((*COLUMNS, InputColumn("when", "string")), RULES)


def test_cells_are_read_by_the_rules_of_the_use_case() -> None:
    row = {"n": "1.234", "x": "-0,5", "s": "?", "when": "29.03.2024 08:00"}
    same = {"n": 1234, "x": -0.5, "s": None, "when": "2024-03-29T07:00:00Z"}
    for array, value in zip(
        DATED.arrays([row, same]), (1234, -0.5, b"", b"2024-03-29 08:00:00"), strict=True
    ):
        assert array.tolist() == [value, value]
    for array, column in zip(
        DATED.arrays([{"n": "NA", "x": " -999 ", "when": ""}]), DATED.columns, strict=True
    ):
        assert array.tolist() == [MISSING[column.kind]] or math.isnan(array[0])


@pytest.mark.parametrize("text", ["tomorrow", "30.02.2024 08:00", 17, True])
def test_what_is_no_date_is_refused_by_row_and_column(text: object) -> None:
    with pytest.raises(
        RowError, match=r"Row 1, column 'when': (expected a date written|a date that does not)"
    ):
        DATED.arrays([{}, {"when": text}])


def test_dates_of_a_column_of_numbers_are_no_rules() -> None:
    with pytest.raises(ValueError, match="date formats of text columns"):
        RowReader(COLUMNS, ReadingRules(date_format={"n": ("%Y",)}))


TEXTS = st.one_of(
    st.from_regex(r"\A[ +-]?[0-9]{1,20}(?:[.,][0-9]{0,20})?(?:e-?[0-9]{1,2})?\Z"),
    st.sampled_from(
        ["", " ", "NA", "?", "ja", "true", "False", "-2147483648", "29.03.2024 08:00", "a\0", "é"]
    ),
    st.text(max_size=5),
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.floats(),
    st.floats(width=32),
    TEXTS,
    TEXTS.map(lambda text: text.encode("utf-8", "replace")),
    st.binary(max_size=3),
    st.just({"b64": "MTc="}),
    st.just([1]),
)
COLUMN_OF = st.one_of(
    *(st.lists(each, min_size=1, max_size=20) for each in (VALUES, TEXTS, st.floats(), st.integers()))
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([DATES, RULES]), st.integers(0, 3), COLUMN_OF)
@example(ReadingRules(), 1, ["16777217.0000000000000001"])
@example(ReadingRules(), 1, [2**53 + 2**29 + 1])
@example(ReadingRules(), 1, [1.401298464324817e-45, 7e-46, -0.0])
@example(ReadingRules(), 1, [1e-60] * 17)
@example(ReadingRules(), 1, ["1e-400", "0", "0e-400"])
@example(ReadingRules(), 0, ["-2147483648", 5])
@example(ReadingRules(thousands="\u202f"), 0, ["1\u202f234", "5"])
@example(ReadingRules(thousands="_", decimal=","), 1, ["1_234,5", None, "5"])
@example(DATES, 3, ["2024-02-29", None, "2024-02-29 08:00:00"])
@example(DATES, 3, ["2023-02-29", "2024-02-29\n2024-02-29", b"2024-02-29", "2024-02-29 "])
@example(DAYS, 3, ["2024-03-29 00:00:00", "2024-03-30 00:00:00"])
@example(DAYS, 3, ["9999-12-31 00:00:00", "2024-03-30 08:00:00"])
@example(DATES, 3, ["9999-12-31 00:00:00", "2024-03-30 00:00:00"])
@example(DAYS, 3, ["9999-12-31", "2024-03-30"])
@example(MARKERS, 1, [-99.9, "-99.90"])
@example(MARKERS, 0, [-2147483648, 1])
@example(ReadingRules(na_values={"*": ("-1",)}), 0, [-1, -1.0, "-01", True])
def test_a_whole_column_is_read_as_each_of_its_cells(rules: ReadingRules, at: int, values: list[Any]) -> None:
    reader = RowReader(DATED.columns, rules)
    column = CellRule.of(DATED.columns[at].name, DATED.columns[at].kind, rules)
    array, problems = reader.column(at, values)
    for index, value in enumerate(values):
        cell, problem = _cell(column, value)
        assert problems.get(index) == problem
        expected = MISSING[column.kind] if cell is None else cell
        assert array[index] == expected or (math.isnan(array[index]) and math.isnan(float(expected)))


def _cell(column: CellRule, value: Any) -> tuple[Any, str | None]:
    """What the rules make of one value, and why it is refused."""
    try:
        return column.read(base64.b64decode("MTc=") if isinstance(value, dict) else value), None
    except CellRefused as refused:
        return None, f"{refused}."


def test_of_several_bad_cells_the_first_row_of_the_first_column_is_named() -> None:
    with pytest.raises(RowError, match="Row 2, column 'n'"):
        arrays_of_rows([{"x": "a"}, {"s": 1}, {"n": 1.5}, {"n": "a"}], COLUMNS)


def test_no_rows_are_empty_arrays_of_their_kinds() -> None:
    n, x, s = arrays_of_rows([], COLUMNS)
    assert (n.dtype, x.dtype, s.dtype) == (np.dtype(np.int64), np.dtype(np.float32), np.dtype(object))
    assert n.shape == x.shape == s.shape == (0,)
