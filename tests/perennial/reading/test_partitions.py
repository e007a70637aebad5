"""Columns that folders name: of every row of their files, read by the same rules, in every format."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.partition_folders import name_in_table, partitions_of, table_folder
from perennial.reading.read_csv import read_csv
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import ExportFormat, Read
from perennial.reading.table_folders import files_below

COLUMNS = (
    Column("station", "string", required=True),
    Column("year", "int", required=True),
    Column("temp", "float", required=False),
    Column("rented", "int", required=True),
)
EXPORT = ExportFormat(COLUMNS, "rented")


def csv(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "part-0.csv"
    path.write_text(text)
    return path


def rows(read: Read) -> list[dict[str, object]]:
    return read.table.to_pylist()


def test_folders_names_are_decoded_columns_of_every_row(tmp_path: Path) -> None:
    path = csv(tmp_path / "year=2024" / "station=Old%20Town%2FB", "temp,rented\n1.5,1\n,0\nx,1\n")
    read = read_csv(path, EXPORT)
    assert rows(read) == [
        {"station": b"Old Town/B", "year": 2024, "temp": 1.5, "rented": 1},
        {"station": b"Old Town/B", "year": 2024, "temp": None, "rented": 0},
    ]
    assert read.header == ("temp", "rented", "year", "station")
    assert read.bad[0].cells == (b"x", b"1", b"2024", b"Old Town/B")
    assert read.absent_columns == ()
    assert name_in_table(path) == "year=2024/station=Old%20Town%2FB/part-0.csv"


def test_parquet_has_them_too_and_a_missing_one(tmp_path: Path) -> None:
    folder = tmp_path / "year=2024" / "station=__HIVE_DEFAULT_PARTITION__"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"temp": [1.0], "rented": [1]}), folder / "a.parquet")
    read = read_parquet(folder / "a.parquet", EXPORT)
    assert rows(read) == [{"station": None, "year": 2024, "temp": 1.0, "rented": 1}]


def test_a_file_that_has_the_column_itself_must_agree(tmp_path: Path) -> None:
    same = csv(tmp_path / "year=2024" / "station=North", "station,rented\nNorth,1\n")
    assert rows(read_csv(same, EXPORT))[0]["station"] == b"North"
    other = csv(tmp_path / "year=2024" / "station=South", "station,rented\nNorth,1\n")
    with pytest.raises(
        FileRefused, match=r"station=South/part-0\.csv: column `station` is in the file and in"
    ):
        read_csv(other, EXPORT)


def test_a_folder_whose_value_does_not_fit_the_schema_is_refused(tmp_path: Path) -> None:
    path = csv(tmp_path / "station=North" / "year=recent", "rented\n1\n")
    with pytest.raises(
        FileRefused, match="column `year`, which its folder's name gives: expected an integer"
    ):
        read_csv(path, EXPORT)


def test_a_label_or_a_time_may_be_a_folder(tmp_path: Path) -> None:
    columns = (*COLUMNS[2:], Column("when", "string", required=True))
    export = ExportFormat(columns, "rented", time_column="when")
    read = read_csv(csv(tmp_path / "when=2024-03-01" / "rented=1", "temp\n1.5\n"), export)
    assert rows(read) == [{"temp": 1.5, "rented": 1, "when": b"2024-03-01"}]
    unlabelled = csv(tmp_path / "when=2024-03-01" / "rented=__HIVE_DEFAULT_PARTITION__", "temp\n1.5\n")
    assert read_csv(unlabelled, export).unlabelled.num_rows == 1
    with pytest.raises(FileRefused, match="column `when`, which its folder's name gives"):
        read_csv(csv(tmp_path / "when=2024-02-30" / "rented=1", "temp\n1.5\n"), export)


def test_files_are_listed_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("a=1/x.csv", "_SUCCESS", "_temporary/0/y.csv", "a=1/.x.csv.crc", "_b=2/z.csv", "c/w.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a\n")
    names = [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)]
    assert names == ["_b=2/z.csv", "a=1/x.csv", "c/w.csv"]


def test_a_folder_between_the_key_and_the_file_would_lose_the_column(tmp_path: Path) -> None:
    csv(tmp_path / "station=North" / "batch", "rented\n1\n")
    with pytest.raises(FileRefused, match="between the folder `station=North` and the file is a folder"):
        files_below(tmp_path)


@pytest.mark.parametrize(
    ("log", "is_read"),
    [
        (['{"add":{"path":"station=A%20B/x.csv"}}\n{"commitInfo":{}}'], True),
        (
            [
                '{"add":{"path":"y.csv"}}',
                '{"remove":{"path":"y.csv"}}\n{"add":{"path":"station=A%20B/x.csv"}}',
            ],
            True,
        ),
        (['{"add":{"path":"y.csv"}}'], False),
        (['{"add":{"path":"station=A%20B/x.csv","deletionVector":{"cardinality":1}}}'], False),
    ],
)
def test_a_delta_table_is_read_if_its_files_are_its_present_version(
    tmp_path: Path, log: list[str], is_read: bool
) -> None:
    csv(tmp_path / "station=A B", "rented\n1\n").rename(tmp_path / "station=A B" / "x.csv")
    (tmp_path / "_delta_log").mkdir()
    for number, actions in enumerate(log):
        (tmp_path / "_delta_log" / f"{number:020}.json").write_text(actions)
    if is_read:
        assert len(files_below(tmp_path)) == 1
        return
    with pytest.raises(FileRefused, match="is a Delta table that has changed"):
        files_below(tmp_path)


def test_only_the_folders_directly_above_a_file_count(tmp_path: Path) -> None:
    assert partitions_of(tmp_path / "run=5" / "exports" / "2024-01" / "x.csv") == {}
    assert partitions_of(tmp_path / "=5" / "x.csv") == {}
    assert partitions_of(Path("a=b=c") / "x.csv") == {"a": "b=c"}


@pytest.mark.parametrize(
    ("here", "path"),
    [
        (".", "station=North/day=2/a.csv"),
        ("station=North", "day=2/a.csv"),
        ("station=North/day=2", "a.csv"),
        ("station=North/day=2", "./a.csv"),
        ("station=North/day=1", "../day=2/a.csv"),
    ],
)
def test_columns_are_the_same_from_any_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str, path: str
) -> None:
    for day in ("day=1", "day=2"):
        (tmp_path / "station=North" / day).mkdir(parents=True)
    (tmp_path / "station=North/day=2/a.csv").touch()
    monkeypatch.chdir(tmp_path / here)
    assert partitions_of(Path(path)) == {"station": "North", "day": "2"}
    assert table_folder(Path(path)) == tmp_path
    assert [partitions_of(file) for file in files_below(Path(path).parent)] == [
        {"station": "North", "day": "2"}
    ]


def test_a_table_below_a_folder_of_a_column_is_listed(tmp_path: Path) -> None:
    file = tmp_path / "env=prod/station=North/day=2/a.csv"
    file.parent.mkdir(parents=True)
    file.touch()
    assert files_below(tmp_path / "env=prod") == [file]
