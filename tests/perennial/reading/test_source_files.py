"""Which format a file's name says, and what happens to files that cannot be opened."""

from pathlib import Path

import pytest

from perennial.errors import FileRefused
from perennial.reading.source_files import content, format_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "csv"),
        ("A.CSV", "csv"),
        ("part-00000-1f2e.c000.csv.gz", "csv"),
        ("part-00000.snappy.parquet", "parquet"),
        ("a.tfrecord", "tfrecord"),
        ("a.tfrecord.gz", "tfrecord"),
    ],
)
def test_the_name_gives_the_format(name: str, expected: str) -> None:
    assert format_of(Path(name)) == expected


@pytest.mark.parametrize("name", ["a", "a.txt", "a.gz", "a.csv.lz4", "a.csv.tmp", "acsv", "a.parquet.crc"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(FileRefused, match="the name must end in"):
        format_of(Path(name))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be read"):
        content(tmp_path / "a.csv", 10)


def test_a_spreadsheet_is_to_be_saved_as_csv() -> None:
    with pytest.raises(FileRefused) as no:
        format_of(Path("table.xlsx"))
    assert no.value.remedy == "It is a spreadsheet: save its sheet as CSV (UTF-8)."
