"""CSVs as people write them: read exactly as the settings say, and never by guessing."""

import csv
import datetime
import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from components.arrow_example_gen.ingest import Cutting
from perennial.errors import FileRefused, SchemaError
from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_text import without_initial_spaces
from perennial.reading.quarantine import write_quarantine
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import FOOTER, ExportFormat, Read
from tests.small_exports import read as read_export
from tests.written import written as csv_format

COLUMNS = (
    Column("n", "int", required=False),
    Column("x", "float", required=False),
    Column("s", "string", required=False),
    Column("d", "string", required=False),
    Column("y", "int", required=True),
)
SEPARATED = "expected an integer such as 1,234, got a number with separators"
GERMAN = csv_format(
    ";",
    "latin-1",
    decimal=",",
    thousands=".",
    na_values=("N/A", "k. A."),
    date_format={"d": "%d.%m.%Y"},
    skipfooter=1,
)


def read(folder: Path, text: str, written: CsvFormat, encoding: str = "utf-8") -> Read:
    path = folder / "part.csv"
    path.write_bytes(text.encode(encoding))
    return read_csv(path, ExportFormat(COLUMNS, "y", written=written))


def cell(folder: Path, column: str, text: str, **written: Any) -> Any:
    """What a cell is read as; its fault where it cannot be."""
    rows_read = read(folder, f"{column}|y\n{text}|0\n", csv_format("|", **written))
    return rows_read.bad[0].reason if rows_read.bad else rows_read.table[column].to_pylist()[0]


def test_a_file_that_has_everything_is_read_in_one_go(tmp_path: Path) -> None:
    text = (
        "n;x;s;d;y\n1.234;-1.234,5;größe;1.2.2013;1\n;;;;\n\nN/A;k. A.;N/A;N/A;0\n"
        '12;",5";"a;b";31.12.2013;0\n1.23;1.5;a;30.2.2013;1\nSumme;9.999,0;;;\n'
    )
    rows_read = read(tmp_path, text, GERMAN, "latin-1")
    assert rows_read.table.to_pylist() == [
        {"n": 1234, "x": -1234.5, "s": "größe".encode(), "d": b"2013-02-01", "y": 1},
        {"n": None, "x": None, "s": None, "d": None, "y": 0},
        {"n": 12, "x": 0.5, "s": b"a;b", "d": b"2013-12-31", "y": 0},
    ]
    bad, footer = rows_read.bad
    assert (bad.line, bad.column) == (7, "n")
    assert bad.reason == (
        "expected an integer such as 1.234, got a decimal number;"
        " x: expected a number such as 1.234,5, got a decimal number; d: a date that does not exist"
    )
    assert (footer.line, footer.column) == (8, "")
    assert footer.cells == (b"Summe", b"9.999,0", None, None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234", 1234),
        ("1234", 1234),
        ("-12,345,678", -12345678),
        ("+1,000", 1000),
        ("1,23", SEPARATED),
        ("1,2345", SEPARATED),
        (
            "12,34,567",
            SEPARATED,
        ),
        (
            "1234,567",
            SEPARATED,
        ),
        (",123", "expected an integer such as 1,234, got text"),
        ("1,", "expected an integer such as 1,234, got text"),
    ],
)
def test_thousands_are_groups_of_three_digits_and_no_others(tmp_path: Path, text: str, expected: Any) -> None:
    assert cell(tmp_path, "n", text, thousands=",") == expected


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "expected"),
    [
        ("1,5", ",", None, 1.5),
        ("1.5", ",", None, "expected a number such as 1234,5, got a decimal number"),
        ("1.234,5", ",", ".", 1234.5),
        ("1,234.5", ".", ",", 1234.5),
        (
            "1,234.5",
            ",",
            ".",
            "expected a number such as 1.234,5, got a number with separators",
        ),
        ("1 234,5e2", ",", " ", 123450.0),
        ("1\u202f234,5", ",", "\u202f", 1234.5),
        ("1'234.5", ".", "'", 1234.5),
        ("1\u2019234.5", ".", "\u2019", 1234.5),
        ("12.345.678", ",", ".", 12345678.0),
        ("0,1", ",", None, 0.10000000149011612),
    ],
)
def test_a_number_is_read_by_its_marks(
    tmp_path: Path, text: str, decimal: str, thousands: str | None, expected: Any
) -> None:
    value = cell(tmp_path, "x", text, decimal=decimal, thousands=thousands)
    assert value.startswith(expected) if isinstance(expected, str) else value == expected


