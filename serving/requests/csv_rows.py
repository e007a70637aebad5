"""Reads raw rows of a CSV body, as typed as the model's columns are."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

from serving.errors import invalid
from serving.model.columns import InputColumn, RowError
from serving.reading.csv_cells import integer_pattern, number_pattern
from serving.reading.values import Kind

Row = dict[str, object]
# A body beyond either is not looked at further: reading it would take a minute, and gigabytes.
MOST_LINES: Final = 400_000
MOST_CELLS: Final = 10_000_000
# As the pipeline reads exports: what Python's int and float would take besides (`1_000`, " 1") is no number.
_INTEGER: Final = re.compile(integer_pattern())
_NUMBER: Final = re.compile(number_pattern())


def rows_of_csv(body: bytes, columns: Sequence[InputColumn], most: int) -> list[Row | RowError]:
    """Reads a CSV body with a header (RFC 4180; a byte-order mark and CRLF are ignored).

    Args:
        body: UTF-8. Columns may stand in any order and some may be left out; the checks of the model say
            which others may stand there.
        columns: What the model takes.
        most: How many rows may come.

    Returns:
        One row a line: an empty cell is None, a cell of a numeric column a number, all else the text; or, in
        its place, why the line cannot be read.

    Raises:
        ServingError: There is no header, a name stands in it twice, the body is no UTF-8, or it has more than
            `MOST_LINES` lines or `MOST_CELLS` cells.
    """
    if body.count(b"\n") + body.count(b"\r") > 2 * MOST_LINES or body.count(b",") > MOST_CELLS:
        raise invalid(
            f"The CSV body has more than {MOST_LINES} lines or {MOST_CELLS} cells. Send fewer rows."
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid("The CSV body is not valid UTF-8.") from None
    lines = _records(text)
    header = next(lines, [])
    if not header:
        raise invalid("The CSV body has no header.")
    if len(set(header)) < len(header):
        raise invalid("The CSV header has the same column twice.")
    kinds = {column.name: column.kind for column in columns}
    rows: list[Row | RowError] = []
    for index, cells in enumerate(lines):
        # A body of line ends alone would be millions of rows: it is not read to its end.
        if index == most:
            raise invalid(f"A request can have at most {most} rows, got more.")
        rows.append(_row(index, cells, header, kinds))
    return rows


def rows_of_lines(lines: Sequence[str], columns: Sequence[InputColumn]) -> list[Row | RowError]:
    """Reads CSV lines without a header: the cells in the order of `columns`."""
    header = [column.name for column in columns]
    kinds = {column.name: column.kind for column in columns}
    return [_row(index, _cells(line), header, kinds) for index, line in enumerate(lines)]


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True), [""])
    except csv.Error:
        return []


def _records(text: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from (cells for cells in reader if cells)
    except csv.Error as error:
        raise invalid(f"CSV line {reader.line_num} is not valid (RFC 4180): {error}.") from None


def _row(index: int, cells: Sequence[str], header: Sequence[str], kinds: dict[str, Kind]) -> Row | RowError:
    if len(cells) != len(header):
        return RowError(
            index, header[0][:100], f"expected {len(header)} cells in the line, got {len(cells)}."
        )
    row: Row = {}
    for name, cell in zip(header, cells, strict=True):
        kind = kinds.get(name, "string")
        if not cell:
            row[name] = None
        elif kind == "string":
            row[name] = cell
        elif kind == "int":
            # Python takes ever longer to read ever more digits; the check refuses what has over 64 bits.
            if not _INTEGER.fullmatch(cell) or len(cell) > 1000:
                return RowError(index, name, "expected an integer or an empty cell, got other text.")
            row[name] = int(cell)
        else:
            if not _NUMBER.fullmatch(cell):
                return RowError(index, name, "expected a number or an empty cell, got other text.")
            row[name] = float(cell)
    return row
