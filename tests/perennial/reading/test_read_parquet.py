"""Reading Parquet without loss: types fit or the file is refused; 0, 0.0, false and "" are values."""

import datetime
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import ExportFormat, Read
from tests.written import written as csv_format

INT, FLOAT, STRING = (Column("c", kind, required=True) for kind in ("int", "float", "string"))
TIME = ExportFormat((STRING,), time_column="c")
D = decimal.Decimal
WHEN = datetime.datetime(2013, 1, 2, 3, 4, 5)


def read(folder: Path, values: Any, export: ExportFormat | Column, **others: Any) -> Read:
    path = folder / "part.snappy.parquet"
    pq.write_table(pa.table({"c": values, **others}), path)
    return read_parquet(path, ExportFormat((export,)) if isinstance(export, Column) else export)


@pytest.mark.parametrize(
    ("values", "export", "expected"),
    [
        (pa.array([0, 1, None], pa.int8()), INT, [0, 1, None]),
        (pa.array([2**32 - 1], pa.uint32()), INT, [2**32 - 1]),
        (pa.array([2**63 - 1], pa.uint64()), INT, [2**63 - 1]),
        (pa.array([False, True, None]), INT, [0, 1, None]),
        (pa.array([None, None]), INT, [None, None]),
        (pa.array([3, None, 3]).dictionary_encode(), INT, [3, None, 3]),
        (pa.array([0.0, -1.5, None]), FLOAT, [0.0, -1.5, None]),
        (pa.array([0.1], pa.float64()), FLOAT, [float(np.float32(0.1))]),
        (pa.array([0, 7], pa.int32()), FLOAT, [0.0, 7.0]),
        (pa.array([16777217], pa.int64()), FLOAT, [16777216.0]),
        (pa.array(["", "00721", None, " é "]), STRING, [b"", b"00721", None, " é ".encode()]),
        (pa.array(["a", None], pa.large_string()), STRING, [b"a", None]),
        (pa.array([b"a", b""], pa.large_binary()), STRING, [b"a", b""]),
        (pa.array([b"ab", None], pa.binary(2)), STRING, [b"ab", None]),
        (pa.array(["a", None, "a"]).dictionary_encode(), STRING, [b"a", None, b"a"]),
        (pa.array([True, None, False]), STRING, [b"true", None, b"false"]),
        (pa.array([D("1.5"), None], pa.decimal128(5, 2)), FLOAT, [1.5, None]),
        (
            pa.array([D("16777217"), D("0.1")], pa.decimal256(40, 3)),
            FLOAT,
            [16777216.0, float(np.float32(0.1))],
        ),
        (pa.array([D("-7"), None, D("7")], pa.decimal128(10, 0)), INT, [-7, None, 7]),
        (pa.array([D(2**63 - 1), D(-(2**63))], pa.decimal128(38, 0)), INT, [2**63 - 1, -(2**63)]),
        (pa.array([datetime.date(2013, 1, 2), None]), STRING, [b"2013-01-02", None]),
        (pa.array([WHEN], pa.timestamp("ns")), STRING, [b"2013-01-02 03:04:05"]),
        (pa.array([datetime.date(2013, 1, 2)]), TIME, [b"2013-01-02"]),
        (pa.array([WHEN], pa.date64()), TIME, [b"2013-01-02"]),
        (pa.array([WHEN], pa.timestamp("ms")), TIME, [b"2013-01-02 03:04:05"]),
        (pa.array([WHEN], pa.timestamp("us")), TIME, [b"2013-01-02 03:04:05"]),
        (pa.array([WHEN], pa.timestamp("us", tz="UTC")), TIME, [b"2013-01-02 03:04:05"]),
        (pa.array([WHEN], pa.timestamp("ms", tz="America/New_York")), TIME, [b"2013-01-02 03:04:05"]),
        (pa.array([WHEN], pa.timestamp("ns", tz="Mars/Phobos")), TIME, [b"2013-01-02 03:04:05"]),
        (pa.array([1.0, 17.0, np.nan, -(2.0**53)]), INT, [1, 17, None, -(2**53)]),
        (pa.array(["1", "17.0", "", "true"]), INT, [1, 17, None, 1]),
        (pa.array([D("17.00"), None], pa.decimal128(5, 2)), INT, [17, None]),
        (pa.array([True, None]), FLOAT, [1.0, None]),
        (pa.array(["1.5", " 2 ", None]).dictionary_encode(), FLOAT, [1.5, 2.0, None]),
        (pa.array([1.0, np.nan]), FLOAT, [1.0, None]),
        (pa.array([np.nan, None]), STRING, [None, None]),
        (pa.array([None, None], pa.list_(pa.int64())), STRING, [None, None]),
        (pa.array(["2013-01-02T03:04Z", " 2013-01-02"]), TIME, [b"2013-01-02 03:04:00", b"2013-01-02"]),
        (
            pa.array([WHEN.replace(microsecond=5000), WHEN], pa.timestamp("ms")),
            TIME,
            [b"2013-01-02 03:04:05.005", b"2013-01-02 03:04:05"],
        ),
    ],
    ids=lambda part: str(part.type) if isinstance(part, pa.Array) else "",
)
def test_a_value_is_read_exactly(tmp_path: Path, values: Any, export: Any, expected: list[Any]) -> None:
    rows_read = read(tmp_path, values, export)
    assert rows_read.table["c"].to_pylist() == expected
    assert not rows_read.bad