def test_a_quoted_number_may_have_the_delimiter_as_its_mark(tmp_path: Path) -> None:
    rows_read = read(tmp_path, 'n,x,y\n"1,234","1,234.5",0\n1,234,0,1\n', csv_format(thousands=","))
    assert rows_read.table.to_pylist()[0]["x"] == 1234.5
    assert [row.line for row in rows_read.bad] == [3]


def test_a_missing_marker_is_a_whole_cell_quoted_or_not(tmp_path: Path) -> None:
    written = csv_format(na_values=("NA", "-", "größer"))
    rows_read = read(tmp_path, 'n,s,y\nNA,"NA",0\n-,größer,1\n1,NA ,NA\n1,na,1\n', written)
    assert rows_read.table["s"].to_pylist() == [None, None, b"na"]
    assert (rows_read.bad, rows_read.unlabelled["n"].to_pylist()) == ([], [1])


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32", "cp1251", "shift_jis"]
)
def test_text_in_another_encoding_is_read_and_its_quarantine_reads_back(
    tmp_path: Path, encoding: str
) -> None:
    word = {"cp1251": "мир", "shift_jis": "日本"}.get(encoding, "größe")
    text = f"s;{word};n;y\n{word};1;1;0\n{word};2;x;1\n"
    written = CsvFormat(";", encoding)
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    export = ExportFormat(
        (COLUMNS[2], COLUMNS[0], Column(word, "int", True), COLUMNS[4]), "y", written=written
    )
    rows_read = read_export([path], Cutting(max_bad_share=0.9), export)
    assert rows_read.table["s"].to_pylist() == [word.encode()]
    quarantine = tmp_path / "q.csv"
    write_quarantine(quarantine, rows_read.bad_files, written)
    quarantine.write_text(quarantine.read_text(encoding).replace(";x;", ";7;"), encoding)
    again = read_export([quarantine], Cutting(max_bad_share=0.9), export)
    assert again.table.to_pylist() == [{"s": word.encode(), "n": 7, word: 2, "y": 1}]


@pytest.mark.parametrize(
    ("data", "encoding", "problem"),
    [
        (
            "s,y\na,0\n\xe9,1\n".encode("latin-1"),
            "ascii",
            "line 3 is not text in `encoding: ascii`",
        ),
        (b"s,y\na,0\n\x81,1\n", "cp1252", "line 3 is not text in"),
        (
            "s,y\na,0\n".encode("utf-16"),
            "latin-1",
            "expected `encoding: latin-1`, but its byte-order mark is that of UTF-16",
        ),
        (b"s,y\na,0\n1", "utf-16-le", "the file is not text in `encoding: utf-16-le`"),
        (b"s,y\na,0\n", "utf-16", "the file is not text in `encoding: utf-16`"),
    ],
)
def test_a_wrong_encoding_is_refused_with_its_line(
    tmp_path: Path, data: bytes, encoding: str, problem: str
) -> None:
    path = tmp_path / "part.csv"
    path.write_bytes(data)
    with pytest.raises(FileRefused) as caught:
        read_csv(path, ExportFormat(COLUMNS, written=CsvFormat(encoding=encoding)))
    assert problem in caught.value.problem


def test_lines_of_delimiters_alone_are_rows_where_they_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "part.csv"
    path.write_text(";;\nn;s;more\n;;\n1;a;\n   \n\n;;\nx;;\n;;\n")
    rows_read = read_csv(path, ExportFormat(COLUMNS[:3:2], written=CsvFormat(";"), keeps_empty_rows=True))
    assert (
        rows_read.table.to_pylist()
        == [{"n": None, "s": None}, {"n": 1, "s": b"a"}] + [{"n": None, "s": None}] * 2
    )
    assert [(row.line, row.column) for row in rows_read.bad] == [(8, "n")]


def test_lines_of_delimiters_alone_are_else_no_rows(tmp_path: Path) -> None:
    rows_read = read(
        tmp_path, ";;;\nn;s;more;y\n;;;\n1;a;;0\n;;;\n;;x;\n   \n;;;1\nx;;;1\n;;;\n", CsvFormat(";")
    )
    assert [row["n"] for row in rows_read.table.to_pylist()] == [1, None]
    assert [(row.line, row.column) for row in rows_read.bad] == [(6, "y"), (9, "n")]


