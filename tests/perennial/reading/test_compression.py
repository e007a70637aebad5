"""Packed CSVs are unpacked by what they hold, with bounds; archives of several files are refused."""

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from perennial.errors import FileRefused
from perennial.reading.source_files import content

TEXT = b"n,s\n" + b"".join(b"%d,word %d\n" % (row, row % 7) for row in range(5000))
BOUND = 1 << 20


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as packed:
        packed.write(data)
    return bytes(sink.getvalue())


def zipped(**files: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return sink.getvalue()


PACKED = {
    "gz": gzip.compress(TEXT, mtime=0),
    "bz2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zst": zstd(TEXT),
    "zip": zipped(**{"part.csv": TEXT, "__MACOSX/._part.csv": b"x"}),
}


def read(folder: Path, data: bytes, bound: int = BOUND) -> bytes:
    path = folder / "part.csv"
    path.write_bytes(data)
    return content(path, bound)


@pytest.mark.parametrize("ending", PACKED)
def test_each_is_unpacked_whatever_the_name_is(tmp_path: Path, ending: str) -> None:
    assert read(tmp_path, PACKED[ending]) == TEXT


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zst"])
def test_parts_packed_one_after_another_are_one_file(tmp_path: Path, ending: str) -> None:
    assert read(tmp_path, PACKED[ending] * 2) == TEXT * 2


@pytest.mark.parametrize("ending", PACKED)
def test_no_more_is_unpacked_than_is_allowed(tmp_path: Path, ending: str) -> None:
    with pytest.raises(FileRefused, match="more than 1000 bytes when decompressed"):
        read(tmp_path, PACKED[ending], 1000)


@pytest.mark.parametrize("ending", PACKED)
def test_one_that_is_cut_short_is_refused(tmp_path: Path, ending: str) -> None:
    with pytest.raises(FileRefused, match="the compressed file is damaged or truncated"):
        read(tmp_path, PACKED[ending][:-30])


def test_an_xz_file_that_asks_for_much_memory_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    with pytest.raises(FileRefused, match="damaged or truncated"):
        read(tmp_path, lzma.compress(TEXT, filters=filters))


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a.csv": TEXT, "b.csv": TEXT}, "expected a zip archive of one file, got one of 2 files"),
        ({"[Content_Types].xml": b"", "xl/workbook.xml": b""}, "expected CSV, got an Excel workbook"),
    ],
)
def test_an_archive_that_is_no_packed_csv_is_named(
    tmp_path: Path, files: dict[str, bytes], problem: str
) -> None:
    with pytest.raises(FileRefused) as caught:
        read(tmp_path, zipped(**files))
    assert caught.value.problem == f"part.csv: {problem}."


def test_a_header_that_begins_as_bzip2_does_is_text(tmp_path: Path) -> None:
    assert read(tmp_path, b"BZh9,n\n1,2\n") == b"BZh9,n\n1,2\n"
