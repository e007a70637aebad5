"""A table is read by the reader of `run`, in the format that was sniffed."""

from pathlib import Path

import pytest

from commands.new.sniffing.sniff import sniff
from commands.new.source import Source, days_of, read, written_as
from perennial.errors import UsageError

TEXT = "Day;size;late\n1.2.2013;1,5;yes\n2.2.2013;N/A;no\n3.2.2013;2,5;\nnever;1,5;no\n" + "".join(
    f"{day}.3.2013;{day},5;{'yes' if day % 2 else 'no'}\n" for day in range(1, 29)
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "table.csv"
    file.write_text(TEXT)
    return file


def source_of(path: Path) -> Source:
    return read(sniff(path), "late", None)


def test_rows_without_a_label_or_with_an_odd_date_are_bad_and_the_others_are_typed(path: Path) -> None:
    source = source_of(path)
    assert (source.table.num_rows, source.bad) == (30, 2)
    assert source.table["size"].to_pylist()[:3] == [1.5, None, 1.5]


def test_cells_are_read_as_the_file_writes_them(path: Path) -> None:
    written = written_as(sniff(path))
    assert (written.delimiter, written.decimal, written.na_values) == (";", ",", ("N/A",))


def test_a_row_has_the_day_of_its_time(path: Path) -> None:
    path.write_text(TEXT.replace("never;1,5;no\n", ""))
    source = read(sniff(path), "late", "Day")
    assert days_of(source.table, "Day")[:3].tolist() == ["2013-02-01", "2013-02-02", "2013-03-01"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Late", "--label: the table has no column `Late` (did you mean `late`?)"),
        ("zzz", "--label: the table has no column `zzz`."),
    ],
)
def test_a_column_that_is_not_there_is_reported_with_those_that_are(
    path: Path, label: str, expected: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read(sniff(path), label, None)
    assert expected in refused.value.problem
    assert refused.value.remedy == "Name one of its columns: Day, size, late."