def test_excels_own_hint_of_the_delimiter_is_read_over(tmp_path: Path) -> None:
    rows_read = read(tmp_path, "\ufeffsep=;\r\nn;y\r\n1;0\r\nx;1\r\n", CsvFormat(";"))
    assert rows_read.table["n"].to_pylist() == [1]
    assert rows_read.bad[0].line == 4
    with pytest.raises(FileRefused, match="the line holds a semicolon"):
        read(tmp_path, "sep=;\nn;y\n1;0\n", CsvFormat(","))


def test_the_footer_goes_to_quarantine_and_counts_as_no_bad_row(tmp_path: Path) -> None:
    written = CsvFormat(skipfooter=2)
    export = ExportFormat(COLUMNS, "y", written=written)
    path = tmp_path / "a.csv"
    path.write_text("n,y\n1,0\n2,1\nTotal,3,7,8\n,,\n\n# made by hand\n\n")
    rows_read = read_export([path], Cutting(max_bad_share=0.0), export)
    assert rows_read.summary["quarantined"] == 0
    assert rows_read.summary["footer"] == 2
    assert [(row["line"], row["reason"]) for row in rows_read.summary["quarantine"]] == [
        (4, "a line of the footer, which is skipped"),
        (7, "a line of the footer, which is skipped"),
    ]
    quarantine = tmp_path / "q.csv"
    write_quarantine(quarantine, rows_read.bad_files, written)
    with quarantine.open(newline="") as lines:
        total = next(csv.DictReader(lines))
    assert (total["n"], total["y"], total["_extra"]) == ("Total", "3", "(a line of the footer),7,8")
    again = read_export([quarantine, path], Cutting(max_bad_share=0.0), export)
    assert again.table["n"].to_pylist() == [1, 2]
    assert again.summary["footer"] == 4


def test_a_repaired_row_goes_back_where_exports_have_a_footer(tmp_path: Path) -> None:
    written = CsvFormat(skipfooter=1)
    export = ExportFormat(COLUMNS, "y", written=written)
    path, quarantine = tmp_path / "a.csv", tmp_path / "q.csv"
    path.write_text("n,y\nx,0\n2,1\nTotal,3\n")
    write_quarantine(quarantine, read_export([path], Cutting(max_bad_share=0.9), export).bad_files, written)
    quarantine.write_text(quarantine.read_text().replace(",x,0,", ",5,0,"))
    assert read_export([quarantine], Cutting(max_bad_share=0.0), export).table["n"].to_pylist() == [5]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_long_file_keeps_its_rows_and_the_line_of_its_footer(tmp_path: Path, end: str) -> None:
    lines = ["n,y", *["1,0"] * 50_000, "Total,1"]
    rows_read = read(tmp_path, end.join(lines), CsvFormat(skipfooter=1))
    assert rows_read.table.num_rows == 50_000
    assert [row.line for row in rows_read.bad] == [50_002]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("n,y\n", "fewer lines than a header and 1 to skip at the end"),
        ('n,s,y\n1,"a\nb",0\n', "a quoted cell of the record on line 2 is never closed"),
    ],
)
def test_a_footer_that_would_tear_the_file_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(FileRefused, match=problem):
        read(tmp_path, text, CsvFormat(skipfooter=1))


