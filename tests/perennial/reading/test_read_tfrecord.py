"""Reading TFRecords of tf.Examples without loss: one value or none a feature, of the schema's kind."""

import gzip
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.read_tfrecord import read_tfrecord
from perennial.reading.reading import ExportFormat

EXPORT = ExportFormat(
    (
        Column("n", "int", required=False),
        Column("x", "float", required=False),
        Column("s", "string", required=False),
        Column("y", "int", required=True),
    ),
    label="y",
)


def example(**features: Any) -> bytes:
    built = tf.train.Example()
    for name, values in features.items():
        values = values if isinstance(values, list) else [values]
        target = built.features.feature[name]
        kinds = {
            int: target.int64_list,
            bool: target.int64_list,
            float: target.float_list,
            bytes: target.bytes_list,
        }
        kinds[type(values[0])].value.extend(values)
    return built.SerializeToString()


def write(path: Path, records: list[bytes], compression: str = "") -> Path:
    with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions(compression_type=compression)) as writer:
        for record in records:
            writer.write(record)
    return path


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_values_are_read_exactly(tmp_path: Path, compression: str) -> None:
    records = [
        example(n=0, x=0.0, s=b"", y=1, other=1),
        example(y=0),
        example(n=-(2**63), x=-1.5, s=b"00", y=0),
    ]
    rows_read = read_tfrecord(write(tmp_path / "a.tfrecord", records, compression), EXPORT)
    assert rows_read.table.to_pylist() == [
        {"n": 0, "x": 0.0, "s": b"", "y": 1},
        {"n": None, "x": None, "s": None, "y": 0},
        {"n": -(2**63), "x": -1.5, "s": b"00", "y": 0},
    ]
    assert not rows_read.bad
    assert rows_read.ignored_columns == ("other",)


def test_what_does_not_fit_goes_to_quarantine_by_its_record(tmp_path: Path) -> None:
    good = example(n=1, y=1)
    bad = [
        (example(n=1.5, s=b"a", y=1), "n", "expected an integer, got a number", (b"1.5", None, b"a", b"1")),
        (example(n=[1, 2], y=1), "n", "expected one value, got several", (b"[1, 2]", None, None, b"1")),
        (example(x=float("inf"), y=1), "x", "expected a finite number", (None, b"inf", None, b"1")),
        (example(s=7, y=1), "s", "expected text, got an integer", (None, None, b"7", b"1")),
        (example(s=b"\xe9", y=1), "s", "text that is not UTF-8", (None, None, b"\xe9", b"1")),
        (example(n=-(2**31), y=1), "n", "the integer -2147483648", (b"-2147483648", None, None, b"1")),
        (b"garbage!", "", "bytes that are not a tf.Example", (None, None, None, None)),
        (example(y=[0, 1]), "y", "expected one value, got several", (None, None, None, b"[0, 1]")),
    ]
    records = [good, *(record for one in bad for record in (one[0], good)), example(x=1.0, s=b"b", y=0)]
    rows_read = read_tfrecord(write(tmp_path / "a.tfrecord", [*records, example(n=5)]), EXPORT)
    assert rows_read.table["n"].to_pylist() == [1] * 9 + [None]
    assert rows_read.unlabelled["n"].to_pylist() == [5]
    assert [(row.line, row.column, row.cells) for row in rows_read.bad] == [
        (2 + 2 * index, column, cells) for index, (_, column, _, cells) in enumerate(bad)
    ]
    for row, (_, _, reason, _) in zip(rows_read.bad, bad, strict=True):
        assert row.reason.startswith(reason)


KINDS = [
    # Of one kind in all records, of several, and of one that the schema's does not take.
    [example(n=17.0, x=3, y=b"1"), example(n=float("nan"), x=-1, y=b"true")],
    [example(n=17.0, x=3, y=1), example(n=b"", x=b" -1 ", y=1), example(y=b"0.0")],
    [example(n=b"17.0", s=float("nan"), x=3, y=1), example(n=b"", s=float("nan"), x=-1.0, y=1)],
]


@pytest.mark.parametrize("records", KINDS)
def test_a_value_of_another_kind_is_read_where_it_fits(tmp_path: Path, records: list[bytes]) -> None:
    rows_read = read_tfrecord(write(tmp_path / "a.tfrecord", records), EXPORT)
    assert not rows_read.bad
    assert rows_read.table["n"].to_pylist()[:2] == [17, None]
    assert rows_read.table["x"].to_pylist()[:2] == [3.0, -1.0]
    assert rows_read.table["y"].to_pylist() == [1, 1, 0][: len(records)]
    assert rows_read.table["s"].null_count == len(records)


def test_records_keep_their_numbers_across_batches(tmp_path: Path) -> None:
    records = [example(n=index, y=1) for index in range(20_000)]
    records[9_000] = example(n=b"x", y=1)
    records[19_999] = example(s=b"no label")
    rows_read = read_tfrecord(write(tmp_path / "a.tfrecord", records), EXPORT)
    assert [row.line for row in rows_read.bad] == [9_001]
    assert rows_read.unlabelled["n"].to_pylist() == [None]
    assert rows_read.table["n"].to_pylist() == [index for index in range(19_999) if index != 9_000]


def test_a_column_in_no_record_is_absent(tmp_path: Path) -> None:
    rows_read = read_tfrecord(write(tmp_path / "a.tfrecord", [example(n=1, y=1)] * 3), EXPORT)
    assert rows_read.absent_columns == ("x", "s")
    with pytest.raises(FileRefused, match="'y' is missing"):
        read_tfrecord(write(tmp_path / "a.tfrecord", [example(n=1)] * 3), EXPORT)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tfrecord", [example(n=1, y=1)] * 50)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[500] ^= 1
    for damaged in (
        whole[:-3],
        whole + whole[:5],
        bytes(flipped),
        b"n,y\n1,1\n",
        gzip.compress(whole, mtime=0)[:-4],
        b"",
    ):
        path.write_bytes(damaged)
        with pytest.raises(FileRefused):
            read_tfrecord(path, EXPORT)


def test_an_empty_shard_has_no_rows(tmp_path: Path) -> None:
    rows_read = read_tfrecord(write(tmp_path / "a.tfrecord.gz", [], "GZIP"), EXPORT)
    assert rows_read.table.num_rows == 0


def test_no_more_is_decompressed_than_allowed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tfrecord.gz", [example(s=b"0" * 1_000_000, y=1)] * 20, "GZIP")
    with pytest.raises(FileRefused, match=r"holds more than \d+ bytes when decompressed"):
        read_tfrecord(path, ExportFormat(EXPORT.columns, "y", max_bytes=5_000_000))