@pytest.mark.parametrize(
    ("values", "column", "reason"),
    [
        (pa.array([1, 2**63], pa.uint64()), INT, "an integer outside the range of int64"),
        (pa.array([1, -(2**31)]), INT, "the integer -2147483648, which stands for missing"),
        (pa.array([D(7), D(2**63)], pa.decimal128(38, 0)), INT, "an integer outside the range of int64"),
        (pa.array([1.0, -np.inf], pa.float32()), FLOAT, "expected a finite number, got an infinity"),
        (pa.array([1.0, 1.5]), INT, "expected an integer, got a number with a fraction"),
        (
            pa.array([D("1.00"), D("1.50")], pa.decimal128(5, 2)),
            INT,
            "expected an integer, got a number with a",
        ),
        (pa.array(["1", "x"]), INT, "expected an integer, got text"),
        (pa.array([1.0, 1e39]), FLOAT, "a number outside the range of float32"),
        (pa.array([1.0, 1e-60]), FLOAT, "a number so small that float32 rounds it to 0"),
        (pa.array([b"a", b"\xe9"]), STRING, "text that is not UTF-8"),
        (pa.array(["a", "b\0"]), STRING, "text with a NUL character"),
    ],
)
def test_what_does_not_fit_goes_to_quarantine_by_its_row(
    tmp_path: Path, values: Any, column: Column, reason: str
) -> None:
    rows_read = read(tmp_path, values, column, other=pa.array([["x"], [None]]))
    assert [(row.line, row.column) for row in rows_read.bad] == [(2, "c")]
    assert rows_read.bad[0].reason.startswith(reason)
    assert rows_read.bad[0].cells[1] == b"[null]"
    assert rows_read.table.num_rows == 1
    assert rows_read.ignored_columns == ("other",)


@pytest.mark.parametrize(
    ("values", "export", "expected"),
    [
        (pa.array([WHEN]), INT, "a number, boolean or string type, got timestamp"),
        (pa.array([1]), STRING, "a string, binary, boolean, date or timestamp type, got int64"),
        (pa.array([["a"]]), STRING, "got list"),
        (pa.array([{"a": 1}]), STRING, "got struct"),
        (pa.array([WHEN.time()]), TIME, "got time64"),
    ],
)
def test_a_type_of_another_family_refuses_the_file(
    tmp_path: Path, values: Any, export: Any, expected: str
) -> None:
    with pytest.raises(FileRefused, match="column `c`: expected ") as caught:
        read(tmp_path, values, export)
    assert expected in caught.value.problem


