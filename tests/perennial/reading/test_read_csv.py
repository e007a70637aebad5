"""Reading a CSV without loss: each value exact, or its row in quarantine with the right line and column."""

import gzip
from pathlib import Path

import pytest

from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import ExportFormat, Read
from tests.perennial.reading.small_csvs import COLUMNS, EXPORT, read


def refusal(folder: Path, data: bytes | str, export: ExportFormat = EXPORT, name: str = "part.csv") -> str:
    with pytest.raises(FileRefused) as caught:
        read(folder, data, export, name)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value.problem


def quarantined(rows_read: Read) -> list[tuple[int, str]]:
    return [(row.line, row.column) for row in rows_read.bad]


def test_a_row_of_another_width_goes_to_quarantine_with_all_its_cells(tmp_path: Path) -> None:
    rows_read = read(tmp_path, 'n,x,s,y\n1,1,a,0\n1,1,a\n1,,"",0,"b,c",\xe9\n1,1,a,0,\n2,2,b,1\n')
    assert rows_read.table["n"].to_pylist() == [1, 2]
    assert quarantined(rows_read) == [(3, ""), (4, ""), (5, "")]
    assert rows_read.bad[0].reason == "expected 4 cells, got 3"
    assert rows_read.bad[0].cells == (b"1", b"1", b"a", None)
    assert rows_read.bad[1].cells == (b"1", None, b"", b"0")
    assert rows_read.bad[1].extra == b"b,c,\xc3\xa9"
    assert rows_read.bad[2].extra == b""


def test_a_row_of_another_width_may_hold_any_bytes(tmp_path: Path) -> None:
    rows_read = read(tmp_path, b"n,x,s,y\n1,1,caf\xe9\x00,0,9\n2,2,b,1\n")
    assert rows_read.bad[0].cells == (b"1", b"1", b"caf\xe9\x00", b"0")
    assert rows_read.table["n"].to_pylist() == [2]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_lines_are_physical_whatever_comes_before(tmp_path: Path, end: str, mark: bytes) -> None:
    lines = [
        "n,x,s,y",
        "1,1,a,0",
        "",
        '2,2,"one',
        "",
        'two",0',
        "bad,3,c,0",
        "",
        "",
        "4,4",
        '5,bad,"x',
        'y",0',
        "6,6,f,1",
    ]
    rows_read = read(tmp_path, mark + end.join(lines).encode())
    assert quarantined(rows_read) == [(7, "n"), (10, ""), (11, "x")]
    assert rows_read.table["n"].to_pylist() == [1, 2, 6]
    assert rows_read.table["s"].to_pylist()[1] == f"one{end}{end}two".encode()


def test_lines_count_from_a_header_that_spans_lines_or_comes_late(tmp_path: Path) -> None:
    rows_read = read(tmp_path, '\n\nn,x,"other\ncolumn",s,y\n1,1,-,a,0\nbad,1,-,a,0\n')
    assert quarantined(rows_read) == [(6, "n")]
    assert rows_read.ignored_columns == ("other\ncolumn",)
    assert rows_read.table.num_rows == 1


def test_several_bad_cells_of_a_row_are_one_line_of_the_quarantine(tmp_path: Path) -> None:
    rows_read = read(tmp_path, "y,s,x,n\n0,a,1e99,1.5\n1,b,1,1\n")
    (row,) = rows_read.bad
    assert (row.line, row.column) == (2, "x")
    assert row.reason == (
        "a number outside the range of float32; n: expected an integer, got a decimal number"
    )
    assert row.cells == (b"0", b"a", b"1e99", b"1.5")


def test_text_after_a_closing_quote_goes_to_quarantine(tmp_path: Path) -> None:
    rows_read = read(tmp_path, 'n,x,s,y\n1,1,"a"b,0\n2,2,"open,1\n3,3,"c",1\n4,4,d,1\n')
    assert rows_read.table["n"].to_pylist() == [4]
    assert [row.line for row in rows_read.bad] == [2, 3]
    assert rows_read.bad[0].reason == "a quoted cell with text after its closing quote"


@pytest.mark.parametrize("tail", ['1,1,"abc', '1,1,"abc\n2,2,b,1\n', '1,1,a,"', '1,5" disk,a,0\n1,1,"a,0\n'])
def test_a_quote_never_closed_refuses_the_file(tmp_path: Path, tail: str) -> None:
    assert "never closed" in refusal(tmp_path, "n,x,s,y\n1,1,a,0\n" + tail)


def test_columns_may_come_in_any_order_with_quoted_names_and_others_between(tmp_path: Path) -> None:
    rows_read = read(tmp_path, '"y","with, comma",s,"n",x\n0,-,a,1,2\n')
    assert rows_read.table.column_names == ["n", "x", "s", "y"]
    assert rows_read.table.to_pylist() == [{"n": 1, "x": 2.0, "s": b"a", "y": 0}]
    assert rows_read.ignored_columns == ("with, comma",)


def test_an_absent_optional_column_is_missing_everywhere(tmp_path: Path) -> None:
    rows_read = read(tmp_path, "n,y\n1,0\n2,1\n")
    assert rows_read.absent_columns == ("x", "s")
    assert rows_read.table["x"].to_pylist() == [None, None]


