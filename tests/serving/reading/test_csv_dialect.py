r"""What is written in a dialect is read again as it was, whatever the cell holds."""

import random

import pytest

from serving.model.columns import InputColumn
from serving.reading.csv_dialect import CsvDialect
from serving.reading.version_rules import VersionRules
from serving.requests.csv_rows import rows_of_csv

COLUMNS = (InputColumn("a", "string"), InputColumn("b", "string"))
PLAIN, SPACED = CsvDialect(), CsvDialect(";", skipinitialspace=True)
SPARK, ESCAPED = CsvDialect(escapechar="\\", escape_unquoted=False), CsvDialect(escapechar="\\")
MYSQL, SPACED_MYSQL = (CsvDialect("\t", spaced, None, "\\") for spaced in (False, True))
SINGLE = CsvDialect(quotechar="'")
# Where nothing quotes or escapes, some texts cannot be written.
BARE, BARE_SPARK = CsvDialect("|", quotechar=None), CsvDialect("|", False, None, "\\", escape_unquoted=False)


def cells_again(dialect: CsvDialect, rows: list[tuple[bytes, bytes]]) -> list[tuple[bytes, ...]]:
    mark = dialect.delimiter.encode()
    body = b"".join(mark.join(map(dialect.cell, row)) + b"\n" for row in rows)
    header = mark.join((b"a", b"b")) + b"\n"
    read = rows_of_csv(header + body, COLUMNS, 10, VersionRules(csv=dialect))
    assert all(isinstance(row, dict) for row in read)
    return [tuple(str(row[name]).encode() for name in "ab") for row in read if isinstance(row, dict)]


@pytest.mark.parametrize("dialect", [PLAIN, SPACED, SPARK, ESCAPED, MYSQL, SPACED_MYSQL, SINGLE])
def test_random_cells_are_read_as_they_were_written(dialect: CsvDialect) -> None:
    dice = random.Random(7)
    for _ in range(400):
        rows = [
            tuple(bytes(dice.choices(b"a,\"\\\n\r'N\t; ", k=dice.randint(1, 5))) for _ in "ab")
            for _ in range(2)
        ]
        assert cells_again(dialect, rows) == rows  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", [BARE, BARE_SPARK])
def test_what_cannot_be_written_becomes_a_space_and_rows_stay_rows(dialect: CsvDialect) -> None:
    assert cells_again(dialect, [(b"a|b\r", b"\\|"), (b"c\n", b'"')]) == [(b"a b ", b"\\ "), (b"c ", b'"')]


def test_an_escaped_end_of_a_line_is_a_letter() -> None:
    assert MYSQL.cell(b"a\r") == b"a\\r"
    assert MYSQL.cell(b"a\tb\n") == b"a\\\tb\\n"
