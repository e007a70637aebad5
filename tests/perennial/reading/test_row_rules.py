"""A row has a real ISO time, or goes to quarantine; one that lacks only its label is set apart."""

import datetime
from pathlib import Path

import pytest

from perennial.reading.columns import Column
from perennial.reading.read_csv import read_csv
from perennial.reading.reading import ExportFormat, Read

TIMED = ExportFormat(
    (
        Column("t", "string", required=True),
        Column("n", "int", required=False),
        Column("y", "int", required=True),
    ),
    label="y",
    time_column="t",
)


def read(folder: Path, rows: str) -> Read:
    path = folder / "part.csv"
    path.write_text("t,n,y\n" + rows)
    return read_csv(path, TIMED)


@pytest.mark.parametrize(
    ("time", "canonical"),
    [
        ("2013-01-01", "2013-01-01"),
        (" 2013-01-01 ", "2013-01-01"),
        ("2013-01-01 05:15", "2013-01-01 05:15:00"),
        ("2013-01-01T05:15:59", "2013-01-01 05:15:59"),
        ("2013-01-01T05:15Z", "2013-01-01 05:15:00"),
        ("2012-02-29 23:59:59.120", "2012-02-29 23:59:59.12"),
        ("2013-12-31T00:00:00.123456+01:00", "2013-12-30 23:00:00.123456"),
    ],
)
def test_an_iso_time_becomes_canonical(tmp_path: Path, time: str, canonical: str) -> None:
    rows_read = read(tmp_path, f"{time},1,0\n")
    assert rows_read.table["t"].to_pylist() == [canonical.encode()]


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("", "no date or time"),
        ('""', "no date or time"),
        ("2013-1-1", "expected a date written ISO8601, got"),
        ("01/02/2013", "expected a date written ISO8601, got"),
        ("20130101", "expected a date written ISO8601, got"),
        ("2013-01-01 24:01", "a date that does not exist"),
        ("2013-01-01 05", "expected a date written ISO8601, got"),
        ("2013-01-01 05:15:61", "expected a date written ISO8601, got"),
        ("٢٠١٣-01-01", "expected a date written ISO8601, got"),
        ("2013-02-29", "a date that does not exist"),
        ("2013-13-01 05:15", "expected a date written ISO8601, got"),
        ("0000-01-01", "a date that does not exist"),
    ],
)
def test_a_row_without_a_real_time_goes_to_quarantine(tmp_path: Path, time: str, reason: str) -> None:
    rows_read = read(tmp_path, f"2013-01-01,1,0\n{time},1,0\n")
    assert [(row.line, row.column) for row in rows_read.bad] == [(3, "t")]
    assert rows_read.bad[0].reason.startswith(reason)
    assert rows_read.table.num_rows == 1


def test_many_days_are_all_checked(tmp_path: Path) -> None:
    days = [datetime.date(2000, 1, 1) + datetime.timedelta(days=n) for n in range(5000)]
    rows = "".join(f"{day},1,0\n" for day in days)
    assert not read(tmp_path, rows).bad


def test_a_row_that_lacks_only_its_label_is_set_apart_and_is_not_bad(tmp_path: Path) -> None:
    rows_read = read(tmp_path, "2013-01-01,1,\n2013-01-01,1,0\nnever,1,\n")
    assert [(row.line, row.column) for row in rows_read.bad] == [(4, "t")]
    assert (rows_read.table.num_rows, rows_read.unlabelled["n"].to_pylist()) == (1, [1])


def test_a_row_without_label_and_any_other_value_goes_to_quarantine(tmp_path: Path) -> None:
    path = tmp_path / "part.csv"
    path.write_text("more,n,y\nx,,\nx,1,0\n")
    (row,) = read_csv(path, ExportFormat(TIMED.columns[1:], label="y")).bad
    assert (row.line, row.column, row.reason) == (2, "y", "no label, and no other value")


def test_a_cell_at_fault_is_not_reported_as_missing_too(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "2013-01-01,1,who\n2013-01-01,1,0\n").bad
    assert row.reason == "expected an integer, got text"