def test_another_delimiter(tmp_path: Path) -> None:
    export = ExportFormat(COLUMNS, "y", written=CsvFormat(";"))
    rows_read = read(tmp_path, 'n;x;s;y\n1;1;a,b;0\n1;"2;3";c;0\n', export)
    assert rows_read.table["s"].to_pylist() == [b"a,b"]
    assert quarantined(rows_read) == [(3, "x")]


def test_gzip_is_known_by_its_magic_bytes_and_may_have_members(tmp_path: Path) -> None:
    data = gzip.compress(b"n,x,s,y\n1,1,a,0\n") + gzip.compress(b"2,2,b,1\n")
    assert read(tmp_path, data, name="part-00000-xyz.csv.gz").table["n"].to_pylist() == [1, 2]
    assert read(tmp_path, data, name="part.csv").table["n"].to_pylist() == [1, 2]
    assert read(tmp_path, "n,x,s,y\n1,1,a,0\n", name="plain.csv.gz").table["n"].to_pylist() == [1]


def test_a_header_alone_is_no_row_and_no_refusal(tmp_path: Path) -> None:
    rows_read = read(tmp_path, "n,x,s,y")
    assert rows_read.table.num_rows == 0
    assert not rows_read.bad


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "no header and no rows"),
        (b"\xef\xbb\xbf", "no header and no rows"),
        (gzip.compress(b"", mtime=0), "no header and no rows"),
        (gzip.compress(b"n,x,s,y\n1,1,a,0\n", mtime=0)[:-6], "damaged or truncated"),
        (gzip.compress(b"n,x,s,y\n1,1,a,0\n", mtime=0) + b"rest", "damaged or truncated"),
        (gzip.compress(b"n,x,s,y\n1,1,a,0\n", mtime=0)[:20] + b"\0\0\0\0" * 9, "damaged or truncated"),
        ("n,x,s,y\n1,1,a,0\n".encode("utf-16"), "UTF-16 or UTF-32"),
        ("n,x,s,y\n1,1,a,0\n".encode("utf-32"), "UTF-16 or UTF-32"),
        (b"PK\x03\x04" + b"0" * 30, "damaged or truncated"),
        (b"PAR1" + b"0" * 30, "expected CSV, got a Parquet file"),
        (b"n,x,s\n1,1,a\n", "'y' is missing"),
        (b"n,x,s,Y\n1,1,a,0\n", "differs only in case or spaces"),
        (b"n,x, y,s\n1,1,0,a\n", "differs only in case or spaces"),
        (b"n,x,n,s,y\n1,1,1,a,0\n", "`n` is in the header 2 times"),
        (b"n;x;s;y\n1;1;a;0\n", "the line holds a semicolon"),
        (b"n\tx\ts\ty\n1\t1\ta\t0\n", "the line holds a tab"),
        (b"caf\xe9,n,y\n1,1,0\n", "the header is not UTF-8"),
        (b"1,1,a,0\n2,2,b,1\n", "'y' is missing"),
    ],
)
def test_what_cannot_be_read_without_loss_is_refused(tmp_path: Path, data: bytes, problem: str) -> None:
    assert problem in refusal(tmp_path, data)


def test_a_column_that_every_row_needs_is_required_of_the_file(tmp_path: Path) -> None:
    columns = (Column("t", "string", required=False), *COLUMNS)
    assert "'t' is missing" in refusal(tmp_path, "n,y\n1,0\n", ExportFormat(columns, "y", time_column="t"))
    unneeded = (Column("n", "int", required=False), Column("x", "float", required=False))
    assert "every column" in refusal(tmp_path, "a,b\n1,0\n", ExportFormat(unneeded))


def test_no_message_holds_a_data_value(tmp_path: Path) -> None:
    for data in (b"n,x,s,y\n1,1,SECRET,0,SECRET\n", b"n,x,s,y\nSECRET,SECRET,SECRET\xe9,SECRET\n"):
        assert "SECRET" not in "".join(row.reason for row in read(tmp_path, data).bad)
    for data in (b"SECRET\nSECRET\n", b"SECRET,2\n", b'n,x,s,y\n1,1,"SECRET'):
        assert "SECRET" not in refusal(tmp_path, data)


def test_no_more_is_decompressed_than_allowed(tmp_path: Path) -> None:
    data = b"n,x,s,y\n" + b"1,1,a,0\n" * 100
    for content in (data, gzip.compress(data)):
        assert "holds more" in refusal(tmp_path, content, ExportFormat(COLUMNS, "y", max_bytes=len(data) - 1))
        assert read(tmp_path, content, ExportFormat(COLUMNS, "y", max_bytes=len(data))).table.num_rows == 100
    bomb = gzip.compress(b"n,x,s,y\n" + b"0" * 50_000_000)
    assert "holds more" in refusal(tmp_path, bomb, ExportFormat(COLUMNS, "y", max_bytes=1_000_000))


def test_a_huge_file_with_a_row_that_cannot_be_read_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perennial.reading.read_csv._MOST_RECORDS", 10)
    path = tmp_path / "part.csv"
    path.write_text("a,b\n" + "1,2\n" * 10 + "1\n")
    with pytest.raises(FileRefused, match="with unreadable rows may have at most 10 rows"):
        read_csv(path, ExportFormat((Column("a", "int", False), Column("b", "int", False))))
