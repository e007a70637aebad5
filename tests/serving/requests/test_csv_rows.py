"""How cells are found in CSV bodies and lines, and what is said of those that cannot be split."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.errors import ServingError
from serving.model.columns import InputColumn, RowError
from serving.reading.csv_dialect import CsvDialect
from serving.reading.rules import ReadingRules
from serving.reading.version_rules import VersionRules
from serving.requests.csv_rows import rows_of_csv, rows_of_lines

COLUMNS = (InputColumn("n", "int"), InputColumn("x", "float"), InputColumn("s", "string"))
MOST = 1000
PLAIN = VersionRules()
GERMAN = VersionRules(csv=CsvDialect(";", skipinitialspace=True))


def _rows(body: str | bytes) -> list[dict[str, object]]:
    read = rows_of_csv(body.encode() if isinstance(body, str) else body, COLUMNS, MOST, PLAIN)
    rows = [row for row in read if not isinstance(row, RowError)]
    assert len(rows) == len(read), read
    return rows


def _error(body: str) -> RowError:
    (error,) = rows_of_csv(body.encode(), COLUMNS, MOST, PLAIN)
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
    assert _rows(body) == [{"n": "7", "x": "1.5", "s": "a b"}]


def test_quoted_cells_hold_line_ends_commas_and_quotes() -> None:
    assert _rows('s\n"two\r\nlines, ""quoted"""\n') == [{"s": 'two\r\nlines, "quoted"'}]


def test_empty_cells_are_missing_and_columns_may_be_left_out() -> None:
    assert _rows('n,s\n,\n,""\n') == [{"n": None, "s": None}] * 2


def test_a_column_the_model_does_not_know_is_text_for_the_checks_to_judge() -> None:
    assert _rows("n,other\n1,2\n") == [{"n": "1", "other": "2"}]


def test_a_header_alone_is_no_rows() -> None:
    assert _rows("n,x,s\n") == []


@pytest.mark.parametrize(("line", "cells"), [("1,2", 2), ("1,2,3,4", 4), ("1", 1)])
def test_a_line_with_another_number_of_cells_is_refused_alone(line: str, cells: int) -> None:
    first, error, last = rows_of_csv(f"n,x,s\n1,2,a\n{line}\n3,4,b\n".encode(), COLUMNS, MOST, PLAIN)
    assert first == {"n": "1", "x": "2", "s": "a"}
    assert last == {"n": "3", "x": "4", "s": "b"}
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
        rows_of_csv(body, COLUMNS, MOST, PLAIN)
    assert raised.value.http_status == 400
    assert "SECRET" not in raised.value.message


def test_more_rows_than_may_come_are_not_read_to_their_end() -> None:
    body = b"n\n" + b"1\n" * 4
    assert len(rows_of_csv(body, COLUMNS, 4, PLAIN)) == 4
    with pytest.raises(ServingError, match="at most 3 rows"):
        rows_of_csv(body + b'"never read', COLUMNS, 3, PLAIN)


def test_lines_without_a_header_have_the_models_order() -> None:
    assert rows_of_lines(["1,2.5,a", ',,"two\nlines"'], COLUMNS, PLAIN) == [
        {"n": "1", "x": "2.5", "s": "a"},
        {"n": None, "x": None, "s": "two\nlines"},
    ]
    for line in ("", "1,2", '1,2,"a', "1,2,a\n3,4,b"):
        (error,) = rows_of_lines([line], COLUMNS, PLAIN)
        assert isinstance(error, RowError)
        assert "expected 3 cells" in error.problem


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text('n,xs"\r\n1.e_\x00é\ufeff', max_size=60).map(str.encode)))
def test_any_bytes_are_rows_or_an_error_of_ours(body: bytes) -> None:
    try:
        rows = rows_of_csv(body, COLUMNS, MOST, PLAIN)
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
    rows = rows_of_lines(lines, COLUMNS, PLAIN)
    assert len(rows) == len(lines)
    assert all(isinstance(row, dict | RowError) for row in rows)


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ("n;x;s\n7; 1,5;a,b\n", {"n": "7", "x": "1,5", "s": "a,b"}),
        ('n,x,s\n7, "1,5",a;b\n', {"n": "7", "x": "1,5", "s": "a;b"}),
        ("n\n7,5\n", {"n": "7,5"}),
        ("x;other,n\n1;2\n", {"x": "1", "other,n": "2"}),
        ('"n";"x"\n"7";"1;5"\n', {"n": "7", "x": "1;5"}),
    ],
)
def test_a_body_is_split_as_the_use_cases_csv_or_by_commas_as_its_header_says(
    body: str, row: dict[str, object]
) -> None:
    assert rows_of_csv(body.encode(), COLUMNS, MOST, GERMAN) == [row]


