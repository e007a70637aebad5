"""What is wrong with the rows in quarantine, without a word of what they hold."""

import csv
from pathlib import Path

import pytest

from perennial.reading.csv_format import CsvFormat
from pipeline.report.faults import faults_of
from tests.pipeline.report.pages import write_faults


def test_rows_are_counted_by_column_and_reason_and_their_cells_passed_over(tmp_path: Path) -> None:
    write_faults(tmp_path / "v1.csv")
    faults, whole = faults_of(tmp_path / "v1.csv", ",")
    assert whole
    assert faults == [
        {"column": "heat", "reason": "expected a number, and text came", "rows": 2},
        {"column": "", "reason": "more cells than columns", "rows": 1},
    ]
    assert "s3cret" not in str(faults)


@pytest.mark.parametrize("written", [CsvFormat(";", "latin-1"), CsvFormat("\t", "utf-16")])
def test_a_quarantine_is_read_as_the_export_is_written(tmp_path: Path, written: CsvFormat) -> None:
    write_faults(tmp_path / "v1.csv", written)
    faults, whole = faults_of(tmp_path / "v1.csv", written.delimiter, written.encoding)
    assert whole
    assert [each["rows"] for each in faults] == [2, 1]


def test_a_span_without_a_quarantine_has_no_faults(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "none.csv", ",") == ([], True)


def test_a_file_that_is_no_quarantine_is_not_counted(tmp_path: Path) -> None:
    for content in ("", "a,b\n1,2\n", "_file,_line,_column,_reason\nx\n"):
        (tmp_path / "odd.csv").write_text(content)
        assert faults_of(tmp_path / "odd.csv", ",") == ([], False)


def test_a_cell_longer_than_the_reader_takes_ends_the_count_and_is_reported(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # The limit is the process's own, and reading exports lifts it; a page's process reads none.
    former = csv.field_size_limit(131_072)
    request.addfinalizer(lambda: csv.field_size_limit(former))
    long = "x" * 200_000
    (tmp_path / "long.csv").write_text(f"_file,_line,_column,_reason,a\nf,1,a,no,1\nf,2,a,no,{long}\n")
    assert faults_of(tmp_path / "long.csv", ",") == ([{"column": "a", "reason": "no", "rows": 1}], False)
