"""A column that the source renamed is read under both names, in each format; never under two at once."""

from pathlib import Path

import pandas as pd
import pytest
import tensorflow as tf

from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat
from perennial.reading.read_csv import read_csv
from perennial.reading.read_parquet import read_parquet
from perennial.reading.read_tfrecord import read_tfrecord
from perennial.reading.reading import ExportFormat
from serving.reading.rules import ReadingRules, several_names

EXPORT = ExportFormat(
    (Column("temp", "float", True), Column("bike", "string", True)),
    label="bike",
    written=CsvFormat(rules=ReadingRules(rename={"temperature": "temp", "kind": "bike"})),
)
ROWS = pd.DataFrame({"temperature": [1.5, None], "bike": ["city", "cargo"], "other": [1, 2]})


def _written(folder: Path, rows: pd.DataFrame, suffix: str) -> Path:
    path = folder / f"rows{suffix}"
    if suffix == ".csv":
        rows.to_csv(path, index=False)
    elif suffix == ".parquet":
        rows.to_parquet(path)
    else:
        with tf.io.TFRecordWriter(str(path)) as out:
            for row in rows.to_dict("records"):
                example = tf.train.Example()
                for name, value in row.items():
                    if isinstance(value, str):
                        example.features.feature[name].bytes_list.value.append(value.encode())
                    elif value == value:
                        example.features.feature[name].float_list.value.append(value)
                out.write(example.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("suffix", "read"), [(".csv", read_csv), (".parquet", read_parquet), (".tfrecord", read_tfrecord)]
)
@pytest.mark.parametrize("name", ["temp", "temperature"])
def test_a_column_is_read_under_either_name(tmp_path: Path, suffix: str, read, name: str) -> None:  # type: ignore[no-untyped-def]
    rows = ROWS.rename(columns={"temperature": name})
    table = read(_written(tmp_path, rows, suffix), EXPORT)
    assert table.table.to_pydict() == {"temp": [1.5, None], "bike": [b"city", b"cargo"]}
    assert table.ignored_columns == ("other",)


@pytest.mark.parametrize(("suffix", "read"), [(".csv", read_csv), (".parquet", read_parquet)])
def test_a_column_under_both_names_is_refused(tmp_path: Path, suffix: str, read) -> None:  # type: ignore[no-untyped-def]
    path = _written(tmp_path, ROWS.assign(temp=2.5), suffix)
    with pytest.raises(
        FileRefused, match="`temp`: expected the column under one name, got it as `temperature` and `temp`"
    ):
        read(path, EXPORT)


def test_records_with_the_old_name_and_the_new_one_are_read(tmp_path: Path) -> None:
    rows = pd.DataFrame({"temp": [1.5, None], "temperature": [None, 2.5], "bike": ["city", "cargo"]})
    table = read_tfrecord(_written(tmp_path, rows, ".tfrecord"), EXPORT).table
    assert table["temp"].to_pylist() == [1.5, 2.5]


def test_a_folder_gives_a_column_under_its_new_name(tmp_path: Path) -> None:
    folder = tmp_path / "kind=city"
    folder.mkdir()
    path = _written(folder, ROWS[["temperature"]], ".csv")
    assert read_csv(path, EXPORT).table["bike"].to_pylist() == [b"city", b"city"]


def test_a_record_under_both_names_is_refused_alone(tmp_path: Path) -> None:
    rows = pd.DataFrame({"temp": [1.5, None], "temperature": [2.5, 3.5], "bike": ["city", "cargo"]})
    read = read_tfrecord(_written(tmp_path, rows, ".tfrecord"), EXPORT)
    assert read.table["temp"].to_pylist() == [3.5]
    assert [bad.reason for bad in read.bad] == [several_names(["temp", "temperature"])]
