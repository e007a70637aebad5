"""A number is one thing to the server and to the pipeline, and what is quoted is read as it was."""

import csv
import io
import re

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perennial.reading import csv_records
from perennial.reading.cells import from_text
from perennial.reading.quarantine import csv_line
from serving.model.columns import InputColumn, RowError
from serving.model.row_arrays import arrays_of_rows
from serving.reading.cells import CellRule
from serving.reading.csv_cells import csv_cell, integer_pattern, number_pattern
from serving.reading.csv_dialect import CsvDialect
from serving.reading.rules import ReadingRules
from serving.reading.values import MISSING_INT, Kind
from serving.reading.version_rules import VersionRules
from serving.requests.csv_rows import rows_of_csv

# Numbers, what is almost one, and what Python's own int and float would take besides.
CELLS = st.from_regex(r"[+-]?[0-9]{0,20}\.?[0-9]{0,3}([eE][+-]?[0-9]{0,2})?", fullmatch=True) | st.text(
    "+-.0123456789eE_ xnaif'\u0663\u00b2\u2212\t", min_size=1, max_size=8
)


def by_export(kind: Kind, cell: str) -> tuple[object, str]:
    """The value of a cell as an export's, and why it is refused."""
    column = pa.chunked_array([pa.array([cell.encode()])])
    values, faults, _ = from_text("c", CellRule.of("c", kind, ReadingRules()), column)
    return values[0].as_py(), faults[0].reason if faults else ""


def by_request(kind: Kind, cell: str) -> object:
    """The same of a row of a request; a `RowError` where it is refused."""
    body = b"c\n" + csv_cell(cell.encode()) + b"\n"
    columns = [InputColumn("c", kind)]
    (row,) = rows_of_csv(body, columns, 1, VersionRules())
    assert isinstance(row, dict)
    try:
        read = arrays_of_rows([row], columns)[0].tolist()[0]
        return None if read == MISSING_INT or read != read else read
    except RowError as error:
        return error


@settings(max_examples=400, deadline=None)
@given(CELLS.filter(bool))
@example("٣")
@example("1_000")
@example(" 1")
@example("1\n")
@example("9223372036854775808")
@example("-2147483648")
def test_a_whole_number_is_one_in_a_request_and_in_an_export(cell: str) -> None:
    value, reason = by_export("int", cell)
    requested = by_request("int", cell)
    if reason:
        assert str(requested).endswith(f"{reason}.")
    else:
        assert requested == value


@settings(max_examples=400, deadline=None)
@given(CELLS.filter(bool))
@example("nan")
@example("-Infinity")
@example("0x1p3")
@example(".")
@example("1.e5")
@example("1e39")
@example("1e-60")
@example("16777217.0000000000000001")
def test_a_number_is_one_in_a_request_and_in_an_export(cell: str) -> None:
    value, reason = by_export("float", cell)
    requested = by_request("float", cell)
    if reason:
        assert str(requested).endswith(f"{reason}.")
    else:
        assert requested == value


@pytest.mark.parametrize(
    ("cell", "whole", "number"),
    [
        ("+07", True, True),
        ("1.", False, True),
        ("-.5E+3", False, True),
        ("1e", False, False),
        ("", False, False),
    ],
)
def test_the_grammar_of_numbers(cell: str, whole: bool, number: bool) -> None:
    assert bool(re.fullmatch(integer_pattern(), cell)) == whole
    assert bool(re.fullmatch(number_pattern(), cell)) == number


@pytest.mark.parametrize(
    ("text", "cell"),
    [(b"plain", b"plain"), (b'a "b", c', b'"a ""b"", c"'), (b"", b'""'), (b"a;b", b"a;b"), (b"\r", b'"\r"')],
)
def test_a_cell_is_quoted_where_it_has_to_be(text: bytes, cell: bytes) -> None:
    assert csv_cell(text) == cell


@settings(deadline=None)
@given(
    st.lists(st.none() | st.text('ab,;|" \t\r\n\u00e9').map(str.encode), min_size=2, max_size=4),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_cells_are_read_as_they_were_written(cells: list[bytes | None], delimiter: str) -> None:
    line = csv_line(cells, CsvDialect(delimiter))
    ((_, read),) = csv_records.records(line, delimiter)
    assert list(csv_records.as_bytes(read)) == [cell or None for cell in cells]
    text = io.StringIO(line.decode(), newline="")
    assert next(csv.reader(text, delimiter=delimiter)) == [(cell or b"").decode() for cell in cells]