@pytest.mark.parametrize("seed", range(12))
def test_it_agrees_with_pandas_on_tables_written_in_any_way(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    decimal, thousands = dice.choice(
        [(".", ","), (",", "."), (".", None), (",", None), (".", "'"), (",", " ")]
    )
    delimiter = dice.choice([mark for mark in ";,|\t" if mark not in (decimal, thousands)])
    written = csv_format(
        delimiter,
        dice.choice(["utf-8", "latin-1", "utf-16", "cp1252"]),
        decimal=decimal,
        thousands=thousands,
        na_values=("N/A", "-"),
        date_format={"d": dice.choice(["%d/%m/%Y", "%m-%d-%y", "%d %b %Y"])},
        skipfooter=dice.randrange(3),
        skipinitialspace=dice.random() < 0.5,
    )
    rows_read = read(tmp_path, random_table(dice, written), written, written.encoding)
    frame = pd.read_csv(
        tmp_path / "part.csv",
        sep=written.delimiter,
        encoding=written.encoding,
        decimal=decimal,
        thousands=thousands,
        na_values=["", "N/A", "-"],
        keep_default_na=False,
        skipfooter=written.skipfooter,
        skipinitialspace=written.skipinitialspace,
        engine="python",
        dtype={"s": str, "d": str},
    )
    days = pd.to_datetime(frame["d"], format=written.rules.date_format["d"][0]).dt.strftime("%Y-%m-%d")
    assert [row.reason for row in rows_read.bad] == [FOOTER] * written.skipfooter
    assert rows_read.table["n"].to_pylist() == [None if np.isnan(value) else value for value in frame["n"]]
    assert np.array_equal(rows_read.table["x"].to_numpy(), frame["x"].astype(np.float32), equal_nan=True)
    texts = {name: rows_read.table[name].cast(pa.string()).to_pylist() for name in "sd"}
    assert texts["s"] == [None if value in ("", None) or pd.isna(value) else value for value in frame["s"]]
    assert texts["d"] == [None if pd.isna(value) else value for value in days]


def random_table(dice: random.Random, written: CsvFormat) -> str:
    rules = written.rules
    gap = " " if written.skipinitialspace else ""
    lines = [(written.delimiter + gap).join("nxsdy")]
    for row in range(40):
        number = f"{dice.uniform(-2e6, 2e6):,.{dice.randrange(1, 5)}f}"
        number = number.replace(",", "\0").replace(".", rules.decimal).replace("\0", rules.thousands or "")
        whole = f"{dice.randrange(-(10**7), 10**7):,}".replace(",", rules.thousands or "")
        day = datetime.date(2000, 1, 1) + datetime.timedelta(days=dice.randrange(9000))
        cells = [
            whole,
            number,
            dice.choice(["größe", "a b", "", "NA"]),
            day.strftime(written.rules.date_format["d"][0]),
        ]
        cells = [cell if dice.random() < 0.8 else dice.choice(["N/A", "-", ""]) for cell in cells]
        lines.append((written.delimiter + gap).join([*cells, str(row % 2)]))
    lines += [f"Total{written.delimiter}1"] * written.skipfooter
    return dice.choice(["\n", "\r\n"]).join(lines) + "\n"


def test_spaces_after_a_delimiter_are_no_part_of_the_cell_but_those_in_quotes_are(tmp_path: Path) -> None:
    written = CsvFormat(skipinitialspace=True)
    rows_read = read(tmp_path, 'n,  s, y\n1, "a,  b", 0\n 2,"  c", 1\n3,   d , 1\nx, "e\n  f",1\n', written)
    assert rows_read.table["s"].to_pylist() == [b"a,  b", b"  c", b"d "]
    assert [(row.line, row.cells[1]) for row in rows_read.bad] == [(5, b"e\n  f")]


def split(text: str, *, skipinitialspace: bool) -> list[list[str]] | None:
    lines = io.StringIO(text, newline="")
    try:
        rows = [*csv.reader(lines, delimiter=";", skipinitialspace=skipinitialspace, strict=True)]
    except csv.Error:
        return None
    return [row for row in rows if any(row)]


def test_initial_spaces_are_those_that_pythons_csv_skips() -> None:
    dice = random.Random(3)
    for _ in range(10_000):
        text = "".join(dice.choices('ab ;"\n\r', [2, 2, 4, 3, 3, 2, 1], k=dice.randint(1, 14)))
        without = without_initial_spaces(text.encode(), ";").decode()
        assert split(without, skipinitialspace=False) == split(text, skipinitialspace=True), text


def test_a_quote_inside_an_unquoted_cell_is_text_also_where_spaces_are_skipped(tmp_path: Path) -> None:
    written = CsvFormat(";", skipinitialspace=True)
    path = tmp_path / "part.csv"
    path.write_text('a;b\né";\'\n a;" ;"\n', encoding="utf-8")
    export = ExportFormat((Column("a", "string", True), Column("b", "string", True)), written=written)
    assert read_csv(path, export).table["a"].to_pylist() == ['é"'.encode(), b"a"]
    path.write_text('a;b\n b"; "é\n', encoding="utf-8")
    with pytest.raises(FileRefused, match="line 2 is never closed"):
        read_csv(path, export)


def test_dates_must_be_text_in_the_schema() -> None:
    with pytest.raises(SchemaError, match="`n` has a `date_format` but is not BYTES"):
        ExportFormat(COLUMNS, written=csv_format(date_format={"n": "%Y%m%d"}))


def test_it_travels_as_json() -> None:
    assert CsvFormat.from_json(GERMAN.to_json()) == GERMAN
