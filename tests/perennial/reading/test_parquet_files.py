"""Parquet of newer writers: read by Parquet's own types, and what cannot be read is named."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from perennial.errors import FileRefused
from perennial.reading.columns import Column
from perennial.reading.parquet_files import schema_of, table_of
from perennial.reading.parquet_footer import edited_footer
from perennial.reading.read_parquet import read_parquet
from perennial.reading.reading import ExportFormat
from perennial.reading.thrift import NotThrift

N, X = Column("n", "int", required=True), Column("x", "float", required=False)
HALVES = [1.5, -2.0, 65504.0]


def footer_of(path: Path) -> bytes:
    data = path.read_bytes()
    return data[-8 - int.from_bytes(data[-8:-4], "little") : -8]


def with_footer(path: Path, footer: bytes) -> None:
    data = path.read_bytes()
    plain = data[: -8 - len(footer_of(path))]
    path.write_bytes(plain + footer + len(footer).to_bytes(4, "little") + b"PAR1")


def with_halves(path: Path) -> None:
    """Writes a file as pyarrow 25 writes float16: two bytes, with a logical type that pyarrow 10 lacks."""
    pairs = pa.array([np.float16(value).tobytes() for value in HALVES] + [None], pa.binary(2))
    pq.write_table(pa.table({"n": [1, 2, 3, 4], "x": pairs}), path)
    element, with_float16 = b"\x18\x01x\x00", b"\x18\x01x\x6c\xfc\x00\x00\x00"
    assert footer_of(path).count(element) == 1
    with_footer(path, footer_of(path).replace(element, with_float16))


def test_an_arrow_schema_that_cannot_be_read_is_not_needed(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"n": [1, 2], "s": ["a", None], "l": [[1], []]})
    pq.write_table(table.replace_schema_metadata({"k": "v"}), path)
    footer = footer_of(path)
    hint = re.search(rb"(/////[A-Za-z0-9+/=]+)", footer)
    assert hint
    with_footer(path, footer[: hint.start(1)] + b"A" * len(hint[1]) + footer[hint.end(1) :])
    with pytest.raises((pa.ArrowException, OSError)):
        pq.ParquetFile(path)
    assert table_of(path).to_pylist() == table.to_pylist()
    assert schema_of(path).metadata == {b"k": b"v"}


def test_half_precision_floats_are_read_as_float32(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with_halves(path)
    with pytest.raises((pa.ArrowException, OSError)):
        pq.ParquetFile(path)
    assert read_parquet(path, ExportFormat((N, X))).table["x"].to_pylist() == [*HALVES, None]


def test_a_cut_footer_is_none_wherever_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with_halves(path)
    footer = footer_of(path)
    assert edited_footer(footer).halves == {"x"}
    for end in range(len(footer)):
        with pytest.raises(NotThrift):
            edited_footer(footer[:end])


def test_a_footer_that_is_nested_without_end_is_none() -> None:
    with pytest.raises(NotThrift, match="nested too deeply"):
        edited_footer(b"\x3c" * 100_000)


def test_an_encoding_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    values = pa.array([1.5, None, 2.5] * 100)
    pq.write_table(
        pa.table({"n": [1.0, 2.0, 3.5] * 100, "x": values}),
        path,
        use_dictionary=False,
        use_byte_stream_split=["x"],
    )
    with pytest.raises(
        FileRefused, match=r"a\.parquet: column `x`: expected one of Parquet's usual encodings"
    ):
        read_parquet(path, ExportFormat((X,)))
    # Not needed, it is no fault, also where a row has to be shown.
    read = read_parquet(path, ExportFormat((Column("n", "float", required=True),)))
    assert read.table.num_rows == 300


def test_an_encrypted_file_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PARE" + b"0" * 40 + b"PARE")
    with pytest.raises(FileRefused, match="is encrypted"):
        read_parquet(path, ExportFormat((N,)))
