"""Finds the cells of raw rows in a CSV body or in CSV lines; the model's reader says what they mean."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from serving.errors import invalid
from serving.model.columns import InputColumn, RowError
from serving.reading.csv_dialect import CsvDialect
from serving.reading.version_rules import VersionRules
from serving.requests.renames import names_of, schema_names

Row = dict[str, object]
# A body beyond either is not looked at further: reading it would take a minute, and gigabytes.
MOST_LINES: Final = 400_000
MOST_CELLS: Final = 10_000_000
# What TF Serving's users and the plain CSV have between two cells.
COMMA: Final = ","
# JSON may have half a pair of them in a line; the cell's reader refuses it.
_SURROGATES: Final = "surrogatepass"


def rows_of_csv(
    body: bytes, columns: Sequence[InputColumn], most: int, rules: VersionRules
) -> list[Row | RowError]:
    """Finds the cells of a CSV body with a header; a byte-order mark and CRLF are ignored.

    Args:
        body: UTF-8. Columns may stand in any order and some may be left out; the checks of the model say
            which others may stand there.
        columns: What the model takes.
        most: How many rows may come.
        rules: How the use case's CSV is split, and which columns were renamed. Where the header has more of
            the model's columns if it is split by commas, all is.

    Returns:
        One row a line: an empty cell is None, all else the text; or, in its place, why the line cannot be
        read.

    Raises:
        ServingError: There is no header, a name stands in it twice, the body is no UTF-8, or it has more than
            `MOST_LINES` lines or `MOST_CELLS` cells.
    """
    cells = max(body.count(mark.encode()) for mark in {rules.csv.delimiter, COMMA})
    if body.count(b"\n") + body.count(b"\r") > 2 * MOST_LINES or cells > MOST_CELLS:
        raise invalid(
            f"The CSV body has more than {MOST_LINES} lines or {MOST_CELLS} cells. Send fewer rows."
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid("The CSV body is not valid UTF-8.") from None
    lines = _records(text, _dialect_of(text, columns, rules))
    header = next(lines, [])
    if not header:
        raise invalid("The CSV body has no header.")
    if len(set(header)) < len(header):
        raise invalid("The CSV header has the same column twice.")
    header = schema_names(header, rules.cells.rename)
    rows: list[Row | RowError] = []
    for index, line in enumerate(lines):
        # A body of line ends alone would be millions of rows: it is not read to its end.
        if index == most:
            raise invalid(f"A request can have at most {most} rows, got more.")
        rows.append(_row(index, line, header))
    return rows


def rows_of_lines(
    lines: Sequence[str], columns: Sequence[InputColumn], rules: VersionRules
) -> list[Row | RowError]:
    """Finds the cells of CSV lines without a header, in the order of `columns`.

    Lines are split as the use case's CSV. If none of them has a cell a column then, and each has if split by
    commas, all are: one damaged line is not read in another way than the others. Where a comma is part of
    numbers, `1,5` may be a damaged line; then each must be none in the use case's CSV (`"1,5","a"`).
    """
    header = [column.name for column in columns]
    split = [_cells(line, rules.csv) for line in lines]
    in_numbers = COMMA in (rules.cells.decimal, rules.cells.thousands)
    if not any(split if in_numbers else map(_fits(header), split)):
        by_commas = [_cells(line, _by_commas(rules.csv)) for line in lines]
        split = by_commas if all(map(_fits(header), by_commas)) else split
    return [_row(index, cells, header) for index, cells in enumerate(split)]


def _fits(header: Sequence[str]) -> Callable[[Sequence[str]], bool]:
    return lambda cells: len(cells) == len(header)


def _dialect_of(text: str, columns: Sequence[InputColumn], rules: VersionRules) -> CsvDialect:
    dialect = rules.csv
    if dialect.delimiter == COMMA:
        return dialect
    known = {name for column in columns for name in names_of(column.name, rules.cells.rename)}
    by_commas = _by_commas(dialect)
    own, plain = (len(known.intersection(_header(text, each))) for each in (dialect, by_commas))
    return by_commas if plain > own else dialect


def _by_commas(dialect: CsvDialect) -> CsvDialect:
    """What who does not know the use case's dialect writes."""
    return CsvDialect(COMMA, dialect.skipinitialspace)


def _masked(text: str, dialect: CsvDialect) -> str:
    """The text as RFC 4180 has it; its cells are put right by `_values`."""
    if dialect.is_plain:
        return text
    return dialect.masked(text.encode(errors=_SURROGATES)).decode("latin-1")


def _values(cells: list[str], dialect: CsvDialect) -> list[str]:
    values = (dialect.value(cell.encode("latin-1")) or b"" for cell in cells)
    return [value.decode(errors=_SURROGATES) for value in values]


def _header(text: str, dialect: CsvDialect) -> list[str]:
    try:
        return next(_nonblank(io.StringIO(_masked(text, dialect), newline=""), dialect), [])
    except _NotCsv:
        return []


def _cells(line: str, dialect: CsvDialect) -> list[str]:
    try:
        return next(_nonblank([_masked(line, dialect)], dialect), [""])
    except _NotCsv:
        return []


def _records(text: str, dialect: CsvDialect) -> Iterator[list[str]]:
    try:
        yield from _nonblank(io.StringIO(_masked(text, dialect), newline=""), dialect)
    except _NotCsv as error:
        raise invalid(str(error)) from None


class _NotCsv(ValueError):
    """Text that is no CSV; says in which line."""


def _nonblank(lines: Iterable[str], dialect: CsvDialect) -> Iterator[list[str]]:
    reader = csv.reader(
        lines, delimiter=dialect.delimiter, skipinitialspace=dialect.skipinitialspace, strict=True
    )
    try:
        rows = (cells for cells in reader if cells)
        yield from rows if dialect.is_plain else (_values(cells, dialect) for cells in rows)
    except csv.Error as error:
        raise _NotCsv(f"CSV line {reader.line_num} is not valid (RFC 4180): {error}.") from None


def _row(index: int, cells: Sequence[str], header: Sequence[str]) -> Row | RowError:
    if len(cells) != len(header):
        return RowError(
            index, header[0][:100], f"expected {len(header)} cells in the line, got {len(cells)}."
        )
    return {name: cell or None for name, cell in zip(header, cells, strict=True)}
