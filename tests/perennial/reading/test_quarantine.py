"""The quarantine is a CSV from which rows are repaired and handed in again."""

import csv
from pathlib import Path

import pytest

from perennial.reading.csv_format import CsvFormat
from perennial.reading.quarantine import write_quarantine
from perennial.reading.reading import ExportFormat
from tests.small_exports import COLUMNS, HEADER, LENIENT, part, read


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_repaired_quarantine_goes_back_as_a_part_of_the_export(tmp_path: Path, delimiter: str) -> None:
    export = ExportFormat(COLUMNS, "y", "day", CsvFormat(delimiter))
    a = (
        'more,day,n,x,s,y\n1,2013-01-01,BAD,0.5,"two\nlines, ""q""",0\n'
        '2,2013-01-02,BAD,,"",1\n3,2013-01-03,BAD,,,1\n'
    )
    b = "y,s,n,day\n1, 007 ,5,BAD\n0,wide,6,BAD,over,flow\n1,x,7,2013-01-04\n"
    paths = [
        part(tmp_path, name, text.replace(",", delimiter)) for name, text in (("a.csv", a), ("b.csv.gz", b))
    ]
    export_read = read(paths, LENIENT, export)
    quarantine = tmp_path / "quarantine.csv"
    write_quarantine(quarantine, export_read.bad_files, export.written)
    with quarantine.open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=delimiter))
    expected = ["_file", "_line", "_column", "_reason", "more", "day", "n", "x", "s", "y", "_extra"]
    assert list(rows[0]) == expected
    assert [(row["_file"], row["_line"], row["_column"]) for row in rows] == [
        ("a.csv", "2", "n"),
        ("a.csv", "4", "n"),
        ("a.csv", "5", "n"),
        ("b.csv.gz", "2", "day"),
        ("b.csv.gz", "3", ""),
    ]
    assert rows[4]["_extra"] == f"over{delimiter}flow"
    repaired = tmp_path / "repaired.csv"
    repaired.write_text(repair(rows, quarantine.read_bytes(), delimiter))
    again = read([repaired, paths[1]], LENIENT, export)
    assert again.summary["quarantined"] == 2
    assert [row["s"] for row in again.table.to_pylist()[:5]] == [
        f'two\nlines{delimiter} "q"'.encode(),
        b"",
        None,
        b" 007 ",
        b"wide",
    ]
    assert set(again.summary["ignored_columns"]) == {"_file", "_line", "_column", "_reason", "more", "_extra"}


def repair(rows: list[dict[str, str]], raw: bytes, delimiter: str) -> str:
    """What an engineer does in an editor: puts a good value for each bad one and leaves the rest as it is."""
    text = raw.decode()
    for row in rows:
        if row["n"] == "BAD":
            text = text.replace(f"{delimiter}BAD{delimiter}", f"{delimiter}8{delimiter}", 1)
        else:
            text = text.replace(f"{delimiter}BAD{delimiter}", f"{delimiter}2013-01-05{delimiter}", 1)
    return text.replace(f'"over{delimiter}flow"', "")


def test_a_row_of_another_width_put_back_as_it_was_is_not_taken(tmp_path: Path) -> None:
    path = part(tmp_path, "a.csv", "y,day,n,x,s\n0,2013-01-01,1\n0,2013-01-01,1,,a,\n0,2013-01-01,1,,a\n")
    quarantine = tmp_path / "q.csv"
    write_quarantine(quarantine, read([path]).bad_files, CsvFormat())
    again = read([quarantine, path])
    assert [row["file"] for row in again.summary["quarantine"]] == ["q.csv", "q.csv", "a.csv", "a.csv"]
    assert [row["column"] for row in again.summary["quarantine"]] == ["_extra", "_extra", "", ""]


def test_a_quarantine_put_back_unrepaired_comes_out_the_same(tmp_path: Path) -> None:
    path = part(tmp_path, "a.csv", HEADER + "2013-01-01,BAD,,,0\n2013-01-01,1,,,0\n")
    first, second = tmp_path / "q1.csv", tmp_path / "q2.csv"
    write_quarantine(first, read([path]).bad_files, CsvFormat())
    write_quarantine(second, read([path, first]).bad_files[1:], CsvFormat())
    header, *rows = second.read_text().splitlines()
    assert header == first.read_text().splitlines()[0]
    assert rows == ['q1.csv,2,n,"expected an integer, got text",2013-01-01,BAD,,,0,']


def test_no_bad_row_makes_no_quarantine(tmp_path: Path) -> None:
    write_quarantine(
        tmp_path / "q.csv",
        read([part(tmp_path, "a.csv", HEADER + "2013-01-01,1,,,0\n")]).bad_files,
        CsvFormat(),
    )
    assert not (tmp_path / "q.csv").exists()