def test_lines_are_split_as_the_use_cases_csv_and_a_damaged_one_is_refused() -> None:
    first, *refused = rows_of_lines(["1;2,5;a", "1,2.5,a", "1;2", "1,2"], COLUMNS, GERMAN)
    assert first == {"n": "1", "x": "2,5", "s": "a"}
    assert [str(error) for error in refused] == [
        "Row 1, column 'n': expected 3 cells in the line, got 1.",
        "Row 2, column 'n': expected 3 cells in the line, got 2.",
        "Row 3, column 'n': expected 3 cells in the line, got 1.",
    ]


def test_lines_are_split_by_commas_where_all_are_written_so() -> None:
    row = {"n": "1", "x": "2.5", "s": "a"}
    assert rows_of_lines(["1,2.5,a"] * 2, COLUMNS, GERMAN) == [row] * 2
    assert all(isinstance(each, RowError) for each in rows_of_lines(["1,2.5,a", "1,2"], COLUMNS, GERMAN))


@pytest.mark.parametrize("cells", [ReadingRules(decimal=","), ReadingRules(thousands=",")])
def test_a_comma_of_a_number_splits_no_line(cells: ReadingRules) -> None:
    (row,) = rows_of_lines(["1,500"], COLUMNS[:2], VersionRules(cells, GERMAN.csv))
    assert str(row) == "Row 0, column 'n': expected 2 cells in the line, got 1."


@pytest.mark.parametrize(
    "dialect",
    [
        CsvDialect(escapechar="\\", escape_unquoted=False),
        CsvDialect("\t", quotechar=None, escapechar="\\"),
        CsvDialect(escapechar="\\"),
        CsvDialect(";", quotechar="'"),
    ],
)
@settings(deadline=None)
@given(st.lists(st.text("ab\\nN,;\t'\" é\n", min_size=1), min_size=1, max_size=4))
def test_cells_of_another_dialect_are_what_was_written(dialect: CsvDialect, texts: list[str]) -> None:
    lines = [dialect.cell(text.encode()) + dialect.delimiter.encode() + b"1" for text in texts]
    body = b"\n".join([b"s" + dialect.delimiter.encode() + b"n", *lines])
    expected = [{"s": text, "n": "1"} for text in texts]
    assert rows_of_csv(body, COLUMNS, MOST, VersionRules(csv=dialect)) == expected
    columns = (COLUMNS[2], COLUMNS[0])
    assert rows_of_lines([line.decode() for line in lines], columns, VersionRules(csv=dialect)) == expected


def test_a_null_of_mysql_is_missing_and_a_plain_csv_is_read_beside_it() -> None:
    mysql = VersionRules(csv=CsvDialect("\t", quotechar=None, escapechar="\\"))
    assert rows_of_csv(b"s\tn\n\\N\t1\n", COLUMNS, MOST, mysql) == [{"s": None, "n": "1"}]
    assert rows_of_csv(b's,n\n"a, \\b",1\n', COLUMNS, MOST, mysql) == [{"s": "a, \\b", "n": "1"}]
