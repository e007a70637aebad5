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


def test_rows_with_an_odd_date_are_bad_those_without_a_label_apart_and_the_others_typed(path: Path) -> None:
    source = source_of(path)
    assert (source.table.num_rows, source.bad, source.unlabelled.num_rows) == (30, 1, 1)
    assert source.table["size"].to_pylist()[:3] == [1.5, None, 1.5]


def test_cells_are_read_as_the_file_writes_them(path: Path) -> None:
    written = written_as(sniff(path))
    assert (written.delimiter, written.rules.decimal) == (";", ",")
    assert written.rules.missing_texts("x") == {"N/A"}


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


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (1_704_067_200, "seconds"),
        (1_704_067_200_000, "milliseconds"),
        (1_704_067_200_000_000, "microseconds"),
        (1_704_067_200_000_000_000, "nanoseconds"),
    ],
)
def test_a_time_that_counts_since_1970_is_refused_with_its_unit_and_how_to_convert(
    tmp_path: Path, first: int, words: str
) -> None:
    file = tmp_path / "epoch.csv"
    file.write_text("when,late\n" + "".join(f"{first + row},{row % 2}\n" for row in range(20)))
    with pytest.raises(UsageError, match=rf"numbers that look like {words} since 1970") as caught:
        read(sniff(file), "late", "when")
    assert "pandas.to_datetime(table['when'], unit=" in caught.value.remedy


def test_another_number_is_no_time_and_no_unit_is_named(tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("when,late\n" + "".join(f"{row},{row % 2}\n" for row in range(20)))
    with pytest.raises(UsageError, match="not all of its cells are dates or times"):
        read(sniff(file), "late", "when")