def test_missing_markers_and_dates_in_text_are_read_as_a_csvs_are(tmp_path: Path) -> None:
    written = csv_format(na_values=("N/A", "nan"), date_format={"c": "%d/%m/%Y"})
    columns = (STRING, Column("x", "float", required=True), Column("s", "string", required=True))
    rows_read = read(
        tmp_path,
        pa.array(["1/2/2013", "N/A", "30/2/2013"]),
        ExportFormat(columns, written=written),
        x=pa.array([1.5, np.nan, 2.0], from_pandas=False),
        s=pa.array(["N/A", "a", "b"]).dictionary_encode(),
    )
    assert rows_read.table.to_pylist() == [
        {"c": b"2013-02-01", "x": 1.5, "s": None},
        {"c": None, "x": None, "s": b"a"},
    ]
    assert [(row.line, row.column, row.reason) for row in rows_read.bad] == [
        (3, "c", "a date that does not exist")
    ]


def test_rows_keep_their_numbers_across_batches(tmp_path: Path) -> None:
    values = np.arange(200_000, dtype=np.float64)
    values[[5, 70_000, 199_999]] = np.inf
    rows_read = read(
        tmp_path, pa.array(values, from_pandas=False), FLOAT, s=pa.array(map(str, range(200_000)))
    )
    assert [row.line for row in rows_read.bad] == [6, 70_001, 200_000]
    assert [row.cells for row in rows_read.bad] == [(b"inf", b"5"), (b"inf", b"70000"), (b"inf", b"199999")]
    assert rows_read.table.num_rows == 199_997


def test_a_malformed_time_goes_to_quarantine_and_a_row_without_label_is_set_apart(tmp_path: Path) -> None:
    export = ExportFormat((STRING, Column("y", "int", required=True)), label="y", time_column="c")
    rows_read = read(tmp_path, pa.array(["2013-01-02", "2013-02-30", None]), export, y=pa.array([None, 1, 0]))
    assert [(row.line, row.column) for row in rows_read.bad] == [(2, "c"), (3, "c")]
    assert rows_read.unlabelled["c"].to_pylist() == [b"2013-01-02"]


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"c": list(range(1000))}), path)
    whole = path.read_bytes()
    for damaged in (b"", b"PAR1", whole[:-9], whole[:100] + b"\xff" * 300 + whole[400:]):
        path.write_bytes(damaged)
        with pytest.raises(FileRefused, match="damaged or truncated"):
            read_parquet(path, ExportFormat((INT,)))


def test_a_file_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"c": ["x" * 1000] * 100_000}), path)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(FileRefused, match=r"holds more than \d+ bytes when decompressed"):
        read_parquet(path, ExportFormat((STRING,), max_bytes=1_000_000))


def test_a_file_without_rows_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, pa.array([], pa.int64()), INT).table.num_rows == 0


def test_a_long_text_that_a_page_repeats_is_counted_before_it_is_made(tmp_path: Path) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array([b"x" * (1 << 20)]))
    for name, values in (("as-dictionary", texts), ("as-text", texts.slice(0, 200).dictionary_decode())):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(pa.table({"c": values}), path, compression="zstd", use_dictionary=True)
        assert path.stat().st_size < 1 << 17
        export = ExportFormat((STRING,), max_bytes=64 << 20)
        with pytest.raises(FileRefused, match=r"holds more than \d+ bytes when decompressed"):
            read_parquet(path, export)


def test_pages_that_decompress_to_more_than_allowed_are_refused_by_the_footer(tmp_path: Path) -> None:
    path = tmp_path / "zeros.parquet"
    pq.write_table(pa.table({"c": pa.array([0] * 1_000_000)}), path, compression="zstd", use_dictionary=False)
    with pytest.raises(FileRefused, match=r"holds more than \d+ bytes when decompressed"):
        read_parquet(path, ExportFormat((INT,), max_bytes=1 << 20))


def test_a_file_that_is_no_parquet_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(FileRefused, match="expected Parquet, got a file that does not begin as Parquet does"):
        read_parquet(path, ExportFormat((INT,)))
