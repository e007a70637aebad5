"""How CSV bodies and lines become raw rows, and what is said of those that cannot."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.errors import ServingError
from serving.model.columns import InputColumn, RowError
from serving.requests.csv_rows import rows_of_csv, rows_of_lines

COLUMNS = (InputColumn("n", "int"), InputColumn("x", "float"), InputColumn("s", "string"))
MOST = 1000


def _rows(body: str | bytes) -> list[dict[str, object]]:
    read = rows_of_csv(body.encode() if isinstance(body, str) else body, COLUMNS, MOST)
    rows = [row for row in read if not isinstance(row, RowError)]
    assert len(rows) == len(read), read
    return rows


def _error(body: str) -> RowError:
    (error,) = rows_of_csv(body.encode(), COLUMNS, MOST)
    assert isinstance(error, RowError)
    return error


@pytest.mark.parametrize(
    "body",
    [
        "n,x,s\n7,1.5,a b\n",
        "n,x,s\n7,1.5,a b",
        "n,x,s\r\n7,1.5,a b\r\n",
        "\ufeffn,x,s\n7,1.5,a b\n",
        '\ufeff"n","x","s"\r\n"7","1.5","a b"\r\n',
        "s,n,x\na b,7,1.5\n",
        "n,x,s\n\n7,1.5,a b\n\n\n",
    ],
)
def test_a_row_is_the_same_whatever_the_files_habits(body: str) -> None:
    assert _rows(body) == [{"n": 7, "x": 1.5, "s": "a b"}]


def test_quoted_cells_hold_line_ends_commas_and_quotes() -> None:
    assert _rows('s\n"two\r\nlines, ""quoted"""\n') == [{"s": 'two\r\nlines, "quoted"'}]


def test_empty_cells_are_missing_and_columns_may_be_left_out() -> None:
    assert _rows('n,s\n,\n,""\n') == [{"n": None, "s": None}] * 2


def test_a_column_the_model_does_not_know_is_text_for_the_checks_to_judge() -> None:
    assert _rows("n,other\n1,2\n") == [{"n": 1, "other": "2"}]


def test_a_header_alone_is_no_rows() -> None:
    assert _rows("n,x,s\n") == []


@pytest.mark.parametrize(
    ("cell", "value"), [("+5", 5), ("-0", 0), ("007", 7), ("9" * 30, int("9" * 30)), ("-12", -12)]
)
def test_whole_numbers_are_digits_with_a_sign(cell: str, value: int) -> None:
    assert _rows(f"n\n{cell}\n") == [{"n": value}]


@pytest.mark.parametrize(
    "cell", ["1_000", "1e3", "1.0", " 1", "1 ", "0x1", "\u0663", "1,0", "--1", "NaN", "true", "9" * 1001]
)
def test_what_is_no_whole_number_is_refused_without_being_shown(cell: str) -> None:
    error = _error(f'n\n"{cell}"\n')
    assert (error.row, error.column) == (0, "n")
    assert error.problem == "expected an integer or an empty cell, got other text."


@pytest.mark.parametrize(
    ("cell", "value"), [("1e3", 1000.0), (".5", 0.5), ("5.", 5.0), ("-1.5E-3", -0.0015), ("+7", 7.0)]
)
def test_numbers_are_as_exports_have_them(cell: str, value: float) -> None:
    assert _rows(f"x\n{cell}\n") == [{"x": value}]


@pytest.mark.parametrize("cell", ["1_000.0", "nan", "inf", "Infinity", "1e", ".", " 1.5", "1.5f", "\u0663.5"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    assert _error(f"x\n{cell}\n").problem == "expected a number or an empty cell, got other text."


@pytest.mark.parametrize(("line", "cells"), [("1,2", 2), ("1,2,3,4", 4), ("1", 1)])
def test_a_line_with_another_number_of_cells_is_refused_alone(line: str, cells: int) -> None:
    first, error, last = rows_of_csv(f"n,x,s\n1,2,a\n{line}\n3,4,b\n".encode(), COLUMNS, MOST)
    assert first == {"n": 1, "x": 2.0, "s": "a"}
    assert last == {"n": 3, "x": 4.0, "s": "b"}
    assert isinstance(error, RowError)
    assert str(error) == f"Row 1, column 'n': expected 3 cells in the line, got {cells}."


def test_a_name_of_the_header_is_not_repeated_at_length() -> None:
    error = _error("h" * 100_000 + "\na,b\n")
    assert error.column == "h" * 100


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "has no header"),
        (b"\n\r\n", "has no header"),
        (b"\xef\xbb\xbf", "has no header"),
        (b"n,x,n\n1,2,3\n", "has the same column twice"),
        (b"n\n\xff\n", "is not valid UTF-8"),
        (b'n\n"1\n', r"line 2 is not valid \(RFC 4180\): unexpected end of data"),
        (b's\n"SECRET"x\n', "RFC 4180"),
    ],
)
def test_a_body_that_is_no_csv_is_refused_whole(body: bytes, words: str) -> None:
    with pytest.raises(ServingError, match=words) as raised:
        rows_of_csv(body, COLUMNS, MOST)
    assert raised.value.http_status == 400
    assert "SECRET" not in raised.value.message


def test_more_rows_than_may_come_are_not_read_to_their_end() -> None:
    body = b"n\n" + b"1\n" * 4
    assert len(rows_of_csv(body, COLUMNS, 4)) == 4
    with pytest.raises(ServingError, match="at most 3 rows"):
        rows_of_csv(body + b'"never read', COLUMNS, 3)


def test_lines_without_a_header_have_the_models_order() -> None:
    assert rows_of_lines(["1,2.5,a", ',,"two\nlines"'], COLUMNS) == [
        {"n": 1, "x": 2.5, "s": "a"},
        {"n": None, "x": None, "s": "two\nlines"},
    ]
    for line in ("", "1,2", '1,2,"a', "1,2,a\n3,4,b"):
        (error,) = rows_of_lines([line], COLUMNS)
        assert isinstance(error, RowError)
        assert "expected 3 cells" in error.problem


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text('n,xs"\r\n1.e_\x00é\ufeff', max_size=60).map(str.encode)))
def test_any_bytes_are_rows_or_an_error_of_ours(body: bytes) -> None:
    try:
        rows = rows_of_csv(body, COLUMNS, MOST)
    except ServingError:
        return
    assert all(isinstance(row, dict | RowError) for row in rows)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)))
def test_any_text_comes_back_as_it_was_written(cells: list[str]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["s"], *([cell] for cell in cells)])
    assert _rows(written.getvalue()) == [{"s": cell} for cell in cells]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_lines_are_as_many_rows(lines: list[str]) -> None:
    rows = rows_of_lines(lines, COLUMNS)
    assert len(rows) == len(lines)
    assert all(isinstance(row, dict | RowError) for row in rows)
