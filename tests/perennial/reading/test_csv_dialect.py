r"""Spark's, MySQL's and others' ways to quote: cells are what was written, and bytes come out again."""

import random
from pathlib import Path
from typing import Any

import pytest

from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.quarantine import BadFile, write_quarantine
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import ExportFormat, Read
from pipeline.config_sections import ExportsSection
from serving.reading.csv_dialect import CsvDialect, Masker

SPARK = CsvFormat(escapechar="\\", escape_unquoted=False)
MYSQL = CsvFormat("\t", quotechar=None, escapechar="\\")
QUOTED_MYSQL = CsvFormat(escapechar="\\")
SINGLE = CsvFormat(";", quotechar="'")
DIALECTS = [
    written.dialect for written in (SPARK, MYSQL, QUOTED_MYSQL, SINGLE, CsvFormat("|", quotechar=None))
]
COLUMNS = (Column("s", "string", required=True), Column("n", "int", required=False))


def read(folder: Path, text: bytes, written: CsvFormat) -> Read:
    path = folder / "part.csv"
    path.write_bytes(text)
    return read_csv(path, ExportFormat(COLUMNS, written=written))


def texts(folder: Path, text: bytes, written: CsvFormat) -> list[bytes | None]:
    return [row["s"] for row in read(folder, text, written).table.to_pylist()]


def test_spark_escapes_quotes_and_backslashes_in_quoted_cells_only(tmp_path: Path) -> None:
    text = (
        b's,n\n"size 26\\" wheel",1\n"a\\\\b, \\"c\\"",2\nC:\\temp,3\n\\\\server\\share,4\n"",5\n,6\n'
        b'"\\"",7\n'
        b'"two\nlines\\"",8\nplain\\,9\n'
    )
    assert texts(tmp_path, text, SPARK) == [
        b'size 26" wheel',
        b'a\\b, "c"',
        b"C:\\temp",
        b"\\\\server\\share",
        b"",
        None,
        b'"',
        b'two\nlines"',
        b"plain\\",
    ]


def test_mysql_escapes_anywhere_and_writes_null(tmp_path: Path) -> None:
    text = (
        b's\tn\na\\tb\t1\nc\\\td\t2\n\\N\t\\N\ntwo\\\nlines\t3\na\\\\nb\t4\n5" "pipe"\t5\nend\\n\t6\nx\t1.5\n'
    )
    rows = read(tmp_path, text, MYSQL)
    assert [row["s"] for row in rows.table.to_pylist()] == [
        b"a\tb",
        b"c\td",
        None,
        b"two\nlines",
        b"a\\nb",
        b'5" "pipe"',
        b"end\n",
    ]
    assert rows.table["n"].to_pylist() == [1, 2, None, 3, 4, 5, 6]
    # The escaped end of a line counts as a line of the file.
    assert [row.line for row in rows.bad] == [10]


def test_single_quotes_quote_and_double_ones_are_text(tmp_path: Path) -> None:
    text = b"'s';'n'\n'a;b';1\n'it''s';2\n'say \"hi\"';3\n\"x\";4\n'';5\n"
    assert texts(tmp_path, text, SINGLE) == [b"a;b", b"it's", b'say "hi"', b'"x"', b""]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_masked_text_has_the_same_length_and_comes_out_again_in_pieces_too(dialect: CsvDialect) -> None:
    draw = random.Random(3)
    for _ in range(1500):
        text = "".join(draw.choice("\\\\\",\t;'|\r\nabNn0é") for _ in range(draw.randint(0, 14))).encode()
        cut, end = sorted((draw.randint(0, len(text)), draw.randint(0, len(text))))
        masked, masker = dialect.masked(text), Masker(dialect)
        assert len(masked) == len(text)
        assert dialect.raw(masked) == text
        assert (
            masker.feed(text[:cut]) + masker.feed(text[cut:end]) + masker.feed(text[end:]) + masker.end()
            == masked
        )


@pytest.mark.parametrize("written", [SPARK, MYSQL, QUOTED_MYSQL, SINGLE])
def test_a_quarantine_can_be_put_back_whatever_its_cells_hold(tmp_path: Path, written: CsvFormat) -> None:
    draw = random.Random(5)
    values = [
        "".join(draw.choice("\\\",;\t'\nabNn é") for _ in range(draw.randint(1, 9))) for _ in range(300)
    ]
    cells = [value.encode() for value in values]
    mark = written.delimiter.encode()
    rows = [mark.join([written.dialect.cell(cell), b"x"]) + b"\n" for cell in cells]
    first = read(tmp_path, b"s" + mark + b"n\n" + b"".join(rows), written)
    assert [row.cells[0] for row in first.bad] == cells
    quarantine = tmp_path / "quarantine.csv"
    write_quarantine(quarantine, [BadFile("part.csv", first.header, first.bad)], written)
    again = read_csv(quarantine, ExportFormat(COLUMNS, written=written))
    assert [row.cells[4] for row in again.bad] == cells


def test_a_text_that_is_no_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="line 3 is not UTF-8"):
        read(tmp_path, b"s,n\na,1\ncaf\xff,2\n", SPARK)


@pytest.mark.parametrize(
    "settings",
    [{"escapechar": "n"}, {"escapechar": '"'}, {"quotechar": ","}, {"quotechar": "'", "thousands": "'"}],
)
def test_a_mark_with_two_meanings_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected a `escapechar`|cannot be the same"):
        ExportsSection.model_validate(settings)
