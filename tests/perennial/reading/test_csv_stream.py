"""A CSV's text piece by piece: in UTF-8 whatever it came in, and back."""

import gzip
import io
from pathlib import Path

import pytest

from perennial.errors import FileRefused
from perennial.reading import source_files
from perennial.reading.csv_format import CsvFormat
from perennial.reading.csv_stream import CsvStream, Encoded

TEXT = "name;größe\r\n" + "".join(f"Zoë;{number},5 €\r\n" for number in range(50))


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "_CHUNK", 7)


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "part.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "iso8859-15", "utf-16", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("pressed", [False, True])
def test_any_encoding_is_read_and_written_again(encoding: str, pressed: bool, tmp_path: Path) -> None:
    data = TEXT.encode(encoding)
    path = _file(tmp_path, gzip.compress(data) if pressed else data)
    stream = CsvStream.of(path, CsvFormat(delimiter=";", encoding=encoding), 1 << 20)
    pieces = list(stream.pieces)
    assert (stream.marks, b"".join(pieces)) == (b"", TEXT.encode())
    assert len(pieces) > 10
    out = io.BytesIO()
    encoded = Encoded(out, encoding)
    for line in b"".join(pieces).splitlines(keepends=True):
        encoded.write(line)
    assert out.getvalue() == data


@pytest.mark.parametrize("mark", ["\ufeff", "sep=;", "\ufeffsep=;"])
def test_marks_are_set_apart(mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "_CHUNK", 20)
    path = _file(tmp_path, f"{mark}\r\na;b\r\n1;2\r\n".encode())
    stream = CsvStream.of(path, CsvFormat(delimiter=";"), 1 << 20)
    assert (stream.marks, b"".join(stream.pieces)) == (mark.encode(), b"\r\na;b\r\n1;2\r\n")


def test_bytes_that_are_not_in_the_encoding_are_reported_with_their_line(tmp_path: Path) -> None:
    path = _file(tmp_path, b"a;b\r\n1;2\r\n3;\x81\r\n")
    stream = CsvStream.of(path, CsvFormat(encoding="cp1252"), 1 << 20)
    with pytest.raises(FileRefused, match="line 3 is not text in `encoding: cp1252`"):
        list(stream.pieces)


@pytest.mark.parametrize(
    ("data", "encoding", "expected"),
    [
        (b"\xff\xfea\0", "utf-8", "UTF-16 or UTF-32"),
        (b"a;b\n1;2\n", "utf-16", "the file is not text in `encoding: utf-16`"),
        (b"PAR1....", "utf-8", "got a Parquet file"),
    ],
)
def test_what_is_no_such_text_is_refused(data: bytes, encoding: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=expected):
        CsvStream.of(_file(tmp_path, data), CsvFormat(encoding=encoding), 1 << 20)
